"""The page that holds a document against the other documents: every figure that both report, and whether they agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.results import Table
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figures import allowed, settle, words
from kg.web.pages.links import address
from kg.web.pages.p_values import p_words
from kg.web.pages.parameters import Field
from kg.web.pages.templating import page

# in the order of the page: what a pair of figures may be, and what that means
KINDS = {
    "differs": "Differs",
    "superseded": "Superseded: overall survival of a later data cut",
    "other analysis": "Another analysis",
    "rounds to": "Agrees after rounding",
    "equal": "Equal",
}
_SAME = ("rounds to", "equal")
_NAMES = {"effect_value": "effect", "ci_lower": "lower limit", "ci_upper": "upper limit", "p_value": "P value"}


@dataclass
class Reported:
    """One figure of the document with its places, and what the other documents report, each with its document and place."""

    what: str
    value: str
    places: list[tuple[str, str | None]] = field(default_factory=list)
    others: list[tuple[str, str, str, str | None]] = field(default_factory=list)


async def corroboration(request: Request) -> Response:
    """The page of one document (default: the one that makes claims), beginning with the figures that differ."""
    caches, service = caches_of(request), request.app.state.service
    given = await service.run(settle, caches, words(request, frozenset({"document"})))
    review = await service.run(_review, caches)
    document = given.get("document", review)
    found = await service.run(_asked, caches, document) if document else []
    listed = await service.run(allowed, caches, "document")
    several = [one for one in listed or () if one.value not in ("all", "best")]
    fields = [Field("document", "document", document, several)]
    at = root(request)
    pairs = Counter(row["agreement"] for row in found)
    figures = _figures(found)
    return page(
        request, "corroboration.html", document=document, is_review=document == review, fields=fields, kinds=KINDS,
        pairs=pairs, count=len(found), figures=len(figures), agreeing=sum(kinds <= set(_SAME) for kinds in figures.values()),
        differing=sum("differs" in kinds for kinds in figures.values()),
        others=len({name for row in found for name in (row["document_a"], row["document_b"])} - {document}),
        trials={kind: _by_trial((row for row in found if row["agreement"] == kind), document, at) for kind in KINDS},
    )  # fmt: skip


def _review(caches: Caches) -> str:
    """The document that draws conclusions from others; empty where none does."""
    return min((row["document"] for row in caches.graph.ask("claims").to_dicts()), default="")


def _asked(caches: Caches, document: str) -> list[dict[str, Any]]:
    found = caches.graph.ask("corroboration", document=document)
    assert isinstance(found, Table)
    return [row for row in found.to_dicts() if document in (row["document_a"], row["document_b"])]


def _figures(found: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], set[str]]:
    """What the pairs of each figure say, a figure being one number of one outcome, at whatever place it is printed."""
    parts = ("trial", "population", "endpoint", "experimental_arm", "reference_arm", "figure")
    figures: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for row in found:
        figures[tuple(row[name] for name in parts)].add(row["agreement"])
    return figures


def _by_trial(rows: Iterable[Mapping[str, Any]], document: str, at: str) -> dict[str, list[Reported]]:
    """The figures of the document by trial; a figure is one row with all its places and all other documents."""
    trials: dict[str, dict[tuple[str, ...], Reported]] = defaultdict(dict)
    for row in rows:
        own, other = ("a", "b") if row["document_a"] == document else ("b", "a")
        arms = " against ".join(filter(None, (row["experimental_arm"], row["reference_arm"])))
        what = f"{row['endpoint']}, {_NAMES.get(row['figure'], row['figure'])}: {arms}, {row['population']}"
        value, reported = (p_words(row[name]) if row["figure"] == "p_value" else row[name]
                           for name in (f"value_{own}", f"value_{other}"))  # fmt: skip
        one = trials[row["trial"]].setdefault((what, value), Reported(what, value))
        place = (row[f"place_{own}"], address(row[f"passage_{own}_iri"], at))
        told = (reported, row[f"document_{other}"], row[f"place_{other}"], address(row[f"passage_{other}_iri"], at))
        if place not in one.places:
            one.places.append(place)
        if told not in one.others:
            one.others.append(told)
    return {trial: list(found.values()) for trial, found in trials.items()}


routes = [Route("/corroboration", corroboration)]
