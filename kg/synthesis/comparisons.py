"""The comparisons of two arms in the graph, with the groups that determine which of them may be pooled.

A comparison keeps the direction in which it is printed: its ratio is that of the experimental arm to the reference arm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Result
from kg.errors import DataError, NotFoundError
from kg.namespaces import MCRC, expand
from kg.synthesis.effects import EffectSize, figure, from_interval, from_printed_p, half_unit, is_number, p_range, rates_error
from kg.synthesis.memberships import Group, Memberships, bound, depths, groups_of, is_stratum, memberships, table

UNTARGETED = "no targeted agent"
# classes of regimens whose targeted agent the source does not name
_TARGETED_KINDS = {str(MCRC.AntiEgfrRegimen), str(MCRC.AntiVegfRegimen)}
# the greatest ratio of the standard error from a P value to the one from the printed rates
_AGREES = 1.25
# the columns that give the order of the comparisons
_ORDER = ("trial", "population", "outcome", "experimental_label", "reference_label", "place", "passage")
# the columns of the query with numbers
_NUMBERS = {"value", "ci_lower", "ci_upper", "p_value", "experimental_n", "experimental_rate", "reference_n", "reference_rate"}
# the columns with what is printed of a result
_PRINTED = ("statistic", "value", "printed", "ci_lower", "ci_upper", "lower_printed", "upper_printed", "p_comparator", "p_value",
            "p_printed", "hypothesis", "reading", "event")  # fmt: skip

# the stratum of a population that was not selected by a biomarker
UNSELECTED = Group("", "unselected population")


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: its regimen, the regimen's targeted drugs, its patients, and its printed rate in percent."""

    regimen: str
    label: str
    participants: int | None
    drugs: tuple[Group, ...]
    rate: float | None = None

    @property
    def targeted(self) -> str:
        """The names of the targeted drugs."""
        return " + ".join(drug.label for drug in self.drugs) or UNTARGETED


@dataclass(frozen=True)
class Side:
    """One side of a contrast: its name, and the regimens that belong to it."""

    label: str
    regimens: frozenset[str]

    def __contains__(self, arm: Arm) -> bool:
        """Whether an arm receives one of these regimens."""
        return arm.regimen in self.regimens


