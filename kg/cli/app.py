"""The application of ``mcrc-kg`` and the options that its commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from kg import __version__
from kg.cli.arguments import carry_out
from kg.cli.commands import MODULES
from kg.cli.completion import PROGRAM, format_words

Function = TypeVar("Function", bound=Callable[..., None])


class InOrder(TyperGroup):
    """The group of all commands, in the order of :data:`~kg.cli.commands.MODULES`; Typer lists groups such as ``plot`` last."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names of the commands."""
        order = [name for names in MODULES.values() for name in names]
        return sorted(super().list_commands(ctx), key=order.index)


class Commands(typer.Typer):
    """An application that decodes the arguments of its commands as UTF-8, in every locale.

    The names of files and folders keep their bytes.
    """

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        """The decorator that adds a command."""

        def add(function: Function) -> Function:
            @wraps(function)
            def run(**given: Any) -> None:
                carry_out(function, given)

            super(Commands, self).command(name, **options)(run)
            return function

        return add


app = Commands(
    name=PROGRAM,
    cls=InOrder,
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Query a knowledge graph of targeted therapy of metastatic colorectal cancer; reported results come with their place in the
    source article.
    """


Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="table, csv, tsv, json, md, or ttl (graphs only). Default: table on a terminal, else csv.",
        autocompletion=format_words,
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file (atomically).")]
GraphPlace = Annotated[
    str | None,
    typer.Option(
        "--graph",
        envvar="MCRC_KG_GRAPH",
        help="A folder made by build, a graph file, or the URL of a SPARQL endpoint. Default: the packaged graph.",
    ),
]
Facts = Annotated[
    Path | None,
    typer.Option("--facts", help="A folder with the structure of kg/facts/: one subfolder per batch. Default: the packaged one."),
]
AllowService = Annotated[
    list[str] | None,
    typer.Option("--allow-service", help="IRI of a SPARQL endpoint that SERVICE may query; default: none. Repeat for several."),
]
