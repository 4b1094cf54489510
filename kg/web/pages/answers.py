"""Answers to the canned questions as files: the same text as the command line writes, by an address that says everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from rdflib.term import Node
from starlette.requests import Request
from starlette.responses import Response

from kg.ask.catalogue import Question
from kg.ask.results import FORMATS, Table, render
from kg.errors import FormatError, NotFoundError, RefusedError, UsageError
from kg.graph import KnowledgeGraph
from kg.namespaces import expand
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figure_cache import TYPES, Drawing
from kg.web.pages.figures import as_file

if TYPE_CHECKING:
    from kg.plots import Picture  # loaded with what draws, after the first pages can be had

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
}
# the views that have a picture
PICTURED = ("forest", "network")


@dataclass(frozen=True)
class BoundQuestion:
    """A question with the values in an address: the words as given, their terms, and the SPARQL that follows from them."""

    question: Question
    given: Mapping[str, str]
    values: Mapping[str, Node]
    sparql: str

    @property
    def query(self) -> str:
        """The part of the address after the path, with its question mark, or nothing."""
        return f"?{urlencode(self.given)}" if self.given else ""


def words_for(asked: Question, request: Request) -> dict[str, str]:
    """The words of an address for a question; an empty one is as none.

    Raises :class:`~kg.errors.UsageError` for a parameter that the question has not, or that comes twice.
    """
    known = [parameter.name for parameter in asked.parameters]
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        key = name.replace("-", "_")
        if key not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise UsageError(f"the question '{asked.name}' has no parameter '{name}'; {there}")
        if key in found:
            raise UsageError(f"'{name}' came twice; give it once")
        if text.strip():
            found[key] = text.strip()
    return found


def settle(caches: Caches, asked: Question, given: Mapping[str, str]) -> BoundQuestion:
    """The question with these values.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names for what no thing of the class is called,
    :class:`~kg.errors.UsageError` for a value that is not among the choices.
    """
    values = {name: _term(caches, asked, name, text) for name, text in given.items()}
    return BoundQuestion(asked, given, values, asked.bind(values))


def _term(caches: Caches, asked: Question, name: str, text: str) -> Node:
    parameter = asked.parameter(name)
    if parameter.choices and text not in parameter.choices:
        raise UsageError(f"{name} is one of {', '.join(parameter.choices)}, not '{text}'")
    return caches.choices.term(parameter, text)


def runs_here(asked: Question, service: Service) -> bool:
    """Whether a question is answered here: a federated one only where its endpoint may be asked."""
    return asked.endpoint is None or asked.endpoint in service.limits.allow_service


def answer(caches: Caches, asked: BoundQuestion) -> Table:
    """The answer as a table."""
    return caches.graph.ask(asked.question.name, **asked.values)


def written(caches: Caches, asked: BoundQuestion, form: str) -> str:
    """The answer as a text; what depends on nothing but the graph is remembered."""
    key = (asked.sparql, form)
    text = caches.answer(key)
    if text is None:
        text = render(answer(caches, asked), form)
        if asked.question.endpoint is None:
            caches.remember(key, text)
    return text


async def data(request: Request, asked: Question, form: str) -> Response:
    """The answer to a question as a file in a format.

    Raises :class:`~kg.errors.NotFoundError` for a format that there is not, :class:`~kg.errors.FormatError` for one that does not
    fit, :class:`~kg.errors.RefusedError` for a question that asks another endpoint.
    """
    service: Service = request.app.state.service
    caches = caches_of(request)
    if form not in MEDIA and form not in TYPES:
        raise NotFoundError(f"there is no format '{form}'; there are {', '.join([*MEDIA, *TYPES])}")
    if not runs_here(asked, service):
        raise RefusedError(
            f"'{asked.name}' asks {asked.endpoint}, which this server does not; run it with 'mcrc-kg ask {asked.name}'"
        )
    if form == "ttl":
        raise FormatError(f"Turtle writes a graph, and the answer to '{asked.name}' is a table; there are csv, tsv, json and md")
    given = words_for(asked, request)
    settled = await service.run(settle, caches, asked, given)
    headers = keeping(service, form) if asked.endpoint is None else {"Cache-Control": "no-store"}
    page = f"{root(request)}/q/{quote(asked.name)}{settled.query}"
    headers["Link"] = f'<{page}>; rel="alternate"; type="text/html"'
    if "ETag" in headers and (same := unchanged(request, headers)):
        return same
    name = f"{asked.name}.{form}"
    if form in TYPES:
        return as_file(await pictured(request, settled, form), name, headers)
    text = await service.run(written, caches, settled, form)
    headers |= {"Content-Disposition": f'inline; filename="{name}"', "Content-Type": MEDIA[form]}
    return Response(text, headers=headers)


async def pictured(request: Request, asked: BoundQuestion, form: str = "svg") -> Drawing:
    """The picture of an answer.

    Raises :class:`~kg.errors.FormatError` when the question has none, :class:`~kg.errors.DataError` when nothing can be drawn.
    """
    if asked.question.view not in PICTURED:
        raise FormatError(f"the answer to '{asked.question.name}' has no picture; there are {', '.join(FORMATS)}")
    service: Service = request.app.state.service
    caches = caches_of(request)
    return await caches.pictures.get(service, asked.sparql, form, partial(_picture, caches, asked))


def _picture(caches: Caches, asked: BoundQuestion) -> Picture:
    found = answer(caches, asked)
    if asked.question.view == "network":
        return _ways(caches.graph, found)
    words = [caches.choices.label(asked.values.get(one.name) or expand(one.default or "")) for one in asked.question.parameters]
    title = asked.question.summary + (f": {', '.join(filter(None, words))}" if any(words) else "")
    return caches.graph.forest_of(found, title)


def _ways(graph: KnowledgeGraph, found: Table) -> Picture:
    """The ways of the drugs that an answer names in its first column."""
    drugs = dict.fromkeys(str(row[0]) for row in found.rows)
    return graph.mechanism_map(*drugs)
