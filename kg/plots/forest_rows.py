"""The rows of a forest plot: the words of each comparison or pooled effect, and its mark on the axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.plots import forest_text as words
from kg.plots.forest_axis import DASHED, DOTTED, FIRST, HALF, OPEN, POOLED, SECOND, SOLID, Mark
from kg.plots.forest_text import Block
from kg.plots.layout import Words
from kg.synthesis.comparison import Comparison
from kg.synthesis.pooling import Pooled

_LARGE, _PLAIN, _SMALL = 14.0, 12.0, 11.0
_LEAST, _GROWTH = 3.5, 0.055  # of half a mark: without weight, and for each percent of weight


@dataclass(frozen=True)
class Row:
    """One row: its paragraphs by what they say, and its mark; None where no ratio is printed."""

    parts: Mapping[str, Sequence[Words]]
    mark: Mark | None


@dataclass(frozen=True)
class Group:
    """A part of a forest plot: rows under a heading, with what each side of 1 favours, and remarks below them."""

    heading: str
    favours: tuple[str, str]
    roles: tuple[str, str]
    rows: Sequence[Row]
    below: Sequence[Words]

    @property
    def marked(self) -> bool:
        """Whether a row has a mark, so that the group needs an axis."""
        return any(one.mark for one in self.rows)


def groups_of(blocks: Sequence[Block], favours: tuple[str, str]) -> list[Group]:
    """The groups of rows of blocks; ``favours`` is for those that do not have their own."""
    several = len({one.document for block in blocks for one in block.rows}) > 1
    return [_group(block, favours, several) for block in blocks]


def _group(block: Block, favours: tuple[str, str], several: bool) -> Group:
    weights: Sequence[float | None] = block.pooled.weights_random if block.pooled else [None] * len(block.rows)
    rows = [_row(one, weight, several) for one, weight in zip(block.rows, weights, strict=True)]
    rows.sort(key=lambda row: row.mark is None)
    below = []
    if block.pooled:
        rows += _pooled(block.pooled)
        below.append(Words(f"Heterogeneity: {words.heterogeneity(block.pooled)}", _PLAIN))
    if block.remark:
        below.append(Words(block.remark, _SMALL, "soft"))
    events = {one.event for one in block.rows}
    roles = (FIRST, SECOND) if events == {"undesired"} else (SECOND, FIRST) if events == {"desired"} else (OPEN, OPEN)
    return Group(block.heading, block.favours or favours, roles, rows, below)


def _row(one: Comparison, weight: float | None, several: bool) -> Row:
    name = f"{one.trial} ({one.document})" if several else one.trial
    figures, origin = words.estimate(one)
    return Row(
        {
            "study": [Words(name, _PLAIN + 1, "ink", True, one.passage)],
            "arms": [Words(f"{one.experimental.label} against {one.reference.label}", _PLAIN)],
            "setting": [Words(f"{one.population}; {one.line}", _PLAIN), *_some(one.place, _SMALL)],
            "patients": _some(words.patients(one), _PLAIN, "ink"),
            "who": [Words("; ".join(filter(None, (one.population, one.line, words.patients(one)))), _PLAIN)],
            "estimate": [
                Words(figures, _LARGE if one.ratio else _PLAIN, "ink", bool(one.ratio), one.result or None),
                Words(origin, _PLAIN),
            ],
            "verdict": _some(words.verdict(one), _PLAIN),
            "weight": _some("" if weight is None else f"weight {weight:.1f}%", _PLAIN, "ink"),
        },
        _mark(one, weight),
    )


def _figures(one: Comparison, figures: str) -> Words:
    """The effect in large type, or, in plain type, that none is printed; both lead to the page of the result."""
    return Words(figures, _LARGE if one.ratio else _PLAIN, "ink", bool(one.ratio), one.result or None)


def _mark(one: Comparison, weight: float | None) -> Mark | None:
    if one.ratio is None or one.ratio <= 0:
        return None
    limits = words.drawn_limits(one)
    role = {"": OPEN, one.experimental.label: FIRST, one.reference.label: SECOND}.get(words.clear(one), OPEN)
    if limits is None:
        return Mark(role, one.ratio, filled=False)
    half = HALF if weight is None else _LEAST + _GROWTH * weight
    return Mark(role, one.effect.value, limits, SOLID if one.limits else DASHED, True, half)


def _some(words: str, size: float, role: str = "soft") -> list[Words]:
    """A paragraph, or none for an empty text."""
    return [Words(words, size, role)] if words else []


def _pooled(pooled: Pooled) -> list[Row]:
    rows, main = list[Row](), True
    for name, one in words.diamonds(pooled):
        figures = f"{one.value:.2f} [{one.lower:.2f}, {one.upper:.2f}]"
        parts = {
            "study": [Words(name, _PLAIN + 1, "ink", main)],
            "arms": [Words("pooled effect, computed" if main else "pooled effect, other method", _PLAIN, "soft")],
            "estimate": [Words(figures, _LARGE, "ink", main), Words(f"95% CI, P = {one.p_value:.2g}", _PLAIN)],
        }
        rows.append(Row(parts, Mark(POOLED, one.value, (one.lower, one.upper), SOLID, main, 6.5)))
        main = False
    if pooled.prediction:
        low, high = pooled.prediction
        parts = {"study": [Words("Prediction interval", _PLAIN + 1)], "estimate": [Words(f"[{low:.2f}, {high:.2f}]", _LARGE)]}
        rows.append(Row(parts, Mark(POOLED, pooled.random.value, pooled.prediction, DOTTED, only_line=True)))
    return rows
