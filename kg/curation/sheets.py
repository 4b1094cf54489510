"""Tables as a curator leaves them: read by header alone, so that a table that is not yet finished can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError, Place, Problem, raise_for
from kg.pipeline.tables import cells_of, uneven


@dataclass(frozen=True)
class Sheet:
    """One table: its name in messages, its header, and the cells of each row by column; the first row has the number 2."""

    file: str
    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def sheet(path: Path, file: str | None = None) -> Sheet:
    """The table in a file of tab-separated values.

    Raises :class:`~kg.errors.InputError` for a file that cannot be read, a column that occurs twice, and rows of another length.
    """
    file = file or path.name
    problems: list[Problem] = []
    header, *lines = cells_of(path, file, problems) or [[]]
    known = set(header)
    twice = [name for name in sorted(known) if header.count(name) > 1] if len(known) < len(header) else []
    problems += [Problem(Place(file, 1, name), "the column occurs twice", "remove one of the two") for name in twice]
    problems += [one for number, cells in enumerate(lines, start=2) if (one := uneven(Place(file, number), cells, header))]
    raise_for(problems, InputError)
    return Sheet(file, tuple(header), tuple(dict(zip(header, cells, strict=True)) for cells in lines))
