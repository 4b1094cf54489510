"""Forest plots: one row for each result, with numbers and interval on a logarithmic axis, in blocks; diamonds for pooled effects.

Conventions: Lewis and Clarke, BMJ 322 (2001) 1479-1480; Cochrane Handbook, chapter 10.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kg.errors import DataError
from kg.plots.picture import INK, PAPER, Picture
from kg.synthesis.comparison import Comparison
from kg.synthesis.contrasts import UNCERTAIN, Synthesis
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import Pooled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3
_WIDTH = 11.0
_TOP, _BOTTOM = 0.75, 0.8
_NOTE, _NOTE_LINE = 150, 0.15  # characters of a line below the figure, and its height
_TITLE, _TITLE_LINE = 95, 0.2  # the same of a line above it
# positions of the columns, as fractions of the width; the axis is between patients and numbers
_STUDY, _POPULATION, _PATIENTS, _NUMBERS, _WEIGHT = 0.015, 0.19, 0.405, 0.685, 0.985
_NUMBERS_LONG = 44
_AXIS = (0.485, 0.185)
_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10)
_FEW_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_WIDEST, _WIDE = (0.1, 10.0), 10
_LABELS, _SMALL_LABELS, _SMALLEST_LABELS = 27, 36, 42


@dataclass(frozen=True)
class Block:
    """A part of a forest plot with its own heading, an optional pooled effect of its rows, and a remark."""

    heading: str
    rows: tuple[Comparison, ...]
    pooled: Pooled | None = None
    remark: str = ""


def of_pool(found: Synthesis, heading: str = "") -> list[Block]:
    """The blocks of a pooled analysis: the pooled studies, then the studies without an interval, so that they are not hidden."""
    groups = {(one.study, one.group) for one in found.studies}
    lacking: dict[tuple[str, ...], Comparison] = {}
    for left in found.left_out:
        one = left.comparison
        if left.lacks and (one.study, one.group) not in groups and (one.printed or one.p_printed):
            lacking.setdefault((one.group, *one.pair), one)
    aside = "; ".join(f"{left.comparison.trial}, {left.comparison.population}: {left.reason}" for left in found.left_out
                      if not left.lacks and left.reason.startswith(("tests", "shares", "the same trial")))  # fmt: skip
    blocks = [Block(heading, found.studies, found.pooled, aside)]
    hidden = tuple(lacking.values())
    return blocks + ([Block("Not pooled: no CI is printed, or can be derived from the printed values", hidden)] if hidden else [])


def forest(
    blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str = "", names: str = "study"
) -> Picture:
    """A forest plot of blocks; ``favours`` are the texts for ratios below and above 1.

    ``names`` is the content of the first column: the "study", the study with the comparator ("against"), the "place" in the
    source, or the "arms". An interval beyond the axis ends in an arrow. A ratio without an interval is a hollow mark. A P value
    without a ratio is given in the column of numbers. ± marks a standard error that is uncertain by a factor of two or more due
    to rounding.

    If no ratio is printed, there is no axis, because an axis without marks would look like no effect.

    Raises :class:`~kg.errors.DataError` when there are no rows to draw.
    """
    if not any(block.rows for block in blocks):
        raise DataError("there is no comparison to draw; 'mcrc-kg ask reported-results' lists all printed results")
    if any(_source(one.effect).startswith("±") for block in blocks for one in block.rows if one.lack is None):
        note += " ±: due to rounding of ratio and P value, the standard error is uncertain by a factor of two or more."
    return Picture(title, _told(blocks, ratio), lambda: _draw(blocks, title, favours, ratio, note, names))


_NAMES: dict[str, tuple[str, Callable[[Comparison], str]]] = {
    "study": ("Study", lambda one: one.trial),
    "against": ("Study, comparator", lambda one: f"{one.trial}, {one.reference.label}"),
    "place": ("Printed in", lambda one: one.place if one.place.startswith("Table") else "text"),
    "arms": ("Arms", lambda one: f"{one.experimental.label} against {one.reference.label}"),
}


def _draw(blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str, names: str) -> Figure:
    from matplotlib.figure import Figure

    lines = sum(bool(block.heading) + len(block.rows) + _summary_lines(block) + bool(block.remark) for block in blocks)
    said, head = textwrap.wrap(note, _NOTE), textwrap.wrap(title, _TITLE)
    bottom = _BOTTOM + _NOTE_LINE * len(said)
    height = _TOP + _TITLE_LINE * (len(head) - 1) + bottom + _ROW * lines
    drawn = Figure(figsize=(_WIDTH, height))
    axes = drawn.add_axes((_AXIS[0], bottom / height, _AXIS[1], _ROW * lines / height))
    _axis(axes, blocks, lines, favours)
    several = len({one.document for block in blocks for one in block.rows}) > 1
    weighed = any(block.pooled for block in blocks)
    heads = {_STUDY: _NAMES[names][0], _POPULATION: "Population", _PATIENTS: "n / n"}
    for x, text in (heads | {_NUMBERS: f"{ratio} [CI], level or source of CI"}).items():
        _put(axes, x, lines + 0.3, text, fontweight="bold")
    _put(axes, _WEIGHT, lines + 0.3, "Weight" if weighed else "", fontweight="bold", ha="right")
    y = lines - 0.5
    for block in blocks:
        y = _block(axes, block, y, partial(_named, names, several))
    drawn.text(0.015, 1 - 0.12 / height, "\n".join(head), fontsize=11, fontweight="bold", va="top")
    drawn.text(0.015, 0.08 / height, "\n".join(said), fontsize=8, va="bottom")
    return drawn


def _named(names: str, several: bool, one: Comparison) -> str:
    """The first column of a row; the document is named where there are several."""
    return f"{_NAMES[names][1](one)} ({one.document})" if several else _NAMES[names][1](one)


def _summary_lines(block: Block) -> int:
    return 0 if block.pooled is None else 3 + (block.pooled.prediction is not None)


def _axis(axes: Axes, blocks: Sequence[Block], lines: int, favours: tuple[str, str]) -> None:
    rows = [one for block in blocks for one in block.rows]
    reach = [1.0, *(limit for one in rows if one.lack is None for limit in _interval(one))]
    reach += [one.ratio for one in rows if one.ratio]
    low, high = max(_WIDEST[0], min(0.5, *reach) * 0.92), min(_WIDEST[1], max(2.0, *reach) * 1.08)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0, lines)
    ticks = [tick for tick in (_TICKS if high / low < _WIDE else _FEW_TICKS) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_yticks([])
    axes.patch.set_visible(False)
    if not any(one.ratio for one in rows):
        axes.axis("off")
        return
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.plot([1, 1], [0, lines], color=INK, linewidth=0.8)
    across = axes.get_xaxis_transform()
    for shift, text, side in ((-6, f"← {favours[0]}", "right"), (6, f"{favours[1]} →", "left")):
        axes.annotate(text, (1, 0), (shift, -30), xycoords=across, textcoords="offset points", ha=side, va="center", fontsize=8)


def _block(axes: Axes, block: Block, y: float, name: Callable[[Comparison], str]) -> float:
    if block.heading:
        _put(axes, _STUDY, y, block.heading, fontweight="bold", fontsize=8.5)
        y -= 1
    weights: Sequence[float | None] = block.pooled.weights_random if block.pooled else [None] * len(block.rows)
    for one, weight in zip(block.rows, weights, strict=True):
        _row(axes, y, one, weight, name(one))
        y -= 1
    if block.pooled:
        y = _summary(axes, block.pooled, y)
    if block.remark:
        _put(axes, _STUDY, y, textwrap.shorten(block.remark, 160, placeholder=" …"), fontsize=7.5)
        y -= 1
    return y


def _row(axes: Axes, y: float, one: Comparison, weight: float | None, name: str) -> None:
    _wrap(axes, _STUDY, y, name, url=one.passage)
    _wrap(axes, _POPULATION, y, one.population)
    _put(axes, _PATIENTS, y, one.patients)
    if one.lack is None:
        _line(axes, y, _interval(one), "-")
        _mark(axes, y, one.effect.value, 3 + 0.13 * weight if weight is not None else 6)
        said = "{} [{}, {}]  {}".format(one.digits, *_limits(one), _source(one.effect))
    elif one.ratio:
        _mark(axes, y, one.ratio, 6, hollow=True)
        said = f"{one.shown}  {one.p or 'no P value'}; no CI can be derived"
    else:
        lacking = one.lack if one.printed else "no effect, no P value printed"
        said = f"{one.lack}; {one.p}" if one.p else lacking
    _put(axes, _NUMBERS, y, said, fontsize=9 if len(said) <= _NUMBERS_LONG else 7.5)
    if weight is not None:
        _put(axes, _WEIGHT, y, f"{weight:.1f}%", ha="right")


def _summary(axes: Axes, pooled: Pooled, y: float) -> float:
    for name, one, hollow in ((f"Random effects ({pooled.method})", pooled.random, False), ("Fixed effect", pooled.fixed, True)):
        corners = [one.lower, one.value, one.upper, one.value]
        face = PAPER if hollow else INK
        axes.fill(corners, [y, y + 0.26, y, y - 0.26], facecolor=face, edgecolor=INK, linewidth=1)
        _put(axes, _STUDY, y, name, fontweight="bold")
        _put(axes, _NUMBERS, y, f"{one.value:.2f} [{one.lower:.2f}, {one.upper:.2f}]  P = {one.p_value:.2g}", fontweight="bold")
        y -= 1
    if pooled.prediction:
        _line(axes, y, pooled.prediction, (0, (4, 2)))
        _put(axes, _STUDY, y, "Prediction interval")
        _put(axes, _NUMBERS, y, f"[{pooled.prediction[0]:.2f}, {pooled.prediction[1]:.2f}]")
        y -= 1
    words = f"Q = {pooled.q:.2f}, P = {pooled.q_p_value:.2g}; τ² = {pooled.tau2:.3f}; I² = {pooled.i2:.0f}%"
    _put(axes, _STUDY, y, f"Heterogeneity: {words}", fontsize=8)
    return y - 1


def _line(axes: Axes, y: float, limits: tuple[float, float], style: Any) -> None:
    """An interval, with an arrow at each end that is beyond the axis."""
    edges = axes.get_xlim()
    axes.plot([max(limits[0], edges[0]), min(limits[1], edges[1])], [y, y], color=INK, linewidth=1, linestyle=style)
    for end, marker, beyond in ((0, "<", limits[0] < edges[0]), (1, ">", limits[1] > edges[1])):
        if beyond:
            axes.plot([edges[end]], [y], marker=marker, color=INK, markersize=5, clip_on=False)


def _mark(axes: Axes, y: float, value: float, size: float, hollow: bool = False) -> None:
    """A square at a value, or an arrow at the end of the axis if the value is beyond it."""
    low, high = axes.get_xlim()
    marker = "<" if value < low else ">" if value > high else "s"
    axes.plot([min(max(value, low), high)], [y], marker=marker, color=INK, markersize=size,
              markerfacecolor=PAPER if hollow else INK, clip_on=False)  # fmt: skip


def _wrap(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text in its column; long text is set in smaller lines, never cut, because its end may distinguish two rows."""
    if len(text) <= _LABELS:
        _put(axes, x, y, text, **style)
        return
    lines = textwrap.wrap(text, _SMALL_LABELS)
    size, lines = (6.5, lines) if len(lines) < 3 else (5.6, textwrap.wrap(text, _SMALLEST_LABELS))
    _put(axes, x, y, "\n".join(lines), fontsize=size, linespacing=0.95, **style)


