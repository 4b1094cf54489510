"""The question library: all questions by topic, and a page for each question with its form, answer and SPARQL."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kg.ask.catalogue import Question, catalogue, questions
from kg.ask.paging import Page
from kg.errors import DataError, KgError, NotFoundError, UsageError
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.http.error_responses import status
from kg.web.pages.answers import PICTURED, BoundQuestion, answer, data, page_of, pictured, runs_here, settle, words_for
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figure_cache import IN_PAGE, TYPES
from kg.web.pages.figures import Figure, framed
from kg.web.pages.links import in_form, without_header
from kg.web.pages.result_table import Names, ResultTable, names_of, result_table, sortable
from kg.web.pages.templating import page

MOST_ROWS = 500  # of an answer on its page
# the page that shows the same answer in another form
BESIDE = {
    "approvals": ("Show on the timeline", "/timeline"),
    "claims": ("Show each claim with its evidence", "/claims"),
    "corroboration": ("Show by trial, side by side", "/corroboration"),
    "discrepancies": ("Show side by side", "/discrepancies"),
    "head-to-head": ("Compare two treatments", "/compare"),
    "resistance": ("Show on the mechanism map", "/mechanism"),
    "review-table": ("Show the tables as printed", "/tables"),
}
FILES = (("CSV", "csv"), ("TSV", "tsv"), ("JSON", "json"), ("Markdown", "md"))


async def library(request: Request) -> Response:
    """The page of all questions by topic, or of those that contain the words of a search."""
    sought = request.query_params.get("q", "").strip()
    service: Service = request.app.state.service
    found = matching(catalogue().values(), sought)
    outside = matching(catalogue("federated").values(), sought)
    return page(
        request,
        "library.html",
        sought=sought,
        groups=by_tag(found),
        count=len(found) + len(outside),
        everything=len(questions()),
        outside=[(one, runs_here(one, service)) for one in outside],
    )


def matching(asked: Any, sought: str) -> list[Question]:
    """The questions whose name, summary, description, parameters or tags contain every word of a text.

    >>> [one.name for one in matching(catalogue().values(), "forest head")]
    ['head-to-head']
    """
    wanted = sought.lower().split()
    return [one for one in asked if all(word in _text(one) for word in wanted)]


def by_tag(found: Sequence[Question]) -> Mapping[str, Sequence[Question]]:
    """The questions by their first tag, in alphabetical order of the tags."""
    groups: dict[str, list[Question]] = {}
    for one in found:
        groups.setdefault(one.tags[0] if one.tags else "other", []).append(one)
    return dict(sorted(groups.items()))


def _text(one: Question) -> str:
    names = " ".join(parameter.name for parameter in one.parameters)
    return f"{one.name} {one.summary} {one.description} {' '.join(one.tags)} {names} {one.view}".lower()


async def one_question(request: Request) -> Response:
    """The page of a question; if the address has a file extension, the answer as a file."""
    name, _, form = request.path_params["name"].partition(".")
    asked = known(name)
    return await data(request, asked, form) if form else await _page(request, asked)


def known(name: str) -> Question:
    """The question with a name.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names.
    """
    there = questions()
    if name in there:
        return there[name]
    near = difflib.get_close_matches(name, there, 3, 0.4) or [one for one in there if name in one]
    cure = f"similar names: {', '.join(near)}" if near else "see /q for all questions"
    raise NotFoundError(f"there is no question '{name}'; {cure}")


async def _page(request: Request, asked: Question) -> Response:
    service: Service = request.app.state.service
    caches = caches_of(request)
    given: dict[str, str] = {}
    try:
        given = words_for(asked, request)
        settled = await service.run(settle, caches, asked, given, _page_of(request))
        headers = keeping(service, "html")
        if asked.endpoint is None and (same := unchanged(request, headers)):
            return same
        key = ("page", root(request), settled.query, settled.sparql, settled.page)
        if (text := caches.answer(key)) is not None:
            return HTMLResponse(text, headers=headers)
        values = await _answered(request, settled) if runs_here(asked, service) else _nothing()
    except (NotFoundError, UsageError) as error:
        return await _refused(request, asked, given, error)
    made = page(
        request, "question.html", asked=asked, error=None, **await service.run(_fields, caches, asked, given),
        **_links(settled, root(request)), **values,
    )  # fmt: skip
    if asked.endpoint is None:
        made.headers.update(headers)
        caches.remember(key, bytes(made.body).decode())
    return made


async def _answered(request: Request, settled: BoundQuestion) -> dict[str, Any]:
    """The answer for the page: its rows, and its figure if it has one."""
    service: Service = request.app.state.service
    caches = caches_of(request)
    names = await names_of(request)
    shown, total, empty = await service.run(_result_table, caches, settled, names, root(request))
    picture = None
    if settled.question.view in PICTURED and total:
        picture = await _figure(request, settled)
    return {"result_table": shown, "picture": picture, "paging": _paging(settled, total, root(request)), "empty": empty}


def _nothing() -> dict[str, Any]:
    return {"result_table": None, "picture": None, "paging": None, "empty": ()}


def _result_table(caches: Caches, settled: BoundQuestion, names: Names, at: str) -> tuple[ResultTable, int, Sequence[str]]:
    """The rows on the page, the number of all rows, and what it means if there is none."""
    whole = answer(caches, settled)
    shown = result_table(settled.page.of(whole), names, at)
    columns = [
        sortable(column, column.name if column.name in whole.columns else f"{column.name}_iri", settled.given,
                 f"{at}/q/{settled.question.name}")
        for column in shown.columns
    ]  # fmt: skip
    empty = () if len(whole) else caches.graph.explain_empty(settled.question.name, **settled.values)
    return replace(shown, columns=columns), len(whole), [_without_options(one) for one in empty]


def _page_of(request: Request) -> Page:
    """The page of the answer, of no more rows than a browser shows."""
    asked = page_of(request)
    return Page(min(asked.limit or MOST_ROWS, MOST_ROWS), asked.skip)


def _paging(settled: BoundQuestion, total: int, at: str) -> dict[str, Any]:
    """How many rows there are, which of them the page shows, and the addresses of the pages before and after it."""
    page, address = settled.page, f"{at}/q/{settled.question.name}"
    previous, following = (one and f"{address}{settled.query_for(one)}" for one in (page.previous, page.next(total)))
    told = None if page.is_whole(total) else page.told(total)
    return {"told": told, "total": total, "previous": previous, "next": following}


async def _figure(request: Request, settled: BoundQuestion) -> Figure | None:
    """The figure of an answer, or None if it has nothing to draw."""
    try:
        drawn = await pictured(request, settled, IN_PAGE)
    except DataError:
        return None
    at = root(request)
    return framed(drawn, at, {form: f"{at}/q/{settled.question.name}.{form}{settled.query}" for form in TYPES})


async def _refused(request: Request, asked: Question, given: Mapping[str, str], error: KgError) -> Response:
    """The page with the filled-in form and the error, without an answer."""
    service: Service = request.app.state.service
    caches = caches_of(request)
    fields = await service.run(_fields, caches, asked, given)
    wrong = next((name for name, text in given.items() if f"'{text}'" in str(error)), None)
    values: dict[str, Any] = {
        "links": [],
        "sparql": without_header(asked.sparql),
        "editor": in_form(asked.sparql, root(request)),
        "query": "",
        "beside": None,
    }
    return page(
        request,
        "question.html",
        status(error),
        asked=asked,
        **fields,
        error=_plain(error),
        wrong=wrong,
        **values,
        **_nothing(),
    )


def _fields(caches: Caches, asked: Question, given: Mapping[str, str]) -> dict[str, Any]:
    """The form fields of the parameters, those of the filters, and whether a filter has a value."""
    by_column = tuple(text for column in asked.columns if not column.endswith("_iri") for text in (column, f"{column}:desc"))
    filters = [replace(one, choices=by_column) if one.name == "sort" else one for one in asked.filters]
    return {
        "fields": [caches.choices.field(one, given.get(one.name)) for one in asked.parameters],
        "filters": [caches.choices.field(one, given.get(one.name)) for one in filters],
        "filtered": any(one.name in given for one in filters),
    }


def _links(settled: BoundQuestion, at: str) -> dict[str, Any]:
    name = settled.question.name
    files = [(words, f"{at}/q/{name}.{form}{settled.query}") for words, form in FILES]
    return {
        "beside": BESIDE.get(name),
        "links": files,
        "sparql": without_header(settled.sparql),
        "editor": in_form(settled.sparql, at),
        "query": settled.query,
        "wrong": None,
    }


def _plain(error: KgError) -> str:
    """The text of an error without references to the command line."""
    return _without_options(re.sub(r"; try 'mcrc-kg find'.*", "", str(error)))


def _without_options(text: str) -> str:
    return re.sub(r"--(?=\w)", "", text)


routes = [Route("/q", library), Route("/q/{name}", one_question)]
