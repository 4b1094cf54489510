"""The words of a command line as text, and a command that is carried out with them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from kg.cli.streams import ReaderLeftError
from kg.errors import InputError, UsageError
from kg.files import decoded


def carry_out(function: Callable[..., None], given: Mapping[str, Any]) -> None:
    """Call the function of a command, with its words as text; files and folders keep the bytes that name them."""
    # rdflib warns of every literal whose text is no value of its datatype
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    try:
        function(**{name: value if name == "graph" else as_text(value) for name, value in given.items()})
    except BrokenPipeError as error:  # of which Typer would make a failure
        raise ReaderLeftError from error


def as_text(value: Any) -> Any:
    """A value with its words as text; raises :class:`~kg.errors.UsageError` for one that is no text."""
    if isinstance(value, list):
        return [as_text(one) for one in value]
    if not isinstance(value, str) or value.isascii():
        return value
    if not any(map(_is_byte, value)):
        return value
    raw = os.fsencode(value)
    try:
        return decoded(raw, "the argument")
    except InputError as error:
        shown = raw.decode("utf-8", "backslashreplace")[:100]
        raise UsageError(f"the argument '{shown}' is not UTF-8; type it in a terminal that is set to UTF-8") from error


def _is_byte(character: str) -> bool:
    """Whether Python put a byte that it could not decode in the place of a character (PEP 383)."""
    return "\udc80" <= character <= "\udcff"
