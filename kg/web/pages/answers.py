"""Answers to the canned questions as files: the same texts as on the command line, at addresses with all parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from rdflib.term import Node
from starlette.requests import Request
from starlette.responses import Response

from kg.ask.catalogue import Question
from kg.ask.paging import Page
from kg.ask.results import FORMATS, Table, render
from kg.errors import FormatError, NotFoundError, RefusedError, UsageError
from kg.graph import KnowledgeGraph
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figure_cache import TYPES, Drawing
from kg.web.pages.figures import as_file

if TYPE_CHECKING:
    from kg.plots import Picture  # loaded with the drawing library, after the first pages are available

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
}
# the names in an address that choose a page of the answer; no question has a parameter of these names
PAGING = ("limit", "skip")
_DIGITS = 15  # of a number of rows
# the views that have a figure
PICTURED = ("forest", "network")


@dataclass(frozen=True)
class BoundQuestion:
    """A question with its parameter values: the texts in the address, their RDF terms, and the SPARQL with these terms.

    ``page`` is the page of its answer that the address is for.
    """

    question: Question
    given: Mapping[str, str]
    values: Mapping[str, Any]
    sparql: str
    page: Page

    @property
    def query(self) -> str:
        """The query string of the address of the whole answer with its question mark, or an empty text."""
        return self.query_for(Page())

    def query_for(self, page: Page) -> str:
        """The query string of the address of a page."""
        numbers = {"limit": page.limit, "skip": page.skip or None}
        words = {**self.given, **{name: str(number) for name, number in numbers.items() if number is not None}}
        return f"?{urlencode(words)}" if words else ""


def page_of(request: Request) -> Page:
    """The page that an address is for: ``limit`` and ``skip``; an empty value counts as not given.

    Raises :class:`~kg.errors.UsageError` for a value that is not a number of rows, or that is given twice.
    """
    numbers: dict[str, int] = {}
    for name in PAGING:
        texts = request.query_params.getlist(name)
        if len(texts) > 1:
            raise UsageError(f"'{name}' is given twice; give it once")
        if text := "".join(texts).strip():
            if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
                raise UsageError(f"'{name}' must be a number of rows, not '{text[:_DIGITS]}'")
            numbers[name] = int(text)
    return Page(**numbers)


def words_for(asked: Question, request: Request) -> dict[str, str]:
    """The parameter values in an address for a question; an empty value counts as not given.

    Raises :class:`~kg.errors.UsageError` for a parameter that the question does not have, or that is given twice.
    """
    known = [parameter.name for parameter in asked.options]
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        key = name.replace("-", "_")
        if name in PAGING:
            continue
        if key not in known:
            raise UsageError(f"the question '{asked.name}' has no parameter '{name}'; its parameters are {', '.join(known)}")
        if key in found:
            raise UsageError(f"'{name}' is given twice; give it once")
        if text.strip():
            found[key] = text.strip()
    return found


def settle(caches: Caches, asked: Question, given: Mapping[str, str], page: Page) -> BoundQuestion:
    """The question with these parameter values.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names when no entity of the class has the name,
    :class:`~kg.errors.UsageError` for a value that is not among the choices.
    """
    values: dict[str, Any] = {name: _value(caches, asked, name, text) for name, text in given.items()}
    sparql = asked.bind(values) if asked.endpoint else caches.graph.bound(asked.name, **values)
    return BoundQuestion(asked, given, values, sparql, page)


def _value(caches: Caches, asked: Question, name: str, text: str) -> tuple[Node, ...] | str:
    parameter = asked.parameter(name)
    if parameter.choices and text not in parameter.choices:
        raise UsageError(f"{name} must be one of {', '.join(parameter.choices)}, not '{text}'")
    return text if parameter in asked.filters else caches.choices.terms(parameter, text)


def runs_here(asked: Question, service: Service) -> bool:
    """Whether this server answers a question: a federated question only if its endpoint is allowed."""
    return asked.endpoint is None or asked.endpoint in service.limits.allow_service


def answer(caches: Caches, asked: BoundQuestion) -> Table:
    """The answer as a table."""
    return caches.graph.ask(asked.question.name, **asked.values)


def written(caches: Caches, asked: BoundQuestion, form: str) -> tuple[str, int]:
    """A page of the answer as a text in a format, and the number of all rows; what depends only on the graph is cached."""
    key = (asked.sparql, form, asked.page)
    kept = caches.answer(key)
    if kept is not None:
        total, _, text = kept.partition("\n")
        return text, int(total)
    whole = answer(caches, asked)
    text = render(asked.page.of(whole), form)
    if asked.question.endpoint is None:
        caches.remember(key, f"{len(whole)}\n{text}")
    return text, len(whole)


async def data(request: Request, asked: Question, form: str) -> Response:
    """The answer to a question as a file in a format.

    Raises :class:`~kg.errors.NotFoundError` for an unknown format, :class:`~kg.errors.FormatError` for a format that does
    not fit the answer, :class:`~kg.errors.RefusedError` for a federated question whose endpoint is not allowed.
    """
    service: Service = request.app.state.service
    caches = caches_of(request)
    if form not in MEDIA and form not in TYPES:
        raise NotFoundError(f"there is no format '{form}'; the formats are {', '.join([*MEDIA, *TYPES])}")
    if not runs_here(asked, service):
        raise RefusedError(
            f"'{asked.name}' queries {asked.endpoint}, which this server may not query; run it with 'mcrc-kg ask {asked.name}'"
        )
    if form == "ttl":
        raise FormatError(f"Turtle is for graphs, but the answer to '{asked.name}' is a table; choose csv, tsv, json or md")
    given, part = words_for(asked, request), page_of(request)
    if form in TYPES and part != Page():
        raise UsageError("a figure shows the whole answer; leave out limit and skip")
    settled = await service.run(settle, caches, asked, given, part)
    headers = keeping(service, form) if asked.endpoint is None else {"Cache-Control": "no-store"}
    address = f"{root(request)}/q/{quote(asked.name)}"
    headers["Link"] = f'<{address}{settled.query_for(part)}>; rel="alternate"; type="text/html"'
    if "ETag" in headers and (same := unchanged(request, headers)):
        return same
    name = f"{asked.name}.{form}"
    if form in TYPES:
        return as_file(await pictured(request, settled, form), name, headers)
    text, total = await service.run(written, caches, settled, form)
    for relation, other in (("prev", part.previous), ("next", part.next(total))):
        if other is not None:
            headers["Link"] += f', <{address}.{form}{settled.query_for(other)}>; rel="{relation}"'
    headers |= {"Content-Disposition": f'inline; filename="{name}"', "Content-Type": MEDIA[form]}
    return Response(text, headers=headers)


async def pictured(request: Request, asked: BoundQuestion, form: str = "svg") -> Drawing:
    """The figure of an answer.

    Raises :class:`~kg.errors.FormatError` for a question without a figure, :class:`~kg.errors.DataError` for an answer
    with nothing to draw.
    """
    if asked.question.view not in PICTURED:
        raise FormatError(f"the answer to '{asked.question.name}' has no figure; the formats are {', '.join(FORMATS)}")
    service: Service = request.app.state.service
    caches = caches_of(request)
    return await caches.pictures.get(service, asked.sparql, form, partial(_picture, caches, asked))


def _picture(caches: Caches, asked: BoundQuestion) -> Picture:
    found = answer(caches, asked)
    if asked.question.view == "network":
        return _mechanism_map(caches.graph, found)
    words = [caches.choices.label(*asked.values[one.name]) for one in asked.question.parameters if asked.values.get(one.name)]
    title = asked.question.summary + (f": {', '.join(words)}" if words else "")
    return caches.graph.forest_of(found, title)


def _mechanism_map(graph: KnowledgeGraph, found: Table) -> Picture:
    """The mechanism map of the drugs in the first column of an answer."""
    drugs = dict.fromkeys(str(row[0]) for row in found.rows)
    return graph.mechanism_map(*drugs)
