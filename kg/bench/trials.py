"""The trials of a synthetic review: what each compares, and the figures that the text and the table print.

Figures agree with each other as those of a real trial do: the medians with the hazard ratio, the rates with the odds ratio, the
interval with the P value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist

from kg.bench.model import Arm, Comparison, Count, Part, Passage, Population, Review, Row, Study, Value
from kg.bench.text import Text

_NORMAL = NormalDist()
_SECTIONS = {"first-line": "First-line chemotherapy", "second-line": "Second-line chemotherapy"}
_COLUMNS = ("ORR", "PFS", "OS")


@dataclass(frozen=True)
class Scheme:
    """What a trial compares, as positions in the regimens of its review: backbone, with the one drug, the other, or both."""

    experimental: int
    reference: int | None
    line: str
    phase: str
    designs: tuple[str, ...]


_ADD_ON = ("add-on", "randomised")
SCHEMES = (
    Scheme(1, 0, "first-line", "III", _ADD_ON),
    Scheme(1, 0, "first-line", "III", _ADD_ON),
    Scheme(1, 2, "first-line", "III", ("randomised",)),
    Scheme(2, 0, "first-line", "III", _ADD_ON),
    Scheme(3, None, "second-line", "II", ("single-arm",)),
    Scheme(3, 1, "second-line", "II", _ADD_ON),
    Scheme(1, 0, "first-line", "III", _ADD_ON),
    Scheme(2, 0, "first-line", "III", _ADD_ON),
)


@dataclass(frozen=True)
class Effect:
    """A ratio, its 95% confidence interval, and its two-sided P value, as printed."""

    ratio: str
    interval: tuple[str, str]
    sign: str
    p: str

    @property
    def significant(self) -> bool:
        """Whether the printed P value is below 0.05."""
        return float(self.p) < 0.05


@dataclass(frozen=True)
class Outcome:
    """The figures of one endpoint in one population: one value for each arm, and their effect if there are two."""

    endpoint: str
    values: tuple[str, ...]
    effect: Effect | None = None


@dataclass
class Plan:
    """What the table prints of a trial: the participants of each arm, and one outcome for each column."""

    participants: tuple[int, ...]
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def two_arms(made: Review, study: Study, text: Text, random: Random, scheme: Scheme) -> Plan:
    """Add the arms of a comparative trial and what its paragraph prints; the plan of its part of the table."""
    _add_arms(made, study, scheme)
    whole, _, _, ras = study.populations
    each = random.randrange(220, 400)
    _text_counts(made, study, text, random, 2 * each)
    for endpoint in ("OS", "PFS"):
        outcome = _survival(random, endpoint, each)
        _in_text(made, study, text, whole, outcome, interval=random.random() < 0.5)
    _event(made, study, text, random, study.arms[0])
    selected = each * 48 // 100
    plan = Plan((selected, selected))
    plan.outcomes = {"ORR": _response(random, selected), **{one: _survival(random, one, selected) for one in ("PFS", "OS")}}
    _in_text(made, study, text, ras, plan.outcomes["OS"], interval=False)
    return plan


def single_arm(made: Review, study: Study, text: Text, random: Random, scheme: Scheme) -> Plan:
    """Add the arm of a trial without comparison and what its paragraph prints; the plan of its part of the table."""
    _add_arms(made, study, scheme)
    each = random.randrange(220, 400)
    _text_counts(made, study, text, random, each)
    outcomes = [Outcome(one, _survival(random, one, each).values[:1]) for one in ("OS", "PFS")]
    for outcome in outcomes:
        _value(made, study, study.arms[0], study.populations[0], outcome, text)
    _event(made, study, text, random, study.arms[0])
    rates = Outcome("ORR", _response(random, each).values[:1])
    selected = [Outcome(one, _survival(random, one, each).values[:1]) for one in ("PFS", "OS")]
    return Plan((each * 48 // 100,), {one.endpoint: one for one in (rates, *selected)})


def print_table(made: Review, study: Study, plan: Plan, text: Text, table: Part) -> None:
    """Add the rows of a trial to the table of its review: one for each arm, then the effects."""
    section = _SECTIONS[study.line or ""]
    population = study.populations[-1]
    cells: dict[str, list[Value]] = {endpoint: [] for endpoint in _COLUMNS}
    for position, (arm, participants) in enumerate(zip(study.arms, plan.participants, strict=True)):
        row = _row(made, table, section, "arm", study.label, arm.regimen.label)
        place = text.quote(str(participants), figure=True, row=row, column="n")
        slug = f"{made.slug}.{population.slug}-n-{arm.regimen.slug}-table-1"
        size = Count(slug, population, participants, place, arm)
        study.counts.append(size)
        for endpoint in _COLUMNS:
            digits = plan.outcomes[endpoint].values[position]
            place = text.quote(digits, figure=True, row=row, column=endpoint)
            slug = f"{made.slug}.{population.slug}-{endpoint}-{arm.regimen.slug}-table-1"
            value = Value(slug, arm, population, endpoint, digits, _unit(endpoint), place, size)
            cells[endpoint].append(value)
    study.values += [value for values in cells.values() for value in values]
    if len(study.arms) == 1:
        return
    row = _row(made, table, section, "effect", study.label, "; ".join(arm.regimen.label for arm in study.arms))
    for endpoint in _COLUMNS:
        effect = plan.outcomes[endpoint].effect
        assert effect is not None
        place = text.quote(_printed(endpoint, effect, interval=True), figure=True, row=row, column=endpoint)
        study.comparisons.append(_comparison(made, cells[endpoint], effect, place, "table-1", interval=True))


def _row(made: Review, table: Part, section: str, kind: str, trial: str, regimen: str) -> Row:
    number = len(made.rows) + 1
    row = Row(f"{table.slug}-row-{number}", table, number, section, kind, trial, regimen)
    made.rows.append(row)
    return row


def _add_arms(made: Review, study: Study, scheme: Scheme) -> None:
    for position in (scheme.experimental, scheme.reference):
        if position is not None:
            regimen = made.regimens[position]
            study.arms.append(Arm(f"{study.slug}-{regimen.slug}", f"{study.label}, {regimen.label} arm", regimen))


def _text_counts(made: Review, study: Study, text: Text, random: Random, total: int) -> None:
    """The numbers of all participants, and of those wild type and mutant at the locus of the review."""
    whole, wild, mutant, _ = study.populations
    place = text.quote(str(total), figure=True)
    all_ = Count(f"{made.slug}.{whole.slug}-n-text", whole, total, place)
    study.counts.append(all_)
    mutated = total * random.randrange(25, 40) // 100
    for population, number in ((mutant, mutated), (wild, total - mutated)):
        share = round(100 * number / total)
        place = text.quote(f"{number} ({share}%)", figure=True)
        slug = f"{made.slug}.{population.slug}-n-text"
        study.counts.append(Count(slug, population, number, place, None, share, all_))


def _event(made: Review, study: Study, text: Text, random: Random, arm: Arm) -> None:
    """The rate of an adverse event in an arm."""
    digits = f"{random.uniform(2, 20):.1f}"
    place = text.quote(f"{digits}%", figure=True)
    slug = f"{made.slug}.{study.populations[0].slug}-hypertension-{arm.regimen.slug}-text"
    study.values.append(Value(slug, arm, study.populations[0], "hypertension", digits, "%", place, None, "3"))


def _in_text(made: Review, study: Study, text: Text, population: Population, outcome: Outcome, interval: bool) -> None:
    """Print the two values and the effect of an outcome in the paragraph, with the authors' reading."""
    assert outcome.effect is not None
    values = [_value(made, study, arm, population, outcome, text) for arm in study.arms]
    place = text.quote(_printed(outcome.endpoint, outcome.effect, interval), figure=True)
    reading = "significant" if outcome.effect.significant else "not significant"
    study.comparisons.append(_comparison(made, values, outcome.effect, place, "text", interval, reading))


