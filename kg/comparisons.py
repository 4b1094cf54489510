"""Comparisons of two arms as the graph holds them, with the groups that decide which of them may stand together.

A comparison keeps the direction in which it is printed: its ratio is that of the experimental arm to the reference arm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rdflib.term import Node

from kg.catalogue import catalogue
from kg.effects import EffectSize, from_interval, from_p_value, p_range
from kg.errors import DataError
from kg.namespaces import MCRC
from kg.results import Result, Table

# printed intervals and P values come from one model; a P value may be rounded by half of its last digit
_ROUNDED_P = 0.0005


@dataclass(frozen=True)
class Group:
    """A thing that others belong to: its IRI and its label."""

    iri: str
    label: str


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: its regimen, the regimen's targeted drugs and classes, and how many patients it has."""

    regimen: str
    label: str
    participants: int | None
    drugs: tuple[Group, ...]
    kinds: frozenset[str]


@dataclass(frozen=True)
class Side:
    """What is compared: a name, and the regimens that count as it."""

    label: str
    regimens: frozenset[str]

    def __contains__(self, arm: Arm) -> bool:
        """Whether an arm is given one of these regimens."""
        return arm.regimen in self.regimens


@dataclass(frozen=True)
class Comparison:
    """One comparison at the place where it is printed; None where nothing is printed."""

    study: str
    trial: str
    group: str
    population: str
    endpoint: str
    experimental: Arm
    reference: Arm
    place: str
    passage: str
    statistic: str | None = None
    value: float | None = None
    printed: str | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    lower_printed: str | None = None
    upper_printed: str | None = None
    p_comparator: str | None = None
    p_value: float | None = None
    p_printed: str | None = None
    hypothesis: str | None = None
    reading: str | None = None
    strata: tuple[Group, ...] = ()
    wholes: frozenset[str] = frozenset()
    lines: tuple[Group, ...] = ()
    analyses: frozenset[str] = frozenset()
    arms_of_study: int = 2
    turned: bool = False

    @property
    def line(self) -> str:
        """The lines of therapy of the study in words."""
        return " or ".join(line.label for line in self.lines) or "line not stated"

    @property
    def stratum(self) -> str:
        """The narrowest stratum of the population by its label; "unselected" where no biomarker selects it."""
        return self.strata[0].label if self.strata else "unselected population"

    @property
    def p(self) -> str:
        """The P value as printed, or nothing."""
        return f"P {self.p_comparator} {self.p_printed}" if self.p_printed else ""

    @property
    def patients(self) -> str:
        """How many patients each arm has, as "157/142", or nothing where the source does not say."""
        sizes = (self.experimental.participants, self.reference.participants)
        return "" if sizes == (None, None) else "/".join("?" if size is None else str(size) for size in sizes)

    @cached_property
    def effect(self) -> EffectSize:
        """The effect on the logarithmic scale.

        Raises :class:`~kg.errors.DataError` saying what is not printed, or why nothing follows from it.
        """
        if self.value is None:
            raise DataError("no effect printed")
        if self.ci_lower is not None and self.ci_upper is not None:
            found = from_interval(self.value, self.ci_lower, self.ci_upper)
        elif self.p_value is None:
            raise DataError("neither interval nor P value printed")
        else:
            found = from_p_value(self.value, self.p_value, self.p_comparator or "=")
        return EffectSize(-found.log, found.standard_error, f"{found.how}, turned round") if self.turned else found

    @cached_property
    def lack(self) -> str | None:
        """Why no effect follows from what is printed; None where one does."""
        try:
            _ = self.effect
        except DataError as error:
            return str(error)
        return None

    def worth(self) -> tuple[int, bool, str]:
        """An order in which, of several places of one result, that with most digits, then with patients, is first."""
        return -len(self.printed or "") - len(self.p_printed or ""), not self.patients, self.passage

    @property
    def p_agrees(self) -> bool | None:
        """Whether the printed P value lies within what the printed interval allows, given rounding; None without both."""
        if self.printed is None or self.lower_printed is None or self.upper_printed is None or self.p_value is None:
            return None
        least, greatest = p_range(self.printed, self.lower_printed, self.upper_printed)
        if self.p_comparator == "<":
            return least < self.p_value
        return least - _ROUNDED_P <= self.p_value <= greatest + _ROUNDED_P

    def turn(self) -> Comparison:
        """The same comparison seen from the other arm."""
        return replace(self, experimental=self.reference, reference=self.experimental, turned=not self.turned)


