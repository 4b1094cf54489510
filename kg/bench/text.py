"""The text of a synthetic review, written from its start to its end, so that each passage has its true offsets; and names."""

from __future__ import annotations

import hashlib

from kg.bench.model import Part, Passage, Review, Row

_SYLLABLES = "bacedifoguhajekilomunapeqirosutavewixozu"  # two letters each
# odd and not divisible by five, so that multiplication by it permutes the words
_STEP = 48271
_COUNT = len(_SYLLABLES) // 2
WORDS = _COUNT**4


def word(number: int) -> str:
    """A word of four syllables; numbers below :data:`WORDS` have different words.

    >>> word(0), word(1), word(2)
    ('babababa', 'perobaje', 'dikiceqi')
    """
    rest = number * _STEP % WORDS
    found = []
    for _ in range(4):
        rest, syllable = divmod(rest, _COUNT)
        found.append(_SYLLABLES[2 * syllable : 2 * syllable + 2])
    return "".join(found)


class Text:
    """The text of one review."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._written: list[str] = []
        self._length = 0

    def part(self, name: str, label: str, table: bool = False) -> Part:
        """Begin a paragraph or a table; the one before it ends here."""
        self._end()
        self.say("\n")
        part = Part(f"{self._review.slug}.{name}", label, table, self._length)
        self._review.parts.append(part)
        return part

    def say(self, text: str) -> None:
        """Add text that is no passage."""
        self._written.append(text)
        self._length += len(text)

    def quote(self, text: str, *, figure: bool = False, row: Row | None = None, column: str | None = None) -> Passage:
        """Add a passage, and a space after it; ``figure`` marks text that is recorded as printed."""
        start, end = self._length, self._length + len(text)
        self.say(f"{text} ")
        printed = text if figure else None
        passage = Passage(f"{self._review.slug}.{start}-{end}", self._review.parts[-1], start, end, printed, row, column)
        self._review.passages.append(passage)
        return passage

    def finish(self) -> None:
        """End the last part, and record the checksum of the text."""
        self._end()
        self._review.checksum = hashlib.sha256("".join(self._written).encode()).hexdigest()

    def _end(self) -> None:
        if self._review.parts:
            self._review.parts[-1].end = self._length