def _value(made: Review, study: Study, arm: Arm, population: Population, outcome: Outcome, text: Text) -> Value:
    digits = outcome.values[study.arms.index(arm)]
    unit = _unit(outcome.endpoint)
    place = text.quote(f"{digits} {unit}", figure=True)
    slug = f"{made.slug}.{population.slug}-{outcome.endpoint}-{arm.regimen.slug}-text"
    value = Value(slug, arm, population, outcome.endpoint, digits, unit, place)
    study.values.append(value)
    return value


def _comparison(
    made: Review, values: list[Value], effect: Effect, place: Passage, where: str, interval: bool, reading: str | None = None
) -> Comparison:
    one, other = values
    pair = f"{one.arm.regimen.slug}-vs-{other.arm.regimen.slug}"
    slug = f"{made.slug}.{one.population.slug}-{one.endpoint}-{pair}-{where}"
    statistic = "odds-ratio" if one.endpoint == "ORR" else "hazard-ratio"
    limits = effect.interval if interval else None
    return Comparison(slug, one, other, statistic, effect.ratio, effect.sign, effect.p, place, limits, reading)


def _unit(endpoint: str) -> str:
    return "%" if endpoint == "ORR" else "mo"


def _printed(endpoint: str, effect: Effect, interval: bool) -> str:
    name = "OR" if endpoint == "ORR" else "HR"
    limits = f"95%CI: {effect.interval[0]}-{effect.interval[1]}, " if interval else ""
    return f"{name} = {effect.ratio}, {limits}P {effect.sign} {effect.p}"


def _survival(random: Random, endpoint: str, each: int) -> Outcome:
    """Two medians in months, and a hazard ratio below 1 with the error that so many participants give."""
    ratio = random.uniform(0.6, 0.9)
    reference = random.uniform(10, 20) if endpoint == "OS" else random.uniform(4, 9)
    effect = _effect(math.log(ratio), 2 / math.sqrt(1.4 * each))
    return Outcome(endpoint, (f"{reference / ratio + 0.1:.1f}", f"{reference:.1f}"), effect)


def _response(random: Random, each: int) -> Outcome:
    """Two response rates in percent, and their odds ratio with the error after Woolf."""
    rates = [round(random.uniform(*span), 1) for span in ((50, 65), (30, 45))]
    log = math.log(rates[0] * (100 - rates[1]) / rates[1] / (100 - rates[0]))
    error = math.sqrt(sum(100 / each / part for rate in rates for part in (rate, 100 - rate)))
    return Outcome("ORR", (f"{rates[0]:.1f}", f"{rates[1]:.1f}"), _effect(log, error))


def _effect(log: float, error: float) -> Effect:
    reach = _NORMAL.inv_cdf(0.975) * error
    p = 2 * _NORMAL.cdf(-abs(log) / error)
    sign, digits = ("<", "0.001") if p < 0.001 else ("=", f"{p:.3f}")
    limits = (f"{math.exp(log - reach):.2f}", f"{math.exp(log + reach):.2f}")
    return Effect(f"{math.exp(log):.2f}", limits, sign, digits)
