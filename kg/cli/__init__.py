"""The command line: the same verbs as the library, exit codes as in :mod:`kg.errors`."""

from __future__ import annotations

import logging
import os
import sys

from kg.cli.streams import ReaderLeftError, standard_streams
from kg.errors import InputError, KgError, OutsideError

_NO_BUGS = (KgError, ReaderLeftError, KeyboardInterrupt, MemoryError, OSError)


def main() -> None:
    """Run ``mcrc-kg``; the exit status is 0, or the code of the error, 130 when interrupted, 70 for a bug."""
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
    from kg.cli.completion import PROGRAM, quoted_for_bash

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it warns of every literal whose text is no value of its datatype
    with quoted_for_bash():
        app(prog_name=PROGRAM)


def _cause(error: BaseException) -> BaseException:
    """What ended the tasks of a server, where an error stands for several: what is no bug, if there is such a one."""
    while isinstance(error, BaseExceptionGroup):
        error = (error.subgroup(_NO_BUGS) or error).exceptions[0]
    return error


def _told(error: BaseException) -> tuple[str, int]:
    """The message and the exit status for what ended a command."""
    match error:
        case KgError():
            return str(error), error.exit_code
        case ReaderLeftError():
            return "", 0
        case KeyboardInterrupt():
            return "interrupted", 130
        case MemoryError():
            return "not enough memory; ask for less, or end other programs", OutsideError.exit_code
        case RecursionError():
            return "the input or the answer is nested too deep; write it flatter", InputError.exit_code
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return f"{place}the system refused: {error.strerror or error}", OutsideError.exit_code
    return f"a bug: {type(error).__name__}: {error}; set MCRC_KG_TRACEBACK=1 to see where", KgError.exit_code
