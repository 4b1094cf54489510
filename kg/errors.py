"""The errors of this package, one tree; each class carries the exit code that the command line ends with.

::

    KgError                    70  a bug, if nothing more specific was raised
    ├── DataError               1  the data says no: a fact or a shape is wrong
    ├── UsageError              2  the call is wrong: an unknown parameter, two options that exclude each other
    │   ├── FormatError         2  the answer cannot be written in any format that was asked for
    │   └── RefusedError        2  what is asked is not allowed here: a SERVICE that is not on the list, an update
    ├── NotFoundError           3  no such question or entity; the nearest names are in the message
    ├── InputError              4  unreadable input: a missing file, a cell that does not parse, SPARQL that does not parse
    └── OutsideError            5  the outside world: a remote endpoint that does not answer, a full disk, a closed output
        ├── EngineError         5  the query's process ended without an answer, or no process could be had
        └── LimitError          5  a limit ended the query; it may do with less, or later
            ├── BusyError       5  no place is free now
            │   └── ShareError  5  whoever asks has their share of the places already
            ├── MemoryLimitError 5 it needs more memory than one query may have
            ├── SizeLimitError  5  its answer is larger than one answer may be
            └── TimeLimitError  5  it takes longer than one query may

Catch :class:`KgError` to catch them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class KgError(Exception):
    """Base of all errors that this package raises on purpose."""

    exit_code = 70


class DataError(KgError):
    """The data says no."""

    exit_code = 1


class UsageError(KgError):
    """The call itself is wrong."""

    exit_code = 2


class FormatError(UsageError):
    """The answer cannot be written in any format that was asked for."""


class RefusedError(UsageError):
    """What is asked is not allowed here."""


class NotFoundError(KgError):
    """No question or entity has this name."""

    exit_code = 3


class InputError(KgError):
    """An input cannot be read."""

    exit_code = 4


class OutsideError(KgError):
    """Something outside this process did not answer as it should."""

    exit_code = 5


class EngineError(OutsideError):
    """The process that evaluated a query ended without an answer, or none could be had."""


class LimitError(OutsideError):
    """A limit ended the query."""


class BusyError(LimitError):
    """No place is free for the query now; ``after`` is how many seconds later to ask again, 0 where that is not known."""

    def __init__(self, said: str, after: float = 0.0) -> None:
        super().__init__(said)
        self.after = after


class ShareError(BusyError):
    """Whoever asks has their share of the places already."""


class MemoryLimitError(LimitError):
    """The query needs more memory than one query may have."""


class SizeLimitError(LimitError):
    """The answer is larger than one answer may be."""


class TimeLimitError(LimitError):
    """The query takes longer than one query may."""


@dataclass(frozen=True, order=True)
class Place:
    """A place in an input file: file, row (from 1, the header being row 1) and column name.

    >>> str(Place("arm-results.tsv", 12, "value"))
    'arm-results.tsv:12:value'
    >>> str(Place("arms.tsv"))
    'arms.tsv'
    """

    file: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Colon-separated, as compilers print it."""
        return ":".join(str(part) for part in (self.file, self.row, self.column) if part is not None)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: where, what, and how to mend it.

    >>> str(Problem(Place("arms.tsv", 3, "study"), "no study is called 'CRISTAL'", "did you mean 'CRYSTAL'?"))
    "arms.tsv:3:study: no study is called 'CRISTAL'; did you mean 'CRYSTAL'?"
    """

    place: Place
    what: str
    cure: str

    def __str__(self) -> str:
        """One line: place, what, cure."""
        return f"{self.place}: {self.what}; {self.cure}"


def raise_for(problems: Sequence[Problem], error: type[KgError]) -> None:
    """Raise ``error`` with one line a problem, in the order of the files; return quietly when there are none."""
    if problems:
        ordered = sorted(problems, key=lambda p: (p.place.file, p.place.row or 0, p.place.column or "", p.what))
        raise error("\n".join(map(str, ordered)))
