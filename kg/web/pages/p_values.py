"""P values in words: one form on all pages, with the printed digits."""

from __future__ import annotations

import re

COLUMNS = ("p", "p_value", "computed_p")
SIGN = "p_comparator"  # the column with the sign of the column p_value, of which both are shown as one
_PRINTED = re.compile(r"(?:[Pp]\s*)?([<>=≤≥])?\s*(\d{0,9})[.·](\d{1,20})(?!\d*[eE.])(.*)", re.DOTALL)
_LEAST = 0.001  # a smaller computed value is given as a bound


def p_words(printed: str, sign: str = "") -> str:
    """A printed P value with its sign; another text as it is.

    >>> p_words("= .03"), p_words("P < 0.001"), p_words(".0093", "="), p_words("P=0·40 (one-sided)"), p_words("not given")
    ('P = 0.03', 'P < 0.001', 'P = 0.0093', 'P = 0.40 (one-sided)', 'not given')
    """
    found = _PRINTED.fullmatch(printed.strip())
    if found is None:
        return f"P {sign} {printed}" if sign else printed
    return f"P {sign or found[1] or '='} {found[2] or '0'}.{found[3]}{found[4]}"


def p_number(value: float) -> str:
    """A computed P value, with two digits.

    >>> p_number(0.03712), p_number(0.00002), p_number(1.0)
    ('P = 0.037', 'P < 0.001', 'P = 1.0')
    """
    return f"P < {_LEAST}" if value < _LEAST else f"P = {value:#.2g}"
