"""The lists of drugs, trials, regimens, biomarkers and sources, each with facets: links that narrow it, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from rdflib import Literal, URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.results import Table, render
from kg.errors import NotFoundError, UsageError
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.answers import MEDIA
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figures import words
from kg.web.pages.links import address, in_form
from kg.web.pages.panels import SHELF
from kg.web.pages.result_table import Cell, Column, ResultTable
from kg.web.pages.templating import page

LISTS = f"{SHELF}/lists"
NOT_STATED = "not stated"  # the value of a facet for entities without one
FORMS = ("csv", "json")
_ROWS = 30  # of a list that stand open
_VALUES = 7  # of a facet that stand open
_NAMED = 4  # values in a cell; more are counted


@dataclass(frozen=True)
class Facet:
    """One facet: its name in an address, its heading, and the attributes that its values are of."""

    name: str
    words: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """One list: its name, which is its address and its query; its heading, its introduction, its facets and its columns.

    A column is an attribute with its heading; of an attribute in ``counted``, the cells have the number of values.
    """

    name: str
    title: str
    lead: str
    facets: tuple[Facet, ...]
    columns: tuple[tuple[str, str], ...]
    counted: tuple[str, ...] = ()

    def facet(self, name: str) -> Facet:
        return next(one for one in self.facets if one.name == name)


@dataclass(frozen=True)
class Entity:
    """One entity in a list: its IRI, its label, and the values of each attribute."""

    iri: str
    label: str
    values: dict[str, list[str]] = field(default_factory=dict)

    def of(self, facet: Facet) -> list[str]:
        """The values of a facet."""
        found = dict.fromkeys(value for name in facet.attributes for value in self.values.get(name, ()))
        return list(found) or [NOT_STATED]


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its text, the number of entities, the address of the list with it, and whether it is chosen."""

    text: str
    number: int
    href: str
    chosen: bool


LISTINGS = (
    Listing(
        "drugs", "Drugs", "The drugs in the regimens and statements of the documents.",
        (Facet("kind", "kind", ("kind",)), Facet("target", "target", ("target",)), Facet("approval", "approval", ("approval",)),
         Facet("resistance", "loses effect by mutation at", ("loses effect by mutation at",))),
        (("brand name", "brand name"), ("kind", "kind"), ("target", "targets"), ("loses effect by mutation at", "loses effect by mutation at"),
         ("approved", "approved"), ("study", "studies")), ("study",),
    ),
    Listing(
        "trials", "Trials", "The studies that the documents describe, with analyses of several trials.",
        (Facet("line", "line of therapy", ("line", "may be line")), Facet("phase", "phase", ("phase",)),
         Facet("population", "biomarker state of a population", ("population",)), Facet("class", "class of a drug in an arm", ("drug class",)),
         Facet("drug", "drug in an arm", ("drug",)), Facet("results", "results", ("results",)), Facet("design", "design", ("design",)),
         Facet("endpoint", "primary endpoint", ("primary endpoint",)), Facet("kind", "kind of study", ("kind",)),
         Facet("regimen", "regimen of an arm", ("regimen",))),
        (("phase", "phase"), ("line", "line"), ("regimen", "regimens"), ("population", "biomarker states of populations"),
         ("primary endpoint", "primary endpoint"), ("results", "results")),
    ),
    Listing(
        "regimens", "Regimens", "The treatments that an arm of a study received, and their backbones.",
        (Facet("kind", "kind", ("kind",)), Facet("drug", "drug in every case", ("drug",)), Facet("backbone", "added to", ("backbone",)),
         Facet("line", "line of therapy of a study", ("line", "may be line"))),
        (("drug", "drugs in every case"), ("kind", "kind"), ("backbone", "added to"), ("line", "lines"), ("study", "studies")),
    ),
    Listing(
        "biomarkers", "Biomarkers", "Biomarker states, the loci and genes that are tested, and single variants.",
        (Facet("kind", "kind", ("kind",)), Facet("protein", "protein of the gene", ("protein",)),
         Facet("drug", "drug that loses its effect by a mutation there", ("drug",)), Facet("form-of", "form of", ("form of",))),
        (("kind", "kind"), ("locus", "locus"), ("protein", "protein"), ("drug", "drugs that lose their effect by a mutation there"),
         ("study", "studies with such a population")), ("study",),
    ),
    Listing(
        "sources", "Sources", "The documents that the facts are from.",
        (Facet("kind", "kind", ("kind",)), Facet("year", "year", ("year",)), Facet("results", "results", ("results",)),
         Facet("study", "study", ("study",)), Facet("status", "status", ("status",))),
        (("short name", "short name"), ("kind", "kind"), ("year", "year"), ("study", "studies with results"), ("identifier", "identifier")),
    ),
)  # fmt: skip


def entities(listing: Listing, caches: Caches) -> list[Entity]:
    """All entities of a list, by label."""
    found: dict[str, Entity] = {}
    answer = caches.graph.answer(catalogue(LISTS)[listing.name].bind({}))
    assert isinstance(answer, Table)
    for row in answer.to_dicts():
        one = found.setdefault(row["thing_iri"], Entity(row["thing_iri"], row["label"]))
        known = one.values.setdefault(row["attribute"], []) if row["attribute"] else []
        if row["value"] is not None and row["value"] not in known:
            known.append(str(row["value"]))
    return sorted(found.values(), key=lambda one: (one.label.casefold(), one.iri))


