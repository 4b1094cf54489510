"""An audit that compares the graph with a copy of the source text.

Each passage is read again at its offsets and must contain its printed figure. Every number of the text (digits, Roman numerals,
number words) must be in a passage, or is excluded for a reason. The text is not stored.

A document without a checksum has no offsets. Each of its figures must be somewhere in the reader's own copy.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdflib import URIRef

from kg.curation.offsets import LONGEST, occurrences
from kg.errors import InputError, NotFoundError
from kg.files import read_text
from kg.graph import KnowledgeGraph
from kg.namespaces import contract

_NUMBER = re.compile(
    r"\d+(?:\.\d+)?|[Ⅰ-Ⅻ](?:/[Ⅰ-Ⅻ])?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|thirteen|twenty|half|both)\b",
    re.IGNORECASE,
)
_CITATION = re.compile(r"\[\d+(?:[-,]\d+)*\]")
_TABLE = re.compile(r"\bTable\s+\d+")
_ELLIPSIS = " … "


@dataclass(frozen=True)
class Number:
    """One number of the text: its offset, its text, its status (carried, excluded or unexplained), and the passage or reason."""

    start: int
    text: str
    status: str
    by: str


@dataclass(frozen=True)
class Audit:
    """The result of the audit: problems, every number of the text, the number of sentences, and the sentences without a fact.

    For a document without a checksum, the numbers are the figures that were found, and no sentence is counted.
    """

    problems: tuple[str, ...]
    numbers: tuple[Number, ...]
    sentences: int = 0
    silent: tuple[tuple[int, int], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


def read_source(path: Path) -> str:
    """The text of a source file.

    Raises :class:`~kg.errors.InputError` when it is missing, empty or not UTF-8.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(f"{path}: contains no text")
    return text


def audit(graph: KnowledgeGraph, text: str, document: str | None = None) -> Audit:
    """The audit of the facts of one document against a copy of its text.

    The document is the one with this name, such as ``ohhara-2016``; without a name, the one whose checksum is that of the text.

    Raises :class:`~kg.errors.InputError` when no document has this checksum, and :class:`~kg.errors.NotFoundError` when none has
    this name.
    """
    source, problems, by_offset = _document(graph, text, document)
    rows = list(graph.ask("passages", document=URIRef(source)))
    if not by_offset:
        return _by_figure(rows, text)
    passages = [
        (row["start"], row["end"], row["printed"], contract(row["passage_iri"]) or row["passage_iri"])
        for row in rows
        if row["start"] is not None and row["end"] is not None
    ]
    problems += _misplaced(passages, text)
    numbers = tuple(_numbers(passages, text, _names(graph)))
    problems += [f"{n.start}: the number {n.text} is in no fact" for n in numbers if n.status == "unexplained"]
    sentences = list(_sentences(text))
    silent = tuple((s, e) for s, e in sentences if not any(row[0] < e and s < row[1] for row in passages))
    return Audit(tuple(problems), numbers, len(sentences), silent)


def _document(graph: KnowledgeGraph, text: str, name: str | None) -> tuple[str, list[str], bool]:
    """The document of the text, the problems of the copy, and whether the document has offsets."""
    found = hashlib.sha256(text.encode("utf-8")).hexdigest()
    known = {row["source_iri"].rpartition("/")[2]: row for row in graph.ask("documents")}
    if name is None:
        same = next((row["source_iri"] for row in known.values() if row["sha256"] == found), None)
        if same is None:
            listed = ", ".join(f"{one} ({row['sha256'][:12]}…)" for one, row in known.items() if row["sha256"]) or "none"
            raise InputError(
                f"no document has this text, whose SHA-256 is {found}; documents with a checksum: {listed};"
                " name the document of another copy, or one without a checksum, with --document ID"
            )
        return same, [], True
    if name not in known:
        near = difflib.get_close_matches(name[:100], known, 1)
        cure = f"did you mean '{near[0]}'?" if near else "'mcrc-kg ask documents' lists the documents"
        raise NotFoundError(f"no document is called '{name[:100]}'; {cure}")
    own = known[name]["sha256"]
    problems = [] if own in (None, found) else [f"the text differs from that of {name}: its SHA-256 is {found}, not {own}"]
    return known[name]["source_iri"], problems, own is not None


