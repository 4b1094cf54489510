"""Offsets of figures in a text, in Unicode code points from 0, and draft rows for ``passages.tsv``."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.curation.figures import Folded, as_printed, folded, is_whole
from kg.curation.sheets import Sheet, sheet
from kg.errors import DataError, InputError, Place, Problem, UsageError
from kg.files import read_text
from kg.pipeline.tables import DOCUMENTS, batches

CONTEXT = 60  # characters
LONGEST = 200  # characters of a figure, so that the time grows with the text alone
PASSAGES = ("document", "passage", "part", "row", "column", "start", "end", "sentence", "path", "printed")


@dataclass(frozen=True)
class Occurrence:
    """One place of a figure in a text: start and end, the figure as printed there, and the words around it."""

    figure: str
    start: int
    end: int
    printed: str
    context: str


@dataclass(frozen=True)
class Part:
    """A paragraph or table of a document, by its offsets."""

    name: str
    start: int
    end: int


def source_text(path: Path) -> str:
    """The text of a file, without a byte order mark; raises :class:`~kg.errors.InputError` when there is none."""
    text = read_text(path)
    if not text.strip():
        raise InputError(f"{path}: contains no text; give the text of a document, in UTF-8")
    return text


def checksum(text: str) -> str:
    """The SHA-256 of a text, as ``documents.tsv`` has it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def occurrences(text: str, figures: Sequence[str]) -> list[Occurrence]:
    """Every place of each figure, in the order of the text.

    Raises :class:`~kg.errors.UsageError` for a figure that is empty or too long.
    """
    needles = {figure: _needle(figure) for figure in dict.fromkeys(figures)}
    whole = folded(text)
    found = [one for figure, needle in needles.items() for one in _of(figure, needle, text, whole)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _needle(figure: str) -> str:
    if len(figure) > LONGEST:
        raise UsageError(f"the figure '{figure[:20]}…' has {len(figure)} characters; give at most {LONGEST}")
    needle = folded(figure).text
    if not needle:
        raise UsageError("a figure is empty; give what the document prints, such as 'HR = 0.75'")
    return needle


def _of(figure: str, needle: str, text: str, whole: Folded) -> Iterator[Occurrence]:
    at = whole.text.find(needle)
    while at >= 0:
        start, end = whole.starts[at], whole.ends[at + len(needle) - 1]
        after = at + len(needle)
        inside = after < len(whole.starts) and whole.starts[after] < end  # the numeral II has no I in it
        fits = not inside and is_whole(text, start, end)
        if fits:
            yield Occurrence(figure, start, end, as_printed(text[start:end]), _context(text, start, end))
        at = whole.text.find(needle, after if fits else at + 1)


def _context(text: str, start: int, end: int) -> str:
    room = max(0, CONTEXT - (end - start))
    first = max(0, start - room // 2)
    around = text[first : max(end, first + CONTEXT)][: CONTEXT if end - start <= CONTEXT else None]
    return " ".join(around.split())[:CONTEXT]


def parts_of(facts: Path, text: str, document: str | None = None) -> dict[str, list[Part]]:
    """The parts of each document that has this text, by document.

    A name narrows them to one document, which need not be in the facts yet. Raises :class:`~kg.errors.DataError` when the
    document is there with another text.
    """
    found, wanted = {}, checksum(text)
    for batch in batches(facts):
        for row in cells_of_batch(batch, DOCUMENTS, ("document", "sha256")):
            name = row["document"]
            if document == name and row["sha256"] not in ("", wanted):
                raise DataError(
                    f"the text is not the text of {name}: its SHA-256 is {wanted}, {batch.name}/{DOCUMENTS} has {row['sha256']};"
                    " give the file in which the offsets of the document were counted"
                )
            if row["sha256"] == wanted and document in (None, name):
                found[name] = _parts(batch, name)
    return found


def cells_of_batch(batch: Path, name: str, columns: Iterable[str]) -> tuple[dict[str, str], ...]:
    """The cells of a table of a batch, which may lack it; raises :class:`~kg.errors.InputError` when it lacks a column."""
    if not (batch / name).is_file():
        return ()
    read: Sheet = sheet(batch / name, f"{batch.name}/{name}")
    for column in columns:
        if column not in read.header:
            raise InputError(str(Problem(Place(read.file, 1, column), "the column is missing", "add it")))
    return read.rows


def _parts(batch: Path, document: str) -> list[Part]:
    parts = []
    for number, row in enumerate(cells_of_batch(batch, "parts.tsv", ("document", "part", "start", "end")), start=2):
        if row["document"] != document or not (row["start"] or row["end"]):
            continue
        for column in ("start", "end"):
            if not (row[column].isascii() and row[column].isdecimal() and len(row[column]) < 19):
                place = Place(f"{batch.name}/parts.tsv", number, column)
                raise InputError(str(Problem(place, f"'{row[column]}' is not an offset", "count it in characters from 0")))
        parts.append(Part(row["part"], int(row["start"]), int(row["end"])))
    return sorted(parts, key=lambda part: part.start)


def part_at(parts: Sequence[Part], start: int, end: int) -> str:
    """The name of the part that contains a place; empty when there is none. The parts are sorted by their start."""
    at = bisect_right(parts, start, key=lambda part: part.start) - 1
    return parts[at].name if at >= 0 and end <= parts[at].end else ""


def listed(found: Iterable[Occurrence], parts: Sequence[Part]) -> Iterator[tuple[str, ...]]:
    """The header and one row for each place: start, end, printed, context, and the part where parts are known."""
    yield ("start", "end", "printed", "context", *(["part"] if parts else []))
    for one in found:
        part = [part_at(parts, one.start, one.end)] if parts else []
        yield (str(one.start), str(one.end), one.printed, one.context, *part)


def drafted(found: Iterable[Occurrence], parts: Sequence[Part], document: str) -> Iterator[tuple[str, ...]]:
    """The header and one row of ``passages.tsv`` for each place; row and column of a table stay empty."""
    yield PASSAGES
    for start, end, printed in dict.fromkeys((one.start, one.end, one.printed) for one in found):
        yield (document, f"{start}-{end}", part_at(parts, start, end), "", "", str(start), str(end), "", "", printed)
