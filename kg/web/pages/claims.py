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
_STANDING = "{computed_standing} (studies for: {computed_supporting}, against: {computed_disputing})"


@dataclass
class Line:
    """The evidence of one study, by the authors or by the rule: a remark, and its results with their places."""

    study: str
    study_at: str | None
    at: str | None
    note: str
    by_rule: bool
    results: list[tuple[str, str | None, str, str | None]] = field(default_factory=list)


@dataclass
class Claim:
    """One claim: its text, population, lines and place, its evidence by direction, and how it stood then and stands now."""

    words: str
    population: str
    at: str | None
    place: str
    place_at: str | None
    sides: dict[str, dict[str, Line]] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)
    stood: str = ""
    stands: str = ""

    @property
    def disputed(self) -> bool:
        """Whether there is evidence both for and against the claim."""
        return {"supports", "disputes"} <= set(self.sides)

    @property
    def on_both(self) -> list[str]:
        """The studies of which one line of evidence supports the claim and another one disputes it; each side counts them."""
        there, against = (
            {line.study_at: line.study for line in self.sides.get(side, {}).values() if line.study_at}
            for side in ("supports", "disputes")
        )
        return sorted({name for at, name in there.items() if at in against})


async def claims(request: Request) -> Response:
    """The page of all claims, or of one line of therapy; disputed claims come first."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(settle, caches, words(request, frozenset({"line"})))
    found, year = await service.run(_claims, caches, root(request))
    listed = await service.run(allowed, caches, "line")
    label = next((one.label for one in listed or () if one.value == given.get("line")), None)
    shown = [one for one in found if label is None or label in one.lines]
    fields = [Field("line", "line of therapy", given.get("line", ""), listed or (), "any line of therapy")]
    disputed = sum(one.disputed for one in shown)
    return page(request, "claims.html", claims=shown, fields=fields, sides=SIDES, disputed=disputed, year=year)


def _claims(caches: Caches, at: str) -> tuple[list[Claim], int]:
    rows = caches.graph.answer(catalogue("pages")["arguments"].bind({}))
    assert isinstance(rows, Table)
    found = collect(rows.to_dicts(), at)
    year = _year(caches)
    now, then = (_standing(caches, at, until) for until in (None, year))
    for one in found:
        one.stands, one.stood = now.get(one.at, ""), then.get(one.at, "")
    return sorted(found, key=lambda one: (not one.disputed, not one.sides)), year


def _year(caches: Caches) -> int:
    """The year of the newest document that makes a claim."""
    claimed = {row["document"] for row in caches.graph.ask("claims").to_dicts()}
    return max(
        (row["year"] for row in caches.graph.ask("documents").to_dicts() if row["document"] in claimed and row["year"]), default=0
    )


def _standing(caches: Caches, at: str, until: int | None) -> dict[str | None, str]:
    """What the evidence up to a year says of each claim, by its address."""
    rows = caches.graph.ask("claims", **({} if until is None else {"until": until})).to_dicts()
    return {address(row["claim_iri"], at): _STANDING.format(**row) for row in rows}


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
        by_rule = row["by"] == "rule"
        line = side.setdefault(
            f"{row['study_iri']} by rule" if by_rule else row["argument"],
            Line(row["study"] or "no study named", study_at, address(row["argument"], at), row["note"] or "", by_rule),
        )
        if row["result_iri"]:
            place_at = address(row["passage_iri"], at) if row["passage_iri"] else None
            name = str(row["result"] or row["result_iri"]).removeprefix(f"{row['study']}, ")
            place = ", ".join(filter(None, (row["document"] if by_rule else "", row["place"] or "place")))
            told = (name, address(row["result_iri"], at), place, place_at)
            if told not in line.results:
                line.results.append(told)
    return list(found.values())


routes = [Route("/claims", claims)]
