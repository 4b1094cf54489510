"""Look-ups of the groups that populations, studies and regimens belong to, a few entities at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Result, Table
from kg.namespaces import MCRC

# how many values are looked up at once: engines read a whole graph rather than look up many values one by one
BATCH = 16


@dataclass(frozen=True)
class Group:
    """A class or entity that others belong to: its IRI and its label."""

    iri: str
    label: str


Memberships = Mapping[tuple[str, str], list[Group]]
_Pair = tuple[frozenset[str] | None, frozenset[str] | None]


def table(query: Callable[[str], Result], sparql: str) -> Table:
    """The answer to a SELECT query."""
    found = query(sparql)
    assert isinstance(found, Table)
    return found


def bound(
    query: Callable[[str], Result], name: str, parameter: str, things: Iterable[str], more: Mapping[str, Node] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of a query about some entities, which are asked for a few at a time; ``more`` are other parameter values."""
    asked = catalogue("synthesis")[name]
    wanted = sorted(things)
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        yield from table(query, asked.bind({**(more or {}), parameter: list(map(URIRef, some))}))


def populations(query: Callable[[str], Result], contrasts: Iterable[_Pair], endpoint: Node | None = None) -> dict[str, set[str]]:
    """The populations in which an arm with one set of regimens was compared with an arm with another, each with its studies.

    Each contrast is a pair of sets: the regimens of the experimental and of the reference arm; None for any. Populations and
    studies are given by their IRIs.
    """
    found: dict[str, set[str]] = {}
    for experimental, reference in contrasts:
        # the smaller set is looked up: the other one may contain most of the regimens
        by_reference = experimental is None or (reference is not None and len(reference) < len(experimental))
        name, asked, other, rest = ("reference", reference, "experimental", experimental) if by_reference else (
            "experimental", experimental, "reference", reference)  # fmt: skip
        for row in bound(query, "compared-populations", name, asked or ()):
            if (rest is None or row[other] in rest) and (endpoint is None or row["endpoint"] == str(endpoint)):
                found.setdefault(row["group"], set()).add(row["study"])
    return found


def populations_at(query: Callable[[str], Result], passages: Iterable[str]) -> set[str]:
    """The IRIs of the populations of the comparisons that these passages (IRIs) print."""
    return {row["group"] for row in bound(query, "compared-populations", "passage", passages)}


def within(query: Callable[[str], Result], found: Mapping[str, set[str]], stratum: str | None, line: str | None) -> set[str]:
    """Those of some populations that are in a stratum, and their studies in a line of therapy; all are IRIs, None for any.

    The populations are given with their studies; an empty stratum is that of the populations that no biomarker selected.
    """
    chosen = set(found)
    if stratum is not None:
        belongs = groups_of(query, "populations", chosen)
        strata = {one: [*filter(is_stratum, belongs.get((one, "stratum"), ()))] or selected(belongs.get((one, "state"), ()))
                  for one in chosen}  # fmt: skip
        chosen = {one for one, own in strata.items() if stratum in ({group.iri for group in own} or {""})}
    if line is not None:
        belongs = groups_of(query, "studies", set().union(*(found[one] for one in chosen)))
        there = {study for (study, role), groups in belongs.items() if role == "line" and line in {group.iri for group in groups}}
        chosen = {one for one in chosen if found[one] & there}
    return chosen


def memberships(query: Callable[[str], Result], rows: Iterable[Mapping[str, Any]]) -> Memberships:
    """The groups that the regimens, the populations and the studies in the rows of an answer belong to."""
    things: dict[str, set[str]] = {"populations": set(), "studies": set(), "regimens": set()}
    for row in rows:
        things["populations"].add(row["group"])
        things["studies"].add(row["study"])
        things["regimens"] |= {row["experimental"], row["reference"]}
    found: dict[tuple[str, str], list[Group]] = {}
    for name, some in things.items():
        found |= groups_of(query, name, some)
    return found


def groups_of(query: Callable[[str], Result], name: str, things: Iterable[str]) -> Memberships:
    """The groups that some "populations", "studies" or "regimens" belong to, by entity and role."""
    found: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for row in bound(query, name, "thing", things):
        found[row["thing"], row["role"]].append(Group(row["group"], row["label"]))
    return found


def depths(query: Callable[[str], Result], belongs: Memberships) -> Mapping[str, int]:
    """The number of strata that contain each stratum, for the populations in several strata; empty when there are none."""
    own = [list(filter(is_stratum, groups)) for (_, role), groups in belongs.items() if role == "stratum"]
    compared = {group.iri for groups in own if len(groups) > 1 for group in groups}
    return {row["group"]: row["number"] for row in bound(query, "wider-strata", "group", compared)}


def selected(states: Iterable[Group]) -> tuple[Group, ...]:
    """The stratum of the populations with these biomarker states that belong to no class; none where there is no state."""
    own = sorted(states, key=lambda one: one.label)
    return (Group(" ".join(one.iri for one in own), f"{', '.join(one.label for one in own)} population"),) if own else ()


def is_stratum(group: Group) -> bool:
    """Whether a class of populations is a stratum."""
    return group.iri.startswith(MCRC) and group.iri != str(MCRC.Population)
