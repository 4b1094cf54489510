"""The command line: the same verbs as the library, exit codes as in :mod:`kg.errors`."""

from __future__ import annotations

import os
import sys

from kg.errors import KgError


def main() -> None:
    """Run ``mcrc-kg``; the exit status is 0, or the code of the error, 130 when interrupted, 70 for a bug."""
    from kg.cli import agents, evidence, look, make, serve  # noqa: F401 - each adds its commands
    from kg.cli.app import app

    try:
        app()
    except KgError as error:
        _stop(str(error), error.exit_code)
    except KeyboardInterrupt:
        _stop("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("MCRC_KG_TRACEBACK"):
            raise
        _stop(f"a bug: {type(error).__name__}: {error}; set MCRC_KG_TRACEBACK=1 to see where", KgError.exit_code)


def _stop(message: str, code: int) -> None:
    for line in message.splitlines():
        print(f"mcrc-kg: {line}", file=sys.stderr)
    sys.exit(code)