def _by_figure(rows: Sequence[Any], text: str) -> Audit:
    """The audit of a document without offsets: each printed figure, or each part of it, is somewhere in the text."""
    figures = [
        (part[:LONGEST], contract(row["passage_iri"]) or row["passage_iri"])
        for row in rows
        for part in (row["printed"] or "").split(_ELLIPSIS)
        if part.strip(" -")
    ]
    places: dict[str, int] = {}
    for one in occurrences(text, [figure for figure, _ in figures]):
        places.setdefault(one.figure, one.start)
    numbers = tuple(Number(places[figure], figure, "carried", name) for figure, name in figures if figure in places)
    missing = (f"{name}: the figure '{figure}' is not in the text" for figure, name in figures if figure not in places)
    return Audit(tuple(missing), numbers)


def _misplaced(passages: Sequence[tuple[int, int, str | None, str]], text: str) -> Iterator[str]:
    for start, end, printed, name in passages:
        if end > len(text):
            yield f"{start}: the text ends before {name}"
            continue
        span = _plain(text[start:end])
        first, *others = (printed or "").split(_ELLIPSIS)
        whole = span == first if not others else span.startswith(first) and span.endswith(others[-1])
        if printed and not whole:
            yield f"{start}: {name} does not contain the printed figure '{printed}'"
        if not printed and (text[start:end] != text[start:end].strip() or text[max(0, start - 1) : start + 1].isalnum()):
            yield f"{start}: {name} does not begin and end at a word boundary"


def _numbers(passages: Sequence[tuple[int, int, str | None, str]], text: str, names: Sequence[str]) -> Iterator[Number]:
    excluded = [
        *((m.span(), "citation marker") for m in _CITATION.finditer(text)),
        *((m.span(), "reference to a table") for m in _TABLE.finditer(text)),
        *((m.span(), f"part of the name {name}") for name in names for m in _occurrences(name, text)),
    ]
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        carrier = next((name for s, e, _, name in passages if s <= start and end <= e), None)
        reason = next((why for (s, e), why in excluded if s <= start and end <= e), None) or _in_word(text, start, end)
        if carrier:
            yield Number(start, match[0], "carried", carrier)
        elif reason:
            yield Number(start, match[0], "excluded", reason)
        else:
            yield Number(start, match[0], "unexplained", "")


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each sentence, approximately: a full stop or bracket before a capital, or an empty line, ends it."""
    start = 0
    for end in (*re.finditer(r"(?<=[.\]])\s+(?=[A-Z])|\n\s*\n", text), None):
        stop = end.start() if end else len(text)
        if len(text[start:stop].split()) > 3:
            yield start, stop
        start = end.end() if end else stop


def _in_word(text: str, start: int, end: int) -> str | None:
    """Why a number is not a figure: it is a word of the prose, or part of a name."""
    if text[start].isalpha() and text[start].isascii():
        return "number word in the prose"
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalpha() or after[:1].isalpha() or re.search(r"[A-Za-z]-$", before) or re.match(r"-[A-Z]", after):
        return "digit inside a name"
    return None


def _names(graph: KnowledgeGraph) -> list[str]:
    """Names in the graph that contain a number, longest first."""
    names = {row["name"] for row in graph.ask("names") if re.search(r"\d|VII", row["name"]) and len(row["name"]) < 30}
    return sorted(names, key=lambda name: (-len(name), name))


def _occurrences(name: str, text: str) -> Iterator[re.Match[str]]:
    words = [re.escape(part).replace("VII", "(?:VII|Ⅶ)") for part in re.split(r"(?<=/)|\s", name) if part]
    return re.finditer(r"(?<!\w)" + r"\s*".join(words) + r"(?!\w)", text)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
