"""The command line: the same verbs as the library, exit codes as in :mod:`kg.errors`."""

from __future__ import annotations

import logging
import os
import sys

from kg.cli.streams import ReaderLeftError, standard_streams
from kg.errors import InputError, KgError, OutsideError

_NO_BUGS = (KgError, ReaderLeftError, KeyboardInterrupt, MemoryError, OSError)


def main() -> None:
    """Run ``mcrc-kg``. The exit code is 0, the code of the error, 130 when interrupted, or 70 for a bug."""
    try:
        with standard_streams():
            _run()
    except (Exception, KeyboardInterrupt) as error:
        ended = _cause(error)
        if os.environ.get("MCRC_KG_TRACEBACK") and not isinstance(ended, _NO_BUGS):
            raise
        message, code = _told(ended)
        for line in message.splitlines():
            print(f"mcrc-kg: {line}", file=sys.stderr)
        sys.exit(code)


def _run() -> None:
    from kg.cli.commands import app

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it warns of every literal whose text is no value of its datatype
    app()


def _cause(error: BaseException) -> BaseException:
    """The cause in a group of errors, as the tasks of a server raise it; an expected error is preferred to a bug."""
    while isinstance(error, BaseExceptionGroup):
        error = (error.subgroup(_NO_BUGS) or error).exceptions[0]
    return error


def _told(error: BaseException) -> tuple[str, int]:
    """The message and the exit code for the error that ended a command."""
    match error:
        case KgError():
            return str(error), error.exit_code
        case ReaderLeftError():
            return "", 0
        case KeyboardInterrupt():
            return "interrupted", 130
        case MemoryError():
            return "there is not enough memory; request less data, or close other programs", OutsideError.exit_code
        case RecursionError():
            return "the input or the answer is nested too deeply; reduce the nesting", InputError.exit_code
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return f"{place}operating system error: {error.strerror or error}", OutsideError.exit_code
    return f"a bug: {type(error).__name__}: {error}; set MCRC_KG_TRACEBACK=1 for the traceback", KgError.exit_code
