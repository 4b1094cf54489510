"""The golden answers, compared by value and in any order."""

import csv
import io
from collections import Counter
from decimal import Decimal, InvalidOperation

from paths import TESTS

GOLDEN = TESTS / "golden"


def comparable(cell):
    """A cell by its value: numbers as numbers."""
    if cell is None or str(cell) == "":
        return None
    try:
        return Decimal(str(cell))
    except InvalidOperation:
        return str(cell)


def rows(text):
    header, *lines = csv.reader(io.StringIO(text))
    return tuple(header), Counter(tuple(map(comparable, line)) for line in lines)


def golden(name):
    return rows((GOLDEN / f"{name}.csv").read_text(encoding="utf-8"))