# the reader of each list, called once for a graph
READ: Mapping[str, Callable[[Caches], list[Entity]]] = {one.name: partial(entities, one) for one in LISTINGS}


def chosen(listing: Listing, every: Sequence[Entity], given: Mapping[str, str]) -> dict[str, str]:
    """The values of the facets in an address, as the list has them.

    Raises :class:`~kg.errors.UsageError` for a value that no entity of the list has.
    """
    found = {}
    for name, text in given.items():
        facet = listing.facet(name)
        known = {value.casefold(): value for one in every for value in one.of(facet)}
        if text.casefold() not in known:
            near = ", ".join(sorted(known.values())[:12]) or "none, because the list is empty"
            raise UsageError(f"no {listing.name} have '{text}' as {facet.words}; the values: {near}{' …' if len(known) > 12 else ''}")
        found[name] = known[text.casefold()]
    return found


def narrowed(listing: Listing, every: Sequence[Entity], values: Mapping[str, str]) -> list[Entity]:
    """The entities that have each of these values."""
    return [one for one in every if all(value in one.of(listing.facet(name)) for name, value in values.items())]


def choices(listing: Listing, every: Sequence[Entity], values: Mapping[str, str], at: str) -> list[tuple[Facet, list[Choice]]]:
    """The facets of a list, each with its values, the most frequent first; counts are of the list with all other choices."""
    found = []
    for facet in listing.facets:
        others = {name: value for name, value in values.items() if name != facet.name}
        counts = Counter(value for one in narrowed(listing, every, others) for value in one.of(facet))
        made = []
        for value, number in sorted(counts.items(), key=lambda pair: (pair[0] == NOT_STATED, -pair[1], pair[0].casefold())):
            is_chosen = values.get(facet.name) == value
            query = urlencode(others if is_chosen else {**others, facet.name: value})
            made.append(Choice(value, number, f"{at}/{listing.name}" + (f"?{query}" if query else ""), is_chosen))
        if len(made) > 1 or any(one.chosen for one in made):
            found.append((facet, sorted(made, key=lambda one: not one.chosen)))
    return found


def shown(listing: Listing, there: Sequence[Entity], at: str) -> ResultTable:
    """The entities as an HTML table; a cell with many values names the first."""
    heads = [Column("name", "name"), *(Column(name, head, "number" if name in listing.counted else "") for name, head in listing.columns)]
    rows = []
    for one in there:
        cells = [Cell(one.label, address(one.iri, at))]
        for name, _ in listing.columns:
            values = one.values.get(name, [])
            if name in listing.counted:
                cells.append(Cell(str(len(values))))
                continue
            more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED + 1 else ""
            text = ", ".join(values[:_NAMED] if more else values) + more
            link = values[0] if len(values) == 1 and values[0].startswith("https://") else None
            cells.append(Cell(text, link, full="; ".join(values)) if text else Cell(NOT_STATED, None, "unsaid"))
        rows.append(tuple(cells))
    return ResultTable(tuple(heads), tuple(rows))


def as_table(listing: Listing, there: Sequence[Entity]) -> Table:
    """The entities as an answer, with the values of each attribute in one cell."""
    names = [name for name, _ in listing.columns]
    columns = ("name", *(name.replace(" ", "_") for name in names), "entity_iri")
    rows = [
        (Literal(one.label), *(Literal("; ".join(one.values[name])) if one.values.get(name) else None for name in names), URIRef(one.iri))
        for one in there
    ]
    return Table(columns, tuple(rows))


async def one_list(listing: Listing, request: Request) -> Response:
    """The page of a list, or with a file extension, its rows as a file."""
    service: Service = request.app.state.service
    caches, at = caches_of(request), root(request)
    every = await service.run(caches.made, READ[listing.name])
    form = request.path_params.get("form", "")
    if form and form not in FORMS:
        raise NotFoundError(f"there is no format '{form}'; the formats are {', '.join(FORMS)}")
    values: dict[str, str] = {}
    try:
        values = chosen(listing, every, words(request, frozenset(one.name for one in listing.facets)))
    except UsageError as error:
        if form:
            raise
        return _page(request, listing, every, {}, str(error))
    if not form:
        return _page(request, listing, every, values)
    headers = keeping(service, form)
    if (same := unchanged(request, headers)) is not None and same:
        return same
    text = await service.run(render, as_table(listing, narrowed(listing, every, values)), form)
    headers |= {"Content-Disposition": f'inline; filename="{listing.name}.{form}"', "Content-Type": MEDIA[form]}
    return Response(text, headers=headers)


def _page(request: Request, listing: Listing, every: Sequence[Entity], values: Mapping[str, str], error: str | None = None) -> Response:
    at = root(request)
    there = narrowed(listing, every, values)
    query = f"?{urlencode(values)}" if values else ""
    told: dict[str, Any] = {
        "listing": listing,
        "every": len(every),
        "facets": choices(listing, every, values, at),
        "values": [(listing.facet(name).words, value) for name, value in values.items()],
        "most": _VALUES,
        "first": shown(listing, there[:_ROWS], at),
        "result_table": shown(listing, there, at),
        "files": [(form.upper(), f"{at}/{listing.name}.{form}{query}") for form in FORMS],
        "sparql": in_form(catalogue(LISTS)[listing.name].sparql, at),
        "error": error,
    }
    return page(request, "list.html", 400 if error else 200, **told)


routes = [
    Route(f"/{one.name}{ending}", partial(one_list, one)) for one in LISTINGS for ending in ("", ".{form}")
]  # fmt: skip
