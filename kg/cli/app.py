"""The application of ``mcrc-kg`` and the options that its commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from kg import __version__
from kg.cli.completion import PROGRAM, format_words
from kg.cli.streams import ReaderLeftError
from kg.errors import InputError, UsageError
from kg.files import decoded

Function = TypeVar("Function", bound=Callable[..., None])


class Commands(typer.Typer):
    """An application whose commands get text also in a locale that is not UTF-8, where Python leaves other bytes as they are.

    Files and folders keep the bytes that name them.
    """

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """The decorator that adds a command."""

        def add(function: Function) -> Function:
            @wraps(function)
            def run(**given: Any) -> None:
                try:
                    function(**{name: value if name == "graph" else as_text(value) for name, value in given.items()})
                except BrokenPipeError as error:  # of which Typer would make a failure
                    raise ReaderLeftError from error

            super(Commands, self).command(name, **options)(run)
            return function

        return add


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


app = Commands(
    name=PROGRAM,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mcrc-kg {__version__}")
        raise typer.Exit


@app.callback()
def mcrc_kg(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Targeted therapy of metastatic colorectal cancer as a graph you can ask, every number with its place in the source."""


Format = Annotated[
    str | None,
    typer.Option(
        "--format", help="table, csv, tsv, json, ttl or md; a table on a terminal, else csv.", autocompletion=format_words
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all.")]
GraphPlace = Annotated[
    str | None,
    typer.Option("--graph", envvar="MCRC_KG_GRAPH", help="A folder made by build, or a SPARQL endpoint; the packaged graph."),
]
Facts = Annotated[
    Path | None, typer.Option("--facts", help="A folder shaped like kg/facts/, one folder a source; the packaged one.")
]
