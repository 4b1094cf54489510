"""The cells of a comparison in a table: what is printed, digit by digit, and what was computed, with what it was computed from.

Columns that begin with ``computed_`` have what no document prints; all other numbers are as printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rdflib import XSD, Literal, URIRef

from kg.ask.results import Table
from kg.synthesis.comparison import Comparison

# the level of computed intervals, in percent
LEVEL = 95
PRINTED = ("experimental_arm", "experimental_n", "experimental_value", "reference_arm", "reference_n", "reference_value",
           "unit", "statistic", "effect_value", "ci_lower", "ci_upper", "ci_level", "p_comparator", "p_value", "p_sides",
           "hypothesis", "authors_reading", "authors_wording", "favours", "favours_from", "reading_against_p")  # fmt: skip
ESTIMATE = ("computed_value", "computed_lower", "computed_upper", "computed_p")
COMPUTED = (*ESTIMATE, "computed_from")

Cell = str | int | URIRef | None
Row = Mapping[str, Cell]


def printed(one: Comparison) -> dict[str, Cell]:
    """What is printed of a comparison, under the names of ``reported-results``; nothing of a ratio that was inverted.

    The experimental arm is the first one of the ratio, and the reference arm the second one.
    """
    lower, upper = one.limits or (None, None)
    return {
        "experimental_arm": one.experimental.label,
        "experimental_n": one.experimental.participants,
        "experimental_value": one.experimental.value,
        "reference_arm": one.reference.label,
        "reference_n": one.reference.participants,
        "reference_value": one.reference.value,
        "unit": one.unit,
        "statistic": one.statistic,
        "effect_value": None if one.turned else one.printed,
        "ci_lower": lower,
        "ci_upper": upper,
        "ci_level": f"{one.ci_level:g}" if one.limits else None,
        "p_comparator": one.p_comparator if one.p_printed else None,
        "p_value": one.p_printed,
        "p_sides": one.p_sides,
        "hypothesis": one.hypothesis,
        "authors_reading": one.reading,
        "authors_wording": one.wording,
        "favours": one.favours,
        "favours_from": one.favours_from,
        "reading_against_p": one.reading_against_p,
    }


def computed(one: Comparison, weighted: bool = False) -> dict[str, Cell]:
    """What was computed from a comparison: the inverse of its ratio, or its 95% limits; ``weighted`` for a pooled study."""
    found: dict[str, Cell] = {}
    origins = []
    if one.turned and one.ratio:
        found["computed_value"] = one.digits
        origins.append(f"inverse of the printed {one.printed}")
    if one.lack is None:
        parts = ["weight"] if weighted else []
        if one.limits is None or one.ci_level != LEVEL:
            found |= dict(zip(ESTIMATE[1:3], map(decimals, one.effect.interval()), strict=True))
            parts.insert(0, "interval")
        if parts:
            origins.append(f"{' and '.join(parts)} from {one.effect.how.removesuffix(', inverted')}")
    return found | {"computed_from": "; ".join(origins) or None}


def estimated(value: float, limits: Sequence[float], p_value: float) -> dict[str, Cell]:
    """A computed ratio with its 95% limits and P value."""
    return dict(zip(ESTIMATE, (*map(decimals, (value, *limits)), f"{p_value:.3g}"), strict=True))


def decimals(value: float) -> str:
    """A computed number with three decimals."""
    return f"{value:.3f}"


def table(columns: Sequence[str], rows: Iterable[Row]) -> Table:
    """The rows under these columns; a computed number is a number, and what is printed is text with its digits."""
    return Table(tuple(columns), tuple(tuple(_term(name, row.get(name)) for name in columns) for row in rows))


def _term(name: str, cell: Cell) -> Literal | URIRef | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, URIRef):
        return cell
    if name.startswith("computed_") and name != "computed_from":
        return Literal(cell, datatype=XSD.double if "e" in str(cell) else XSD.decimal)
    return Literal(cell)
