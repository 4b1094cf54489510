"""The pages of the network of comparisons, the mechanism map and the timeline: each a figure and a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.results import Table
from kg.errors import DataError, KgError, NotFoundError, UsageError
from kg.web.http.addresses import root
from kg.web.http.error_responses import status
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.comparisons import fields_of
from kg.web.pages.figures import allowed, figure, settle, words
from kg.web.pages.links import address
from kg.web.pages.parameters import Field
from kg.web.pages.result_table import names_of, result_table
from kg.web.pages.templating import page

_NETWORK = ("by", "stratum", "line", "document")


async def network(request: Request) -> Response:
    """The network of comparisons, optionally of one stratum and line of therapy, as figure and table."""
    caches, service = caches_of(request), request.app.state.service
    values: dict[str, Any] = {"figure": None, "result_table": None, "refusal": None, "error": None}
    given: dict[str, str] = {}
    code = 200
    try:
        given = words(request, frozenset(_NETWORK))
        given = await service.run(settle, caches, given)
        found = await service.run(caches.graph.network, **given)
        values["figure"] = await figure(request, "network", given)
        pairs = await service.run(found.to_table)
        values["result_table"] = result_table(pairs, await names_of(request), root(request), most=2000)
        values["whole"] = not {"stratum", "line"} <= set(given)
        values["counts"] = _counts([str(row[2]) for row in pairs.rows])
    except DataError as refused:
        values["refusal"] = str(refused)
    except (NotFoundError, UsageError) as error:
        values["error"], code = error, status(error)
    return page(request, "network.html", code, fields=await service.run(fields_of, caches, _NETWORK, given), **values)


def _counts(found: list[str]) -> dict[str, int]:
    return {kind: found.count(kind) for kind in ("direct", "indirect", "absent")}


async def mechanism(request: Request) -> Response:
    """The paths from drugs to pathways through the chosen entities, as map and table, with resistance mutations."""
    caches, service = caches_of(request), request.app.state.service
    values: dict[str, Any] = {"figure": None, "result_table": None, "error": None}
    given: dict[str, str] = {}
    drugs: list[str] = []
    things: list[str] = []
    code = 200
    names, at = await names_of(request), root(request)
    try:
        given = await service.run(settle, caches, words(request, frozenset({"thing", "document"})))
        things = [text for name, text in given.items() if name != "document"]
        found = await service.run(partial(caches.graph.mechanism, *things, document=given.get("document", "best")))
        values["figure"] = await figure(request, "mechanism", given)
        values["result_table"] = result_table(found.to_table(), names, at)
        drugs = found.drugs
    except (NotFoundError, UsageError) as error:
        values["error"], code = _plain(error), status(error)
    told = await service.run(caches.graph.ask, "resistance")
    resistance = result_table(
        Table(told.columns, tuple(row for row in told.rows if not drugs or str(row[0]) in drugs)), names, at
    )
    field = await service.run(_entity_field, caches, next(iter(things), ""))
    fields = [field, *await service.run(fields_of, caches, ("document",), given)]
    return page(request, "mechanism.html", code, fields=fields, resistance=resistance, things=things, **values)


def _entity_field(caches: Caches, value: str) -> Field:
    return Field("thing", "drug, target or pathway", value, allowed(caches, "thing") or (), "all")


def _plain(error: KgError) -> str:
    return str(error).split("; 'mcrc-kg")[0]


async def timeline(request: Request) -> Response:
    """The approvals and the documents by year, with a figure of the approvals."""
    caches, service = caches_of(request), request.app.state.service
    words(request, frozenset())
    approvals, documents = [await service.run(caches.graph.ask, name) for name in ("approvals", "documents")]
    shown = result_table(approvals, await names_of(request), root(request))
    try:
        drawn = await figure(request, "timeline", {})
    except DataError:
        drawn = None
    years = _by_year(approvals, documents, root(request))
    return page(request, "timeline.html", figure=drawn, result_table=shown, years=years)


@dataclass(frozen=True)
class Year:
    """What the graph has of one year: approvals, and documents with their numbers of results, each with its address."""

    year: int
    approvals: Sequence[tuple[str, str | None]]
    documents: Sequence[tuple[str, str | None, int]]


def _by_year(approvals: Table, documents: Table, at: str) -> list[Year]:
    """The years with an approval or a document, the latest first; what has no year is left out."""
    stated: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for row in approvals:
        if isinstance(row["year"], int):
            stated[row["year"]].append(
                (f"{row['drug']} ({row['agency'] or 'agency not stated'})", address(row["passage_iri"], at))
            )
    printed: dict[int, list[tuple[str, str | None, int]]] = defaultdict(list)
    for row in documents:
        if isinstance(row["year"], int):
            printed[row["year"]].append((row["source"], address(row["source_iri"], at), row["results"]))
    return [Year(year, stated[year], printed[year]) for year in sorted({*stated, *printed}, reverse=True)]


async def pictures(request: Request) -> Response:
    """The list of the figures that this site draws."""
    return page(request, "pictures.html")


routes = [Route("/pictures", pictures), Route("/network", network), Route("/mechanism", mechanism), Route("/timeline", timeline)]