def _put(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text at a horizontal position (fraction of the width of the figure) in a row of the axes."""
    from matplotlib.transforms import blended_transform_factory

    drawn = axes.get_figure()
    assert drawn is not None
    axes.text(x, y, text, transform=blended_transform_factory(drawn.transFigure, axes.transData), va="center", **style)


def _interval(one: Comparison) -> tuple[float, float]:
    """The limits that are drawn: the printed ones, whatever their level, else computed 95% limits."""
    if one.limits is not None and one.ci_lower is not None and one.ci_upper is not None:
        return one.ci_lower, one.ci_upper
    return one.effect.interval()


def _limits(one: Comparison) -> tuple[str, str]:
    """The limits as printed, or computed ones with two decimals."""
    lower, upper = one.effect.interval()
    return one.limits or (f"{lower:.2f}", f"{upper:.2f}")


def _source(effect: EffectSize) -> str:
    how = effect.how.replace("confidence interval", "CI")
    return f"± {how}" if effect.rounding > UNCERTAIN else how


def _told(blocks: Sequence[Block], ratio: str) -> str:
    """The description of the figure in words."""
    several = len({one.document for block in blocks for one in block.rows}) > 1
    parts = []
    for block in blocks:
        rows = []
        for one in block.rows:
            if one.lack is None:
                told = "{} ({} to {})".format(one.digits, *_limits(one))
            else:
                told = f"{one.shown or 'no effect printed'}, {one.p or 'no P value printed'}"
            document = f" ({one.document})" if several else ""
            rows.append(f"{one.trial}{document}, {one.experimental.label}, {one.population}: {told}")
        if block.pooled:
            pooled = block.pooled.random
            rows.append(f"random effects: {pooled.value:.2f} ({pooled.lower:.2f} to {pooled.upper:.2f})")
        parts.append((f"{block.heading}: " if block.heading else "") + "; ".join(rows))
    return f"Forest plot of {ratio.lower()}s. " + ". ".join(parts) + "."
