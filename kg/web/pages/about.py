"""The page about the graph: its documents, method and limits, how to cite it, and how to report an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg import __version__
from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.graph import KnowledgeGraph
from kg.web.pages.caches import caches_of
from kg.web.pages.figures import words
from kg.web.pages.links import address
from kg.web.pages.templating import page

_ENGINES = ("pyoxigraph", "rdflib", "matplotlib", "starlette")


@dataclass(frozen=True)
class Document:
    """A document of the graph: its label, citation, address on this site, and licence, where one is stated."""

    label: str
    citation: str
    at: str
    licence: str | None


@dataclass(frozen=True)
class DatasetMetadata:
    """The metadata of the graph: title, version, licence, citation and source, and the numbers of its main entities."""

    title: str
    version: str
    issued: str
    licence: str
    citation: str
    documents: Sequence[Document]
    counts: Mapping[str, int]


def told_of(graph: KnowledgeGraph) -> DatasetMetadata:
    """The metadata of a graph."""
    found = graph.answer(catalogue("pages")["self"].sparql)
    assert isinstance(found, Table)
    own = found.to_dicts()[0]
    answer = graph.answer(catalogue("pages")["counts"].sparql)
    assert isinstance(answer, Table)
    counted = {row["counted"]: row["number"] for row in answer}
    return DatasetMetadata(
        title=own["title"],
        version=own["version"],
        issued=str(own["issued"])[:10],
        licence=own["licence"],
        citation=own["citation"],
        documents=[
            Document(row["source"], row["citation"], address(row["source_iri"]) or "", row["licence"])
            for row in graph.ask("documents")
        ],
        counts={
            "studies": len(graph.ask("facts-per-study")),
            "results": sum(row["results"] for row in graph.ask("facts-per-study")),
            "places in the documents": counted["places in the documents"],
            "claims": counted["claims"],
            "discrepancies": len(graph.ask("discrepancies")),
        },
    )


async def about(request: Request) -> Response:
    """The page about the graph."""
    words(request, frozenset())
    caches, service = caches_of(request), request.app.state.service
    told = await service.run(told_of, caches.graph)
    return page(request, "about.html", told=told, engines={name: version(name) for name in _ENGINES}, own=__version__)


routes = [Route("/about", about)]
