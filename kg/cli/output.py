"""Output of the commands: data on standard output in one of the shared formats, notes on standard error."""

from __future__ import annotations

import signal
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.files import write_whole

if TYPE_CHECKING:
    from kg.ask.results import Result, Table
    from kg.pipeline.validate import Report

NARROWEST_COLUMN = 11
NARROWEST_TABLE = 30


def show(result: Result, form: str | None, output: Path | None) -> None:
    """Print a result, or write it to a file: a table on a terminal, CSV otherwise, unless a format is named."""
    from rdflib import Graph, Literal

    from kg.ask.results import FORMATS, Table, render

    to_terminal = output is None and sys.stdout.isatty()
    form = form or ("table" if to_terminal else "csv")
    if form != "table" and form not in FORMATS:
        raise UsageError(f"unknown format '{form}'; choose one of table, {', '.join(FORMATS)}")
    if form == "table" and not isinstance(result, Graph):
        text = _boxed(result if isinstance(result, Table) else Table(("answer",), ((Literal(result),),)))
    else:
        text = render(result, "csv" if form == "table" else form)
    write_text(text, output)


def table(columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> Table:
    """A result of plain values, terms among them as they are."""
    from rdflib import Literal
    from rdflib.term import Node

    from kg.ask.results import Table

    return Table(columns, tuple(tuple(one if isinstance(one, Node) else Literal(one) for one in row) for row in rows))


def write_text(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file."""
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text)


def note(message: str) -> None:
    """Print one line for the user on standard error."""
    print(message, file=sys.stderr)


@contextmanager
def asking() -> Iterator[None]:
    """Within this context an interrupt ends the program at once, unless it is ignored; the engine does not react to it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Show a progress indicator on a terminal during a long task; the yielded function changes its text."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield status.update


def _boxed(table: Table) -> str:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as Box
    from rich.text import Text

    from kg.ask.results import short

    used = [i for i, name in enumerate(table.columns) if any(row[i] is not None and str(row[i]) for row in table.rows)]
    console = Console(file=sys.stdout)
    console.width = max(console.width, NARROWEST_TABLE) if sys.stdout.isatty() else 160
    with console.capture() as capture:
        if len(used) * NARROWEST_COLUMN > console.width:
            for row in table.rows:
                pairs = [(table.columns[i], short(row[i])) for i in used if row[i] is not None]
                for name, text in pairs:
                    console.print(Text(f"{name:>18}", "bold"), Text(_visible(text)), sep="  ", highlight=False)
                console.print()
        else:
            box = Box(*(escape(table.columns[i]) for i in used), header_style="bold", pad_edge=False)
            for row in table.rows:
                box.add_row(*(Text(_visible(short(row[i]))) for i in used))
            console.print(box)
        console.print(f"{len(table)} row{'' if len(table) == 1 else 's'}", style="dim")
    return capture.get()


def _visible(text: str) -> str:
    """A text that is safe to print on a terminal: control characters other than line feeds and tabs are escaped."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else f"\\x{ord(c):02x}" for c in text)


def show_findings(report: Report, source: str, form: str | None, output: Path | None) -> None:
    """Print the findings of a validation, one a line or as a table, and their number."""
    if form or output:
        rows = ((f.severity, str(f.place), f.subject, f.message) for f in report.findings)
        show(table(("severity", "place", "subject", "message"), rows), form, output)
    else:
        for finding in report.findings:
            print(finding)
    note(f"{source}: {len(report.errors)} errors, {len(report.findings) - len(report.errors)} warnings")
