"""Forest plots: a line a result with numbers and interval on a logarithmic axis, in blocks, with a diamond only where pooled.

Conventions: Lewis and Clarke, BMJ 322 (2001) 1479-1480; Cochrane Handbook, chapter 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kg.comparisons import Comparison
from kg.effects import EffectSize
from kg.errors import DataError
from kg.plots.frame import INK, PAPER, Picture
from kg.pooling import Pooled
from kg.synthesis import Synthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.3
_WIDTH = 11.0
_TOP, _BOTTOM = 0.75, 0.95
# where the columns stand, as fractions of the width; the axis lies between patients and numbers
_STUDY, _POPULATION, _PATIENTS, _NUMBERS, _WEIGHT = 0.015, 0.19, 0.405, 0.685, 0.985
_AXIS = (0.485, 0.185)
_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10)
_WIDEST = (0.1, 10.0)
_LABELS = 27


@dataclass(frozen=True)
class Block:
    """A part of a forest plot under its own heading, with a pool of its rows where there is one, and a remark."""

    heading: str
    rows: tuple[Comparison, ...]
    pooled: Pooled | None = None
    remark: str = ""


def of_pool(found: Synthesis, heading: str = "") -> list[Block]:
    """The blocks of a pool: what is pooled, then what was left out only for lack of an interval, so that it is not hidden."""
    groups = {(one.study, one.group) for one in found.studies}
    lacking = (left.comparison for left in found.left_out if left.lacks)
    hidden = tuple(one for one in lacking if (one.study, one.group) not in groups and (one.printed or one.p_printed))
    blocks = [Block(heading, found.studies, found.pooled)]
    return blocks + ([Block("Not pooled: no interval follows from what is printed", hidden)] if hidden else [])


def forest(
    blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str = "", by_place: bool = False
) -> Picture:
    """A forest plot of blocks; ``favours`` are the words for the two sides, below and above a ratio of 1.

    The first column names the study, or with ``by_place`` the place in the source.

    An interval that leaves the axis ends in an arrow; a ratio without an interval is a hollow mark; a P value without a ratio is
    said in the column of numbers.

    Raises :class:`~kg.errors.DataError` when there is no row to draw.
    """
    if not any(block.rows for block in blocks):
        raise DataError("there is no comparison to draw; 'mcrc-kg ask reported-results' lists what is printed")
    return Picture(title, _told(blocks, ratio), lambda: _draw(blocks, title, favours, ratio, note, by_place))


def _draw(blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str, by_place: bool) -> Figure:
    from matplotlib.figure import Figure

    lines = sum(bool(block.heading) + len(block.rows) + _summary_lines(block) for block in blocks)
    height = _TOP + _BOTTOM + _ROW * lines
    drawn = Figure(figsize=(_WIDTH, height))
    axes = drawn.add_axes((_AXIS[0], _BOTTOM / height, _AXIS[1], _ROW * lines / height))
    _axis(axes, blocks, lines)
    weighed = any(block.pooled for block in blocks)
    heads = {_STUDY: "Printed in" if by_place else "Study", _POPULATION: "Population", _PATIENTS: "n / n"}
    for x, text in (heads | {_NUMBERS: f"{ratio} [95% CI], from"}).items():
        _put(axes, x, lines + 0.3, text, fontweight="bold")
    _put(axes, _WEIGHT, lines + 0.3, "Weight" if weighed else "", fontweight="bold", ha="right")
    y = lines - 0.5
    for block in blocks:
        y = _block(axes, block, y, by_place)
    drawn.text(0.015, 1 - 0.12 / height, title, fontsize=11, fontweight="bold", va="top")
    across = axes.get_xaxis_transform()
    for shift, text, side in ((-6, f"← {favours[0]}", "right"), (6, f"{favours[1]} →", "left")):
        axes.annotate(text, (1, 0), (shift, -30), xycoords=across, textcoords="offset points", ha=side, va="center", fontsize=8)
    drawn.text(0.015, 0.08 / height, note, fontsize=8, va="bottom")
    return drawn


def _summary_lines(block: Block) -> int:
    return 0 if block.pooled is None else 3 + (block.pooled.prediction is not None)


def _axis(axes: Axes, blocks: Sequence[Block], lines: int) -> None:
    effects = [effect for block in blocks for one in block.rows if (effect := _effect(one)) is not None]
    reach = [limit for effect in effects for limit in effect.interval()] or [1.0]
    reach += [one.value for block in blocks for one in block.rows if one.value is not None]
    low, high = max(_WIDEST[0], min(0.5, *reach) * 0.92), min(_WIDEST[1], max(2.0, *reach) * 1.08)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0, lines)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_yticks([])
    axes.patch.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.plot([1, 1], [0, lines], color=INK, linewidth=0.8)


def _block(axes: Axes, block: Block, y: float, by_place: bool) -> float:
    if block.heading:
        _put(axes, _STUDY, y, block.heading, fontweight="bold", fontsize=8.5)
        y -= 1
    weights: Sequence[float | None] = block.pooled.weights_random if block.pooled else [None] * len(block.rows)
    for one, weight in zip(block.rows, weights, strict=True):
        _row(axes, y, one, weight, _place(one) if by_place else one.trial)
        y -= 1
    return _summary(axes, block.pooled, y) if block.pooled else y


def _row(axes: Axes, y: float, one: Comparison, weight: float | None, name: str) -> None:
    _put(axes, _STUDY, y, _short(name), url=one.passage)
    _put(axes, _POPULATION, y, _short(one.population, 33))
    _put(axes, _PATIENTS, y, one.patients)
    effect = _effect(one)
    if effect is not None:
        lower, upper = effect.interval()
        _line(axes, y, (lower, upper), "-")
        _mark(axes, y, effect.value, 3 + 0.13 * weight if weight is not None else 6)
        _put(axes, _NUMBERS, y, f"{effect.value:.2f} [{lower:.2f}, {upper:.2f}]  {_source(effect)}")
    elif one.value is not None:
        _mark(axes, y, 1 / one.value if one.turned else one.value, 6, hollow=True)
        _put(axes, _NUMBERS, y, f"{one.printed}  {one.p or 'no P value'}, no interval follows")
    else:
        _put(axes, _NUMBERS, y, f"no effect printed; {one.p}" if one.p else "neither effect nor P value printed")
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
    """An interval, with an arrow at each end where it leaves the axis."""
    edges = axes.get_xlim()
    axes.plot([max(limits[0], edges[0]), min(limits[1], edges[1])], [y, y], color=INK, linewidth=1, linestyle=style)
    for end, marker, beyond in ((0, "<", limits[0] < edges[0]), (1, ">", limits[1] > edges[1])):
        if beyond:
            axes.plot([edges[end]], [y], marker=marker, color=INK, markersize=5, clip_on=False)


def _mark(axes: Axes, y: float, value: float, size: float, hollow: bool = False) -> None:
    low, high = axes.get_xlim()
    if low <= value <= high:
        axes.plot([value], [y], marker="s", color=INK, markersize=size, markerfacecolor=PAPER if hollow else INK)


def _put(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text at a place across the figure (as a fraction of its width) on a row of the axes."""
    from matplotlib.transforms import blended_transform_factory

    drawn = axes.get_figure()
    assert drawn is not None
    axes.text(x, y, text, transform=blended_transform_factory(drawn.transFigure, axes.transData), va="center", **style)


def _effect(one: Comparison) -> EffectSize | None:
    return one.effect if one.lack is None else None


def _place(one: Comparison) -> str:
    return one.place if one.place.startswith("Table") else "text"


def _source(effect: EffectSize) -> str:
    return effect.how.replace("95% confidence interval", "95% CI")


def _short(text: str, limit: int = _LABELS) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,") + "…"


def _told(blocks: Sequence[Block], ratio: str) -> str:
    """The picture in words, for those who do not see it."""
    parts = []
    for block in blocks:
        rows = []
        for one in block.rows:
            effect = _effect(one)
            if effect is None:
                told = f"{one.printed or 'no effect printed'}, {one.p or 'no P value'}"
            else:
                told = f"{effect.value:.2f} ({effect.interval()[0]:.2f} to {effect.interval()[1]:.2f})"
            rows.append(f"{one.trial}, {one.population}: {told}")
        if block.pooled:
            pooled = block.pooled.random
            rows.append(f"random effects: {pooled.value:.2f} ({pooled.lower:.2f} to {pooled.upper:.2f})")
        parts.append((f"{block.heading}: " if block.heading else "") + "; ".join(rows))
    return f"Forest plot of {ratio}s. " + ". ".join(parts) + "."