@dataclass(frozen=True)
class Comparison:
    """One comparison at one place in the source; None where a value is not reported."""

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
    event: str | None = None
    strata: tuple[Group, ...] = (UNSELECTED,)
    wholes: frozenset[str] = frozenset()
    lines: tuple[Group, ...] = ()
    analyses: frozenset[str] = frozenset()
    arms_of_study: int = 2
    turned: bool = False

    @property
    def line(self) -> str:
        """The lines of therapy of the study, as text."""
        return " or ".join(line.label for line in self.lines) or "line not stated"

    @property
    def stratum(self) -> str:
        """The label of the narrowest stratum of the population."""
        return self.strata[0].label

    @property
    def pair(self) -> tuple[str, str]:
        """The regimens of the two arms."""
        return self.experimental.regimen, self.reference.regimen

    @property
    def p(self) -> str:
        """The P value as printed, or an empty text."""
        label = " (non-inferiority)" if self.hypothesis == "non-inferiority" else ""
        return f"P {self.p_comparator} {self.p_printed}{label}" if self.p_printed else ""

    @property
    def patients(self) -> str:
        """The number of patients in each arm, as "157/142", or an empty text where it is not reported."""
        sizes = (self.experimental.participants, self.reference.participants)
        return "" if sizes == (None, None) else "/".join("?" if size is None else str(size) for size in sizes)

    @property
    def ratio(self) -> float | None:
        """The ratio of the experimental to the reference arm; the reciprocal of the printed ratio where it was inverted."""
        return None if self.value is None else 1 / self.value if self.turned and self.value else self.value

    @property
    def digits(self) -> str:
        """The ratio with its digits as printed, or with two decimals where it was inverted; empty where none is printed."""
        return f"{self.ratio:.2f}" if self.turned and self.ratio else self.printed or ""

    @property
    def shown(self) -> str:
        """The ratio as printed, or inverted and followed by the printed ratio."""
        return f"{self.digits} (inverse of the printed {self.printed})" if self.turned and self.printed else self.digits

    @cached_property
    def effect(self) -> EffectSize:
        """The effect on the logarithmic scale.

        Raises :class:`~kg.errors.DataError` with what is not printed, or why no standard error can be derived.
        """
        if self.value is None or self.printed is None:
            raise DataError("no effect printed")
        if self.ci_lower is not None and self.ci_upper is not None:
            found = from_interval(self.value, self.ci_lower, self.ci_upper)
        elif self.p_printed is None:
            raise DataError("neither interval nor P value printed")
        elif self.hypothesis == "non-inferiority":
            raise DataError("the P value tests non-inferiority; no standard error can be derived from it")
        else:
            found = from_printed_p(self.printed, self.p_printed, self.p_comparator or "=")
            self._check_against_rates(found)
        return replace(found, log=-found.log, how=f"{found.how}, inverted") if self.turned else found

    def _check_against_rates(self, found: EffectSize) -> None:
        """Refuse a P value that disagrees with the printed rates: it may be one-sided, or belong to another model."""
        arms = (self.experimental, self.reference)
        if self.statistic != "OR" or any(arm.rate is None or arm.participants is None for arm in arms):
            return
        expected = rates_error(*((arm.rate or 0.0, arm.participants or 0) for arm in arms))
        if not 1 / _AGREES <= found.standard_error / expected <= _AGREES:
            raise DataError(
                f"P = {self.p_printed} disagrees with the printed rates and numbers; no standard error can be derived from it"
            )

    @cached_property
    def lack(self) -> str | None:
        """Why no effect size can be derived; None where one can."""
        try:
            _ = self.effect
        except DataError as error:
            return str(error)
        return None

    def worth(self) -> tuple[bool, int, str]:
        """A sort key for several places of one result: first those with an interval, then those with more digits."""
        return self.ci_lower is None, -len(self.printed or "") - len(self.p_printed or ""), self.passage

    def within(self, stratum: str | None, line: str | None) -> bool:
        """Whether the population is in a stratum and the study in a line of therapy; both are IRIs, None for all."""
        inside = stratum is None or stratum in {group.iri for group in self.strata}
        return inside and (line is None or line in {group.iri for group in self.lines})

    @property
    def p_agrees(self) -> bool | None:
        """Whether the printed P value agrees with the printed interval, given their rounding; None unless both are printed."""
        if None in (self.printed, self.lower_printed, self.upper_printed, self.p_printed):
            return None
        try:
            least, greatest = p_range(str(self.printed), str(self.lower_printed), str(self.upper_printed))
            half, p = half_unit(str(self.p_printed)), figure(str(self.p_printed))
        except DataError:
            return None
        return least < p if self.p_comparator == "<" else least - half <= p <= greatest + half

    def turn(self) -> Comparison:
        """The same comparison with the arms exchanged."""
        return replace(self, experimental=self.reference, reference=self.experimental, turned=not self.turned)


def comparisons(
    query: Callable[[str], Result],
    groups: Collection[str] | None = None,
    *,
    endpoint: Node | None = None,
    study: Node | None = None,
) -> list[Comparison]:
    """Every comparison in the graph, at each place where it is printed, in order of study, population and endpoint.

    ``endpoint`` and ``study`` restrict the list; ``groups`` are the IRIs of the only populations to read.
    """
    values = {name: value for name, value in (("endpoint", endpoint), ("study", study)) if value is not None}
    if groups is None:
        rows = list(table(query, catalogue("synthesis")["comparisons"].bind(values)))
    else:  # the populations are fewer than the results on an endpoint, so that only they are bound
        read_rows = bound(query, "comparisons", "group", groups)
        rows = [row for row in read_rows if all(row[name] == str(value) for name, value in values.items())]
        rows.sort(key=lambda row: [row[name] for name in _ORDER])
    rows = [_with_numbers(row) for row in rows]
    belongs = memberships(query, rows)
    inside, sizes = depths(query, belongs), _sizes(rows)
    return [_comparison(row, belongs, inside, sizes) for row in rows]


def compared_arms(query: Callable[[str], Result], line: str | None = None) -> list[Comparison]:
    """Which arms were compared, in a line of therapy (an IRI) or in all: one for each study, population and pair of arms.

    These comparisons have neither a result nor an endpoint nor a place.
    """
    shelf = catalogue("synthesis")
    if line is None:
        rows = list(table(query, shelf["compared-arms"].bind({})))
    else:
        studies = (row["study"] for row in table(query, shelf["studies-in-line"].bind({"line": URIRef(line)})))
        rows = list(bound(query, "compared-arms", "study", studies))
    belongs = memberships(query, rows)
    inside = depths(query, belongs)
    nothing = dict.fromkeys((*_PRINTED, *_NUMBERS)) | dict.fromkeys(("outcome", "place", "passage"), "")
    return [_comparison(nothing | row, belongs, inside, {}) for row in rows]


