"""A table as text for Python: what ``print`` and the interpreter show of an answer."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence

_ROWS = 60  # that are shown, the first and the last of them
_WIDEST = 40  # characters of a cell
_NARROWEST = 60  # characters of a line
_VERDICT, _DIRECTION = "authors_reading", "favours"


def drawn(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their columns, as wide as the terminal, and the number of rows.

    Columns without a value, and those for which there is no space, are named below; long cells are cut. IRIs are the last
    columns, and the direction of a result is beside the verdict.
    """
    shown = [*rows[: _ROWS // 2], *rows[-_ROWS // 2 :]] if len(rows) > _ROWS else list(rows)
    used = [at for at in range(len(columns)) if not shown or any(row[at] for row in shown)]
    cells = {at: [_cut(text) for text in (columns[at], *(row[at] for row in shown))] for at in used}
    widths = {at: max(map(len, cells[at])) for at in used}
    space = max(shutil.get_terminal_size((120, 24)).columns, _NARROWEST)
    fitting: list[int] = []
    for at in _ordered(columns, used):
        if fitting and sum(widths[one] + 2 for one in fitting) + widths[at] > space:
            break
        fitting.append(at)
    directed = any(columns[at] == _DIRECTION for at in used)
    fitting = [
        at for at in fitting if columns[at] != _VERDICT or not directed or any(columns[one] == _DIRECTION for one in fitting)
    ]
    lines = ["  ".join(cells[at][line].ljust(widths[at]) for at in fitting).rstrip() for line in range(len(shown) + 1)]
    lines.insert(1, "  ".join("-" * widths[at] for at in fitting))
    if len(shown) < len(rows):
        lines.insert(2 + len(shown) // 2, "…")
    more = [columns[at] for at in used if at not in fitting]
    empty = [name for at, name in enumerate(columns) if at not in used]
    notes = (("not shown", more), ("without a value", empty))
    told = [f"{what}: {', '.join(names)}" for what, names in notes if names]
    return "\n".join([*lines, f"{len(rows)} row{'' if len(rows) == 1 else 's'}" + "".join(f"; {one}" for one in told)])


def _ordered(columns: Sequence[str], used: Sequence[int]) -> list[int]:
    rest = sorted(used, key=lambda at: columns[at].endswith("_iri"))
    names = [columns[at] for at in rest]
    if {_VERDICT, _DIRECTION} <= set(names):
        direction = rest.pop(names.index(_DIRECTION))
        rest.insert(names.index(_VERDICT) + (names.index(_DIRECTION) > names.index(_VERDICT)), direction)
    return rest


def _cut(text: str) -> str:
    """A cell on one line, without control characters."""
    line = " ".join(text.split())
    line = "".join(one if unicodedata.category(one) != "Cc" else "?" for one in line)
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"
