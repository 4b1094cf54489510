"""The page of the authors' claims, with the evidence for and against each, its results and their places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figures import allowed, settle, words
from kg.web.pages.links import address
from kg.web.pages.parameters import Field
from kg.web.pages.templating import page

SIDES = {"supports": "Supports the claim", "disputes": "Disputes the claim", "inconclusive": "Inconclusive"}


@dataclass
class Line:
    """One line of evidence: its study, the remark on it, and its results, each with its text and address."""

    study: str
    study_at: str | None
    at: str | None
    note: str
    results: list[tuple[str, str | None, str, str | None]] = field(default_factory=list)


@dataclass
class Claim:
    """One claim: its text, population, lines of therapy and place, and its lines of evidence by direction."""

    words: str
    population: str
    at: str | None
    place: str
    place_at: str | None
    sides: dict[str, dict[str, Line]] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)

    @property
    def disputed(self) -> bool:
        """Whether there is evidence both for and against the claim."""
        return {"supports", "disputes"} <= set(self.sides)


async def claims(request: Request) -> Response:
    """The page of all claims, or of one line of therapy; disputed claims come first."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(settle, caches, words(request, frozenset({"line"})))
    found = await service.run(_claims, caches, root(request))
    listed = await service.run(allowed, caches, "line")
    label = next((one.label for one in listed or () if one.value == given.get("line")), None)
    shown = [one for one in found if label is None or label in one.lines]
    fields = [Field("line", "line of therapy", given.get("line", ""), listed or (), "any line of therapy")]
    return page(request, "claims.html", claims=shown, fields=fields, sides=SIDES, disputed=sum(one.disputed for one in shown))


def _claims(caches: Caches, at: str) -> list[Claim]:
    rows = caches.graph.answer(catalogue("pages")["arguments"].bind({}))
    assert isinstance(rows, Table)
    found = collect(rows.to_dicts(), at)
    return sorted(found, key=lambda one: (not one.disputed, not one.sides))


def collect(rows: Iterable[Mapping[str, Any]], at: str) -> list[Claim]:
    """The claims in the rows of an answer, each with its lines of evidence and their results."""
    found: dict[str, Claim] = {}
    for row in rows:
        claim = found.setdefault(row["claim_iri"], Claim(
            row["claim"], row["population"], address(row["claim_iri"], at), row["claim_place"],
            address(row["claim_passage"], at)))  # fmt: skip
        if row["line_of_therapy"]:
            claim.lines.add(row["line_of_therapy"])
        if row["argument"] is None:
            continue
        side = claim.sides.setdefault(row["direction"] or "inconclusive", {})
        study_at = address(row["study_iri"], at) if row["study_iri"] else None
        line = side.setdefault(
            row["argument"],
            Line(row["study"] or "no study named", study_at, address(row["argument"], at), row["note"] or ""),
        )
        if row["result_iri"]:
            place_at = address(row["passage_iri"], at) if row["passage_iri"] else None
            name = str(row["result"] or row["result_iri"]).removeprefix(f"{row['study']}, ")
            told = (name, address(row["result_iri"], at), row["place"] or "place", place_at)
            if told not in line.results:
                line.results.append(told)
    return list(found.values())


routes = [Route("/claims", claims)]
