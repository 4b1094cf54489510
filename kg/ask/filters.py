"""Filters on an answer: which of its rows are kept, in which order, and whether the places of one result are one row.

They work on the rows of any question that has the column, after its query, so that no query is put together from texts. The
values are those of :data:`kg.ask.catalogue.FILTERS`; :meth:`kg.graph.KnowledgeGraph.ask` looks up the names of a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from kg.ask.catalogue import YES, Parameter, Question
from kg.ask.places import OTHER, merged
from kg.ask.results import Table, Term
from kg.errors import NotFoundError, UsageError
from kg.namespaces import MCRC

if TYPE_CHECKING:
    from kg.ask.parameter_values import Graph

_NONE = "none"
_P = re.compile(r"([<>=≤≥])?\s*(\d*\.?\d+)\s*$")
# a statistic such as HR or P may stand before a number; the name of a trial, such as PRODIGE 18, is none
_NUMBER = re.compile(r"(?:[A-Z]{1,2} )?[<>=≤≥]? ?(-?\d*\.?\d+)")
_MEANS = {"wt": "wild type"}
_MONTHS = {"mo": Decimal(1), "wk": 12 / Decimal("52.18"), "d": 12 / Decimal("365.25"), "y": Decimal(12)}
_WITH_UNIT = ("median", "printed", "experimental_value", "reference_value")
# the columns of the two arms of a comparison
_EXPERIMENTAL, _REFERENCE = ("experimental_arm", "regimen", "treatment"), ("reference_arm", "against")
_REGIMEN = Parameter("favours", "mcrc:Regimen")
# the values of the filter favours that are not the name of a regimen
FAVOURED = ("experimental", "reference", "neither", _NONE)
Row = tuple[Term, ...]


@dataclass(frozen=True)
class Filters:
    """What is done with an answer: the value of each filter, the texts that it accepts where these are names, and remarks.

    >>> from rdflib import Literal
    >>> table = Table(("trial", "p"), ((Literal("A"), Literal("P = 0.04")), (Literal("B"), Literal("P < 0.001"))))
    >>> Filters({"p_below": "0.01"}).of(table).to_dicts()
    [{'trial': 'B', 'p': 'P < 0.001'}]
    >>> Filters({"sort": "p:desc"}).of(table).to_dicts()[0]["trial"]
    'A'
    """

    given: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    merges: bool = False
    notes: tuple[str, ...] = ()

    def check(self, columns: Sequence[str]) -> None:
        """Raise the error for a value that cannot be applied to an answer with these columns, before it is asked for."""
        if "sort" in self.given:
            sort_key(self.given["sort"], (*columns, *(OTHER if self.merges and "every_place" not in self.given else ())))
        if "p_below" in self.given:
            _limit(self.given["p_below"])

    def of(self, table: Table) -> Table:
        """The rows of an answer that pass all filters, merged and sorted.

        Raises :class:`~kg.errors.NotFoundError` with the values of the column for a value that no row has and
        :class:`~kg.errors.UsageError` for a column that the answer does not have.
        """
        if not table.columns:  # an answer without rows
            return table
        rows = merged(table) if self.merges and "every_place" not in self.given else table
        kept: Sequence[Row] = rows.rows
        for name, value in self.given.items():
            if name not in ("sort", "every_place"):
                kept = self._kept(name, value, rows.columns, kept, rows.rows)
        if "sort" in self.given:
            kept = _sorted(self.given["sort"], rows.columns, kept)
        return Table(rows.columns, tuple(kept), rows.notes)

    def __str__(self) -> str:
        """What is applied to the answer, as remarks of a SPARQL query; an empty text for nothing."""
        said = [f"{name.replace('_', ' ')}: {' '.join(value.split())}" for name, value in self.given.items()]
        if self.merges and "every_place" not in self.given:
            said.append("the places of one result in a document are one row")
        return "".join(f"# applied to the answer, after the query: {one}\n" for one in said)

    def _kept(self, name: str, value: str, columns: Sequence[str], rows: Sequence[Row], all_rows: Sequence[Row]) -> list[Row]:
        match name:
            case "line":
                return [row for row in rows if self._is_accepted(name, _text(row, columns, "line_of_therapy").split(", "))]
            case "population":
                _known(name, value, columns, all_rows)
                return [row for row in rows if _in_population(_text(row, columns, "population"), value)]
            case "endpoint":
                column = "endpoint" if "endpoint" in columns else "event"
                return [row for row in rows if self._is_accepted(name, [_text(row, columns, column).partition(" (grade ")[0]])]
            case "place":
                return [row for row in rows if value in _kinds_of_places(row, columns)]
            case "verdict":
                return [row for row in rows if (_text(row, columns, "authors_reading") or _NONE) == value]
            case "contains":
                return [row for row in rows if _has_words(value, row, columns)]
            case "favours":
                return [row for row in rows if self._favours(value, row, columns)]
            case _:
                return [row for row in rows if _is_below(row, columns, _limit(value))]

    def _is_accepted(self, name: str, texts: Iterable[str]) -> bool:
        return not {*map(_plain, self.accepted[name])}.isdisjoint(map(_plain, texts))

    def _favours(self, value: str, row: Row, columns: Sequence[str]) -> bool:
        favoured = _text(row, columns, "favours")
        if value in (_NONE, "neither"):
            return favoured == ("" if value == _NONE else value)
        if value in ("experimental", "reference"):
            arms = _EXPERIMENTAL if value == "experimental" else _REFERENCE
            return bool(favoured) and any(_text(row, columns, arm) == favoured for arm in arms if arm in columns)
        return self._is_accepted("favours", [favoured])


def filters_of(graph: Graph, asked: Question, params: Mapping[str, Any]) -> Filters:
    """The filters on the answer to a question among its parameters, with the names that each value stands for.

    Raises the errors of :func:`kg.ask.parameter_values.terms` and :class:`~kg.errors.UsageError` for a value that is none.
    """
    if not params:
        return Filters(merges=asked.merges)
    from kg.ask.parameter_values import names_of, term, terms  # whoever gives no value does without

    given: dict[str, str] = {}
    names: dict[str, frozenset[str]] = {}
    notes: list[str] = []
    for key, value in params.items():
        filtered = asked.parameter(key)
        if value is None or value is False:
            continue
        text = YES if value is True else str(value).strip()
        if filtered.of_class == MCRC.LineOfTherapy and (others := terms(graph, filtered, value)[1:]):
            notes.append(f"{filtered.name}: also rows of {', '.join(sorted(names_of(graph, others)))}, which may be this line")
        if filtered not in asked.filters:
            continue
        given[filtered.name] = text
        if filtered.of_class is not None:
            names[filtered.name] = names_of(graph, terms(graph, filtered, value))
        elif filtered.name == "favours" and text not in FAVOURED:
            names[filtered.name] = names_of(graph, [term(graph, _REGIMEN, value)])
        elif filtered.choices:
            term(graph, filtered, text)
    filters = Filters(given, names, asked.merges, tuple(notes))
    filters.check(asked.columns)
    return filters


def _text(row: Row, columns: Sequence[str], column: str) -> str:
    term = row[columns.index(column)]
    return "" if term is None else str(term)


def _plain(text: str) -> str:
    """A text without differences of case, hyphens and spaces.

    >>> _plain("RAS wild-type population"), _plain("KRAS wt")
    ('ras wild type', 'kras wild type')
    """
    words = (_MEANS.get(word, word) for word in text.replace("-", " ").casefold().split())
    return " ".join(words).removesuffix(" population")


def _in_population(cell: str, value: str) -> bool:
    """Whether a criterion of selection is this one, or this one with a further condition."""
    has, wanted = _plain(cell), _plain(value)
    return has == wanted or has.startswith((f"{wanted},", f"{wanted} ("))


def _known(column: str, value: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    values = sorted({text for row in rows if (text := _text(row, columns, column))})
    if rows and not any(_in_population(text, value) for text in values):
        import difflib  # only for whoever mistyped

        near = difflib.get_close_matches(value, values, 5, 0.4) or values[:10]
        raise NotFoundError(f"no row of this answer has the {column} '{value}'; nearest: {'; '.join(near)}")


def _kinds_of_places(row: Row, columns: Sequence[str]) -> set[str]:
    """Whether a row has a place in a table, in the text, or both."""
    cells = [_text(row, columns, column) for column in ("place", *OTHER[:1]) if column in columns]
    return {"table" if place.startswith("Table ") else "text" for cell in cells for place in cell.split("; ") if place}


def _has_words(text: str, row: Row, columns: Sequence[str]) -> bool:
    """Whether each word of a text, or a longer word that begins with it, is in a cell of a row that is not an IRI."""
    from kg.ask.name_index import words  # asking does without

    cells = (str(cell) for name, cell in zip(columns, row, strict=True) if cell is not None and not name.endswith("_iri"))
    there = words(" ".join(cells))
    return all(any(word == one or (word.startswith(one) and not one.isdigit()) for word in there) for one in words(text))


def _limit(value: str) -> Decimal:
    try:
        limit = Decimal(value)
    except InvalidOperation:
        limit = Decimal(-1)
    if limit.is_nan() or not 0 < limit <= 1:
        raise UsageError(f"--p-below must be a number above 0 and at most 1, such as 0.05, not '{value}'")
    return limit


def _is_below(row: Row, columns: Sequence[str], limit: Decimal) -> bool:
    """Whether the printed P value is certainly below a limit: P < 0.001 is below 0.001, P > 0.01 is never below."""
    if "p_value" in columns:
        sign = _text(row, columns, "p_comparator") if "p_comparator" in columns else ""
        found = _P.search(f"{sign} {_text(row, columns, 'p_value')}")
    else:
        found = _P.search(_text(row, columns, "p"))
    if found is None or found[1] in (">", "≥"):
        return False
    return Decimal(found[2]) <= limit if found[1] == "<" else Decimal(found[2]) < limit


def sort_key(text: str, columns: Sequence[str]) -> tuple[str, bool]:
    """The column of ``COLUMN`` or ``COLUMN:desc``, and whether it is sorted in descending order.

    Raises :class:`~kg.errors.UsageError` with the nearest columns for a column that the answer does not have.
    """
    name, _, order = text.partition(":")
    column = name.strip().replace("-", "_")
    if order.strip() not in ("", "asc", "desc"):
        raise UsageError(f"--sort is COLUMN, COLUMN:asc or COLUMN:desc, not '{text}'")
    if column not in columns:
        import difflib  # only for whoever mistyped

        near = difflib.get_close_matches(column, columns, 3, 0.5)
        hint = f"nearest: {', '.join(near)}; its" if near else "its"
        raise UsageError(f"the answer has no column '{name}'; {hint} columns are {', '.join(columns)}")
    return column, order.strip() == "desc"


def _sorted(text: str, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows by one column: numbers by value, times as months, texts after numbers, and rows without a value last."""
    column, descending = sort_key(text, columns)
    filled = [row for row in rows if _text(row, columns, column)]
    empty = [row for row in rows if not _text(row, columns, column)]
    numbers = [(value, row) for row in filled if (value := _value(row, columns, column)) is not None]
    texts = [row for row in filled if _value(row, columns, column) is None]
    numbers.sort(key=lambda pair: pair[0], reverse=descending)
    texts.sort(key=lambda row: _text(row, columns, column).casefold(), reverse=descending)
    return [*(row for _, row in numbers), *texts, *empty]


def _value(row: Row, columns: Sequence[str], column: str) -> Decimal | None:
    found = _NUMBER.fullmatch(_text(row, columns, column).replace(",", "").removesuffix("%").rstrip())
    if found is None:
        return None
    unit = _text(row, columns, "unit") if "unit" in columns and column in _WITH_UNIT else ""
    return Decimal(found[1]) * _MONTHS.get(unit, Decimal(1))
