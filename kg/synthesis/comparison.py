"""One comparison of two arms: what is printed of it, its effect size, and what determines whether it may be pooled.

A comparison keeps the direction in which it is printed: its ratio is that of the experimental arm to the reference arm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from kg.errors import DataError
from kg.synthesis.effects import EffectSize, figure, from_interval, from_p_value, from_printed_p, half_unit, p_range, rates_error
from kg.synthesis.memberships import Group

UNTARGETED = "no targeted agent"
# the stratum of a population that was not selected by a biomarker
UNSELECTED = Group("", "unselected population")
# the greatest ratio of the standard error from a P value to the one from the printed rates
_AGREES = 1.25
# the statistic that is no ratio; nothing is pooled with it
DIFFERENCE = "RD"
# a result whose precedence is not known goes last
_LAST = 10**9
# the comparators of a P value that only give its upper bound
_BOUNDS = ("<", "≤")


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: its regimen, the regimen's targeted drugs, its patients, and its printed rate in percent."""

    regimen: str
    label: str
    participants: int | None
    drugs: tuple[Group, ...]
    rate: float | None = None
    value: str | None = None  # its value with the digits as printed
    choice: bool = False  # whether a targeted drug may be chosen in it
    cytotoxic: frozenset[str] = frozenset()  # the IRIs of its cytotoxic drugs, and of those that may be chosen
    enrolled: int | None = None  # the participants of the population who were assigned to it, where the result gives no number

    @property
    def targeted(self) -> str:
        """The names of the targeted drugs; the regimen, where a targeted drug may be chosen in it."""
        return " + ".join(drug.label for drug in self.drugs) or (self.label if self.choice else UNTARGETED)


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
    wording: str | None = None
    favours: str | None = None  # the regimen of the arm with the better outcome, or "neither"
    favours_from: str | None = None
    reading_against_p: str | None = None  # "yes" where the authors' reading disagrees with the P value
    event: str | None = None
    unit: str | None = None  # of the values of the arms
    ci_level: float | None = None  # in percent
    interval: str | None = None  # what the limits enclose, where they are not those of a confidence interval
    p_sides: int | None = None
    result: str = ""
    document: str = ""  # its short name
    analysis: str | None = None
    precedence: int | None = None
    outranked: bool = False
    same: frozenset[str] = frozenset()  # the studies that are the same trial under another name
    apart: frozenset[str] = frozenset()  # the populations of the study that share no patient with this one
    strata: tuple[Group, ...] = (UNSELECTED,)
    wholes: frozenset[str] = frozenset()
    lines: tuple[Group, ...] = ()
    analyses: frozenset[str] = frozenset()
    phases: tuple[str, ...] = ()
    primary: tuple[str, ...] = ()  # the primary endpoints of the study
    met: tuple[str, ...] = ()  # those that it reached
    missed: tuple[str, ...] = ()  # those that it did not reach
    adverse: bool = False  # whether the endpoint is an adverse event
    arms_of_study: int = 2
    enrolled: int | None = None  # the participants of the population
    turned: bool = False
    at_bound: bool = False  # whether "P < x" is taken as "P = x"

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
        said = ("one-sided" if self.p_sides == 1 else "", "non-inferiority" if self.hypothesis == "non-inferiority" else "")
        label = f" ({', '.join(filter(None, said))})" if any(said) else ""
        return f"P {self.p_comparator} {self.p_printed}{label}" if self.p_printed else ""

    @property
    def of_trial(self) -> str:
        """The trial: one IRI, whatever names its study has."""
        return min(self.study, *self.same) if self.same else self.study

    @property
    def has_interval(self) -> bool:
        """Whether both limits of a confidence interval are printed, with its level."""
        return self.interval is None and None not in (self.ci_lower, self.ci_upper, self.ci_level)

    @property
    def limits(self) -> tuple[str, str] | None:
        """The confidence limits with their digits as printed; None where they are not printed, or the ratio was inverted."""
        if self.turned or not self.has_interval or self.lower_printed is None or self.upper_printed is None:
            return None
        return self.lower_printed, self.upper_printed

    @property
    def patients(self) -> str:
        """The number of patients in each arm, as "157/142", or an empty text where it is not reported."""
        sizes = (self.experimental.participants, self.reference.participants)
        return "" if sizes == (None, None) else "/".join("?" if size is None else str(size) for size in sizes)

    @property
    def ratio(self) -> float | None:
        """The ratio of the experimental to the reference arm; the reciprocal of the printed ratio where it was inverted."""
        if self.value is None or self.statistic == DIFFERENCE:
            return None
        return 1 / self.value if self.turned and self.value else self.value

    @property
    def direction(self) -> str:
        """The favoured regimen and what shows it, such as "favours FOLFIRI (effect)"; empty where nothing shows it."""
        return f"favours {self.favours} ({self.favours_from})" if self.favours else ""

    @property
    def words(self) -> str:
        """What the authors call the result, and whether the P value says otherwise; empty where they do not say."""
        words = self.wording or self.reading or ""
        return f"{words}, against the P value" if words and self.reading_against_p else words

    @property
    def digits(self) -> str:
        """The effect with its digits as printed, a ratio with two decimals where it was inverted; empty where none is printed."""
        if self.turned and self.printed and self.statistic == DIFFERENCE:
            return self.printed.removeprefix("-") if self.printed.startswith("-") else f"-{self.printed}"
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
        if self.statistic == DIFFERENCE:
            raise DataError("a difference is printed, not a ratio")
        if self.has_interval and self.ci_lower is not None and self.ci_upper is not None and self.ci_level is not None:
            found = from_interval(self.value, self.ci_lower, self.ci_upper, self.ci_level / 100)
        elif self.p_printed is None:
            unknown = None not in (self.ci_lower, self.ci_upper) and self.interval is None
            raise DataError("the level of the interval is not stated" if unknown else "neither interval nor P value printed")
        elif self.hypothesis == "non-inferiority":
            raise DataError("the P value tests non-inferiority; no standard error can be derived from it")
        else:
            found = self._from_p(self.printed, self.p_printed)
        return replace(found, log=-found.log, how=f"{found.how}, inverted") if self.turned else found

    def _from_p(self, ratio: str, p: str) -> EffectSize:
        if self.at_bound:
            found = from_p_value(figure(ratio), figure(p), sides=self.p_sides or 2)
            return replace(found, how=f"P {self.p_comparator} {p}, at its bound")
        found = from_printed_p(ratio, p, self.p_comparator or "=", self.p_sides or 2)
        self._check_against_rates(found)
        return found

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

    @property
    def bounded(self) -> Comparison | None:
        """The comparison with its P value at its bound, where only that bound is printed and no interval; else None.

        The standard error at the bound is the greatest that the printed P value allows.
        """
        if self.has_interval or self.p_comparator not in _BOUNDS or self.hypothesis == "non-inferiority":
            return None
        found = replace(self, at_bound=True)
        return found if found.lack is None else None

    def worth(self) -> tuple[bool, bool, int, bool, bool, int, str]:
        """A sort key for several reports of one result: by precedence, then those with an interval, then by their digits.

        A report without an effect goes after those with one, and one in words only after those with a P value.
        """
        digits = len(self.printed or "") + len(self.p_printed or "")
        words = self.value is None and not self.p_printed
        return self.value is None, words, self.rank, not self.has_interval, self.at_bound, -digits, self.passage

    @property
    def rank(self) -> int:
        """The precedence of the result; the lowest number goes first."""
        return _LAST if self.precedence is None else self.precedence

    def repeats(self, other: Comparison) -> bool:
        """Whether the same figures are printed: an equal ratio, and equal limits and P values where both have them."""
        if self.turned != other.turned or self.value != other.value:
            return False
        pairs = ((self.ci_lower, other.ci_lower), (self.ci_upper, other.ci_upper), (self.p_value, other.p_value))
        return all(one == two for one, two in pairs if None not in (one, two))

    def within(self, stratum: str | None, line: str | None) -> bool:
        """Whether the population is in a stratum and the study in a line of therapy; both are IRIs, None for all."""
        inside = stratum is None or stratum in {group.iri for group in self.strata}
        return inside and (line is None or line in {group.iri for group in self.lines})

    @property
    def p_agrees(self) -> bool | None:
        """Whether the printed P value agrees with the printed interval, given their rounding; None unless both are printed."""
        lower, upper, level = self.lower_printed, self.upper_printed, self.ci_level
        if not self.has_interval or None in (self.printed, lower, upper, level, self.p_printed) or level is None:
            return None
        try:
            least, greatest = p_range(str(self.printed), str(lower), str(upper), level / 100)
            times = 2 if self.p_sides == 1 else 1  # the range is that of the two-sided P value
            half, p = times * half_unit(str(self.p_printed)), times * figure(str(self.p_printed))
        except DataError:
            return None
        return least < p if self.p_comparator == "<" else least - half <= p <= greatest + half

    def turn(self) -> Comparison:
        """The same comparison with the arms exchanged."""
        return replace(self, experimental=self.reference, reference=self.experimental, turned=not self.turned)
