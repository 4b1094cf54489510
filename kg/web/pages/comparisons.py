"""The pages of comparisons and pooled analyses: forms, estimates, figures, and the results that were not used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from rdflib import Literal, URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.results import Table, to_csv, to_json
from kg.errors import DataError, KgError, NotFoundError, UsageError
from kg.synthesis import cells
from kg.synthesis.comparison import Comparison
from kg.synthesis.comparisons import comparisons, side
from kg.synthesis.contrasts import Contrast, select
from kg.synthesis.indirect import ASSUMPTION, TreatmentComparison
from kg.synthesis.meta_analysis import Synthesis
from kg.web.endpoint.conditional import keeping
from kg.web.http.addresses import root
from kg.web.http.error_responses import status
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figures import ALLOWED, Figure, allowed, figure, settle, words
from kg.web.pages.parameters import PARAMETER_LABELS, Field
from kg.web.pages.result_table import Names, names_of, result_table
from kg.web.pages.templating import page

_COMPARED = ("one", "other", "endpoint", "stratum", "line", "document")
_POOLED = ("endpoint", "experimental", "reference", "stratum", "line", "method", "document")
_NEEDED = {"one", "other", "experimental", "reference"}
_ARTICLED = {
    "endpoint": "an endpoint",
    "one": "a first treatment",
    "other": "a second treatment",
    "experimental": "an experimental treatment",
    "reference": "a reference treatment",
}  # as the message about an incomplete form names the fields
_FIRST = ("OS", "PFS")  # the endpoints that come first
_FIGURES = ("experimental_arm", "experimental_n", "experimental_value", "reference_arm", "reference_n", "reference_value",
            "unit", "statistic", "effect_value", "ci_lower", "ci_upper", "ci_level", "p_comparator", "p_value", "favours",
            "favours_from", "authors_reading", "authors_wording", "reading_against_p", *cells.COMPUTED)  # fmt: skip
_MEASURED = ("studies", "population", "line_of_therapy", "endpoint", *_FIGURES, "remark", "analysis", "document", "place")
_INDIRECT = ("studies", "population", "line_of_therapy", "endpoint", "statistic", *cells.COMPUTED, "favours", "remark",
             "document")  # fmt: skip
_STUDIES = ("study", "population", "line_of_therapy", *_FIGURES, "computed_weight_fixed", "computed_weight_random", "analysis",
            "document", "place")  # fmt: skip
FILES: Mapping[str, tuple[Callable[[Table], str], str]] = {
    "csv": (to_csv, "text/csv"),
    "json": (to_json, "application/json"),
}
_LEFT = ("study", "population", "endpoint", "reason", "document", "place")


@dataclass(frozen=True)
class Offer:
    """A possible pooled analysis: its text, its number of studies, and the query string of its address."""

    text: str
    studies: int
    query: str


async def compare(request: Request) -> Response:
    """The page of two treatments: direct, indirect and missing comparisons, shared targets, and the forest plot, if any."""
    caches, service = caches_of(request), request.app.state.service
    given, error = await _given(request, _COMPARED)
    error = error or _incomplete(given, ("one", "other"))
    values: dict[str, Any] = {"found": None, "figure": None, "pairs": []}
    if error is None and {"one", "other"} <= set(given):
        try:
            found = await service.run(caches.graph.compare, **given)
            values |= await _compared(request, found, given)
        except DataError as refused:
            values["refusal"] = str(refused)
    elif error is None:
        values["pairs"] = await service.run(caches.made, _pairs)
    fields = await service.run(fields_of, caches, _COMPARED, given)
    code = 200 if error is None else status(error)
    return page(request, "compare.html", code, fields=fields, error=error, assumption=ASSUMPTION, **({"refusal": None} | values))


async def _compared(request: Request, found: TreatmentComparison, given: Mapping[str, str]) -> dict[str, Any]:
    names, at = await names_of(request), root(request)
    table = found.to_table()
    parts = {kind: _part(table, kind) for kind in ("direct", "pooled by the source", "indirect", "absent")}
    shown = {
        "direct": result_table(parts["direct"], names, at, _MEASURED),
        "pooled": result_table(parts["pooled by the source"], names, at, _MEASURED),
        "indirect": result_table(parts["indirect"], names, at, _INDIRECT),
        "left": _left_out(found, names, at),
        "absent": [str(row[table.columns.index("population")]) for row in parts["absent"].rows],
    }
    return {
        "found": found,
        "shown": shown,
        "figure": await _forest(request, found, given),
        "files": [(form.upper(), f"compare.{form}?{urlencode(given)}") for form in FILES],
    }


def _part(table: Table, kind: str) -> Table:
    return Table(table.columns, tuple(row for row in table.rows if str(row[0]) == kind))


async def _forest(request: Request, found: TreatmentComparison, given: Mapping[str, str]) -> Figure | None:
    """The forest plot of the chosen endpoint, or else of the first endpoint that was measured."""
    measured = sorted({one.endpoint for one in found.direct}, key=lambda name: (name not in _FIRST, name))
    endpoint = given.get("endpoint") or next(iter(measured), None)
    if endpoint is None:
        return None
    sides = {"endpoint": endpoint, "experimental": given["one"], "reference": given["other"]}
    try:
        where = {name: given[name] for name in ("stratum", "line", "document") if name in given}
        return await figure(request, "forest", sides | where)
    except DataError:
        return None


async def compare_file(request: Request) -> Response:
    """The content of :func:`compare`, as a CSV or JSON file."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(settle, caches, words(request, frozenset(_COMPARED)))
    if not {"one", "other"} <= set(given):
        raise UsageError("choose two treatments to compare; give the parameters 'one' and 'other'")
    found = await service.run(caches.graph.compare, **given)
    return file_of(request, found.to_table(), "compare")


