"""Forest plots: one row for each result, with numbers and interval on a logarithmic axis, in blocks; diamonds for pooled effects.

Conventions: Lewis and Clarke, BMJ 322 (2001) 1479-1480; Cochrane Handbook, chapter 10.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kg.errors import DataError, NoEstimateError
from kg.plots import forest_text as words
from kg.plots.forest_text import Block, Column
from kg.plots.picture import INK, PAPER, Picture
from kg.synthesis.comparison import Comparison
from kg.synthesis.pooling import Pooled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3  # height of a line that is not a result, in inches; so are all heights
_WIDTH = 11.0
_TOP, _BOTTOM = 0.75, 0.8
_NOTE, _NOTE_LINE = 150, 0.15  # characters of a line below the figure, and its height
_TITLE, _TITLE_LINE = 95, 0.2  # the same of a line above it
_REMARK, _REMARK_LINE = 180, 0.13  # the same of a remark on a block
# positions of the columns, as fractions of the width; the axis is between patients and numbers
_STUDY, _POPULATION, _PATIENTS, _NUMBERS, _WEIGHT = 0.015, 0.215, 0.425, 0.685, 0.985
_AXIS = (0.49, 0.18)
_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10)
_FEW_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_WIDEST, _WIDE = (0.1, 10.0), 10
_DASHED, _DOTTED = (0, (3, 1.5)), (0, (1, 1.5))


def forest(blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str = "") -> Picture:
    """A forest plot of blocks; ``favours`` are the texts for ratios below and above 1.

    Each row names its study and arms; its population, line of therapy and place; the favoured arm, with what shows it; and what
    the authors call the result. The line of a printed interval is solid, that of a computed interval is dashed. An interval
    beyond the axis ends in an arrow. A ratio without an interval is a hollow mark. A P value without a ratio is given in the
    column of numbers. ± marks a standard error that is uncertain by a factor of two or more due to rounding.

    Raises :class:`~kg.errors.DataError` when there are no rows to draw, :class:`~kg.errors.NoEstimateError` with the rows in
    words when no ratio is printed, because an axis without marks would look like no effect.
    """
    rows = [one for block in blocks for one in block.rows]
    if not rows:
        raise DataError("there is no comparison to draw; 'mcrc-kg ask reported-results' lists all printed results")
    if not any(one.ratio for one in rows):
        raise NoEstimateError(f"no ratio is printed, so there is no forest plot. In words: {words.in_words(blocks)}")
    below = words.notes(blocks, note)
    return Picture(title, f"{words.told(blocks, ratio)} {below}".strip(), lambda: _draw(blocks, title, favours, ratio, below))


def _draw(blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str) -> Figure:
    from matplotlib.figure import Figure

    several = len({one.document for block in blocks for one in block.rows}) > 1
    tall = sum(_height(block, several) for block in blocks)
    said, head = textwrap.wrap(note, _NOTE), textwrap.wrap(title, _TITLE)
    bottom = _BOTTOM + _NOTE_LINE * len(said)
    height = _TOP + _TITLE_LINE * (len(head) - 1) + bottom + tall
    drawn = Figure(figsize=(_WIDTH, height))
    axes = drawn.add_axes((_AXIS[0], bottom / height, _AXIS[1], tall / height))
    _axis(axes, blocks, tall, favours)
    heads = {_STUDY: "Study, arms", _POPULATION: "Population, line, place", _PATIENTS: "n / n"}
    for x, text in (heads | {_NUMBERS: f"{ratio} [CI] and its source"}).items():
        _put(axes, x, tall + 0.1, text, fontweight="bold")
    weighed = any(block.pooled for block in blocks)
    _put(axes, _WEIGHT, tall + 0.1, "Weight" if weighed else "", fontweight="bold", ha="right")
    y = tall
    for block in blocks:
        y = _block(axes, block, y, several)
    drawn.text(0.015, 1 - 0.12 / height, "\n".join(head), fontsize=11, fontweight="bold", va="top")
    drawn.text(0.015, 0.08 / height, "\n".join(said), fontsize=8, va="bottom")
    return drawn


def _columns(one: Comparison, several: bool) -> tuple[Column, Column, Column]:
    return words.study_column(one, several), words.population_column(one), words.numbers_column(one)


def _row_height(one: Comparison, several: bool) -> float:
    return max(column.height for column in _columns(one, several)) + words.GAP


def _height(block: Block, several: bool) -> float:
    """The height of a block; _block draws the same lines."""
    lines = bool(block.heading) + (0 if block.pooled is None else 4 + (block.pooled.prediction is not None))
    remarks = len(textwrap.wrap(block.remark, _REMARK)) * _REMARK_LINE + words.GAP if block.remark else 0
    return _ROW * lines + sum(_row_height(one, several) for one in block.rows) + remarks


def _axis(axes: Axes, blocks: Sequence[Block], tall: float, favours: tuple[str, str]) -> None:
    rows = [one for block in blocks for one in block.rows]
    reach = [1.0, *(limit for one in rows if one.lack is None for limit in _interval(one))]
    reach += [one.ratio for one in rows if one.ratio]
    low, high = max(_WIDEST[0], min(0.5, *reach) * 0.92), min(_WIDEST[1], max(2.0, *reach) * 1.08)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0, tall)
    ticks = [tick for tick in (_TICKS if high / low < _WIDE else _FEW_TICKS) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_yticks([])
    axes.patch.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.plot([1, 1], [0, tall], color=INK, linewidth=0.8)
    across = axes.get_xaxis_transform()
    for shift, text, side in ((-6, f"← {favours[0]}", "right"), (6, f"{favours[1]} →", "left")):
        axes.annotate(text, (1, 0), (shift, -30), xycoords=across, textcoords="offset points", ha=side, va="center", fontsize=8)


def _block(axes: Axes, block: Block, y: float, several: bool) -> float:
    """Draw a block below a height, and return the height of its lower edge."""
    if block.heading:
        _put(axes, _STUDY, y - _ROW / 2, block.heading, fontweight="bold", fontsize=8.5)
        y -= _ROW
    weights: Sequence[float | None] = block.pooled.weights_random if block.pooled else [None] * len(block.rows)
    for one, weight in zip(block.rows, weights, strict=True):
        _row(axes, y, one, weight, several)
        y -= _row_height(one, several)
    if block.pooled:
        y = _summary(axes, block.pooled, y)
    if block.remark:
        lines = textwrap.wrap(block.remark, _REMARK)
        _put(axes, _STUDY, y, "\n".join(lines), fontsize=7, va="top", linespacing=1.1,
             bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1})  # fmt: skip
        y -= len(lines) * _REMARK_LINE + words.GAP
    return y


def _row(axes: Axes, y: float, one: Comparison, weight: float | None, several: bool) -> None:
    study, population, numbers = _columns(one, several)
    _column(axes, _STUDY, y, study, url=one.passage)
    _column(axes, _POPULATION, y, population)
    top = y - words.GAP / 2
    (figures,) = numbers.title
    _put(axes, _NUMBERS, top, figures, fontsize=7.5 if words.is_long(figures) else 9, va="top")
    _put(axes, _NUMBERS, top - words.LARGE, "\n".join(numbers.details), fontsize=6.5, va="top", linespacing=0.95)
    middle = top - words.LARGE / 2
    _put(axes, _PATIENTS, middle, one.patients)
    if one.lack is None:
        _line(axes, middle, _interval(one), "-" if one.limits else _DASHED)
        _mark(axes, middle, one.effect.value, 3 + 0.09 * weight if weight is not None else 6)
    elif one.ratio:
        _mark(axes, middle, one.ratio, 6, hollow=True)
    if weight is not None:
        _put(axes, _WEIGHT, middle, f"{weight:.1f}%", ha="right")


def _column(axes: Axes, x: float, y: float, column: Column, **style: Any) -> None:
    """The text of a column below a height; it is never cut, because its end may distinguish two rows."""
    top = y - words.GAP / 2
    under = top - (words.LARGE if column.large else words.SMALL * len(column.title))
    _put(axes, x, top, "\n".join(column.title), fontsize=9 if column.large else 6.5, va="top", linespacing=0.95, **style)
    _put(axes, x, under, "\n".join(column.details), fontsize=6.5, va="top", linespacing=0.95)


def _summary(axes: Axes, pooled: Pooled, y: float) -> float:
    y -= _ROW / 2
    face, weight = INK, "bold"  # of the main result, which is the first one
    for name, one in words.diamonds(pooled):
        half = _ROW * 0.26
        corners = [one.lower, one.value, one.upper, one.value]
        axes.fill(corners, [y, y + half, y, y - half], facecolor=face, edgecolor=INK, linewidth=1)
        figures = f"{one.value:.2f} [{one.lower:.2f}, {one.upper:.2f}]  P = {one.p_value:.2g}"
        _put(axes, _STUDY, y, name, fontweight=weight)
        _put(axes, _NUMBERS, y, figures, fontweight=weight)
        face, weight = PAPER, "normal"
        y -= _ROW
    if pooled.prediction:
        _line(axes, y, pooled.prediction, _DOTTED)
        _put(axes, _STUDY, y, "Prediction interval")
        _put(axes, _NUMBERS, y, f"[{pooled.prediction[0]:.2f}, {pooled.prediction[1]:.2f}]")
        y -= _ROW
    told = f"Q = {pooled.q:.2f}, P = {pooled.q_p_value:.2g}; τ² = {pooled.tau2:.3f}; I² = {pooled.i2:.0f}%"
    _put(axes, _STUDY, y, f"Heterogeneity: {told}", fontsize=8)
    return y - _ROW / 2


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


def _put(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text at a horizontal position (fraction of the width of the figure) in a row of the axes."""
    from matplotlib.transforms import blended_transform_factory

    drawn = axes.get_figure()
    assert drawn is not None
    place = blended_transform_factory(drawn.transFigure, axes.transData)
    axes.text(x, y, text, transform=place, **({"va": "center"} | style))


def _interval(one: Comparison) -> tuple[float, float]:
    """The limits that are drawn: the printed ones, whatever their level, else computed 95% limits."""
    if one.limits is not None and one.ci_lower is not None and one.ci_upper is not None:
        return one.ci_lower, one.ci_upper
    return one.effect.interval()
