"""The command line: the same verbs as the library, exit codes as in :mod:`kg.errors`.

Nothing is loaded before it is used: the help page of the program needs neither Typer nor the commands, a command needs only its
own module, and rdflib and the graph are loaded when a command runs.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from kg.cli.help import COMPLETION, page
from kg.cli.streams import ReaderLeftError, standard_streams

_OBJECTS = 100_000  # made between two searches for garbage; Python searches every 700, and there is none while modules load


def main() -> None:
    """Run ``mcrc-kg``. The exit code is 0, the code of the error, 130 when interrupted, or 70 for a bug."""
    gc.set_threshold(_OBJECTS)
    atexit.register(gc.freeze)  # what ends with the process need not be searched for garbage
    try:
        with standard_streams():
            _run()
    except (Exception, KeyboardInterrupt) as error:
        ended = _cause(error)
        if os.environ.get("MCRC_KG_TRACEBACK") and not isinstance(ended, _no_bugs()):
            raise
        message, code = _told(ended)
        for line in message.splitlines():
            print(f"mcrc-kg: {line}", file=sys.stderr)
        sys.exit(code)


def _run() -> None:
    if (text := page(sys.argv)) is not None:
        sys.stdout.write(text)
        return
    if sys.argv[1:2] == ["ask"] and COMPLETION not in os.environ:
        from kg.cli.arguments import carry_out
        from kg.cli.ask import answer, plain

        if (given := plain(sys.argv[1:])) is not None:
            carry_out(answer, given)
            return
    from kg.cli.commands import application
    from kg.cli.completion import PROGRAM, quoted_for_bash

    with quoted_for_bash():
        application(sys.argv[1:])(prog_name=PROGRAM)


def _no_bugs() -> tuple[type[BaseException], ...]:
    from kg.errors import KgError

    return KgError, ReaderLeftError, KeyboardInterrupt, MemoryError, OSError


def _cause(error: BaseException) -> BaseException:
    """The cause in a group of errors, as the tasks of a server raise it; an expected error is preferred to a bug."""
    while isinstance(error, BaseExceptionGroup):
        error = (error.subgroup(_no_bugs()) or error).exceptions[0]
    return error


def _told(error: BaseException) -> tuple[str, int]:
    """The message and the exit code for the error that ended a command."""
    from kg.errors import InputError, KgError, OutsideError

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
