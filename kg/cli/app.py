"""The application of ``mcrc-kg`` and the options that its commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from kg import __version__
from kg.cli.streams import ReaderLeftError
from kg.errors import InputError, UsageError
from kg.files import decoded

Function = TypeVar("Function", bound=Callable[..., None])


class Commands(typer.Typer):
    """An application that decodes the arguments of its commands as UTF-8, in every locale.

    The names of files and folders keep their bytes.
    """

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """The decorator that adds a command."""

        def add(function: Function) -> Function:
            @wraps(function)
            def run(**given: Any) -> None:
                try:
                    function(**{name: value if name == "graph" else as_text(value) for name, value in given.items()})
                except BrokenPipeError as error:  # Typer would treat it as a failure
                    raise ReaderLeftError from error

            super(Commands, self).command(name, **options)(run)
            return function

        return add


def as_text(value: Any) -> Any:
    """The value of an argument as text; raises :class:`~kg.errors.UsageError` for one that is not UTF-8."""
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
    """Whether a character stands for a byte that Python could not decode (PEP 383)."""
    return "\udc80" <= character <= "\udcff"


app = Commands(
    name="mcrc-kg",
    no_args_is_help=True,
    add_completion=False,
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Query a knowledge graph of targeted therapy of metastatic colorectal cancer; every number has its place in the source."""


Format = Annotated[
    str | None, typer.Option("--format", help="table, csv, tsv, json, ttl or md. Default: table on a terminal, else csv.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, completely or not at all.")]
GraphPlace = Annotated[
    str | None,
    typer.Option(
        "--graph", envvar="MCRC_KG_GRAPH", help="A folder made by build, or a SPARQL endpoint. Default: the packaged graph."
    ),
]
Facts = Annotated[
    Path | None,
    typer.Option(
        "--facts", help="A folder with the structure of kg/facts/: one subfolder per source. Default: the packaged one."
    ),
]
