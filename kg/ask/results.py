"""Result tables: columns and rows of RDF terms, and their text formats for a terminal, a file or a program."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.engine.store import Answer, Solutions
from kg.errors import UsageError
from kg.namespaces import contract
from kg.resources import is_web_address
from kg.terms import TripleTerm, written
from kg.turtle import to_turtle

if TYPE_CHECKING:
    import pandas
    import polars

Term = Node | None
# the greatest number of rows, and of characters per cell, that a notebook shows
_SHOWN = 100
_LONGEST = 300
# the characters of numbers in XML Schema; Python also accepts texts such as "1_000" and "infinity"
_DIGITS = frozenset("0123456789+-.eE")
_NOT_FINITE = ("INF", "+INF", "-INF", "NaN")


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of RDF terms under named columns; None where there is no value. ``notes`` say what the answer leaves out.

    >>> table = Table(("drug", "year"), ((URIRef("https://w3id.org/mcrc-kg/id/drug/cetuximab"), Literal(2004)),))
    >>> table.to_dicts()
    [{'drug': 'https://w3id.org/mcrc-kg/id/drug/cetuximab', 'year': 2004}]
    >>> len(table)
    1
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, as in :meth:`to_dicts`."""
        return iter(self.to_dicts())

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary per row: numbers and truth values as Python values, IRIs and other literals as text, None if absent."""
        return [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas data frame; an absent value is None, or missing among numbers.

        Printed numbers are numbers, and the comparator and the number of a P value are columns of their own
        (:mod:`kg.ask.frames`).

        Raises :class:`~kg.errors.UsageError` when pandas is not installed.
        """
        module = _imported("pandas")
        series = {name: module.Series(cells, dtype=_dtype(cells)) for name, cells in self._columns().items()}
        frame: pandas.DataFrame = module.DataFrame(series, columns=list(series))
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars data frame; a column with both numbers and text becomes text, an absent value is null.

        Numbers and P values are as in :meth:`to_pandas`.

        Raises :class:`~kg.errors.UsageError` when polars is not installed.
        """
        frame: polars.DataFrame = _imported("polars").DataFrame({name: _alike(cells) for name, cells in self._columns().items()})
        return frame

    def _columns(self) -> dict[str, list[Any]]:
        from kg.ask.frames import columns  # only for data frames

        return columns(self.to_dicts(), self.columns)

    def __repr__(self) -> str:
        """The rows as a plain table, as wide as the terminal; the middle of many rows is left out."""
        from kg.ask.text_table import drawn  # only for whoever prints one

        return drawn(self.columns, [[short(term) for term in row] for row in self.rows])

    def _repr_html_(self) -> str:
        """The first rows as escaped HTML for a notebook, with the number of all rows."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        lines = ("".join(f"<td>{_cell(term)}</td>" for term in row) for row in self.rows[:_SHOWN])
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        more = f", the first {_SHOWN} shown; .rows has all" if len(self) > _SHOWN else ""
        notes = "".join(f"<p>{escape(one)}</p>" for one in self.notes)
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{len(self)} row{'' if len(self) == 1 else 's'}{more}</p>{notes}"
        )

    def texts(self) -> list[list[str]]:
        """The cells as text, rows of equal length; an absent value is empty."""
        return [["" if term is None else str(term) for term in row] for row in self.rows]


Result = Table | bool | Graph


def from_answer(answer: Answer) -> Result:
    """The result for an answer of an engine: a table, a truth value or a graph."""
    return Table(answer.variables, answer.rows) if isinstance(answer, Solutions) else answer


def to_csv(table: Table) -> str:
    """A header and plain values, separated by commas (RFC 4180), lines ended by a line feed; a triple term as in N-Triples."""
    return _separated(table, ",")


def to_tsv(table: Table) -> str:
    """A header and plain values, separated by tabs."""
    return _separated(table, "\t")


