"""One entry of the evidence table as a page shows it: its outcomes and adverse events in words, with links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from kg.synthesis import cells
from kg.synthesis.comparison import DIFFERENCE, Arm, Comparison
from kg.synthesis.evidence_rows import difference, primary
from kg.synthesis.evidence_table import OUTCOMES, Entry
from kg.synthesis.harms import Harm
from kg.web.pages.links import address
from kg.web.pages.p_values import p_words

_HARMS = 2  # adverse events that are shown at once
_SIGNIFICANT = 0.05  # the usual limit of P
_NO_EFFECT = {DIFFERENCE: 0}  # of the other statistics it is 1
# the discrepancies that are recorded of a result, by its IRI: kind and IRI
Discrepant = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Outcome:
    """One outcome as the page shows it: figures as printed, what was computed, direction in words, and where it is printed."""

    endpoint: str
    values: str  # of both arms
    gap: str  # their difference, computed
    effect: str
    interval: str
    computed: str  # what the interval was computed from; empty where it is printed
    p: str
    remarks: str  # what to know of the direction
    direction: str
    way: str  # "experimental", "reference" or empty: which arm is favoured
    reading: str
    primary: str
    missing: str
    others: Sequence[tuple[str, str | None, str]]  # reports with another ratio: ratio, address, source
    checked: str
    discrepancies: Sequence[tuple[str, str | None]]  # those that are recorded of the result: kind and address
    href: str | None
    document: str
    place: str
    place_href: str | None


@dataclass(frozen=True)
class Event:
    """One adverse event in words, with the authors' reading, and its population where that is not the one of the row."""

    words: str
    href: str | None
    reading: str
    population: str


@dataclass(frozen=True)
class Line:
    """One entry as the page shows it: a row of the table."""

    trial: str
    trial_href: str | None
    population: str
    population_href: str | None
    remarks: Sequence[str]  # phase, line of therapy, and whether the population is a part of another one
    arms: Sequence[tuple[str, str | None, int | None]]  # name, address and number of patients
    outcomes: Mapping[str, Outcome | None]
    others: Sequence[Outcome]
    harms: Sequence[Event]
    all_harm: str

    @property
    def first_harms(self) -> Sequence[Event]:
        """The adverse events that are shown at once."""
        return self.harms[:_HARMS]

    @property
    def more_harms(self) -> Sequence[Event]:
        """The others."""
        return self.harms[_HARMS:]


def line_of(entry: Entry, at: str, discrepant: Discrepant) -> Line:
    """The row of an entry, with the discrepancies of its results."""
    one = entry.first
    outcomes = {each.endpoint: _outcome(entry, each, at, discrepant) for each in entry.results}
    phases = f"phase {' / '.join(one.phases)}" if one.phases else "phase not stated"
    return Line(
        trial=one.trial,
        trial_href=address(one.study, at),
        population=one.population,
        population_href=address(one.group, at),
        remarks=[
            phases,
            one.line,
            *(["part of a larger population"] if entry.subset else []),
            *([f"n = {one.enrolled} in this population"] if one.enrolled else []),
        ],
        arms=[
            (one.experimental.label, address(one.experimental.regimen, at), _number(each.experimental for each in entry.results)),
            (one.reference.label, address(one.reference.regimen, at), _number(each.reference for each in entry.results)),
        ],
        outcomes={name: outcomes.get(name) for name in OUTCOMES},
        others=[each for name, each in outcomes.items() if name not in OUTCOMES],
        harms=[_event(harm, one, at) for harm in entry.harms],
        all_harm=f"{at}/q/safety?{urlencode({'trial': one.trial})}",
    )


def _number(arms: Iterable[Arm]) -> int | None:
    """The patients of an arm, of the first result that has their number; else those of the population."""
    known = list(arms)
    return next((number for arm in known for number in (arm.participants, arm.enrolled) if number), None)


