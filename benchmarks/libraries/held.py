"""What a library's process loads before it forks, or each of its workers by itself: the engine with the graph, nothing else."""

from kg.engine.oxigraph import Oxigraph
from kg.namespaces import PREFIXES
from kg.resources import GRAPH_FILE, folder

ENGINE = Oxigraph(PREFIXES)
ENGINE.load_file(folder("graph") / GRAPH_FILE)


def answer(sparql: str) -> bytes:
    """The answer as JSON."""
    return ENGINE.document(sparql, ["json"]).body
