"""Benchmarks of building, validating and querying, in comparison with plain rdflib on the same triples.

Each pair is measured alternately in one run. The ratio is more reliable than the seconds, which vary with the load.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from rdflib import Dataset, Graph, Literal

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.graph import open_graph
from kg.namespaces import INFERRED_GRAPH
from kg.pipeline.build import assemble
from kg.pipeline.rules import infer, rules
from kg.pipeline.validate import check, shapes
from kg.resources import GRAPH_FILE, folder

QUESTION = "actions-of-drug"
POOL = ("OS", "anti-EGFR regimen", "anti-VEGF regimen", "all-RAS wild-type population")

PLAIN_ASK = """
import sys
from rdflib import Dataset
data = Dataset(default_union=True)
data.parse(sys.argv[1])
for row in data.query(open(sys.argv[2], encoding="utf-8").read()):
    print(*row, sep=",")
"""


def measure(runs: int, full: bool = False) -> Table:
    """Seconds of this package, seconds of plain rdflib, and their ratio, for each task; medians over ``runs``.

    ``full`` adds the validation of all shapes by pySHACL alone, which takes minutes.
    """
    built = assemble()
    stated = {name: graph for name, graph in built.graphs.items() if name != INFERRED_GRAPH}
    packaged, plain = open_graph(), Dataset(default_union=True)
    packaged.forest(*POOL).to_bytes()  # loads the modules for figures
    plain.parse(folder("graph") / GRAPH_FILE)
    asked = [question.sparql for question in catalogue().values()]
    tasks: list[tuple[str, Callable[[], object], Callable[[], object] | None, int]] = [
        ("ask one question, cold start", _ask_cold, _plain_ask_cold, runs),
        (
            "ask every question, warm",
            lambda: [packaged.query(q) for q in asked],
            lambda: [list(plain.query(q)) for q in asked],
            1,
        ),
        ("infer", lambda: infer(stated), lambda: _plain_infer(stated.values()), 1),
        ("build and validate", lambda: check(assemble()), None, runs),
    ]
    tasks.append(("draw the forest plot of one trial, warm", lambda: packaged.forest(trial="CRYSTAL").svg, None, runs))
    tasks.append(("pool and draw, warm", lambda: packaged.forest(*POOL).svg, None, runs))
    if full:
        tasks.append(("validate", lambda: check(built), lambda: _plain_validate(built.graphs.values()), 1))
    return Table(("task", "mcrc_kg_s", "plain_rdflib_s", "ratio"), tuple(_row(*task) for task in tasks))


def _row(task: str, ours: Callable[[], object], theirs: Callable[[], object] | None, runs: int) -> tuple[Literal | None, ...]:
    mine, plain = [], []
    for _ in range(runs):
        mine.append(_seconds(ours))
        if theirs is not None:
            plain.append(_seconds(theirs))
    a = statistics.median(mine)
    if not plain:
        return Literal(task), Literal(f"{a:.3f}"), None, None
    b = statistics.median(plain)
    return Literal(task), Literal(f"{a:.3f}"), Literal(f"{b:.3f}"), Literal(f"{b / a:.1f}")


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _ask_cold() -> None:
    subprocess.run([sys.executable, "-c", "from kg.cli import main; main()", "ask", QUESTION], check=True, capture_output=True)


def _plain_ask_cold() -> None:
    words = [str(folder("graph") / GRAPH_FILE), str(folder("queries") / f"{QUESTION}.rq")]
    subprocess.run([sys.executable, "-c", PLAIN_ASK, *words], check=True, capture_output=True)


def _plain_infer(graphs: Iterable[Graph]) -> Graph:
    data = Graph()
    for graph in graphs:
        data += graph
    while True:
        before = len(data)
        for text in rules().values():
            data += data.query(text).graph or Graph()
        if len(data) == before:
            return data


def _plain_validate(graphs: Iterable[Graph]) -> object:
    from pyshacl import validate

    data = Graph()
    for graph in graphs:
        data += graph
    return validate(data, shacl_graph=shapes(), inference="none")
