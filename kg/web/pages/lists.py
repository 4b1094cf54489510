"""The pages of the lists of drugs, trials, regimens, biomarkers and sources, and their rows as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from rdflib import Literal, URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.filters import Filters
from kg.ask.results import Table, render
from kg.errors import NotFoundError, UsageError
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.answers import MEDIA
from kg.web.pages.caches import caches_of
from kg.web.pages.figures import words
from kg.web.pages.links import address, in_form
from kg.web.pages.listings import LISTINGS, LISTS, NOT_STATED, READ, Entity, Listing, choices, chosen, narrowed
from kg.web.pages.result_table import Cell, Column, ResultTable, sortable
from kg.web.pages.templating import page

FORMS = ("csv", "json")
_ROWS = 30  # of a list that stand open
_VALUES = 7  # of a facet that stand open
_NAMED = 4  # values in a cell; more are counted
# the heading of a column that is not the name of its attribute
_HEADS = {
    "target": "targets",
    "study": "studies",
    "regimen": "regimens",
    "population": "biomarker states of populations",
    "backbone": "added to",
    "drug": "drugs",
    "line": "lines",
}


def shown(listing: Listing, there: Sequence[Entity], at: str, given: Mapping[str, str]) -> ResultTable:
    """The entities as an HTML table, with the address of each order; ``given`` has the parameters of the page."""
    heads = [Column("name", "name")]
    heads += [Column(name, _HEADS.get(name, name), "number" if name in listing.counted else "") for name in listing.columns]
    heads = [sortable(column, _column(column.name), given, f"{at}/{listing.name}") for column in heads]
    rows = [
        (Cell(one.label, address(one.iri, at)), *(_cell(listing, name, one.values.get(name, [])) for name in listing.columns))
        for one in there
    ]
    return ResultTable(tuple(heads), tuple(rows))


def _cell(listing: Listing, name: str, values: Sequence[str]) -> Cell:
    """The values of an attribute, or their number; of many values, the first are named."""
    if name in listing.counted:
        return Cell(str(len(values)))
    if not values:
        return Cell(NOT_STATED, None, "unsaid")
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED + 1 else ""
    link = values[0] if len(values) == 1 and values[0].startswith("https://") else None
    return Cell("; ".join(values[:_NAMED] if more else values) + more, link, full="; ".join(values))


def _column(name: str) -> str:
    """The column of an attribute in a file and in the parameter ``sort``."""
    return name.replace(" ", "_")


def in_order(listing: Listing, there: Sequence[Entity], sort: str) -> Sequence[Entity]:
    """The entities in the order of a column, as an answer is sorted; of a counted attribute by the number of its values.

    Raises :class:`~kg.errors.UsageError` for a column that the list does not have.
    """
    if not sort:
        return there
    columns = ("name", *map(_column, listing.columns))
    order = Filters({"sort": sort})
    order.check(columns)
    rows = []
    for place, one in enumerate(there):
        cells = [(name, one.values.get(name, [])) for name in listing.columns]
        texts = (str(len(values)) if name in listing.counted else "; ".join(values) for name, values in cells)
        rows.append((Literal(one.label), *map(Literal, texts), Literal(place)))
    return [there[row["place"]] for row in order.of(Table((*columns, "place"), tuple(rows))).to_dicts()]


def as_table(listing: Listing, there: Sequence[Entity]) -> Table:
    """The entities as an answer, with the values of each attribute in one cell."""
    columns = ("name", *map(_column, listing.columns), "entity_iri")
    rows = []
    for one in there:
        told = (one.values.get(name) for name in listing.columns)
        rows.append((Literal(one.label), *(Literal("; ".join(values)) if values else None for values in told), URIRef(one.iri)))
    return Table(columns, tuple(rows))


async def one_list(listing: Listing, request: Request) -> Response:
    """The page of a list, or with a file extension, its rows as a file."""
    service: Service = request.app.state.service
    caches = caches_of(request)
    every = await service.run(caches.made, READ[listing.name])
    form = request.path_params.get("form", "")
    if form and form not in FORMS:
        raise NotFoundError(f"there is no format '{form}'; the formats are {', '.join(FORMS)}")
    values: dict[str, str] = {}
    try:
        given = words(request, frozenset({"sort", *(one.name for one in listing.facets)}))
        sort = given.pop("sort", "")
        values = chosen(listing, every, given)
        there = in_order(listing, narrowed(listing, every, values), sort)
    except UsageError as error:
        if form:
            raise
        return _page(request, listing, every, every, {}, error=str(error).replace("--sort", "sort"))
    if not form:
        return _page(request, listing, every, there, values, sort)
    headers = keeping(service, form)
    if same := unchanged(request, headers):
        return same
    text = await service.run(render, as_table(listing, there), form)
    headers |= {"Content-Disposition": f'inline; filename="{listing.name}.{form}"', "Content-Type": MEDIA[form]}
    return Response(text, headers=headers)


def _page(
    request: Request,
    listing: Listing,
    every: Sequence[Entity],
    there: Sequence[Entity],
    values: Mapping[str, str],
    sort: str = "",
    error: str = "",
) -> Response:
    """The page of a list of these entities, in this order; ``values`` are those of its facets."""
    at = root(request)
    order = {"sort": sort} if sort else {}
    given = {**values, **order}
    query = f"?{urlencode(given)}" if given else ""
    told: dict[str, Any] = {
        "listing": listing,
        "every": len(every),
        "facets": choices(listing, every, values, f"{at}/{listing.name}", order),
        "values": [(listing.facet(name).words, value) for name, value in values.items()],
        "most": _VALUES,
        "first": shown(listing, there[:_ROWS], at, given),
        "result_table": shown(listing, there, at, given),
        "files": [(form.upper(), f"{at}/{listing.name}.{form}{query}") for form in FORMS],
        "sparql": in_form(catalogue(LISTS)[listing.name].sparql, at),
        "error": error,
    }
    return page(request, "list.html", 400 if error else 200, **told)


routes = [Route(f"/{one.name}{ending}", partial(one_list, one)) for one in LISTINGS for ending in ("", ".{form}")]
