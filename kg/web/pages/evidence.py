"""The page of the evidence for a group of patients: a selector, and a table of what was tested, with benefit and harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.errors import DataError, NotFoundError, UsageError
from kg.synthesis.comparison import UNSELECTED
from kg.synthesis.evidence_table import OUTCOMES, Entry, EvidenceTable
from kg.synthesis.kinds import SUPPORTIVE
from kg.synthesis.patients import biomarker_of
from kg.web.http.addresses import here, root
from kg.web.http.error_responses import status
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.comparisons import FILES, fields_of, file_of
from kg.web.pages.evidence_cells import Discrepant, Line, line_of
from kg.web.pages.figures import allowed, settle, words
from kg.web.pages.glossary import Term
from kg.web.pages.parameters import Field
from kg.web.pages.result_table import Names, names_of, result_table
from kg.web.pages.templating import page, render

_ENTITIES = ("biomarker", "line", "side", "treatment", "against", "document")
_GIVEN = (*_ENTITIES[:3], "patients", *_ENTITIES[3:])
_FIRST_FIELDS = _GIVEN[:2]  # the others are folded until one of them is given
_OPEN = 2  # rows of a contrast that are shown at once, for the first contrast of the first kinds
_SINGLE = ("trial", "population", "line_of_therapy", "regimen", "endpoint", "printed", "unit", "at", "n", "document", "place")
_HARM = ("event", "grade", "trial", "treatment", "experimental_value", "unit", "statement", "population", "document", "place")
_LONGEST = 300  # characters of a value


@dataclass(frozen=True)
class Block:
    """One contrast as the page shows it: its rows, those of parts of the same populations, and whether it is open."""

    name: str
    lines: Sequence[Line]
    parts: Sequence[Line]
    open: bool
    harm: Sequence[tuple[str, str]]  # the drugs in which the arms differ, each with the address of its adverse events

    @property
    def first(self) -> Sequence[Line]:
        """The rows that are shown at once."""
        return self.lines[:_OPEN]

    @property
    def more(self) -> Sequence[Line]:
        """The other rows of whole populations."""
        return self.lines[_OPEN:]

    def __len__(self) -> int:
        """The number of comparisons."""
        return len(self.lines) + len(self.parts)


async def evidence(request: Request) -> Response:
    """The page of a group of patients; without one, the numbers of studies by biomarker and line of therapy."""
    caches, service = caches_of(request), request.app.state.service
    at, given, error = root(request), {}, None
    try:
        given = words(request, frozenset(_GIVEN))
        given = await service.run(_settled, caches, given)
    except (NotFoundError, UsageError) as failed:
        error = failed
    values: dict[str, Any] = {"found": None, "matrix": None, "refusal": None}
    key = ("evidence", at, *sorted(given.items()))
    if error is None and (kept := caches.answer(key)) is not None:
        return Response(kept, media_type="text/html")
    if error is None and given:
        try:
            values |= await service.run(_answered, caches, given, await names_of(request), at)
        except DataError as refused:
            values["refusal"] = str(refused)
    if values["found"] is None:
        values["matrix"] = await service.run(caches.made, _matrix)
    fields = await service.run(_fields, caches, given)
    more = [one for one in fields if one.name not in _FIRST_FIELDS]
    values |= {"fields": fields[: len(_FIRST_FIELDS)], "more": more, "narrowed": any(one.name in given for one in more)}
    values |= {"error": error, "files": [(form.upper(), f"evidence.{form}?{urlencode(given)}") for form in FILES]}
    values |= {"given": _told(given), "outcomes": OUTCOMES, "unselected": _unselected(given),
               "any_line": urlencode({name: text for name, text in given.items() if name != "line"})}  # fmt: skip
    if error is not None:
        return page(request, "evidence.html", status(error), **values)
    text = await service.run(lambda: render("evidence.html", root=at, path=here(request), **values))
    caches.remember(key, text)
    return Response(text, media_type="text/html")


async def evidence_file(request: Request) -> Response:
    """The rows of :func:`evidence` as a CSV or JSON file; without parameters those of all patients."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(_settled, caches, words(request, frozenset(_GIVEN)))
    found = await service.run(_found, caches, given)
    return file_of(request, found.to_table(), "evidence")


def _found(caches: Caches, given: Mapping[str, str]) -> EvidenceTable:
    return caches.graph.evidence(**given)


def _settled(caches: Caches, given: Mapping[str, str]) -> dict[str, str]:
    """The parameter values under their canonical names.

    Raises :class:`~kg.errors.NotFoundError` for an unknown entity, :class:`~kg.errors.UsageError` for words that are too long.
    """
    found = dict(given)
    for name, text in given.items():
        if len(text) > _LONGEST:
            raise UsageError(f"'{name}' has more than {_LONGEST} characters; give fewer words")
    if biomarker := given.get("biomarker"):
        iri = biomarker_of(caches.graph, biomarker)
        found["biomarker"] = next((one.value for one in allowed(caches, "biomarker") or () if one.iri == iri), biomarker)
    return found | settle(caches, {name: text for name, text in given.items() if name in _ENTITIES and name != "biomarker"})