async def pool(request: Request) -> Response:
    """The page of a pooled analysis with its studies, estimates and heterogeneity, or the reason why it is refused."""
    caches, service = caches_of(request), request.app.state.service
    given, error = await _given(request, _POOLED)
    error = error or _incomplete(given, ("endpoint", "experimental", "reference"))
    values: dict[str, Any] = {"found": None, "refusal": None, "figure": None}
    if error is None and {"endpoint", "experimental", "reference"} <= set(given):
        try:
            found = await service.run(caches.graph.pool, **given)
            values |= await _shown(request, found, given)
        except DataError as refused:
            values["refusal"] = str(refused).replace("--", "")
    names = {"offers": await service.run(caches.made, _offers) if values["found"] is None else []}
    fields = await service.run(fields_of, caches, _POOLED, given)
    return page(request, "pool.html", 200 if error is None else status(error), fields=fields, error=error, **values, **names)


async def _shown(request: Request, found: Synthesis, given: Mapping[str, str]) -> dict[str, Any]:
    names, at, table = await names_of(request), root(request), found.to_table()
    return {
        "found": found,
        "result_table": result_table(_where(table, True), names, at, _STUDIES),
        "estimates": result_table(_where(table, False), names, at, ("study", *cells.COMPUTED)),
        "left": _left_out(found, names, at),
        "figure": await figure(request, "forest", given),
        "files": [(form.upper(), f"pool.{form}?{urlencode(given)}") for form in FILES],
    }


def _where(table: Table, placed: bool) -> Table:
    """The rows with a place, which are studies, or the rows without, which are estimates."""
    return Table(table.columns, tuple(row for row in table.rows if (row[-1] is not None) == placed))


def _left_out(found: Synthesis | TreatmentComparison, names: Names, at: str) -> Any:
    rows = []
    for left in found.left_out:
        one = left.comparison
        texts = (one.trial, one.population, one.endpoint, left.reason, one.document, one.place)
        rows.append((*map(Literal, texts), URIRef(one.passage)))
    return result_table(Table((*_LEFT, "passage_iri"), tuple(rows)), names, at)


