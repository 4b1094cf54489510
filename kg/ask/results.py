"""The answer to a question: columns and rows of terms, and the text forms that go to a terminal, a file or a program."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
# rows and characters a cell that a notebook shows of a table
_SHOWN = 100
_LONGEST = 300
# the texts of numbers in XML Schema; Python reads more, such as "1_000" and "infinity"
_DIGITS = frozenset("0123456789+-.eE")
_NOT_FINITE = ("INF", "+INF", "-INF", "NaN")


@dataclass(frozen=True)
class Table:
    """Rows of RDF terms under named columns; None where the graph says nothing.

    >>> table = Table(("drug", "year"), ((URIRef("https://w3id.org/mcrc-kg/id/drug/cetuximab"), Literal(2004)),))
    >>> table.to_dicts()
    [{'drug': 'https://w3id.org/mcrc-kg/id/drug/cetuximab', 'year': 2004}]
    >>> len(table)
    1
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Row by row, as :meth:`to_dicts` gives them."""
        return iter(self.to_dicts())

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary a row: numbers and truth values as Python values, IRIs and other literals as text, None if absent."""
        return [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas data frame; an absent value is None.

        Raises :class:`~kg.errors.UsageError` when pandas is not installed.
        """
        frame: pandas.DataFrame = _imported("pandas").DataFrame(self.to_dicts(), columns=list(self.columns))
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars data frame; a column of numbers and words alike becomes text, an absent value is null.

        Raises :class:`~kg.errors.UsageError` when polars is not installed.
        """
        rows = self.to_dicts()
        columns = {name: [row[name] for row in rows] for name in self.columns}
        frame: polars.DataFrame = _imported("polars").DataFrame({name: _alike(cells) for name, cells in columns.items()})
        return frame

    def _repr_html_(self) -> str:
        """The first rows for a notebook, escaped; how many more there are is said."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        lines = ("".join(f"<td>{_cell(term)}</td>" for term in row) for row in self.rows[:_SHOWN])
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        more = f", the first {_SHOWN} shown; .rows has all" if len(self) > _SHOWN else ""
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{len(self)} row{'' if len(self) == 1 else 's'}{more}</p>"
        )

    def texts(self) -> list[list[str]]:
        """The cells as text, rows of equal length; an absent value is empty."""
        return [["" if term is None else str(term) for term in row] for row in self.rows]


Result = Table | bool | Graph


def from_answer(answer: Answer) -> Result:
    """What the library hands out for an engine's answer: a table, a truth value or a graph."""
    return Table(answer.variables, answer.rows) if isinstance(answer, Solutions) else answer


def to_csv(table: Table) -> str:
    """A header and plain values, separated by commas (RFC 4180), lines ended by a line feed; a triple term as in N-Triples."""
    return _separated(table, ",")


def to_tsv(table: Table) -> str:
    """A header and plain values, separated by tabs."""
    return _separated(table, "\t")


def to_json(table: Table) -> str:
    """A JSON array, one object a row; an absent value is null, a number that JSON does not have, such as INF, is text."""
    rows = [dict(zip(table.columns, map(_json, row), strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def to_markdown(table: Table) -> str:
    """A Markdown table; IRIs shown by their prefixed names."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    lines += [[" ".join(short(term).split()).replace("|", "\\|") for term in row] for row in table.rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _no_turtle(table: Table) -> str:
    raise UsageError("ttl writes a graph, and this answer is a table; use csv, tsv, json or md, or ask with CONSTRUCT")


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
        raise UsageError(f"no format is called '{form}'; choose one of {', '.join(FORMATS)}")
    if isinstance(result, Graph):
        return to_turtle(result)
    table = Table(("answer",), ((Literal(result),),)) if isinstance(result, bool) else result
    return FORMATS[form](table)


def short(term: Term) -> str:
    """A term as people read it: a prefixed name for an IRI where a prefix fits, the text of a literal, nothing for None."""
    if isinstance(term, TripleTerm):
        return written(term, lambda iri: contract(iri) or f"<{iri}>")
    if isinstance(term, URIRef):
        return contract(term) or str(term)
    return "" if term is None else str(term)


def number(term: Term) -> bool | int | float | None:
    """The value of a number or a truth value as Python has it, infinite or not a number included; None for all other terms.

    A literal whose text is no value of its datatype, such as ``"1_000"^^xsd:integer``, is none.

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


def _alike(cells: list[Any]) -> list[Any]:
    """Cells of one type: as they are, as fractions where there are whole numbers too, else as text."""
    if not all(map(_fits, cells)):
        return [None if cell is None else str(cell) for cell in cells]
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) < 2:
        return cells
    one = float if kinds == {int, float} else str
    return [None if cell is None else one(cell) for cell in cells]


def _fits(cell: Any) -> bool:
    """Whether a data frame has a number type for a cell."""
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
    # with this ending the writer quotes a cell that holds a carriage return too; readers take it for the end of a line
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
    """What a CSV writer writes to: each row is one entry."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
