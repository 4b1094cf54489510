"""Standard input, output and error with the same behaviour for every shell, locale and disk.

Data on standard output is UTF-8 in every locale. A terminal with another encoding shows a replacement for characters that it
cannot show. A stream that the shell closed stays closed: a file that is opened later never takes its number.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys

TYPE_CHECKING = False  # as in typing; this module loads nothing that the help page does without
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from _typeshed import ReadableBuffer


class ReaderLeftError(Exception):
    """The reader of standard output closed it before the end, as ``head`` does."""


class _StandardOutput(io.FileIO):
    """A handle whose errors name standard output; after the first error, all further output is dropped."""

    failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        while not self.failed:
            try:
                written = super().write(data)
            except BrokenPipeError as error:
                self.failed = True
                raise ReaderLeftError from error
            except OSError as error:
                from kg.errors import OutsideError
                from kg.files import reason

                self.failed = True
                raise OutsideError(f"standard output cannot be written: {reason(error)}") from error
            if written is not None:
                return written
            select.select([], [self], [])  # the pipe is full, and another process made it non-blocking
        return memoryview(data).nbytes


class _StandardError(io.FileIO):
    """A handle that drops what it cannot write, because the error could not be reported anywhere."""

    def write(self, data: ReadableBuffer, /) -> int:
        with contextlib.suppress(OSError):
            super().write(data)
        return memoryview(data).nbytes


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Standard streams for one command; the output is flushed at the end.

    Raises :class:`~kg.errors.OutsideError` when the output cannot be written, :class:`ReaderLeftError` when nobody reads it
    and the command did not set an exit code of its own.
    """
    # In this order, so that each stream gets its own number. A handle opened in the wrong direction fails like a closed one.
    if sys.stdin is None:
        source = io.FileIO(_reserved(os.O_WRONLY), closefd=False)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(source), "utf-8")
    out = _StandardOutput(_reserved(os.O_RDONLY) if sys.stdout is None else sys.stdout.fileno(), "w", closefd=False)
    err = _StandardError(_reserved(os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno(), "w", closefd=False)
    sys.stdout, sys.stderr = _text(out, sys.stdout, "replace", False), _text(err, sys.stderr, "backslashreplace", True)
    try:
        yield
    except SystemExit as ended:
        try:
            sys.stdout.flush()
        except ReaderLeftError:
            if not ended.code:
                raise
        raise
    sys.stdout.flush()


def _reserved(flags: int) -> int:
    handle = os.open(os.devnull, flags)
    os.set_inheritable(handle, True)
    return handle


def _text(raw: io.FileIO, given: TextIO | None, errors: str, by_line: bool) -> io.TextIOWrapper:
    """A text stream in the encoding of the terminal, or in UTF-8 without a terminal."""
    encoding = given.encoding if given is not None and raw.isatty() else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=by_line or raw.isatty())


def read_standard_input() -> str:
    """The text on standard input, read as UTF-8 in every locale.

    Raises :class:`~kg.errors.InputError` when standard input is closed, cannot be read or is not UTF-8.
    """
    from kg.errors import InputError
    from kg.files import decoded, reason

    try:
        raw = sys.stdin.buffer.read()
    except OSError as error:
        cure = "give the query as an argument, or with --file"
        raise InputError(f"standard input cannot be read: {reason(error)}; {cure}") from error
    return decoded(raw, "standard input")
