"""A batch as its curator sees it: what the build and the shapes say about its files, and what its tables hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path

from kg.errors import InputError
from kg.pipeline.build import assemble
from kg.pipeline.tables import DOCUMENTS, FactTable, batches, described, read_batch
from kg.pipeline.validate import Finding, Report, check
from kg.resources import facts as packaged

_PASSAGE = "/id/passage/"  # in the IRI template of each column that names a passage


@dataclass(frozen=True)
class Checked:
    """The findings about the files of the batches that were asked for, those about other files, and the summary of the tables.

    ``rows`` has the number of rows of each table; ``unused`` the passages with a figure to which no row of the batch refers.
    """

    report: Report
    elsewhere: tuple[Finding, ...]
    rows: dict[str, int]
    unused: tuple[str, ...]


def check_batch(folder: Path | None = None, facts: Path | None = None) -> Checked:
    """The validation of one batch together with a facts folder (the packaged one), or of all batches of a facts folder.

    Raises the errors of :func:`kg.pipeline.build.assemble` for tables that cannot be read.
    """
    if folder is not None and not isdir(folder):  # pathlib raises an error for a name that is too long
        raise InputError(f"{folder}: no such folder; give a batch, which is a folder with tables, among them {DOCUMENTS}")
    one = folder.resolve() if folder and (any(folder.glob("*.tsv")) or not any(folder.glob("*/*.tsv"))) else None
    place = facts or (packaged() if one or folder is None else folder)
    report = check(assemble(place, one))
    schemas = described(place)
    tables = [table for batch in ([one] if one else batches(place)) for table in read_batch(batch, schemas)]
    own = tuple(finding for finding in report.findings if one is None or finding.place.file.startswith(f"{one.name}/"))
    others = tuple(finding for finding in report.findings if finding not in set(own))
    return Checked(Report(own), others, dict(_counted(tables)), tuple(_unused(tables)))


def _counted(tables: list[FactTable]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for table in tables:
        counts[table.name.removesuffix(".tsv")] += len(table.rows)
    return counts


def _unused(tables: list[FactTable]) -> Iterator[str]:
    """The names of passages that print a figure and that no cell names; a dash says that nothing is printed."""
    named: set[tuple[str, str]] = set()
    for table in tables:
        columns = [column for column in table.schema.columns if not column.virtual and _PASSAGE in str(column.valueUrl)]
        for row in table.rows:
            for column in columns:
                value = row.values[column.name]
                named.update((row.cells["document"], one) for one in (value if isinstance(value, list) else [value]))
    for table in tables:
        if table.name == "passages.tsv":
            for row in table.rows:
                if row.cells["printed"] not in ("", "-") and (row.cells["document"], row.cells["passage"]) not in named:
                    yield f"{row.cells['document']} {row.cells['passage']}"
