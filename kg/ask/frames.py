"""The columns of a data frame: numbers for numbers, also where the graph has printed digits, and P values in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# the last words of the names of columns with printed numbers; a column with the names of trials may contain numbers only, too
_NUMBERS = frozenset(("value", "ratio", "median", "rate", "percent", "n", "lower", "upper", "level", "printed", "text", "table"))
_PRINTED = re.compile(r"[+-]?(?:\d{1,15}(?:[.·]\d{1,15})?|[.·]\d{1,15})")
_P = re.compile(r"(?:P\s*)?([=<>≤≥])\s*(\d{0,15}[.·]?\d{1,15})(?:\s*\(.*\))?")


def columns(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """The cells of each column, None where there is no value; ``p`` is followed by its comparator and its number.

    >>> columns([{"trial": "20050181", "effect_value": "0.90", "p": "< 0.001"}], ["trial", "effect_value", "p"])
    {'trial': ['20050181'], 'effect_value': [0.9], 'p': ['< 0.001'], 'p_comparator': ['<'], 'p_value': [0.001]}
    """
    found: dict[str, list[Any]] = {}
    for name in names:
        cells = [row[name] for row in rows]
        found[name] = _numbers(cells) if name.rpartition("_")[2] in _NUMBERS else cells
        if name == "p" and not {"p_comparator", "p_value"} & set(names):
            parts = [_P.fullmatch(cell) if isinstance(cell, str) else None for cell in cells]
            found["p_comparator"] = [part and part[1] for part in parts]
            found["p_value"] = [part and _number(part[2]) for part in parts]
    return found


def _numbers(cells: list[Any]) -> list[Any]:
    """The cells as numbers if each is one; else as they are."""
    if not all(cell is None or (isinstance(cell, str) and _PRINTED.fullmatch(cell)) for cell in cells):
        return cells
    return [None if cell is None else _number(cell) for cell in cells]


def _number(printed: str) -> int | float:
    text = printed.replace("·", ".")
    return float(text) if "." in text else int(text)
