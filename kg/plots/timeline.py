"""The timeline of approvals on an axis of years, with the studies of each drug, which have no dates in the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import DataError
from kg.plots.picture import INK, Picture, figure

if TYPE_CHECKING:
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
    rows = [max(_ROW, 0.2 + 0.16 * (listed[drug].count("\n") + 1)) for drug in drugs]
    height = 1.35 + sum(rows)
    drawn, axes = figure(_WIDTH, height)

    def place(year: float) -> float:
        return _AXIS[0] + (year - first) / (last - first) * (_AXIS[1] - _AXIS[0])

    base = 0.62
    axes.plot(_AXIS, (base, base), color=INK, linewidth=0.8)
    for year in range(first, last + 1):
        axes.plot((place(year), place(year)), (base, base - 0.06), color=INK, linewidth=0.8)
        axes.text(place(year), base - 0.2, str(year), ha="center", fontsize=7.5)
    axes.text(_AXIS[1] + 0.25, height - 0.62, "studies of the drug (no years stated)", fontsize=8, style="italic")
    for number, drug in enumerate(drugs):
        y = height - 0.65 - sum(rows[:number]) - rows[number] / 2
        axes.text(0.15, y, drug, fontsize=9, va="center", fontweight="bold", url=things.get(drug))
        axes.plot(_AXIS, (y, y), color=INK, linewidth=0.3)
        own = [one for one in approvals if one.drug == drug]
        for one in own:
            if one.year:
                axes.plot([place(one.year)], [y], "D", color=INK, markersize=6)
                late = one.year > (first + last) / 2
                axes.text(place(one.year) + (-0.12 if late else 0.12), y + 0.14, f"{one.year}, {_by(one)}", fontsize=7.5,
                          va="center", ha="right" if late else "left")  # fmt: skip
        undated = [one for one in own if not one.year]
        if undated:
            words = "; ".join(map(_by, undated))
            axes.text(_AXIS[0] + 0.05, y - 0.14, f"◇ year not stated, {words}", fontsize=7.5, va="center")
        elif not own:
            axes.text(_AXIS[0] + 0.05, y - 0.14, "no approval stated", fontsize=7.5, va="center")
        axes.text(_AXIS[1] + 0.25, y, listed[drug], fontsize=7.5, va="center")
    axes.text(0.15, height - 0.12, title, fontsize=11, fontweight="bold", va="top")
    axes.text(
        0.15,
        0.12,
        "Filled mark: approval with its year. Hollow mark: approval without a year; it may be the same as one with a year.",
        fontsize=7.5,
        va="bottom",
    )
    return drawn


def _by(one: Approval) -> str:
    return ", ".join(filter(None, (one.agency or "agency not stated", one.trial)))


def _listed(names: Sequence[str], a_line: int = 78) -> str:
    lines = [""]
    for number, name in enumerate(names):
        word = name + ("," if number < len(names) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(word) + 1 > a_line:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
