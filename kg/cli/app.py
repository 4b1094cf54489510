"""The application of ``mcrc-kg`` and the options that its commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg import __version__

app = typer.Typer(
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Targeted therapy of metastatic colorectal cancer as a graph you can ask, every number with its place in the source."""


Format = Annotated[
    str | None, typer.Option("--format", help="table, csv, tsv, json, ttl or md; a table on a terminal, else csv.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all.")]
GraphPlace = Annotated[
    str | None,
    typer.Option("--graph", envvar="MCRC_KG_GRAPH", help="A folder made by build, or a SPARQL endpoint; the packaged graph."),
]
Facts = Annotated[
    Path | None, typer.Option("--facts", help="A folder shaped like kg/facts/, one folder a source; the packaged one.")
]
