"""Fact tables, read with their W3C CSVW metadata, with the place of every cell.

A batch is a folder of tables. One metadata file, ``csv-metadata.json``, describes the columns of all batches; the library
``csvw`` parses it and converts each cell. This module reports all problems at once, each with file, row, column and a correction.

Specification: Metadata Vocabulary for Tabular Data, W3C Recommendation 17 December 2015.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from csvw import Column, TableGroup

from kg.errors import InputError, Place, Problem, raise_for
from kg.files import NotUtf8Error, decoded, read_text, reason
from kg.resources import facts as packaged_facts

METADATA = "csv-metadata.json"
DOCUMENTS = "documents.tsv"


@dataclass(frozen=True)
class Row:
    """One row of a fact table: its place, the parsed values, and the text of the cells."""

    place: Place
    values: dict[str, Any]
    cells: dict[str, str]


@dataclass(frozen=True)
class FactTable:
    """One fact table: its CSVW description and its rows."""

    name: str
    schema: Any
    rows: tuple[Row, ...]


def batches(folder: Path) -> list[Path]:
    """The sorted batches inside a facts folder.

    Raises :class:`~kg.errors.InputError` when there is none.
    """
    if not isdir(folder):  # pathlib raises an error for a name that is too long
        raise InputError(
            f"{folder}: no such folder; give a folder with the structure of kg/facts/, with one subfolder per batch of documents"
        )
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    if not found:
        raise InputError(f"{folder}: contains no batch; a batch is a folder with tables, among them {DOCUMENTS}")
    for path in found:
        _hold_batch(path)
    return found


def _hold_batch(path: Path) -> None:
    if (path / METADATA).is_file():
        raise InputError(
            f"{path.name}/{METADATA}: one description holds for all batches, and the first column of each table is the short name"
            f" of its document; convert this folder with: mcrc-kg curate convert {path} NEW"
        )
    if not any(path.glob("*.tsv")):
        raise InputError(f"{path}: has no table; add {DOCUMENTS} and the tables of its facts, or move the folder away")


def with_batch(folder: Path, batch: Path | None) -> list[Path]:
    """The batches inside a facts folder, and last one more, which takes the place of a batch that has its name.

    Raises :class:`~kg.errors.InputError` as :func:`batches` does.
    """
    found = batches(folder)
    if batch is None:
        return found
    _hold_batch(batch)
    return [*(path for path in found if path.name != batch.name), batch]


def described(folder: Path) -> Mapping[str, Any]:
    """The CSVW schema of each table, in order; see :func:`description`."""
    return {str(table.url): table.tableSchema for table in description(folder).tables}


def description(folder: Path) -> TableGroup:
    """The CSVW description of all tables: that of the facts folder if it has one, otherwise the packaged one.

    Raises :class:`~kg.errors.InputError` for a description that is not valid.
    """
    path = next(place / METADATA for place in (folder, packaged_facts()) if isfile(place / METADATA))
    text = read_text(path)
    try:
        group = TableGroup.from_file(path, json.loads(text))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{Place(_shown(path))}: is not valid CSVW metadata: {error}") from error
    if not group.tables:
        raise InputError(f"{Place(_shown(path))}: describes no table; restore it from the packaged facts")
    return group


def read(folder: Path, batch: Path | None = None) -> list[FactTable]:
    """The tables of all batches in a facts folder, and of one more batch, in the order of the description within each.

    Raises :class:`~kg.errors.InputError` listing every unreadable file, column and cell, and every unknown document.
    """
    found, schemas = with_batch(folder, batch), described(folder)
    problems: list[Problem] = []
    tables = [table for batch in found for table in _tables(batch, schemas, problems)]
    problems += [*_unknown_documents(tables), *_repeated(tables)]
    raise_for(problems, InputError)
    return tables


def read_batch(batch: Path, schemas: Mapping[str, Any]) -> list[FactTable]:
    """The tables of one folder that has these descriptions, in their order.

    Raises :class:`~kg.errors.InputError` listing every unreadable file, column and cell.
    """
    problems: list[Problem] = []
    tables = _tables(batch, schemas, problems)
    problems += _repeated(tables)
    raise_for(problems, InputError)
    return tables


def _tables(batch: Path, schemas: Mapping[str, Any], problems: list[Problem]) -> list[FactTable]:
    present = {path.name for path in batch.glob("*.tsv")}
    for name in sorted(present - set(schemas)):
        near = difflib.get_close_matches(name, schemas, 1)
        cure = f"rename it to {near[0]}" if near else f"describe it in {METADATA}, or remove it"
        problems.append(Problem(Place(f"{batch.name}/{name}"), "the table is not described", cure))
    return [_read_table(batch / name, schema, problems) for name, schema in schemas.items() if name in present]


def _unknown_documents(tables: Sequence[FactTable]) -> Iterator[Problem]:
    known = {row.cells["document"] for table in tables if table.name == DOCUMENTS for row in table.rows}
    for table in tables:
        for row in table.rows:
            name = row.cells.get("document")
            if name and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                cure = f"did you mean '{near[0]}'?" if near else f"add it to {DOCUMENTS}, or correct the name"
                yield Problem(Place(row.place.file, row.place.row, "document"), f"no document is called '{name}'", cure)


def _repeated(tables: Sequence[FactTable]) -> Iterator[Problem]:
    """Rows whose key another row has, in the same file or in another batch."""
    seen: dict[tuple[str, ...], Place] = {}
    for table in tables:
        key = table.schema.primaryKey or []
        names = [name for name in key if name != "document"] or key
        for row in table.rows if key else ():
            first = seen.setdefault((table.name, *(row.cells[name] for name in key)), row.place)
            if first != row.place:
                where = f"row {first.row}" if first.file == row.place.file else f"{first.file}, row {first.row}"
                what = f"'{' '.join(row.cells[name] for name in names)}' is already the name of {where}"
                yield Problem(Place(row.place.file, row.place.row, names[0]), what, "give each row a unique name")


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _read_table(path: Path, schema: Any, problems: list[Problem]) -> FactTable:
    file = _shown(path)
    columns = {column.name: column for column in schema.columns if not column.virtual}
    header, *lines = cells_of(path, file, problems) or [[]]
    if header and _header_fits(file, header, list(columns), problems):
        rows = tuple(_rows(file, header, lines, columns, problems))
        if not lines:
            cure = "add its rows, or delete the file"
            problems.append(Problem(Place(file), "the table has a header but no rows", cure))
    else:
        rows = ()
    return FactTable(path.name, schema, rows)


def cells_of(path: Path, file: str, problems: list[Problem]) -> list[list[str]]:
    """The cells of each line of a file, header first; a problem, and no line, for a file that cannot be read or is empty."""
    try:
        text = decoded(path.read_bytes(), file)
    except NotUtf8Error as error:
        # without the column number: in a table, the column of a place is a name
        problems.append(Problem(Place(file, error.problem.place.row), error.problem.what, "save the file as UTF-8"))
        return []
    except (OSError, ValueError) as error:
        problems.append(Problem(Place(file), f"cannot be read: {reason(error)}", "check the file and its permissions"))
        return []
    if not text:
        problems.append(Problem(Place(file), "the file is empty", "restore its header line and rows"))
        return []
    return [line.removesuffix("\r").split("\t") for line in text.removesuffix("\n").split("\n")]


def _header_fits(file: str, header: list[str], expected: list[str], problems: list[Problem]) -> bool:
    before = len(problems)
    for name in header:
        if name not in expected:
            near = difflib.get_close_matches(name, expected, 1)
            cure = f"rename it to '{near[0]}'" if near else f"remove it, or describe it in {METADATA}"
            problems.append(Problem(Place(file, 1, name), "unknown column", cure))
        elif header.count(name) > 1:
            problems.append(Problem(Place(file, 1, name), "the column occurs twice", "remove one of the two"))
    for name in expected:
        if name not in header:
            problems.append(Problem(Place(file, 1, name), "the column is missing", "add it; its cells may be empty"))
    return len(problems) == before


def _rows(
    file: str, header: list[str], lines: list[list[str]], columns: dict[str, Column], problems: list[Problem]
) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        place = Place(file, number)
        if problem := uneven(place, cells, header):
            problems.append(problem)
        else:
            written = dict(zip(header, cells, strict=True))
            yield Row(place, _values(place, written, columns, problems), written)


def uneven(place: Place, cells: Sequence[str], header: Sequence[str]) -> Problem | None:
    """The problem of a row that has not as many cells as the header."""
    if len(cells) == len(header):
        return None
    what = f"the row has {len(cells)} cells but the header has {len(header)}"
    return Problem(place, what, "give each row as many cells as the header, separated by tabs")


def _quoted(text: str, column: Column) -> tuple[str, str] | None:
    """The problem, and its correction, of quotation marks that a spreadsheet or a word processor put into a cell."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return f"the cell '{text}' is in quotation marks", "remove them, and write those inside once; a spreadsheet adds them"
    curly = next((mark for mark in "\u2018\u2019\u201c\u201d\u201e" if mark in text), None) if column.lang == "en" else None
    return (f"'{text}' has the typographic quotation mark {curly}", "write ' or \"") if curly else None


def _values(place: Place, written: dict[str, str], columns: dict[str, Column], problems: list[Problem]) -> dict[str, Any]:
    values = {}
    for name, text in written.items():
        if quoted := _quoted(text, columns[name]):
            problems.append(Problem(Place(place.file, place.row, name), *quoted))
        try:
            values[name] = columns[name].read(text)
        except ValueError as error:
            at = Place(place.file, place.row, name)
            if not text:
                problems.append(Problem(at, "the cell is empty but needs a value", "fill it in"))
            else:
                datatype = columns[name].datatype
                allowed = str(datatype.format).replace("|", ", ") if datatype and datatype.base == "string" else None
                what = (
                    f"'{text}' is not allowed here"
                    if allowed
                    else f"'{text}' is not a valid {datatype.base if datatype else 'value'}"
                )
                problems.append(Problem(at, what, f"allowed: {allowed}" if allowed else f"correct it ({error})"))
            values[name] = None
    return values
