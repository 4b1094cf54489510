"""The SPARQL page: a form that works without scripts, and the settings of its editor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rdflib import Graph, URIRef
from rdflib.term import Node
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kg.ask.catalogue import Question, catalogue, question
from kg.ask.name_index import NameIndex
from kg.ask.results import Result, Table, from_answer, short
from kg.engine.oxigraph import FORMATS, Document
from kg.engine.store import read
from kg.errors import KgError
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE, PREFIXES
from kg.turtle import to_turtle
from kg.web.endpoint.protocol import Operation, answer
from kg.web.endpoint.service import Service
from kg.web.endpoint.service_description import base
from kg.web.http.addresses import root
from kg.web.http.error_responses import status
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address, without_header
from kg.web.pages.result_table import Cell
from kg.web.pages.templating import page

EDITOR = Path(__file__).parent.parent / "static" / "vendor" / "yasgui.min.js"
OFFERED = {"table": "table on this page", "csv": "CSV", "tsv": "TSV", "json": "JSON", "xml": "XML", "ttl": "Turtle (graphs only)"}
FIRST = "actions-of-drug"
MOST_ROWS = 1000  # on the page; the other formats contain all rows


@dataclass(frozen=True)
class QueryView:
    """The answer on the page: columns and rows, or a text, or an error; ``left_out`` counts the rows that are not shown.

    ``hints`` say what may be wrong with the query.
    """

    columns: Sequence[str] | None = None
    rows: Sequence[Sequence[Cell]] = ()
    left_out: int = 0
    text: str | None = None
    error: str | None = None
    hints: Sequence[str] = ()


async def query_page(request: Request) -> Response:
    """The page with a query in the form; also with its answer, if a format was chosen (the button sends one)."""
    asked = request.query_params.get("query", "").replace("\r\n", "\n")
    form = request.query_params.get("format")
    example = request.query_params.get("example")
    if asked.strip() and form is not None and form != "table":
        return RedirectResponse(f"{root(request)}/sparql?{urlencode({'query': asked, 'format': form})}", 303)
    shown, code = QueryView(), 200
    if asked.strip() and form is not None:
        try:
            document = await answer(request, Operation(asked, None, None), ("json", "ttl"))
            service: Service = request.app.state.service
            shown = await service.run(_shown, caches_of(request).graph, asked, _result(document), root(request))
        except KgError as error:
            shown, code = QueryView(error=str(error)), status(error)
    return page(
        request,
        "query.html",
        code,
        query=asked or readable(question(example or FIRST)),
        offered=OFFERED,
        shown=shown,
        examples=[*catalogue().values()],
        editor=EDITOR.is_file(),
        address=f"{base(request)}sparql",
    )


async def query_settings(request: Request) -> Response:
    """The settings of the editor, as JSON."""
    service: Service = request.app.state.service
    settings = await service.run(settings_of, service.graph, caches_of(request).graph.names)
    return JSONResponse(settings, headers={"Cache-Control": f"public, max-age={service.limits.cache_time}"})


def settings_of(graph: KnowledgeGraph, names: Callable[[], NameIndex]) -> dict[str, Any]:
    """The settings of the editor: prefixes, the terms in use with labels and counts, and the canned questions as examples.

    The counts are those of the VoID graph; without it, no terms are listed.
    """
    told = graph.answer(catalogue("web")["terms"].sparql)
    assert isinstance(told, Table)
    rows = told.to_dicts()
    labels = names().labels(row["term"] for row in rows)
    terms: dict[str, list[dict[str, Any]]] = {"class": [], "property": []}
    for row in rows:
        terms[row["kind"]].append({"iri": row["term"], "label": labels.get(row["term"], ""), "uses": row["uses"]})
    return {
        "base": BASE,
        "prefixes": PREFIXES,
        "classes": terms["class"],
        "properties": terms["property"],
        "examples": {one.name: readable(one) for one in catalogue().values()},
    }


def show(result: Result, root: str) -> QueryView:
    """An answer in the form that the page uses."""
    if isinstance(result, Graph):
        return QueryView(text=to_turtle(result))
    if isinstance(result, bool):
        return QueryView(text="true" if result else "false")
    rows = [[cell(term, root) for term in row] for row in result.rows[:MOST_ROWS]]
    return QueryView(result.columns, rows, len(result) - len(rows))


def _shown(graph: KnowledgeGraph, asked: str, result: Result, root: str) -> QueryView:
    return replace(show(result, root), hints=graph.hints(asked, result))


def cell(term: Node | None, root: str) -> Cell:
    """A term as a cell; an IRI of this graph links to its page on this site, any other IRI to itself.

    >>> cell(URIRef("https://w3id.org/mcrc-kg/id/drug/cetuximab"), "")
    Cell(text='drug:cetuximab', href='/id/drug/cetuximab', kind='', full='')
    """
    return Cell(short(term), address(str(term), root) if isinstance(term, URIRef) else None)


def readable(one: Question) -> str:
    """The SPARQL of a question without the header of the query file."""
    return without_header(one.sparql)


def _result(document: Document) -> Result:
    found = read(FORMATS[document.form].media_type, document.body)
    assert found is not None
    return from_answer(found)


routes = [Route("/query", query_page), Route("/query/settings.json", query_settings)]
