"""The words of a forest plot: the texts of each row, the notes below the figure, and its description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.synthesis.comparison import Comparison
from kg.synthesis.effects import EffectSize
from kg.synthesis.meta_analysis import UNCERTAIN, Synthesis
from kg.synthesis.pooling import Estimate, Pooled

_ALPHA = 0.05
FROM_P = "Dashed line: interval computed from P, not reported."
FROM_INTERVAL = "Dashed line: interval computed from the printed interval of the inverse ratio, not reported."
ROUNDED = "±: due to rounding of ratio and P value, the standard error is uncertain by a factor of two or more."


@dataclass(frozen=True)
class Block:
    """A part of a forest plot with its own heading, an optional pooled effect of its rows, and remarks."""

    heading: str
    rows: tuple[Comparison, ...]
    pooled: Pooled | None = None
    remark: str = ""
    favours: tuple[str, str] | None = None  # the texts for ratios below and above 1


def of_pool(found: Synthesis, heading: str = "") -> list[Block]:
    """The blocks of a pooled analysis: the pooled studies, then the studies without an interval, so that they are not hidden."""
    groups = {(one.study, one.group) for one in found.studies}
    lacking: dict[tuple[str, ...], Comparison] = {}
    for left in found.left_out:
        one = left.comparison
        if left.lacks and (one.study, one.group) not in groups and (one.printed or one.p_printed):
            lacking.setdefault((one.group, *one.pair), one)
    aside = dict.fromkeys(f"{left.comparison.trial}, {left.comparison.population}: {left.reason}" for left in found.left_out
                          if not left.lacks and left.reason.startswith(("tests", "shares", "the same trial")))  # fmt: skip
    said = [f"{found.headline}.", found.interpretation] if found.bounded else [found.interpretation]
    blocks = [Block(heading, found.studies, found.pooled, " ".join((*said, *(f"{one}." for one in aside))))]
    hidden = tuple(lacking.values())
    return blocks + ([Block("Not pooled: no CI is printed, or can be derived from the printed values", hidden)] if hidden else [])


def estimate(one: Comparison) -> tuple[str, str]:
    """The ratio with its limits, or that none is printed; and what the interval is from, or what there is in its place."""
    name = one.statistic or "ratio"
    if one.lack is None:
        figures = "{} {} [{}, {}]".format(name, one.digits, *limits(one))
        return figures, "; ".join((source(one), one.p) if one.limits and one.p else (source(one),))
    if one.ratio:
        return f"{name} {one.shown}", f"{one.p or 'no P value'}; no interval can be derived"
    lacking = "no effect printed" if not one.printed else one.lack
    return lacking, one.p or "no P value printed"


def patients(one: Comparison) -> str:
    """The number of patients in each arm of the result; else in the population, in its arms or in all; empty if not known."""
    if one.patients:
        return f"n = {one.patients.replace('/', ' / ')}"
    arms = (one.experimental.enrolled, one.reference.enrolled)
    if None not in arms:
        return "population: n = {} / {}".format(*arms)
    return f"population: n = {one.enrolled}" if one.enrolled is not None else ""


def clear(one: Comparison) -> str:
    """The arm that is favoured by an interval without 1, or, where no interval is drawn, by P < 0.05; empty if there is none."""
    inside = includes_one(one)
    if inside is None:
        known = one.p_value is not None and one.p_comparator in ("=", "<", "≤") and one.hypothesis != "non-inferiority"
        inside = not known or one.p_value is None or one.p_value >= _ALPHA
    return "" if inside or not one.favours else one.favours


def includes_one(one: Comparison) -> bool | None:
    """Whether the drawn interval includes 1; None where no interval is drawn."""
    drawn = drawn_limits(one)
    return None if drawn is None else drawn[0] <= 1 <= drawn[1]


def drawn_limits(one: Comparison) -> tuple[float, float] | None:
    """The limits that are drawn: the printed ones, whatever their level, else computed 95% limits; None where there are none."""
    if one.lack is not None:
        return None
    if one.limits is not None and one.ci_lower is not None and one.ci_upper is not None:
        return one.ci_lower, one.ci_upper
    return one.effect.interval()


def verdict(one: Comparison) -> str:
    """Which arm the comparison favours, with what shows it; whether the interval includes 1; what the authors call the result."""
    inside = "the interval includes 1" if includes_one(one) else ""
    return "; ".join(filter(None, (one.direction, inside, f"authors: {one.words}" if one.words else "")))


def limits(one: Comparison) -> tuple[str, str]:
    """The limits as printed, or computed ones with two decimals."""
    lower, upper = one.effect.interval()
    return one.limits or (f"{lower:.2f}", f"{upper:.2f}")


def source(one: Comparison) -> str:
    """The level of a printed interval, or what a computed one was computed from."""
    how = one.effect.how.replace("confidence interval", "CI").replace(", inverted", " of the inverse ratio")
    how = f"{one.ci_level:g}% CI as printed" if one.limits else f"interval computed from {how}, not reported"
    return f"± {how}" if _rounded(one.effect) else how


def notes(rows: Sequence[Comparison], note: str) -> str:
    """What the lines of intervals mean, then the :func:`remarks`, for the description in words."""
    shown = [one for one in rows if one.lack is None]
    said = {
        "Solid line: interval as printed.": any(one.limits for one in shown),
        FROM_P: any(one.limits is None and not one.has_interval for one in shown),
        FROM_INTERVAL: any(one.limits is None and one.has_interval for one in shown),
    }
    return " ".join([text for text, holds in said.items() if holds] + remarks(rows, note))


def remarks(rows: Sequence[Comparison], note: str) -> list[str]:
    """The remarks below a figure: a note, and what ± means if it occurs."""
    uncertain = any(_rounded(one.effect) for one in rows if one.lack is None)
    return [text for text, holds in ((note, bool(note)), (ROUNDED, uncertain)) if holds]


def heterogeneity(pooled: Pooled) -> str:
    """The measures of heterogeneity."""
    return f"Q = {pooled.q:.2f}, P = {pooled.q_p_value:.2g}; τ² = {pooled.tau2:.3f}; I² = {pooled.i2:.0f}%"


def diamonds(pooled: Pooled) -> list[tuple[str, Estimate]]:
    """The names and estimates of the diamonds; the first one is the main result."""
    normal = (f"Random effects ({pooled.method})", pooled.random)
    modified = ("Modified Hartung-Knapp", pooled.modified)
    return [*((modified, normal) if pooled.few else (normal, modified)), ("Fixed effect", pooled.fixed)]


def told(blocks: Sequence[Block], ratio: str) -> str:
    """The description of a figure in words."""
    return f"Forest plot of {ratio.lower()}s. {in_words(blocks)}"


def in_words(blocks: Sequence[Block]) -> str:
    """The rows and the pooled effects of a figure in words."""
    several = len({one.document for block in blocks for one in block.rows}) > 1
    parts = []
    for block in blocks:
        rows = [_row(one, several) for one in block.rows]
        if block.pooled:
            main = block.pooled.headline
            name = "modified Hartung-Knapp" if block.pooled.few else f"random effects ({block.pooled.method})"
            rows.append(f"pooled, {name}: {main.value:.2f} ({main.lower:.2f} to {main.upper:.2f})")
        parts.append((f"{block.heading}: " if block.heading else "") + "; ".join(rows))
    return ". ".join(parts) + "."


def _row(one: Comparison, several: bool) -> str:
    if one.lack is None:
        figures = "{} ({} to {}, {})".format(one.digits, *limits(one), source(one))
    else:
        figures = f"{one.shown or 'no effect printed'}, {one.p or 'no P value printed'}"
    document = f" ({one.document})" if several else ""
    arms = f"{one.experimental.label} against {one.reference.label}"
    who = f"{one.trial}{document}, {arms}, {one.population}, {one.line}"
    return f"{who}: {figures}" + (f", {verdict(one).replace('; ', ', ')}" if verdict(one) else "")


def _rounded(effect: EffectSize) -> bool:
    return effect.rounding > UNCERTAIN