def _outcome(entry: Entry, one: Comparison, at: str, discrepant: Discrepant) -> Outcome:
    first, second, unit = one.experimental.value, one.reference.value, one.unit or ""
    both = f"{_valued(first, unit)} against {_valued(second, unit)}" if first or second else ""
    gap, limits = difference(one), _limits(one)
    null = _null(one, limits)
    arms = {one.experimental.label: "experimental", one.reference.label: "reference"}
    counted = entry.checked.get(one.result, {})
    texts = [f"{number} {name}" for name, number in counted.items()]
    return Outcome(
        endpoint=one.endpoint,
        values=both,
        gap=_valued(gap, " percentage points" if unit == "%" else unit) if gap else "",
        effect=f"{one.statistic or 'ratio'} {one.shown}" if one.value is not None else "",
        interval=_interval(one, limits),
        computed="" if one.limits or not limits else _origin(one),
        p=p_words(one.p),
        remarks=_remarks(one, null),
        direction=_direction(one, null),
        way="" if null else arms.get(one.favours or "", ""),
        reading=one.words,
        primary=primary(one),
        missing="" if one.value is not None and limits else one.lack or "",
        others=[(f"{each.statistic or 'ratio'} {each.shown}", address(each.result, at), _source(each))
                for each in entry.others.get(one.result, ())],
        checked=f"other documents: {', '.join(texts)} figures" if texts else "",
        discrepancies=[(kind, address(iri, at)) for kind, iri in discrepant.get(one.result, ())],
        document=one.document,
        href=address(one.result, at),
        place=one.place,
        place_href=address(one.passage, at),
    )  # fmt: skip


def _direction(one: Comparison, null: bool) -> str:
    """Which arm is better, in words; where the interval includes no effect, only the figure is better."""
    if not one.favours:
        return ""
    if one.favours == "neither":
        return "favours neither arm"
    return f"numerically better: {one.favours}" if null else f"favours {one.favours}"


def _limits(one: Comparison) -> tuple[str, str] | None:
    """The limits of the interval: with their printed digits, or computed, with two decimals."""
    if one.value is None:
        return None
    computed = cells.computed(one)
    if one.limits or "computed_lower" not in computed:
        return one.limits
    return f"{float(str(computed['computed_lower'])):.2f}", f"{float(str(computed['computed_upper'])):.2f}"


def _null(one: Comparison, limits: tuple[str, str] | None) -> bool:
    """Whether the interval includes the value of no effect: 0 of a difference, 1 of a ratio."""
    return limits is not None and float(limits[0]) <= _NO_EFFECT.get(one.statistic or "", 1) <= float(limits[1])


def _remarks(one: Comparison, null: bool) -> str:
    """What to know of the direction: an interval that includes no effect, a P value or medians that say otherwise."""
    found = []
    if null:
        below = one.p_value is not None and one.p_value < _SIGNIFICANT and (one.p_comparator or "=") in "=<≤"
        found.append(
            f"the interval includes {_NO_EFFECT.get(one.statistic or '', 1)}{', although P is below 0.05' if below else ''}"
        )
    if _opposite(one):
        found.append("the values of the arms point the other way")
    return "; ".join(found)


def _opposite(one: Comparison) -> bool:
    """Whether the ratio favours one arm, and the values of the arms (times, or rates of a desired event) the other."""
    gap = float(difference(one) or 0)
    if one.ratio is None or one.ratio == 1 or not gap or one.event not in ("desired", "undesired"):
        return False
    if one.event == "undesired" and one.unit == "%":
        return False
    return ((one.ratio > 1) == (one.event == "desired")) != (gap > 0)


def _interval(one: Comparison, limits: tuple[str, str] | None) -> str:
    level = f"{one.ci_level:g}" if one.limits and one.ci_level else str(cells.LEVEL)
    return f"{level}% CI {limits[0]} to {limits[1]}" if limits else ""


def _origin(one: Comparison) -> str:
    return f"{cells.computed(one)['computed_from']}, not reported".replace("from", "computed from", 1)


def _source(one: Comparison) -> str:
    """The interval, the data cut and the document of another report."""
    return ", ".join(filter(None, (_interval(one, one.limits), one.analysis, one.document)))


def _event(harm: Harm, one: Comparison, at: str) -> Event:
    """An adverse event in words; with the population where it is not that of the row."""
    unit = harm.unit
    if harm.statement:
        words = harm.statement
    elif harm.compared:
        words = f"{harm.words}: {_valued(harm.experimental, unit)} against {_valued(harm.reference, unit)}"
    elif harm.experimental or harm.reference:
        arm = one.experimental if harm.experimental else one.reference
        words = f"{harm.words}: {_valued(harm.experimental or harm.reference, unit)} with {arm.label}; no value of the other arm"
    else:
        words = f"{harm.words}: fewer with {harm.favours}" if harm.favours not in ("", "neither") else harm.words
    elsewhere = harm.population if harm.population not in ("", one.population) else ""
    return Event(words, address(harm.passage_iri, at), harm.authors_reading, elsewhere)


def _valued(value: str | None, unit: str) -> str:
    """A value with its unit, without a space before %."""
    if not value:
        return "not printed"
    return f"{value}{unit if unit in ('', '%') or unit[0] == ' ' else f' {unit}'}"
