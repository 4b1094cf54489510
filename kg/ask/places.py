"""Rows of one result at several places of a document, as one row with both places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from rdflib import Literal

from kg.ask.results import Table, Term

OTHER = ("other_place", "other_passage_iri")
# what differs between the places of one result: where it stands, what is printed there, and what follows from that
_PLACES = frozenset(("place", "passage_iri", "result_iri"))
_EFFECT = {"effect", "statistic", "effect_value", "hazard_ratio", "ci_lower", "ci_upper", "ci_level"}
_CHANCE = {"p", "p_comparator", "p_value", "p_sides", "authors_reading", "authors_wording", "hypothesis", "analysis"}
_ARMS = {"experimental_value", "reference_value", "experimental_n", "reference_n", "unit"}
_ARM = {"median", "percent", "printed", "events", "n", "participants", "percentage", "out_of"}
_FIGURES = _EFFECT | _CHANCE | _ARMS | _ARM
_DERIVED = frozenset(("favours", "favours_from", "reading_against_p", "level"))
# what shows the direction, best first
_BASES = ("printed", "effect", "values", "")
_NUMBER = re.compile(r"\d*\.?\d+")
Row = tuple[Term, ...]


def merged(table: Table) -> Table:
    """An answer with one row for each result of a document, in the order of the first rows.

    Rows are of one result if they have the same trial, population, endpoint and arms (all columns but places and figures) and
    no figure of one differs from a figure of the other. A row takes the figures that it lacks from the other. The place with more
    figures is in ``place``, the other in ``other_place``. Figures that differ, such as 65% and 65.1%, stay two rows.
    """
    at = {name: number for number, name in enumerate(table.columns)}
    if "place" not in at or "passage_iri" not in at:
        return table
    figures = [number for name, number in at.items() if name in _FIGURES]
    free = {at[name] for name in _PLACES | _FIGURES | _DERIVED if name in at}
    groups: dict[tuple[Term, ...], list[list[Row]]] = {}
    order: list[list[Row]] = []
    for row in table.rows:
        known = groups.setdefault(tuple(cell for number, cell in enumerate(row) if number not in free), [])
        same = next((group for group in known if _agree(group, row, figures, at["passage_iri"])), None)
        if same is None:
            known.append(same := [])
            order.append(same)
        same.append(row)
    return Table(table.columns + OTHER, tuple(_one(group, figures, at) for group in order), table.notes)


def _agree(group: Sequence[Row], row: Row, figures: Sequence[int], passage: int) -> bool:
    """Whether a row can be the same result as each row of a group: another place, and no figure that differs."""
    return all(
        other[passage] != row[passage] and all(_equal(other[number], row[number]) for number in figures) for other in group
    )


def _equal(one: Term, other: Term) -> bool:
    return one is None or other is None or one == other or _by_value(str(one)) == _by_value(str(other))


def _by_value(figure: str) -> str:
    """A figure with its numbers as values: P = 0.40 is P = 0.4.

    >>> _by_value("P = 0.40") == _by_value("P = .4"), _by_value("65") == _by_value("65.1")
    (True, False)
    """
    return _NUMBER.sub(lambda number: format(Decimal(number[0]).normalize(), "f"), figure)


def _one(group: Sequence[Row], figures: Sequence[int], at: dict[str, int]) -> Row:
    """One row for a group: that with the most figures, filled from the others, with the other places."""
    first, *others = sorted(group, key=lambda row: -sum(row[number] is not None for number in figures))
    cells = list(first)
    for row in others:
        cells = [own if own is not None else cell for own, cell in zip(cells, row, strict=True)]
    if not others:
        return (*cells, None, None)
    if "favours_from" in at:
        shown = min(group, key=lambda row: _BASES.index(str(row[at["favours_from"]] or "")))
        for name in ("favours", "favours_from"):
            cells[at[name]] = shown[at[name]]
    places = "; ".join(str(row[at["place"]]) for row in others)
    return (*cells, Literal(places), others[0][at["passage_iri"]])
