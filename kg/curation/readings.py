"""Two readings of the same document, compared row by row and cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from kg.curation.sheets import Sheet, sheet
from kg.errors import InputError, Place, Problem
from kg.pipeline.tables import described
from kg.resources import facts as packaged


@dataclass(frozen=True)
class Difference:
    """One difference: its kind (first only, second only, cell), its place in each reading, the key of the row, and both texts."""

    kind: str
    place: Place | None
    other: Place | None
    key: str
    first: str
    second: str

    def __str__(self) -> str:
        """One line: the place, the key, and what differs."""
        if self.kind == "cell":
            where = "" if self.place and self.other and self.place.row == self.other.row else f" (its row {_row(self.other)})"
            return f"{self.place}: {self.key}: '{self.first}' in the first reading, '{self.second}' in the second{where}"
        return f"{self.place or self.other}: {self.key}: in the {self.kind.removesuffix(' only')} reading only"


def _row(place: Place | None) -> int | None:
    return place.row if place else None


@dataclass(frozen=True)
class Comparison:
    """Two readings compared: the tables, the rows that both have, and every difference."""

    tables: int
    shared: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.differences

    def count(self, kind: str) -> int:
        """The number of differences of one kind: ``first only``, ``second only`` or ``cell``."""
        return sum(one.kind == kind for one in self.differences)


def compare_readings(first: Path, second: Path, facts: Path | None = None) -> Comparison:
    """Two readings compared: two folders, table by table, or two files of one table.

    Rows are paired by the key that the description of the tables names, so that their order does not matter.

    Raises :class:`~kg.errors.InputError` for a reading that cannot be read, and a table or key that is not described.
    """
    schemas = described(facts or packaged())
    one, other = _tables(first), _tables(second)
    if isfile(first) and isfile(second):
        (mine,), (theirs,) = one.values(), other.values()
        if (names := (_table(mine, schemas), _table(theirs, schemas)))[0] != names[1]:
            raise InputError(f"{first} is the table {names[0]} and {second} is {names[1]}; give two files of one table")
        other = {mine.file: theirs}
    elif isfile(first) or isfile(second):
        raise InputError(f"{first} and {second}: a file and a folder; give two files of one table, or two folders")
    shared = 0
    differences: list[Difference] = []
    for name in sorted(one | other):
        paired, found = _compared(one.get(name), other.get(name), schemas)
        shared += paired
        differences += found
    return Comparison(len(one | other), shared, tuple(differences))


def _tables(reading: Path) -> dict[str, Sheet]:
    if isfile(reading):  # pathlib raises an error for a name that is too long
        return {reading.name: sheet(reading)}
    if not isdir(reading):
        raise InputError(f"{reading}: no such file or folder; give a table, or a folder with the tables of a reading")
    names = {path.relative_to(reading).as_posix(): path for path in sorted(reading.rglob("*.tsv"))}
    if not names:
        raise InputError(f"{reading}: has no table; give the folder with the .tsv files of a reading")
    return {name: sheet(path, name) for name, path in names.items()}


def _compared(one: Sheet | None, other: Sheet | None, schemas: Mapping[str, Any]) -> tuple[int, list[Difference]]:
    """The number of rows that both have, and the differences, of one table; None where a reading does not have it."""
    key = next(_key(table, schemas) for table in (one, other) if table)
    mine, theirs = _by_key(one, key), _by_key(other, key)
    differences: list[Difference] = []
    if one and other:
        differences += _columns(one, other)
    both = [name for name in one.header if name in other.header] if one and other else []
    for name, (number, row) in mine.items():
        place, shown = Place(one.file if one else "", number), " ".join(name[0])
        if name not in theirs:
            differences.append(Difference("first only", place, None, shown, "\t".join(row.values()), ""))
            continue
        there, twin = theirs[name]
        for column in both:
            if row[column] != twin[column]:
                places = Place(place.file, number, column), Place(other.file if other else "", there, column)
                differences.append(Difference("cell", *places, shown, row[column], twin[column]))
    for name, (number, row) in theirs.items():
        if name not in mine:
            place = Place(other.file if other else "", number)
            differences.append(Difference("second only", None, place, " ".join(name[0]), "", "\t".join(row.values())))
    return len(mine.keys() & theirs.keys()), differences


def _columns(one: Sheet, other: Sheet) -> Iterator[Difference]:
    for name in one.header:
        if name not in other.header:
            yield Difference("first only", Place(one.file, 1, name), None, "the column", name, "")
    for name in other.header:
        if name not in one.header:
            yield Difference("second only", None, Place(other.file, 1, name), "the column", "", name)


def _key(table: Sheet, schemas: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that name a row: the key of the description, or all columns where it has none."""
    key = schemas[_table(table, schemas)].primaryKey
    return ((key,) if isinstance(key, str) else tuple(key)) if key else tuple(sorted(table.header))


def _table(table: Sheet, schemas: Mapping[str, Any]) -> str:
    """The name of a table in the description."""
    name = table.file.rpartition("/")[2]
    if name not in schemas:  # a file under another name is known by its columns
        columns = {url: {column.name for column in schema.columns if not column.virtual} for url, schema in schemas.items()}
        fitting = [url for url, expected in columns.items() if expected == set(table.header)]
        if len(fitting) != 1:
            cure = "name it as a table of the description, such as passages.tsv; 'mcrc-kg curate template' lists them"
            raise InputError(str(Problem(Place(table.file), "the table is not described", cure)))
        name = fitting[0]
    return name


def _by_key(table: Sheet | None, key: tuple[str, ...]) -> dict[tuple[tuple[str, ...], int], tuple[int, dict[str, str]]]:
    """The rows by their key, and by how often the key was there before; with the number of each."""
    if table is None:
        return {}
    for column in key:
        if column not in table.header:
            raise InputError(str(Problem(Place(table.file, 1, column), "the column is missing", "add it; it names the rows")))
    seen: dict[tuple[str, ...], int] = {}
    rows = {}
    for number, row in enumerate(table.rows, start=2):
        name = tuple(row[column] for column in key)
        seen[name] = seen.get(name, 0) + 1
        rows[name, seen[name]] = (number, row)
    return rows
