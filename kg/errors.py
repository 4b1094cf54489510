"""The errors of this package; each class has the exit code of the command line.

::

    KgError                    70  a bug, if no more specific error was raised
    ├── DataError               1  a check of the data failed, or the data do not allow the analysis
    ├── UsageError              2  the call is wrong: an unknown parameter, two options that exclude each other
    │   ├── FormatError         2  the answer cannot be written in any of the requested formats
    │   └── RefusedError        2  the query is not allowed: an update, or a SERVICE that is not on the allow-list
    ├── NotFoundError           3  no such question or entity; the message names the nearest ones
    ├── InputError              4  unreadable input: a missing file, a cell or a query that does not parse
    └── OutsideError            5  an external failure: a remote endpoint, a full disk, a closed output
        ├── EngineError         5  the process of the query ended without an answer, or could not be started
        └── LimitError          5  a limit ended the query; a smaller query, or a later one, may succeed
            ├── BusyError       5  no slot is free now
            │   └── ShareError  5  the client already uses its share of the slots
            ├── MemoryLimitError 5 the query needs more memory than the limit
            ├── SizeLimitError  5  the answer is larger than the limit
            └── TimeLimitError  5  the query takes longer than the limit

Catch :class:`KgError` to catch them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class KgError(Exception):
    """Base of all errors that this package raises on purpose."""

    exit_code = 70


class QueryWarning(UserWarning):
    """A query was answered, but probably does not ask what was meant: it names a term that does not exist, for example."""


class DataError(KgError):
    """A check of the data failed, or the data do not allow the analysis."""

    exit_code = 1


class NoEstimateError(DataError):
    """A figure of ratios was asked for where no ratio is printed; the message has the results in words."""


class UsageError(KgError):
    """The call itself is wrong."""

    exit_code = 2


class FormatError(UsageError):
    """The answer cannot be written in any of the requested formats."""


class RefusedError(UsageError):
    """The query is not allowed here."""


class NotFoundError(KgError):
    """No question or entity has this name."""

    exit_code = 3


class InputError(KgError):
    """An input cannot be read."""

    exit_code = 4


class OutsideError(KgError):
    """Something outside this process failed: an endpoint, a disk, a stream."""

    exit_code = 5


class EngineError(OutsideError):
    """The process of a query ended without an answer, or could not be started."""


class LimitError(OutsideError):
    """A limit ended the query."""


class BusyError(LimitError):
    """No slot is free for the query now; ``after`` is the number of seconds to wait, 0 where it is not known."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class ShareError(BusyError):
    """The client already uses its share of the slots."""


class MemoryLimitError(LimitError):
    """The query needs more memory than the limit."""


class SizeLimitError(LimitError):
    """The answer is larger than the limit."""


class TimeLimitError(LimitError):
    """The query takes longer than the limit."""


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
        """The parts separated by colons, as compilers print them."""
        return ":".join(str(part) for part in (self.file, self.row, self.column) if part is not None)


@dataclass(frozen=True)
class Problem:
    """One problem in an input: where it is, what it is, and how to correct it.

    >>> str(Problem(Place("arms.tsv", 3, "study"), "no study has the name 'CRISTAL'", "did you mean 'CRYSTAL'?"))
    "arms.tsv:3:study: no study has the name 'CRISTAL'; did you mean 'CRYSTAL'?"
    """

    place: Place
    what: str
    cure: str

    def __str__(self) -> str:
        """One line: place, what, cure."""
        return f"{self.place}: {self.what}; {self.cure}"


def raise_for(problems: Sequence[Problem], error: type[KgError]) -> None:
    """Raise ``error`` with one line per problem, in the order of the files; do nothing when there are none."""
    if problems:
        ordered = sorted(problems, key=lambda p: (p.place.file, p.place.row or 0, p.place.column or "", p.what))
        raise error("\n".join(map(str, ordered)))