def comparisons(query: Callable[[str], Result], **values: Node) -> list[Comparison]:
    """Every comparison that the graph holds, at each place where it is printed, in order of study, population and endpoint.

    ``endpoint`` and ``study`` narrow it down.
    """
    belongs = _memberships(query)
    found = query(catalogue("synthesis")["comparisons"].bind(values))
    assert isinstance(found, Table)
    return [_comparison(row, belongs) for row in found]


def side(query: Callable[[str], Result], label: str, entity: str) -> Side:
    """The regimens that count as a thing: those of a class, those that include a drug, or a regimen and its variants.

    Raises :class:`~kg.errors.DataError` when no arm of any study is given one.
    """
    belongs = _memberships(query)
    regimens = {
        thing
        for (thing, role), groups in belongs.items()
        if role in ("kind", "drug", "variant") and any(group.iri == entity for group in groups)
    }
    if (entity, "kind") in belongs:
        regimens.add(entity)
    if not regimens:
        raise DataError(f"no arm of any study is given '{label}'; name a drug, a regimen, or a class of regimens")
    return Side(label, frozenset(regimens))


_Memberships = Mapping[tuple[str, str], list[Group]]


def _memberships(query: Callable[[str], Result]) -> _Memberships:
    rows = query(catalogue("synthesis")["memberships"].bind({}))
    assert isinstance(rows, Table)
    found: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for row in rows:
        found[row["thing"], row["role"]].append(Group(row["group"], row["label"]))
    return found


def _comparison(row: Mapping[str, Any], belongs: _Memberships) -> Comparison:
    def groups(thing: str, role: str) -> list[Group]:
        return belongs.get((thing, role), [])

    plain = ("study", "trial", "group", "population", "place", "passage", "statistic", "value", "printed", "ci_lower", "ci_upper",
             "lower_printed", "upper_printed", "p_comparator", "p_value", "p_printed", "hypothesis", "reading")  # fmt: skip
    return Comparison(
        **{name: row[name] for name in plain},
        endpoint=row["outcome"],
        experimental=_arm(row, "experimental", belongs),
        reference=_arm(row, "reference", belongs),
        strata=_narrowest_first(groups(row["group"], "stratum"), belongs),
        wholes=frozenset(whole.iri for whole in groups(row["group"], "whole")),
        lines=tuple(groups(row["study"], "line")),
        analyses=frozenset(one.iri for one in groups(row["study"], "analyses")),
        arms_of_study=len(groups(row["study"], "arm")),
    )


def _arm(row: Mapping[str, Any], name: str, belongs: _Memberships) -> Arm:
    regimen = row[name]
    drugs = (drug for drug in belongs.get((regimen, "drug"), []) if (drug.iri, "targeted") in belongs)
    kinds = frozenset(kind.iri for kind in belongs.get((regimen, "kind"), []))
    return Arm(regimen, row[f"{name}_label"], row[f"{name}_n"], tuple(sorted(drugs, key=lambda drug: drug.label)), kinds)


def _narrowest_first(strata: Iterable[Group], belongs: _Memberships) -> tuple[Group, ...]:
    """The biomarker strata among the classes of a population, the one with the fewest members first."""
    sizes: dict[str, int] = defaultdict(int)
    for (_, role), groups in belongs.items():
        for group in groups if role == "stratum" else ():
            sizes[group.iri] += 1
    own = [one for one in strata if one.iri.startswith(MCRC) and one.iri != str(MCRC.Population)]
    return tuple(sorted(own, key=lambda one: (sizes[one.iri], one.label)))