def to_json(table: Table) -> str:
    """A JSON array with one object per row; an absent value is null, and a number that JSON lacks, such as INF, is text."""
    rows = [dict(zip(table.columns, map(_json, row), strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_markdown(table: Table) -> str:
    """A Markdown table; IRIs are shown as prefixed names."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    lines += [[" ".join(short(term).split()).replace("|", "\\|") for term in row] for row in table.rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _no_turtle(table: Table) -> str:
    raise UsageError("the format ttl is for graphs, and this answer is a table; use csv, tsv, json or md, or a CONSTRUCT query")


FORMATS: dict[str, Callable[[Table], str]] = {
    "csv": to_csv,
    "tsv": to_tsv,
    "json": to_json,
    "md": to_markdown,
    "ttl": _no_turtle,
}


def render(result: Result, form: str) -> str:
    """The text of a result in one of :data:`FORMATS`.

    A graph is always Turtle; a truth value is a table of one cell.

    Raises :class:`~kg.errors.UsageError` for an unknown format.
    """
    if form not in FORMATS:
        raise UsageError(f"unknown format '{form}'; choose one of {', '.join(FORMATS)}")
    if isinstance(result, Graph):
        return to_turtle(result)
    table = Table(("answer",), ((Literal(result),),)) if isinstance(result, bool) else result
    return FORMATS[form](table)


def short(term: Term) -> str:
    """A readable form of a term: the prefixed name of an IRI where a prefix matches, the text of a literal, "" for None."""
    if isinstance(term, TripleTerm):
        return written(term, lambda iri: contract(iri) or f"<{iri}>")
    if isinstance(term, URIRef):
        return contract(term) or str(term)
    return "" if term is None else str(term)


def number(term: Term) -> bool | int | float | None:
    """The Python value of a number (including infinity and NaN) or a truth value; None for all other terms.

    The value of a literal that is invalid for its datatype, such as ``"1_000"^^xsd:integer``, is None.

    >>> from rdflib import XSD
    >>> number(Literal("0.70", datatype=XSD.decimal)), number(Literal("abc", datatype=XSD.integer))
    (0.7, None)
    """
    if not isinstance(term, Literal):
        return None
    text, value = str(term), term.value
    if isinstance(value, bool):
        return value if text in ("true", "false", "1", "0") else None
    if not isinstance(value, (int, float, Decimal)) or (text not in _NOT_FINITE and not _DIGITS.issuperset(text)):
        return None
    return float(value) if isinstance(value, Decimal) else value


def _cell(term: Term) -> str:
    text = short(term)
    shown = escape(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
    is_web = isinstance(term, URIRef) and is_web_address(term)
    return f'<a href="{escape(str(term))}">{shown}</a>' if is_web else shown


def _dtype(cells: list[Any]) -> str | None:
    """The type of a column of pandas: integers that can be absent, or whatever fits the cells."""
    kinds = {type(cell) for cell in cells if cell is not None}
    return "Int64" if kinds == {int} and None in cells and all(map(_fits, cells)) else None if cells else "object"


def _alike(cells: list[Any]) -> list[Any]:
    """Cells of one type: unchanged if they have one type, floats for a mix of numbers, else text."""
    if not all(map(_fits, cells)):
        return [None if cell is None else str(cell) for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) < 2:
        return cells
    one = float if kinds == {int, float} else str
    return [None if cell is None else one(cell) for cell in cells]


def _fits(cell: Any) -> bool:
    """Whether a cell fits into a number type of a data frame."""
    return not isinstance(cell, int) or -(1 << 63) <= cell < 1 << 63


def _imported(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as missing:
        raise UsageError(
            f"the package '{package}' is missing; install it with: pip install '.[frames]' in a copy of the project"
        ) from missing


def _separated(table: Table, separator: str) -> str:
    lines: list[str] = []
    # with this line ending the writer also quotes cells that contain a carriage return, which readers take as a line end
    writer = csv.writer(_Lines(lines), delimiter=separator, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(table.texts())
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


def _plain(term: Term) -> Any:
    value = number(term)
    if value is not None:
        return value
    return None if term is None else f"_:{term}" if isinstance(term, BNode) else str(term)


def _json(term: Term) -> Any:
    value = _plain(term)
    return str(term) if isinstance(value, float) and not math.isfinite(value) else value


class _Lines:
    """The output of a CSV writer, as a list with one entry per row."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
