"""The answer to a question: columns and rows of terms, and the text forms that go to a terminal, a file or a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import UsageError
from kg.namespaces import contract
from kg.store import Answer, Solutions
from kg.turtle import to_turtle

Term = Node | None


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

    def texts(self) -> list[list[str]]:
        """The cells as text, rows of equal length; an absent value is empty."""
        return [["" if term is None else str(term) for term in row] for row in self.rows]


Result = Table | bool | Graph


def from_answer(answer: Answer) -> Result:
    """What the library hands out for an engine's answer: a table, a truth value or a graph."""
    return Table(answer.variables, answer.rows) if isinstance(answer, Solutions) else answer


def to_csv(table: Table) -> str:
    """A header and plain values, separated by commas (RFC 4180), lines ended by a line feed."""
    return _separated(table, ",")


def to_tsv(table: Table) -> str:
    """A header and plain values, separated by tabs."""
    return _separated(table, "\t")


def to_json(table: Table) -> str:
    """A JSON array, one object a row; an absent value is null."""
    return json.dumps(table.to_dicts(), ensure_ascii=False, indent=2, default=str) + "\n"


def to_markdown(table: Table) -> str:
    """A Markdown table; IRIs shown by their prefixed names."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    lines += [[short(term).replace("|", "\\|") for term in row] for row in table.rows]
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
    if isinstance(term, URIRef):
        return contract(term) or str(term)
    return "" if term is None else str(term)


def _separated(table: Table, separator: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.texts())
    return out.getvalue()


def _plain(term: Term) -> Any:
    if isinstance(term, Literal):
        value = term.toPython()
        return value if isinstance(value, (bool, int, float)) else _decimal(value, term)
    return None if term is None else f"_:{term}" if isinstance(term, BNode) else str(term)


def _decimal(value: Any, term: Literal) -> Any:
    return float(value) if type(value).__name__ == "Decimal" else str(term)