def _fields(caches: Caches, given: Mapping[str, str]) -> list[Field]:
    fields = {one.name: one for one in fields_of(caches, _ENTITIES, given)}
    fields["patients"] = Field("patients", "age, fitness or other words", given.get("patients", ""), (), "70 years, liver …")
    return [fields[name] for name in _GIVEN]


def _told(given: Mapping[str, str]) -> str:
    """The chosen patients in words."""
    texts = [given[name] for name in ("biomarker", "line", "side") if name in given]
    texts += [f"“{given['patients']}”"] if "patients" in given else []
    arms = [
        f"{words} {given[name]}" for name, words in (("treatment", "treatment:"), ("against", "comparator:")) if name in given
    ]
    return ", ".join([*texts, *arms]) or "all patients"


def _unselected(given: Mapping[str, str]) -> str:
    """The query string for the same patients in studies that did not select by a biomarker; empty where it says so already."""
    if given.get("biomarker") in (None, UNSELECTED.label):
        return ""
    return urlencode({**given, "biomarker": UNSELECTED.label})


def _answered(caches: Caches, given: Mapping[str, str], names: Names, at: str) -> dict[str, Any]:
    """What the page shows of the evidence for these patients."""
    found = _found(caches, given)
    return {
        "found": found,
        "meanings": _meanings(names),
        "single": result_table(found.single, names, at, _SINGLE),
        "valued": found.valued,
        "uncompared": bool(found.uncompared),
        "single_harm": result_table(found.single_harm, names, at, _HARM),
        **_shown(found, at, caches.made(_discrepant)),
    }


def _shown(found: EvidenceTable, at: str, discrepant: Discrepant) -> dict[str, Any]:
    """The contrasts by kind. The first ones of each kind are open; populations that are part of others are folded."""
    groups: dict[str, list[Block]] = {}
    shown = 0
    for kind, contrasts in found.groups.items():
        rows = 0
        for name, entries in contrasts.items():
            parts = [one for one in entries if one.is_part_of(entries)]
            wholes = [line_of(one, at, discrepant) for one in entries if one not in parts]
            title = f"{name} {SUPPORTIVE}" if kind == SUPPORTIVE else name
            is_open = not rows and shown < 2 * _OPEN
            groups.setdefault(kind, []).append(
                Block(title, wholes, [line_of(one, at, discrepant) for one in parts], is_open, _harm(entries, at))
            )
            rows += len(wholes)
            shown += min(len(wholes), _OPEN) if is_open else 0
    return {"groups": groups, "studies": len({one.first.study for one in found.entries})}


def _discrepant(caches: Caches) -> Discrepant:
    """The recorded discrepancies by the result that they are about."""
    rows = caches.graph.answer(catalogue("pages")["results-in-discrepancies"].bind({}))
    assert isinstance(rows, Table)
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows.to_dicts():
        found.setdefault(row["result_iri"], []).append((row["kind"], row["discrepancy_iri"]))
    return found


def _harm(entries: Sequence[Entry], at: str) -> list[tuple[str, str]]:
    """The targeted drugs that only one arm has, each with the address of its adverse events."""
    found: dict[str, str] = {}
    for one in entries:
        for arm, other in ((one.first.experimental, one.first.reference), (one.first.reference, one.first.experimental)):
            found |= {drug.label: drug.iri for drug in arm.drugs if drug not in other.drugs}
    return [(label, f"{at}/q/safety?{urlencode({'drug': label})}") for label in sorted(found)]


def _meanings(names: Names) -> dict[str, Term]:
    """The terms of the glossary for the headings of outcomes."""
    return {name: one for one in names.glossary.values() for name in OUTCOMES if name == one.abbreviation}


def _matrix(caches: Caches) -> tuple[Sequence[str], Sequence[tuple[str, Sequence[tuple[int, str]]]]]:
    """The lines of therapy, and for each biomarker the number of studies in each line with the query string of the page."""
    found = caches.graph.answer(catalogue("pages")["studies-by-biomarker"].sparql)
    assert isinstance(found, Table)
    numbers = {(row["biomarker"] or UNSELECTED.label, row["line"]): int(row["studies"]) for row in found}
    lines = sorted({line for _, line in numbers})
    rows = []
    for name in sorted({name for name, _ in numbers}, key=lambda name: (name == UNSELECTED.label, name.casefold())):
        row = [(numbers.get((name, line), 0), urlencode({"biomarker": name, "line": line})) for line in lines]
        rows.append((name, row))
    return lines, rows


routes = [Route("/evidence", evidence), Route("/evidence.{form}", evidence_file)]
