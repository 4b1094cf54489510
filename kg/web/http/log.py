"""The log: one line of JSON on standard error for each message of this server or its libraries."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any


def log(line: dict[str, Any]) -> None:
    """Write one line of JSON to standard error."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    text = json.dumps({"time": moment, **line}) + "\n"  # ASCII only, because terminals interpret some other characters
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # a full disk or a closed stream must not affect requests
            sys.stderr.write(text)


class JsonLogHandler(logging.Handler):
    """A handler that writes the messages of libraries to the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        trace = {"trace": "".join(traceback.format_exception(record.exc_info[1]))} if record.exc_info else {}
        log({"level": record.levelname.lower(), "said": record.getMessage()} | trace)


def log_everything() -> None:
    """Also write the warnings of all libraries, and the errors that end a thread, to the log from now on."""
    logging.basicConfig(handlers=[JsonLogHandler()], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    threading.excepthook = _ended
    sys.unraisablehook = _unraised


def _ended(what: threading.ExceptHookArgs) -> None:
    name = what.thread.name if what.thread else "a thread"
    _error(f"{name} ended", what.exc_value)


def _unraised(what: sys.UnraisableHookArgs) -> None:
    _error(what.err_msg or "an error could not be raised", what.exc_value)


def _error(said: str, error: BaseException | None) -> None:
    log({"level": "error", "said": said, "trace": "".join(traceback.format_exception(error))})
