"""The words of a forest plot: the texts of each row, the notes below the figure, and its description."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.synthesis.comparison import Comparison
from kg.synthesis.effects import EffectSize
from kg.synthesis.meta_analysis import UNCERTAIN, Synthesis
from kg.synthesis.pooling import Estimate, Pooled

_TITLES, _DETAILS = 26, 38  # characters in a line of a column, in its large and its small type
_NUMBERS_LONG, _VERDICT = 46, 58  # the same in the column of numbers
# heights of a line in large and in small type, and the space between two rows, in inches
LARGE, SMALL, GAP = 0.16, 0.105, 0.09
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


@dataclass(frozen=True)
class Column:
    """The text of one column of a row: one title line in large or small type, and detail lines in small type."""

    title: Sequence[str]
    details: Sequence[str]

    @property
    def large(self) -> bool:
        """Whether the title fits in large type."""
        return len(self.title) == 1 and len(self.title[0]) <= _TITLES

    @property
    def height(self) -> float:
        """The height of the text in inches."""
        return (LARGE if self.large else SMALL * len(self.title)) + SMALL * len(self.details)


def of_pool(found: Synthesis, heading: str = "") -> list[Block]:
    """The blocks of a pooled analysis: the pooled studies, then the studies without an interval, so that they are not hidden."""
    groups = {(one.study, one.group) for one in found.studies}
    lacking: dict[tuple[str, ...], Comparison] = {}
    for left in found.left_out:
        one = left.comparison
        if left.lacks and (one.study, one.group) not in groups and (one.printed or one.p_printed):
            lacking.setdefault((one.group, *one.pair), one)
    aside = [f"{left.comparison.trial}, {left.comparison.population}: {left.reason}" for left in found.left_out
             if not left.lacks and left.reason.startswith(("tests", "shares", "the same trial"))]  # fmt: skip
    said = [f"{found.headline}.", found.interpretation] if found.bounded else [found.interpretation]
    blocks = [Block(heading, found.studies, found.pooled, " ".join((*said, *(f"{one}." for one in aside))))]
    hidden = tuple(lacking.values())
    return blocks + ([Block("Not pooled: no CI is printed, or can be derived from the printed values", hidden)] if hidden else [])


def study_column(one: Comparison, several: bool) -> Column:
    """The study, with its document where there are several, and its two arms."""
    name = f"{one.trial} ({one.document})" if several else one.trial
    return _column(name, f"{one.experimental.label} against {one.reference.label}")


def population_column(one: Comparison) -> Column:
    """The population, the line of therapy, and the place in the document."""
    return _column(one.population, f"{one.line}; {one.place}" if one.place else one.line)


def numbers_column(one: Comparison) -> Column:
    """The ratio with its interval and what the interval is from; the favoured arm, and what the authors call the result."""
    if one.lack is None:
        told = "{} [{}, {}]  {}".format(one.digits, *limits(one), source(one))
    elif one.ratio:
        told = f"{one.shown}  {one.p or 'no P value'}; no CI can be derived"
    else:
        lacking = one.lack if one.printed else "no effect, no P value printed"
        told = f"{one.lack}; {one.p}" if one.p else lacking
    return Column([told], textwrap.wrap(verdict(one), _VERDICT))


def is_long(told: str) -> bool:
    """Whether a text in the column of numbers needs smaller type."""
    return len(told) > _NUMBERS_LONG


def verdict(one: Comparison) -> str:
    """Which arm the comparison favours, with what shows it, and what the authors call the result."""
    return "; ".join(filter(None, (one.direction, f"authors: {one.words}" if one.words else "")))


def limits(one: Comparison) -> tuple[str, str]:
    """The limits as printed, or computed ones with two decimals."""
    lower, upper = one.effect.interval()
    return one.limits or (f"{lower:.2f}", f"{upper:.2f}")


def source(one: Comparison) -> str:
    """The level of a printed interval, or what a computed one was computed from."""
    how = one.effect.how.replace("confidence interval", "CI")
    how = how if one.limits else f"computed from {how}"
    return f"± {how}" if _rounded(one.effect) else how


def notes(blocks: Iterable[Block], note: str) -> str:
    """The text below a figure: what its lines and marks mean, then a note."""
    rows = [one for block in blocks for one in block.rows if one.lack is None]
    from_p = any(one.limits is None and not one.has_interval for one in rows)
    turned = any(one.limits is None and one.has_interval for one in rows)
    said = {
        "Solid line: interval as printed.": any(one.limits for one in rows),
        FROM_P: from_p,
        FROM_INTERVAL: turned,
        note: True,
        ROUNDED: any(_rounded(one.effect) for one in rows),
    }
    return " ".join(text for text, holds in said.items() if holds and text)


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
        level = f"{one.ci_level:g}% CI as printed" if one.limits else f"interval {source(one)}, not reported"
        figures = "{} ({} to {}, {})".format(one.digits, *limits(one), level)
    else:
        figures = f"{one.shown or 'no effect printed'}, {one.p or 'no P value printed'}"
    document = f" ({one.document})" if several else ""
    arms = f"{one.experimental.label} against {one.reference.label}"
    who = f"{one.trial}{document}, {arms}, {one.population}, {one.line}"
    return f"{who}: {figures}" + (f", {verdict(one).replace('; ', ', ')}" if verdict(one) else "")


def _rounded(effect: EffectSize) -> bool:
    return effect.rounding > UNCERTAIN


def _column(title: str, details: str) -> Column:
    lines = [title] if len(title) <= _TITLES else textwrap.wrap(title, _DETAILS)
    return Column(lines, textwrap.wrap(details, _DETAILS))