def _with_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in which invalid numbers are replaced by None: a graph may contain any text where a number is expected."""
    return {name: None if name in _NUMBERS and not is_number(value) else value for name, value in row.items()}


def side(query: Callable[[str], Result], label: str, entity: str) -> Side:
    """The regimens of one side: the members of a class, the regimens that include a drug, or a regimen and its variants.

    The label "no targeted agent" means all regimens whose drugs are all cytotoxic, supportive or placebo.

    Raises :class:`~kg.errors.DataError` when no arm of any study receives one of them.
    """
    asked = MCRC.Regimen if label == UNTARGETED else URIRef(entity)
    regimens = {row["regimen"] for row in table(query, catalogue("synthesis")["regimens-of-side"].bind({"entity": asked}))}
    if label == UNTARGETED:
        belongs = groups_of(query, "regimens", regimens)
        return Side(label, frozenset(
            one for one in regimens if (one, "targeted") not in belongs
            and not any(kind.iri in _TARGETED_KINDS for kind in belongs[one, "kind"])
        ))  # fmt: skip
    if not regimens:
        raise DataError(f"no arm of any study receives '{label}'; give a drug, a regimen, or a class of regimens")
    return Side(label, frozenset(regimens))


def stratum(query: Callable[[str], Result], text: str) -> str:
    """The IRI of the stratum with this label, prefixed name or IRI; empty for "unselected population".

    Raises :class:`~kg.errors.NotFoundError` with the list of all strata.
    """
    known = {Group(row["group"], row["label"]) for row in table(query, catalogue("synthesis")["strata"].bind({}))}
    strata = {UNSELECTED, *(group for group in known if is_stratum(group))}
    wanted = str(expand(text) or text)
    for group in strata:
        if wanted in (group.iri, group.label) and wanted:
            return group.iri
    raise NotFoundError(f"no stratum is called '{text}'; the strata are {', '.join(sorted(group.label for group in strata))}")


def _sizes(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """The number of patients of a population who received a regimen, where all its results agree on it."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        for name in ("experimental", "reference"):
            if row[f"{name}_n"] is not None:
                found[row["group"], row[name]].add(row[f"{name}_n"])
    return {key: sizes.pop() for key, sizes in found.items() if len(sizes) == 1}


def _comparison(
    row: Mapping[str, Any], belongs: Memberships, inside: Mapping[str, int], sizes: Mapping[tuple[str, str], int]
) -> Comparison:
    def groups(thing: str, role: str) -> list[Group]:
        return belongs.get((thing, role), [])

    return Comparison(
        **{name: row[name] for name in ("study", "trial", "group", "population", "place", "passage", *_PRINTED)},
        endpoint=row["outcome"],
        experimental=_arm(row, "experimental", belongs, sizes),
        reference=_arm(row, "reference", belongs, sizes),
        strata=_narrowest_first(groups(row["group"], "stratum"), inside),
        wholes=frozenset(whole.iri for whole in groups(row["group"], "whole")),
        lines=tuple(groups(row["study"], "line")),
        analyses=frozenset(one.iri for one in groups(row["study"], "analyses")),
        arms_of_study=len(groups(row["study"], "arm")),
    )


def _arm(row: Mapping[str, Any], name: str, belongs: Memberships, sizes: Mapping[tuple[str, str], int]) -> Arm:
    regimen = row[name]
    drugs = belongs.get((regimen, "targeted"), [])
    size = row[f"{name}_n"] if row[f"{name}_n"] is not None else sizes.get((row["group"], regimen))
    return Arm(regimen, row[f"{name}_label"], size, tuple(sorted(drugs, key=lambda drug: drug.label)), row[f"{name}_rate"])


def _narrowest_first(strata: Iterable[Group], inside: Mapping[str, int]) -> tuple[Group, ...]:
    """The biomarker strata among the classes of a population, the one that is inside the most others first."""
    own = sorted(filter(is_stratum, strata), key=lambda one: (-inside.get(one.iri, 0), one.label))
    return tuple(own) or (UNSELECTED,)
