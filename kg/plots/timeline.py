"""The timeline of approvals on an axis of years, with the studies of each drug, which have no dates in the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import DataError
from kg.plots.picture import INK, SMALL, Picture, breadth, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.62
_AXIS = (1.75, 6.2)
_WIDTH = 11.6


@dataclass(frozen=True)
class Approval:
    """One approval; year, agency and trial are None if the source does not state them."""

    drug: str
    year: int | None
    agency: str | None
    trial: str | None


def timeline(
    approvals: Sequence[Approval], trials: Mapping[str, Sequence[str]], title: str, things: Mapping[str, str] | None = None
) -> Picture:
    """A figure of the approvals by drug and year; ``trials`` are the studies of each drug, listed without a date.

    ``things`` are the IRIs of the drugs by name, for the links of their names.

    Raises :class:`~kg.errors.DataError` when no approval has a year.
    """
    if not any(one.year for one in approvals):
        raise DataError("no document states an approval with a year; 'mcrc-kg ask approvals' lists all approvals")
    told = "; ".join(f"{one.drug}, {one.year or 'year not stated'}, {one.agency or 'agency not stated'}" for one in approvals)
    return Picture(title, f"Timeline of approvals: {told}.", lambda: _draw(approvals, trials, title, things or {}))


def _draw(approvals: Sequence[Approval], trials: Mapping[str, Sequence[str]], title: str, things: Mapping[str, str]) -> Figure:
    years = [one.year for one in approvals if one.year]
    first, last = min(years) - 1, max(years) + 1
    drugs = sorted(
        trials, key=lambda drug: (min((one.year or last for one in approvals if one.drug == drug), default=last), drug)
    )
    listed = {drug: _listed(trials[drug]) for drug in drugs}
    rows = [max(_ROW, 0.2 + 0.175 * (listed[drug].count("\n") + 1)) for drug in drugs]
    height = 1.35 + sum(rows)
    drawn, axes = figure(_WIDTH, height)

    def place(year: float) -> float:
        return _AXIS[0] + (year - first) / (last - first) * (_AXIS[1] - _AXIS[0])

    base = 0.62
    every = 1 + int(0.4 * (last - first) / (_AXIS[1] - _AXIS[0]))  # as many years as have room are written
    axes.plot(_AXIS, (base, base), color=INK, linewidth=0.8)
    for year in range(first, last + 1):
        axes.plot((place(year), place(year)), (base, base - 0.06), color=INK, linewidth=0.8)
        if (year - first) % every == 0:
            axes.text(place(year), base - 0.2, str(year), ha="center", fontsize=SMALL)
    axes.text(_AXIS[1] + 0.25, height - 0.62, "studies of the drug (no years stated)", fontsize=8.5, style="italic")
    for number, drug in enumerate(drugs):
        y = height - 0.65 - sum(rows[:number]) - rows[number] / 2
        axes.text(0.15, y, _in_two_lines(drug), fontsize=9, va="center", fontweight="bold", url=things.get(drug))
        axes.plot(_AXIS, (y, y), color=INK, linewidth=0.3)
        own = [one for one in approvals if one.drug == drug]
        _dated(axes, [one for one in own if one.year], y, (first, last))
        undated = [one for one in own if not one.year]
        if undated:
            words = "; ".join(map(_by, undated))
            axes.text(_AXIS[0] + 0.05, y - 0.14, f"◇ year not stated, {words}", fontsize=SMALL, va="center")
        elif not own:
            axes.text(_AXIS[0] + 0.05, y - 0.14, "no approval stated", fontsize=SMALL, va="center")
        axes.text(_AXIS[1] + 0.25, y, listed[drug], fontsize=SMALL, va="center")
    axes.text(0.15, height - 0.12, title, fontsize=11, fontweight="bold", va="top")
    axes.text(
        0.15,
        0.12,
        "Filled mark: approval with its year. Hollow mark: approval without a year; it may be the same as one with a year.",
        fontsize=SMALL,
        va="bottom",
    )
    return drawn


def _dated(axes: Axes, approvals: Sequence[Approval], y: float, span: tuple[int, int]) -> None:
    """Marks at the years, each with its label: beside it on the side with room, else of all approvals in one label."""
    first, last = span
    width = (_AXIS[1] - _AXIS[0]) / (last - first)
    known = [(one.year, f"{one.year}, {_by(one)}") for one in sorted(approvals, key=lambda one: one.year or 0) if one.year]
    for year, _ in known:
        axes.plot([_AXIS[0] + (year - first) * width], [y], "D", color=INK, markersize=6)
    groups: list[list[tuple[int, str]]] = []
    for year, label in known:
        near = groups and (year - groups[-1][-1][0]) * width < breadth(label, SMALL) + 0.3
        groups = [*groups[:-1], [*groups[-1], (year, label)]] if near else [*groups, [(year, label)]]
    for group in groups:
        late = group[-1][0] > (first + last) / 2
        x = _AXIS[0] + (group[-1 if late else 0][0] - first) * width
        axes.text(x + (-0.12 if late else 0.12), y + 0.14, "; ".join(label for _, label in group), fontsize=SMALL,
                  va="center", ha="right" if late else "left")  # fmt: skip


def _in_two_lines(name: str) -> str:
    """A name that is too long for its column, broken at a space."""
    return name.replace(" ", "\n", 1) if breadth(name, 9) * 1.15 > _AXIS[0] - 0.25 else name


def _by(one: Approval) -> str:
    return ", ".join(filter(None, (one.agency or "agency not stated", one.trial)))


def _listed(names: Sequence[str], a_line: int = 69) -> str:
    lines = [""]
    for number, name in enumerate(names):
        word = name + ("," if number < len(names) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(word) + 1 > a_line:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
