"""Look-ups of the groups that populations, studies and regimens belong to, a few entities at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Result, Table
from kg.namespaces import MCRC

# engines read a whole graph rather than look up many values one by one: how many are looked up at once, and in all
BATCH = 16
FEW = 400


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


def bound(query: Callable[[str], Result], name: str, parameter: str, things: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows of a query about some entities, which are asked for a few at a time."""
    asked = catalogue("synthesis")[name]
    wanted = sorted(things)
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        yield from table(query, asked.bind({parameter: list(map(URIRef, some))}))


def populations(query: Callable[[str], Result], contrasts: Iterable[_Pair], endpoint: Node | None = None) -> set[str]:
    """The IRIs of the populations in which an arm with one set of regimens was compared with an arm with another.

    Each contrast is a pair of sets: the regimens of the experimental and of the reference arm; None for any.
    """
    found = set()
    for pair in contrasts:
        given = {name: list(map(URIRef, sorted(regimens)))
                 for name, regimens in zip(("experimental", "reference"), pair, strict=True) if regimens is not None}  # fmt: skip
        rows = table(query, catalogue("synthesis")["compared-populations"].bind(given))
        found |= {row["group"] for row in rows if endpoint is None or row["endpoint"] == str(endpoint)}
    return found


def memberships(query: Callable[[str], Result], groups: Collection[str], studies: Collection[str]) -> Memberships:
    """The groups that regimens, these populations and these studies belong to."""
    found = defaultdict(list, regimens_groups(query))
    for name, things in (("populations", groups), ("studies", studies)):
        asked = catalogue("synthesis")[name]
        rows = bound(query, name, "thing", things) if len(things) <= FEW else table(query, asked.bind({}))
        for row in rows:
            found[row["thing"], row["role"]].append(Group(row["group"], row["label"]))
    return found


def regimens_groups(query: Callable[[str], Result]) -> Memberships:
    """The groups that regimens belong to, by entity and role."""
    found: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for row in table(query, catalogue("synthesis")["regimens"].bind({})):
        found[row["thing"], row["role"]].append(Group(row["group"], row["label"]))
    return found


def members_of(query: Callable[[str], Result], belongs: Memberships) -> Mapping[str, int]:
    """The number of populations in each stratum that occurs; empty when no population is in several, so that none is compared."""
    own = [list(filter(is_stratum, groups)) for (_, role), groups in belongs.items() if role == "stratum"]
    compared = {group.iri for groups in own if len(groups) > 1 for group in groups}
    return {row["group"]: row["members"] for row in bound(query, "sizes-of-strata", "group", compared)}


def is_stratum(group: Group) -> bool:
    """Whether a class of populations is a stratum."""
    return group.iri.startswith(MCRC) and group.iri != str(MCRC.Population)