async def pool_file(request: Request) -> Response:
    """The content of :func:`pool`, as a CSV or JSON file; results that must not be pooled are an error here."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(settle, caches, words(request, frozenset(_POOLED)))
    if not {"endpoint", "experimental", "reference"} <= set(given):
        raise UsageError("choose an endpoint and two treatments; give the parameters 'endpoint', 'experimental' and 'reference'")
    found = await service.run(caches.graph.pool, **given)
    return file_of(request, found.to_table(), "pool")


def file_of(request: Request, table: Table, name: str) -> Response:
    """A table as a file of the format in the address.

    Raises :class:`~kg.errors.NotFoundError` for an unknown format.
    """
    form = request.path_params["form"]
    if form not in FILES:
        raise NotFoundError(f"there is no format '{form}'; the formats are {', '.join(FILES)}")
    write, media = FILES[form]
    headers = {**keeping(request.app.state.service, form), "Content-Disposition": f'inline; filename="{name}.{form}"'}
    return Response(write(table), headers=headers, media_type=media)


async def _given(request: Request, known: Sequence[str]) -> tuple[dict[str, str], KgError | None]:
    """The parameter values of an address under their canonical names; after an error, the values as given, with the error."""
    caches, service = caches_of(request), request.app.state.service
    given: dict[str, str] = {}
    try:
        given = words(request, frozenset(known))
        return await service.run(settle, caches, given), None
    except (NotFoundError, UsageError) as error:
        return given, error


def _incomplete(given: Mapping[str, str], needed: Sequence[str]) -> UsageError | None:
    """The error in an incomplete form or one with two equal sides; None for an empty or complete form."""
    lacking = [name for name in needed if name not in given]
    if lacking and len(lacking) < len(needed):
        return UsageError(f"the form is incomplete; also choose {' and '.join(_ARTICLED[name] for name in lacking)}")
    one, other = (given.get(name) for name in needed[-2:])
    return UsageError(f"both sides are '{one}'; choose two different treatments") if one and one == other else None


def fields_of(caches: Caches, names: Sequence[str], given: Mapping[str, str]) -> list[Field]:
    """The form fields for these parameters of an address."""
    return [_field(caches, name, given.get(name)) for name in names]


def _field(caches: Caches, name: str, value: str | None) -> Field:
    listed = allowed(caches, name)
    if listed is None:
        return caches.choices.plain(name, ALLOWED[name], value)
    label = PARAMETER_LABELS.get(name, name)
    if name == "document":
        return Field(name, label, value or "best", listed)
    return Field(name, label, value or "", listed, "choose" if name in _NEEDED else f"any {label}")


def _pairs(caches: Caches) -> list[tuple[str, str, int]]:
    """The eight pairs of treatments that the most studies compared, with the number of studies."""
    sides = {choice.label for choice in caches.choices.listed("sides")}
    edges = [edge for edge in caches.graph.network("regimens").edges if {edge.one, edge.other} <= sides]
    edges.sort(key=lambda edge: (-len(edge.studies), edge.one, edge.other))
    return [(edge.one, edge.other, len(edge.studies)) for edge in edges[:8]]


def _offers(caches: Caches) -> list[Offer]:
    """The possible pooled analyses of two or more studies of classes of regimens, by endpoint, stratum and, if needed, line."""
    classes = [one for one in allowed(caches, "experimental") or () if one.group.startswith("class")]
    sides = {one.value: side(caches.graph.answer, one.label, str(one.iri)) for one in classes}
    offers = []
    for endpoint in (one for one in caches.choices.listed("endpoints") if one.value in _FIRST):
        found = comparisons(caches.graph.answer, endpoint=endpoint.iri)
        for one, other in combinations(sorted(sides), 2):
            between = Contrast(sides[one], sides[other]).oriented(found)
            if len({each.study for each in between}) > 1:
                given = {"endpoint": endpoint.value, "experimental": one, "reference": other}
                offers += _settings(caches, between, Contrast(sides[one], sides[other]), given)
    return offers


def _settings(caches: Caches, found: Sequence[Comparison], contrast: Contrast, given: Mapping[str, str]) -> list[Offer]:
    offers = []
    for stratum in allowed(caches, "stratum") or ():
        asked = replace(contrast, stratum=str(stratum.iri))
        ways = [(asked, {"stratum": stratum.value})]
        if not _studies(found, asked, stratum.label):
            ways = [(replace(asked, line=str(line.iri)), {"stratum": stratum.value, "line": line.value})
                    for line in allowed(caches, "line") or ()]  # fmt: skip
        for way, more in ways:
            if (number := _studies(found, way, stratum.label)) > 1:
                words = f"{given['endpoint']}, {given['experimental']} against {given['reference']}, {', '.join(more.values())}"
                offers.append(Offer(words, number, urlencode({**given, **more})))
    return offers


def _studies(found: Any, contrast: Contrast, stratum: str) -> int:
    """The number of studies in a pooled analysis; 0 if it is refused, or if it is the same as that of a narrower stratum."""
    try:
        selected = select(found, contrast)[0]
    except DataError:
        return 0
    narrowest = {one.stratum for one in selected}
    renamed = len(narrowest) == 1 and stratum not in narrowest
    return len(selected) if len({one.line for one in selected}) == 1 and not renamed else 0


routes = [
    Route("/compare", compare),
    Route("/compare.{form}", compare_file),
    Route("/pool", pool),
    Route("/pool.{form}", pool_file),
]
