"""The layout of a forest plot for a width: rows with columns where there is room, else cards that begin with the effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kg.plots.forest_axis import DASHED, DOTTED, FIRST, OPEN, POOLED, SECOND, Axis, Mark, axis_of, drawn, sample, scale
from kg.plots.forest_rows import Group, Row
from kg.plots.layout import Item, Layout, Line, Text, Words, breadth, divided, stacked

_MARGIN, _GAP = 8.0, 9.0
_STRIP = 42.0  # the height of the axis of a card
_MIDDLE = 11.0  # of the first line of a row, below its upper edge


@dataclass(frozen=True)
class Column:
    """A column of a row: its heading, the parts that it shows below each other, its place and its width."""

    heading: str
    parts: tuple[str, ...]
    x: float
    width: float


@dataclass(frozen=True)
class Plan:
    """How rows are laid out at a width: the columns and the place of the axis, or none for cards."""

    columns: tuple[Column, ...]
    axis: tuple[float, float]
    grown: float = 0.0  # by how many pixels all text is larger


def plan_for(width: float) -> Plan:
    """The plan for a width in pixels."""
    if width >= 900:
        columns = (
            Column("Study, arms", ("study", "arms"), _MARGIN, 246),
            Column("Population, line, place", ("setting",), 268, 196),
            Column("Patients", ("patients",), 478, 88),
            Column("Effect, interval, direction", ("estimate", "verdict", "weight"), 790, width - 790 - _MARGIN),
        )
        return Plan(columns, (580, 194))
    if width >= 600:
        two = (
            Column("Study, arms, population", ("study", "arms", "setting", "patients"), _MARGIN, 246),
            Column("Effect, interval, direction", ("estimate", "verdict", "weight"), 456, width - 456 - _MARGIN),
        )
        return Plan(two, (270, 170))
    return Plan((), (_MARGIN + 10, width - 2 * _MARGIN - 20), 1.5)


def lay(groups: Sequence[Group], title: str, notes: Sequence[str], width: float) -> Layout:
    """The drawing of groups of rows under a title, with a legend of the marks that occur, and notes.

    Groups in which the same side of 1 is better have the same axis, so that ratios of death and of response do not compress it.
    """
    plan = plan_for(width)
    marks = [row.mark for group in groups for row in group.rows if row.mark]
    alike: dict[tuple[str, str], list[Mark]] = {group.roles: [] for group in groups}
    for group in groups:
        alike[group.roles] += [row.mark for row in group.rows if row.mark]
    axes = {roles: axis_of(some, *plan.axis) for roles, some in alike.items()}
    items, y = _paragraphs([Words(title, 16, "ink", True)], 4, width, plan)
    for group in groups:
        more, y = _group(group, plan, axes[group.roles], y + _GAP, width)
        items += more
    more, y = _legend(marks, groups, y + _GAP, width, plan)
    items += more
    more, y = _paragraphs([Words(note, 11.5, "soft") for note in notes], y + 4, width, plan)
    return Layout(width, y + _MARGIN, (*items, *more))


def _paragraphs(words: Sequence[Words], y: float, width: float, plan: Plan) -> tuple[list[Item], float]:
    return stacked(_grown(words, plan), _MARGIN, y, width - 2 * _MARGIN)


def _grown(words: Sequence[Words], plan: Plan) -> list[Words]:
    return [replace(one, size=one.size + plan.grown) for one in words]


def _group(group: Group, plan: Plan, axis: Axis, y: float, width: float) -> tuple[list[Item], float]:
    items: list[Item] = []
    if group.heading:
        items, y = _paragraphs([Words(group.heading, 14, "ink", True)], y, width, plan)
    if plan.columns:
        more = [Text(one.x, y + 14, one.heading, 11.5, "soft") for one in plan.columns]
        items, y = [*items, *more], y + 18
    if group.marked:
        more_items, y = _directions(group, plan, axis, y + 2, width)
        items += more_items
    top = y + 3
    for row in group.rows:
        items.append(Line(_MARGIN, y + 4, width - _MARGIN, y + 4, "rule"))
        more_items, y = _in_columns(row, plan, axis, y + 5) if plan.columns else _card(row, plan, axis, y + 9, width)
        items += more_items
    if plan.columns and group.marked:
        items.insert(0, Line(axis.at(1), top, axis.at(1), y + 6, "soft"))
        items += scale(axis, y + 6)
        y += 28
    more_items, y = _paragraphs(group.below, y + 4, width, plan)
    return [*items, *more_items], y


def _directions(group: Group, plan: Plan, axis: Axis, y: float, width: float) -> tuple[list[Item], float]:
    """What each side of 1 favours: beside each other where both have room, else below each other."""
    size, one = 12 + plan.grown, axis.at(1)
    left, right = f"← {group.favours[0]}", f"{group.favours[1]} →"
    widths = (one - 6 - _MARGIN, width - _MARGIN - one - 6)
    if not plan.columns and any(breadth(said, size, True) > room for said, room in zip((left, right), widths, strict=True)):
        items, y = stacked([Words(left, size, group.roles[0], True)], _MARGIN, y, width - 2 * _MARGIN)
        more, y = stacked([Words(right, size, group.roles[1], True)], width - _MARGIN, y, width - 2 * _MARGIN, "end")
        return [*items, *more], y
    items, low = stacked([Words(left, size, group.roles[0], True)], one - 6, y, widths[0], "end")
    more, lower = stacked([Words(right, size, group.roles[1], True)], one + 6, y, widths[1])
    return [*items, *more], max(low, lower)


def _in_columns(row: Row, plan: Plan, axis: Axis, y: float) -> tuple[list[Item], float]:
    items: list[Item] = []
    low = y
    for column in plan.columns:
        words = [one for part in column.parts for one in row.parts.get(part, ())]
        more, end = stacked(_grown(words, plan), column.x, y, column.width)
        items, low = [*items, *more], max(low, end)
    if row.mark:
        items += drawn(row.mark, axis, y + _MIDDLE)
    return items, low + 4


def _card(row: Row, plan: Plan, axis: Axis, y: float, width: float) -> tuple[list[Item], float]:
    def part(names: Sequence[str], y: float) -> tuple[list[Item], float]:
        return _paragraphs([one for name in names for one in row.parts.get(name, ())], y, width, plan)

    items, y = part(("estimate",), y)
    if row.mark:
        items.append(Line(axis.at(1), y + 3, axis.at(1), y + 22, "soft"))
        items += [*scale(axis, y + 22, 12.5), *drawn(row.mark, axis, y + 12)]
        y += _STRIP
    more, y = part(("arms", "study", "who", "verdict", "weight"), y + 2)
    return [*items, *more], y + 8


def _legend(marks: Sequence[Mark], groups: Sequence[Group], y: float, width: float, plan: Plan) -> tuple[list[Item], float]:
    """The meaning of the marks that occur, each with a sample, in as many lines as they need."""
    items: list[Item] = [Line(_MARGIN, y, width - _MARGIN, y, "rule")]
    size, x, y = 11.5 + plan.grown, _MARGIN, y + 6
    for look, words in _meanings(marks):
        lines = divided(words, width - 2 * _MARGIN - 34, size)
        needed = 34 + max(breadth(line, size) for line in lines)
        if x > _MARGIN and x + needed > width - _MARGIN:
            x, y = _MARGIN, y + size * 1.5
        items.append(sample(look, x + 13, y + size * 0.8))
        for line in lines:
            items.append(Text(x + 34, y + size * 1.15, line, size, "soft"))
            y += size * 1.4 if line is not lines[-1] else 0
        x += needed + 18
    return items, y + size * 1.5


def _meanings(marks: Sequence[Mark]) -> list[tuple[Mark, str]]:
    """A sample of each kind of mark that occurs, with its meaning."""
    lone = [one for one in marks if one.role != POOLED]
    lines = {one.dash for one in lone if one.limits}
    known = [
        (Mark(FIRST, 1), "favours the first-named arm", any(one.role == FIRST for one in lone)),
        (Mark(SECOND, 1), "favours the comparator", any(one.role == SECOND for one in lone)),
        (Mark(OPEN, 1), "not decided: the interval includes 1, or no arm is favoured", any(one.role == OPEN for one in lone)),
        (
            Mark(OPEN, 1, filled=False),
            "hollow: no interval printed or derivable",
            any(one.limits is None for one in lone),
        ),
        (Mark(OPEN, 1, only_line=True), "interval as printed", () in lines),
        (Mark(OPEN, 1, dash=DASHED, only_line=True), "interval computed, not reported", DASHED in lines),
        (Mark(POOLED, 1), "pooled effect, main result", any(one.role == POOLED for one in marks)),
        (Mark(POOLED, 1, filled=False), "pooled effect, other methods", any(one.role == POOLED for one in marks)),
        (Mark(POOLED, 1, dash=DOTTED, only_line=True), "prediction interval", any(one.dash == DOTTED for one in marks)),
    ]
    return [(look, words) for look, words, occurs in known if occurs]
