"""Templates from the description of the tables: headers, what a column takes, and the first table of a new batch."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import Any

from kg.curation.sheets import sheet
from kg.errors import InputError, NotFoundError, UsageError
from kg.files import make_folder, write_whole
from kg.pipeline.tables import DOCUMENTS, METADATA, described, description
from kg.resources import facts as packaged

DESCRIPTION = ("column", "required", "allowed", "description")


def table_names(facts: Path | None = None) -> list[tuple[str, str]]:
    """The name of each table and what it holds, in the order of the description."""
    return [(str(table.url), _said(table)) for table in description(facts or packaged()).tables]


def header(table: str, facts: Path | None = None) -> tuple[str, ...]:
    """The columns of a table, in order; raises :class:`~kg.errors.NotFoundError` for a name that is not described.

    >>> header("arms")
    ('document', 'arm', 'study', 'label', 'regimen', 'passage')
    """
    return tuple(column.name for column in _columns(table, facts))


def required(table: str, facts: Path | None = None) -> tuple[str, ...]:
    """The columns of a table that need a value in each row."""
    return tuple(column.name for column in _columns(table, facts) if column.required)


def describe(table: str, facts: Path | None = None) -> Iterator[tuple[str, ...]]:
    """The header and one row for each column of a table: name, whether it needs a value, what is allowed, and what it means."""
    columns = _columns(table, facts)
    yield DESCRIPTION
    for column in columns:
        yield (column.name, "yes" if column.required else "", _allowed(column), _said(column))


def _columns(table: str, facts: Path | None) -> list[Any]:
    schemas: Mapping[str, Any] = described(facts or packaged())
    name = table if table in schemas else f"{table}.tsv"
    if name not in schemas:
        near = difflib.get_close_matches(name[:100], schemas, 1)
        cure = f"did you mean '{near[0].removesuffix('.tsv')}'?" if near else "'mcrc-kg curate template' lists the tables"
        raise NotFoundError(f"no table is called '{table[:100]}'; {cure}")
    return [column for column in schemas[name].columns if not column.virtual]


def _said(one: Any) -> str:
    return " ".join(str(one.common_props.get("dc:description", "")).split())


def _allowed(column: Any) -> str:
    """The values that a cell may have: the names of a list, a pattern, or the datatype."""
    form = column.datatype.format if column.datatype else None
    base = column.datatype.base if column.datatype else "string"
    if form:
        listed = set("[](){}*+?\\").isdisjoint(str(form))
        base = str(form).replace("|", ", ") if listed else f"pattern {form}"
    separator = "spaces" if column.separator == " " else f"'{column.separator}'"
    return f"{base}; several are separated by {separator}" if column.separator else str(base)


def new_batch(folder: Path, document: dict[str, str]) -> tuple[Path, list[str]]:
    """The file ``documents.tsv`` of a batch with the row of a new document, and the columns that still need a value.

    A facts folder gets a subfolder with the name of the document; any other folder becomes the batch, or gets one more row if it
    is one. Nothing is overwritten.

    Raises :class:`~kg.errors.UsageError` for a name that is not allowed or is in use, and a table that lacks a column.
    """
    columns = {column.name: column for column in _columns(DOCUMENTS, None)}
    name = document["document"]
    for column, text in document.items():
        _hold(columns[column], column, text)
    batch = folder / name if _is_facts(folder) else folder
    if batch.resolve().name.startswith((".", "_")):
        raise UsageError(f"{batch}: the build ignores folders whose name begins with '.' or '_'; choose another name")
    path = batch / DOCUMENTS
    held = sheet(path) if exists(path) else None  # pathlib raises an error for a name that is too long
    header = held.header if held else tuple(columns)
    if lacking := [column for column in columns if document.get(column) and column not in header]:
        raise UsageError(f"{path}: has no column {', '.join(lacking)}; add it to the first line")
    for other in sorted(batch.resolve().parent.glob(f"*/{DOCUMENTS}")):
        if any(row.get("document") == name for row in sheet(other, f"{other.parent.name}/{DOCUMENTS}").rows):
            raise UsageError(f"{other.parent.name}/{DOCUMENTS}: has a document {name} already; choose another name")
    make_folder(batch, "another folder, or a shorter name")
    rows = [
        header,
        *(tuple(row.values()) for row in (held.rows if held else ())),
        [document.get(column, "") for column in header],
    ]
    write_whole(path, "".join("\t".join(cells) + "\n" for cells in rows))
    return path, [column.name for column in columns.values() if column.required and not document.get(column.name)]


def _hold(column: Any, name: str, text: str) -> None:
    if not text and name != "document":
        return
    if any(not character.isprintable() for character in text):
        raise UsageError(f"--{name} has a tab, a line break or another control character; leave it out")
    try:
        column.read(text)
    except ValueError as error:
        raise UsageError(f"--{name} '{text[:100]}' is not allowed; allowed: {_allowed(column)}") from error


def _is_facts(folder: Path) -> bool:
    """Whether a folder holds batches, so that it is no batch itself."""
    if not exists(folder):
        return False
    if not isdir(folder):
        raise InputError(f"{folder}: is a file; give a folder of facts, or the folder of the new batch")
    if any(folder.iterdir()) and not any(folder.glob("*.tsv")) and not _has_batches(folder):
        raise UsageError(f"{folder}: contains other files; give a folder of facts, an empty folder, or one that does not exist")
    return _has_batches(folder)


def _has_batches(folder: Path) -> bool:
    return isfile(folder / METADATA) or any(folder.glob(f"*/{DOCUMENTS}"))
