"""Sentences of a text by section, from 1 in each, and draft rows for ``passages.tsv`` of a document without offsets.

The abstract of a paper cannot be kept with the facts. Its passages are found again by section and number of the sentence, in any
copy of it. A curator reviews the numbers: an abbreviation that this module does not know can end a sentence too early.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from os.path import getsize, isfile
from pathlib import Path

from kg.curation.offsets import PASSAGES, Occurrence, cells_of_batch
from kg.pipeline.tables import DOCUMENTS, batches

# headings of structured abstracts, in lower case, the longer of two before its beginning
HEADINGS = (
    *("materials and methods", "patients and methods", "patients & methods", "methods and findings", "main outcome measures"),
    *("clinical trial information", "experimental design", "trial registration", "methods", "method", "design", "setting"),
    *("participants", "patients", "interventions", "intervention", "background", "introduction", "objectives", "objective"),
    *("purpose", "aims", "aim", "rationale", "results", "result", "findings", "conclusions", "conclusion", "interpretation"),
    *("discussion", "significance", "funding", "abstract", "summary"),
)
_ABBREVIATIONS = frozenset((
    *("vs", "v", "e.g", "i.e", "eg", "ie", "al", "fig", "figs", "no", "nos"),
    *("ca", "approx", "cf", "dr", "st", "ref", "refs", "u.s"),
))  # fmt: skip
_ENDS = frozenset(".!?")
_CLOSING = frozenset(")]}\"'”’»")
_OPENING = frozenset("([{\"'“‘«")
_LONGEST_MARKER = 20
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text: the heading of its section (empty before the first one), its number there, and its extent."""

    section: str
    number: int
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in their order, in linear time.

    >>> [(one.section, one.number) for one in sentences("RESULTS: OS was 25.8 v. 31.0 mo. P was .054. Findings: None.")]
    [('Results', 1), ('Results', 2), ('Findings', 1)]
    """
    found: list[Sentence] = []
    section, number, here = "", 0, 0
    while (here := _skipped(text, here)) < len(text):
        if heading := _heading(text, here):
            section, number, here = heading[0].capitalize(), 0, heading[1]
            continue
        end = _end(text, here)
        number += 1
        found.append(Sentence(section, number, here, end))
        here = end
    return found


def _skipped(text: str, here: int) -> int:
    while here < len(text) and text[here].isspace():
        here += 1
    return here


def _heading(text: str, here: int) -> tuple[str, int] | None:
    """The heading that begins here, and where the text after it begins."""
    near = text[here : here + 40]
    if not near[:1].isupper():
        return None
    lower = near.lower()
    name = next((name for name in HEADINGS if lower.startswith(name)), None)
    if name is None:
        return None
    rest = near[len(name) :]
    mark = rest.lstrip(" \t")[:1]
    shouted = near[: len(name)].isupper() and (not rest or rest[0].isspace())
    if not (shouted or mark in ("", ":", "—", "\n", "\r")):
        return None
    after = here + len(name)
    if mark in (":", "—"):
        after = text.index(mark, after) + 1
    return name, after


def _end(text: str, start: int) -> int:
    """Where the sentence that begins at ``start`` ends, without the white space after it."""
    here = start
    while here < len(text):
        if text[here] in _ENDS:
            after = here + 1
            while after < len(text) and text[after] in _CLOSING:
                after += 1
            after = _cited(text, after)
            if _ended(text, here, after):
                return after
            here = after
        elif text[here] in "\r\n":
            after = _skipped(text, here)
            if after == len(text) or text.count("\n", here, after) > 1 or _heading(text, after):
                return here
            here = after
        else:
            here += 1
    return len(text)


def _cited(text: str, here: int) -> int:
    """Where the text after a citation marker such as [3,4] goes on."""
    close = text.find("]", here, here + _LONGEST_MARKER) if text.startswith("[", here) else -1
    return close + 1 if close > 0 and not text[here + 1 : close].strip("0123456789,-– ") else here


def _ended(text: str, mark: int, after: int) -> bool:
    """Whether a full stop (or the like) ends the sentence; ``after`` is behind the brackets and quotation marks that close it."""
    following = _skipped(text, after)
    if following == len(text):
        return True
    if following == after:
        return False
    first = text[following]
    if first.isdecimal() and text[mark - 1 : mark].isdecimal() and "\n" in text[after:following]:
        return False  # a number that is broken at its decimal point
    begins = first.isupper() or first.isdecimal() or first in _OPENING or _heading(text, following) is not None
    return begins and (text[mark] != "." or not _abbreviated(text, mark))


def _abbreviated(text: str, mark: int) -> bool:
    """Whether the word before a full stop is an abbreviation. A single letter is none: "arm A." ends a sentence."""
    words = text[max(0, mark - _LONGEST_ABBREVIATION - 1) : mark].split()
    return bool(words) and words[-1].lstrip("([").lower() in _ABBREVIATIONS


def without_text(facts: Path, document: str) -> bool:
    """Whether a document of a facts folder has no checksum, so that its passages are found by sentence."""
    rows = (row for batch in batches(facts) for row in cells_of_batch(batch, DOCUMENTS, ("document", "sha256")))
    return any(row["document"] == document and not row["sha256"] for row in rows)


def parts_by_heading(facts: Path, document: str) -> dict[str, str]:
    """The parts of a document, by the last words of their labels and by their names, in lower case."""
    found: dict[str, str] = {}
    for batch in batches(facts):
        for row in cells_of_batch(batch, "parts.tsv", ("document", "part", "label")):
            if row["document"] == document:
                for words in (row["label"].rpartition(",")[2], row["label"], row["part"]):
                    found.setdefault(words.strip().lower(), row["part"])
    return found


def taken(facts: Path, document: str) -> set[str]:
    """The names of the passages that a document has already. A file is empty when a shell has opened it for the rows to come."""
    begun = (batch for batch in batches(facts) if isfile(batch / "passages.tsv") and getsize(batch / "passages.tsv"))
    rows = (row for batch in begun for row in cells_of_batch(batch, "passages.tsv", ("document", "passage")))
    return {row["passage"] for row in rows if row["document"] == document}


def part_of(section: str, parts: Mapping[str, str]) -> str:
    """The name of the part with a heading: that of the facts, or else the heading as a name; without a heading, ``abstract``."""
    heading = section.lower() or "abstract"
    return parts.get(heading) or heading.replace(" & ", "-").replace(" ", "-")


def _located(found: Iterable[Occurrence], text: str) -> Iterator[tuple[Occurrence, Sentence]]:
    all_of = sentences(text)
    for one in found:
        at = bisect_right(all_of, one.start, key=lambda sentence: sentence.start) - 1
        if at >= 0:
            yield one, all_of[at]


def listed_by_sentence(found: Iterable[Occurrence], text: str, parts: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The header and one row for each place: part, number of the sentence, figure as printed, context."""
    yield ("part", "sentence", "printed", "context")
    for one, sentence in _located(found, text):
        yield (part_of(sentence.section, parts), str(sentence.number), one.printed, one.context)


def drafted_by_sentence(
    found: Iterable[Occurrence], text: str, parts: Mapping[str, str], document: str, names: Iterable[str] = ()
) -> Iterator[tuple[str, ...]]:
    """The header and one row of ``passages.tsv`` for each figure of a sentence; ``names`` are those that are in use."""
    yield PASSAGES
    places = ((part_of(at.section, parts), at.number, one.printed) for one, at in _located(found, text))
    rows, used = list(dict.fromkeys(places)), set(names)
    several = Counter((part, number) for part, number, _ in rows)
    for part, number, printed in rows:
        plain = f"{part}-{number}"
        name = plain if several[part, number] == 1 and plain not in used else _lettered(plain, used)
        used.add(name)
        cells = {"document": document, "passage": name, "part": part, "sentence": str(number), "printed": printed}
        yield tuple(cells.get(column, "") for column in PASSAGES)


def _lettered(plain: str, used: set[str]) -> str:
    return next(name for name in (f"{plain}{_letters(position)}" for position in count()) if name not in used)


def _letters(position: int) -> str:
    """Letters for a position from 0: a to z, then aa, ab.

    >>> _letters(0), _letters(25), _letters(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(position, 26)
    return (_letters(first - 1) if first else "") + chr(ord("a") + last)
