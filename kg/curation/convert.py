"""Facts in the shape of version 0.1.0, written anew in the shape of today.

In that version, a folder described its own tables, no row named its document, ``studies.tsv`` had the design of a study, and
approvals were rows of ``statements.tsv``. Nothing is guessed: a cell that the old shape did not have stays empty and is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os.path import exists, isdir
from pathlib import Path

from kg.curation.sheets import Sheet, sheet
from kg.curation.templates import header, required, table_names
from kg.errors import InputError, UsageError
from kg.files import make_folder, read_text, write_whole
from kg.pipeline.tables import DOCUMENTS, METADATA

Row = dict[str, str]
_RENAMED = {  # values that are names of individuals now
    ("studies", "phase", "I/II"): "I-II",
    ("comparisons", "authors_reading", "not significant"): "not-significant",
}
_OF_STUDY = (("phase", "phase", "phase"), ("design", "hasDesign", "design"), ("line", "inLine", "line"))
_MET = {"yes": "metPrimaryEndpoint", "no": "missedPrimaryEndpoint"}
_LEVEL = "95"  # per cent: version 0.1.0 had no other intervals


@dataclass(frozen=True)
class Conversion:
    """The files that were written, the cells that still need a value, and the old columns that have no place in the new shape."""

    written: tuple[Path, ...]
    missing: tuple[str, ...]
    dropped: tuple[str, ...]


def convert(old: Path, new: Path, given: Row | None = None) -> Conversion:
    """Write the tables of an old folder to a new one; ``given`` are cells of ``documents.tsv`` that the old shape did not have.

    Raises :class:`~kg.errors.UsageError` when the new folder exists, and :class:`~kg.errors.InputError` for tables that cannot be
    read, tables that name their document already, and a folder that does not have exactly one document.
    """
    if exists(new):
        raise UsageError(f"{new}: exists and is not overwritten; give a folder that does not exist yet")
    if not isdir(old):  # pathlib raises an error for a name that is too long
        raise InputError(f"{old}: no such folder; give a folder of facts in the shape of version 0.1.0")
    sheets = {path.stem: sheet(path, f"{old.name}/{path.name}") for path in sorted(old.glob("*.tsv"))}
    defaults = _defaults(old / METADATA)
    document = _document(old, sheets)
    tables: dict[str, list[Row]] = {}
    dropped: list[str] = []
    known = {name.removesuffix(".tsv") for name, _ in table_names()}
    for name, read in sheets.items():
        _moved(name, _filled(read, defaults.get(f"{name}.tsv", {})), tables, dropped, known)
    for row in tables["documents"]:
        row |= {column: text for column, text in (given or {}).items() if text}
    if "references" not in tables and (cited := list(_references(tables))):
        tables["references"] = cited
    made = {name: list(_unique(rows)) for name, rows in tables.items()}
    missing = [text for name, rows in made.items() for text in _missing(new, name, rows, document)]
    make_folder(new, "another folder, or a shorter name")
    written = []
    for name, rows in made.items():
        columns = header(name)
        lines = [columns, *(tuple(({"document": document} | row).get(column, "") for column in columns) for row in rows)]
        write_whole(new / f"{name}.tsv", "".join("\t".join(line) + "\n" for line in lines))
        written.append(new / f"{name}.tsv")
    return Conversion(tuple(written), tuple(missing), tuple(dropped))


def _document(old: Path, sheets: dict[str, Sheet]) -> str:
    """The name of the document of the folder."""
    if "documents" not in sheets:
        raise InputError(f"{old}: has no {DOCUMENTS}; give a folder of facts in the shape of version 0.1.0")
    names = {row.get("document", "") for row in sheets["documents"].rows} - {""}
    if len(names) != 1:
        raise InputError(
            f"{old.name}/{DOCUMENTS}: has {len(names)} documents; rows that do not name theirs can belong to one only"
        )
    named = [name for name, read in sheets.items() if name != "documents" and "document" in read.header]
    if named:
        raise InputError(f"{old.name}/{named[0]}.tsv: has the column 'document' already; the folder has the shape of today")
    return names.pop()


def _defaults(path: Path) -> dict[str, Row]:
    """What an empty cell meant, by table and column, as the old folder described it."""
    try:
        tables = json.loads(read_text(path))["tables"] if exists(path) else []
        return {
            table["url"]: {column["name"]: column["default"] for column in table["tableSchema"]["columns"] if "default" in column}
            for table in tables
        }
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: is not the description of tables of version 0.1.0: {error}") from error


def _filled(read: Sheet, defaults: Row) -> Sheet:
    rows = ({column: text or defaults.get(column, "") for column, text in row.items()} for row in read.rows)
    return Sheet(read.file, read.header, tuple(rows))


def _moved(name: str, read: Sheet, tables: dict[str, list[Row]], dropped: list[str], known: set[str]) -> None:
    """Add the rows of an old table to the new ones; a column with cells that have no place there is named."""
    special = _SPECIAL.get(name)
    if special is None and name not in known:
        dropped.append(f"{read.file}: no table has this name now")
        return
    handled = special[1] if special else ()
    columns = set(header(name)) if name in known else set()
    for column in read.header:
        if column not in columns and column not in handled and any(row[column] for row in read.rows):
            dropped.append(f"{read.file}: the column '{column}' has no place now")
    for row in read.rows:
        cells = {column: _RENAMED.get((name, column, text), text) for column, text in row.items()}
        for target, made in special[0](cells) if special else [(name, cells)]:
            tables.setdefault(target, []).append(made)


def _study(row: Row) -> Iterator[tuple[str, Row]]:
    """A study keeps its names; each fact about it is a row of its own, with the first passage of the study."""
    yield "studies", row
    passage = next(iter(row.get("passage", "").split()), "")
    stated = [(link, f"{kind}/{one}") for column, link, kind in _OF_STUDY for one in row.get(column, "").split()]
    if endpoint := row.get("primary_endpoint", ""):
        met = _MET.get(row.get("primary_endpoint_met", ""))
        stated += [(link, f"endpoint/{endpoint}") for link in ("primaryEndpoint", met) if link]
    stated += [("analyses", f"trial/{one}") for one in row.get("analyses", "").split()]
    for link, thing in stated:
        yield "study-facts", {"study": row["study"], "property": link, "object": thing, "passage": passage}


def _condition(row: Row) -> Iterator[tuple[str, Row]]:
    kept = {column: row.get(column, "") for column in ("study", "passage", "note")}
    yield "study-facts", kept | {"property": "hasCondition", "object": f"disease/{row['condition']}"}


def _comparison(row: Row) -> Iterator[tuple[str, Row]]:
    yield "comparisons", row | {"ci_level": _LEVEL if row.get("ci_lower") or row.get("ci_upper") else ""}


def _statement(row: Row) -> Iterator[tuple[str, Row]]:
    """A statement about an approval is a row of the approvals: the first drug that it is about is the one approved."""
    if row["topic"] != "approval":
        yield "statements", row
        return
    about = row.get("about", "").split()
    drug = next((one for one in about if one.startswith("drug/")), "")
    rest = " ".join(one for one in about if one != drug)
    yield "approvals", row | {"approval": row["statement"], "drug": drug.removeprefix("drug/"), "about": rest}


_SPECIAL: dict[str, tuple[Callable[[Row], Iterable[tuple[str, Row]]], tuple[str, ...]]] = {
    "studies": (_study, ("phase", "design", "line", "primary_endpoint", "primary_endpoint_met", "analyses")),
    "conditions": (_condition, ("study", "condition", "passage", "note")),
    "comparisons": (_comparison, ()),
    "statements": (_statement, ("year", "agency")),
}


def _references(tables: dict[str, list[Row]]) -> Iterator[Row]:
    """A row for each number of the reference list that is cited: numbers are entities now."""
    document = tables["documents"][0]["label"]
    cited = {one for rows in tables.values() for row in rows for one in row.get("citations", "").split() if one.isdecimal()}
    for number in sorted(cited, key=int):
        yield {"reference": number, "label": f"reference {number} of {document}", "number": number}


def _unique(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows without those that are repeated cell by cell."""
    seen = set()
    for row in rows:
        cells = tuple(sorted(row.items()))
        if cells not in seen:
            seen.add(cells)
            yield row


def _missing(new: Path, name: str, rows: list[Row], document: str) -> Iterator[str]:
    for column in required(name):
        lines = [number for number, row in enumerate(rows, start=2) if not ({"document": document} | row).get(column)]
        if lines:
            yield f"{new.name}/{name}.tsv: '{column}' in {len(lines)} rows, the first: row {lines[0]}"
