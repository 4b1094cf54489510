"""Graphs of synthetic evidence of a given size: the reviews, a file of all quads with their inferences, and a store on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.compare import to_canonical_graph
from rdflib.term import Node

from kg.bench.evidence import STUDIES, review, reviews
from kg.bench.model import Review
from kg.bench.rdf import quads
from kg.engine.store import Embedded
from kg.exports.store import writing
from kg.namespaces import INFERRED_GRAPH, ONTOLOGY_GRAPH
from kg.pipeline.build import ontology
from kg.pipeline.rules import conclude

Triple = tuple[Node, Node, Node]

SEED = 1
# inferred triples for each one of the ontology, and of the reviews; a test compares the size of the graph with what was asked for
_INFERRED_OF_TERMS, _INFERRED = 0.33, 0.43
_BATCH = 4


def evidence(size: int, seed: int = SEED) -> list[Review]:
    """Reviews that make, with the ontology and the inferences, a graph of about this many triples; there is at least one trial.

    The last review has as many trials as fit best.
    """
    found: list[Review] = []
    wanted = (size - (1 + _INFERRED_OF_TERMS) * len(ontology())) / (1 + _INFERRED)
    for made in reviews(seed):
        length = _length(made)
        if length > wanted:
            shorter = (review(seed, made.number, trials) for trials in range(0 if found else 1, STUDIES + 1))
            best = min(shorter, key=lambda one: abs(_length(one) - wanted) if one.trials else wanted)
            return [*found, best] if best.trials else found
        found.append(made)
        wanted -= length
    return found


def _length(made: Review) -> int:
    return sum(1 for _ in quads(made))


def write(made: Sequence[Review], path: Path, progress: Callable[[str], None] = lambda _: None) -> None:
    """Write all graphs as N-Quads: the ontology with the generated vocabulary, the reviews, the mappings, and the inferences.

    The same reviews give the same bytes. Two reviews share only entities of the ontology, about which they state nothing, so
    that the inferences from a few reviews at a time are those from all of them.
    """
    vocabulary = _vocabulary()
    inferred: set[str] = set()
    some = path.with_suffix(".some.nq")
    with path.open("w", encoding="utf-8") as file:
        file.writelines(vocabulary)
        for start in range(0, len(made), _BATCH):
            progress(f"inferring, {start} of {len(made)} reviews")
            lines = [line for one in made[start : start + _BATCH] for line in quads(one)]
            file.writelines(lines)
            some.write_text("".join((*vocabulary, *lines)), encoding="utf-8")
            inferred.update(_lines(INFERRED_GRAPH, _inferences(some)))
        file.writelines(sorted(inferred))
    some.unlink()


@cache
def _vocabulary() -> list[str]:
    return _lines(ONTOLOGY_GRAPH, to_canonical_graph(ontology()))


def _inferences(stated: Path) -> Graph:
    """The triples that the rules of the project add to a file of quads."""
    engine = Embedded()
    engine.load_file(stated)
    conclude(engine)
    return engine.graph(INFERRED_GRAPH)


def _lines(name: URIRef, graph: Iterable[Triple]) -> list[str]:
    """The triples of a graph as sorted N-Quads."""
    return sorted(f"{s.n3()} {p.n3()} {o.n3()} {name.n3()} .\n" for s, p, o in graph)


def store(path: Path, folder: Path, progress: Callable[[str], None] = lambda _: None) -> None:
    """A store on disk with the quads of a file."""
    with writing(folder, progress) as new:
        new.load_file(path, progress)
