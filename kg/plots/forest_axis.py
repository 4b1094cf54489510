"""The axis of a forest plot, and its marks: form and colour say which arm is favoured, the line whether limits are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from kg.plots.layout import Dot, Item, Line, Shape, Text, breadth

FIRST, SECOND, OPEN, POOLED = "first", "second", "soft", "ink"
SOLID: tuple[float, ...] = ()
DASHED, DOTTED = (5.0, 3.0), (1.5, 3.0)
HALF = 5.5  # of the size of a mark without a weight
_WIDEST = (0.1, 20.0)
# in the order in which they are written while there is room
_TICKS = (1, 0.5, 2, 0.2, 5, 0.1, 10, 20, 0.7, 1.5, 0.3, 3)
_TICK = 11.0  # the size of their text
_ARROW = 7.0


@dataclass(frozen=True)
class Mark:
    """A ratio on the axis: a square for the first arm, a circle for the comparator, a bar if neither is clear, or a diamond."""

    role: str
    value: float
    limits: tuple[float, float] | None = None
    dash: tuple[float, ...] = SOLID
    filled: bool = True
    half: float = HALF
    only_line: bool = False  # as for a prediction interval


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis at a place of the drawing."""

    low: float
    high: float
    x: float
    width: float

    def at(self, value: float) -> float:
        """The place of a ratio; one beyond the axis is at its end."""
        inside = min(max(value, self.low), self.high)
        return self.x + self.width * math.log(inside / self.low) / math.log(self.high / self.low)


def axis_of(marks: Iterable[Mark], x: float, width: float) -> Axis:
    """The axis on which all marks have their place, from 0.1 to 20 at most."""
    reach = [value for one in marks for value in (one.value, *(one.limits or ())) if value > 0]
    low, high = max(_WIDEST[0], min([0.5, *reach]) * 0.92), min(_WIDEST[1], max([2.0, *reach]) * 1.08)
    return Axis(low, high, x, width)


def scale(axis: Axis, y: float, size: float = _TICK) -> list[Item]:
    """The line of the axis at a height, with as many ticks as have room below it."""
    items: list[Item] = [Line(axis.x, y, axis.x + axis.width, y, "soft")]
    taken: list[tuple[float, float]] = []
    for tick in _TICKS:
        place, half = axis.at(tick), breadth(f"{tick:g}", size) / 2
        free = all(place + half + 6 < left or place - half - 6 > right for left, right in taken)
        if axis.low <= tick <= axis.high and free:
            taken.append((place - half, place + half))
            items += [Line(place, y, place, y + 4, "soft"), Text(place, y + 4 + size, f"{tick:g}", size, "soft", anchor="middle")]
    return items


def drawn(one: Mark, axis: Axis, y: float) -> list[Item]:
    """A mark with its interval at a height; an arrow stands for what is beyond the axis."""
    items: list[Item] = []
    if one.limits is not None:
        left, right = axis.at(one.limits[0]), axis.at(one.limits[1])
        items.append(Line(left, y, right, y, one.role, 1.8, one.dash))
        beyond = {-1: one.limits[0] < axis.low, 1: one.limits[1] > axis.high}
        items += [Shape(_arrow(axis, end, y), one.role) for end, holds in beyond.items() if holds]
        if one.role == POOLED and not one.only_line:
            middle = axis.at(one.value)
            corners = ((left, y), (middle, y - one.half), (right, y), (middle, y + one.half))
            return [*items, Shape(corners, one.role, one.filled)]
    if one.only_line:
        return items
    if not axis.low <= one.value <= axis.high:
        return [*items, Shape(_arrow(axis, -1 if one.value < axis.low else 1, y), one.role, one.filled)]
    return [*items, _form(one, axis.at(one.value), y)]


def sample(one: Mark, x: float, y: float) -> Item:
    """A mark, or the line of an interval, for the legend, with its middle at a place."""
    return Line(x - 13, y, x + 13, y, one.role, 1.8, one.dash) if one.only_line else _form(one, x, y)


def _form(one: Mark, x: float, y: float) -> Item:
    half = one.half
    if one.role == SECOND:
        return Dot(x, y, half, one.role, one.filled)
    if one.role == POOLED:
        return Shape(((x - 2 * half, y), (x, y - half), (x + 2 * half, y), (x, y + half)), one.role, one.filled)
    across, down = (half, half) if one.role == FIRST else (half * 0.42, half * 1.25)
    left, right, top, bottom = x - across, x + across, y - down, y + down
    return Shape(((left, top), (right, top), (right, bottom), (left, bottom)), one.role, one.filled)


def _arrow(axis: Axis, end: int, y: float) -> tuple[tuple[float, float], ...]:
    """A triangle at the left (-1) or right (1) end of the axis that points outwards."""
    tip = axis.x if end < 0 else axis.x + axis.width
    back = tip - end * _ARROW
    return ((tip, y), (back, y - _ARROW / 2), (back, y + _ARROW / 2))
