"""What the manifests say: each test with its files, under the addresses that they have for the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, Graph, Namespace, URIRef

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
BASE = "http://w3c-suite.example/"  # the folder of the suites as an address; nothing is fetched from there
_W3C10, _RDF4J = "testcases-sparql-1.0-w3c/data-r2/", "testcases-sparql-1.1/"
SUITES = {
    "1.0": (_W3C10 + "manifest-evaluation.ttl", _W3C10 + "manifest-syntax.ttl"),
    "1.1": ("testcases-sparql-1.1-w3c/manifest-all.ttl",),
    "1.2": ("testcases-sparql-1.2/manifest-all.ttl",),
    "RDF4J": (_W3C10 + "extended-manifest-evaluation.ttl", _RDF4J + "manifest-evaluation.ttl"),  # of its own
}
EVALUATION = ("QueryEvaluationTest", "CSVResultFormatTest")
POSITIVE = ("PositiveSyntaxTest", "PositiveSyntaxTest11")
NEGATIVE = ("NegativeSyntaxTest", "NegativeSyntaxTest11")
UPDATE = ("UpdateEvaluationTest", "PositiveUpdateSyntaxTest11", "NegativeUpdateSyntaxTest11")
# asked of other software than an endpoint over a given graph
APART = {"entailment", "service-description", "protocol"}


@dataclass(frozen=True)
class Case:
    """One test; ``data`` and ``named`` are the graphs of its dataset, ``result`` what is expected, all as addresses."""

    iri: str
    kind: str
    query: str
    data: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    result: str = ""
    lax: bool = False


def path(folder: Path, address: str) -> Path:
    """The file behind an address."""
    return folder / address.removeprefix(BASE)


def cases(folder: Path, suite: str) -> list[Case]:
    """The tests of a suite, in the order of the manifests."""
    return [case for manifest in SUITES[suite] for case in _entries(folder, BASE + manifest)]


def manifest(folder: Path, address: str) -> Graph:
    """One manifest as a graph."""
    return Graph().parse(path(folder, address), format="turtle", publicID=address)


def _entries(folder: Path, address: str) -> Iterator[Case]:
    graph = manifest(folder, address)
    for included in graph.objects(URIRef(address), MF.include):
        for one in graph.items(included):
            if str(one).split("/")[-2] not in APART:
                yield from _entries(folder, str(one))
    for entries in graph.objects(URIRef(address), MF.entries):
        for entry in graph.items(entries):
            yield _case(graph, entry)


def _case(graph: Graph, entry: URIRef) -> Case:
    action, result = graph.value(entry, MF.action), graph.value(entry, MF.result)
    return Case(
        str(entry),
        str(graph.value(entry, RDF.type)).partition("#")[2],
        str(graph.value(action, QT.query) or graph.value(action, UT.request) or action),
        tuple(sorted(map(str, graph.objects(action, QT.data)))),
        tuple(sorted(map(str, graph.objects(action, QT.graphData)))),
        str(result) if isinstance(result, URIRef) else "",
        (entry, MF.resultCardinality, MF.LaxCardinality) in graph,
    )
