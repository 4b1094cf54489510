"""Tables as a curator leaves them: read by header alone, so that a table that is not yet finished can be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError, Place, Problem, raise_for
from kg.files import decoded, reason


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
    try:
        text = decoded(path.read_bytes(), file)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}; give a table, a file of tab-separated values") from error
    if not text:
        raise InputError(str(Problem(Place(file), "the file is empty", "restore its header line and rows")))
    header, *lines = (line.removesuffix("\r").split("\t") for line in text.removesuffix("\n").split("\n"))
    known = set(header)
    twice = [name for name in sorted(known) if header.count(name) > 1] if len(known) < len(header) else []
    problems = [Problem(Place(file, 1, name), "the column occurs twice", "remove one of the two") for name in twice]
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(header):
            what = f"the row has {len(cells)} cells but the header has {len(header)}"
            problems.append(Problem(Place(file, number), what, "give each row as many cells as the header, separated by tabs"))
    raise_for(problems, InputError)
    return Sheet(file, tuple(header), tuple(dict(zip(header, cells, strict=True)) for cells in lines))
