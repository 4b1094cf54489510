"""Results and adverse events as tables for the page of an entity: one row a result, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.ask.results import Table
from kg.synthesis.harms import is_grave
from kg.web.pages.glossary import COLUMNS as TERMS
from kg.web.pages.links import address
from kg.web.pages.p_values import p_words
from kg.web.pages.result_table import Cell, Column, Names, ResultTable, brief

Row = Mapping[str, Any]

ENDPOINTS = ("OS", "PFS", "ORR", "DCR")  # the order of endpoints that are not the primary one of their study
_WIDEST = 26  # characters of a place; a longer one is cut, and its page has the whole
_NAMES = ("trial", "regimen", "against", "treatment", "event", "line_of_therapy")
_USUAL = "95"  # the level of a confidence interval, in percent, that needs no words
_LARGE = 9  # sorts after every level of evidence


@dataclass(frozen=True)
class Outcomes:
    """What the tables need beside an answer: names, the root path, adverse events, and primary endpoints by study."""

    names: Names
    root: str
    adverse: frozenset[str] = frozenset()
    primary: frozenset[tuple[str, str]] = frozenset()

    def is_adverse(self, row: Row) -> bool:
        """Whether a row is about an adverse event."""
        return row.get("endpoint_iri") in self.adverse

    def is_primary(self, row: Row) -> bool:
        """Whether a row has a primary endpoint of its study."""
        return (row.get("study_iri"), row["endpoint"]) in self.primary

    def importance(self, row: Row) -> tuple[Any, ...]:
        """The rank of a result: a primary endpoint, then survival, then by the level of evidence."""
        endpoint = row["endpoint"]
        known = ENDPOINTS.index(endpoint) if endpoint in ENDPOINTS else len(ENDPOINTS)
        level = row.get("computed_level")  # another graph may have any text there
        return (not self.is_primary(row), known, level if isinstance(level, int) else _LARGE, -len(str(row.get("effect") or "")))

    def link(self, column: str, row: Row, text: str = "") -> Cell:
        """A cell with a link to the entity that its IRI or its text names."""
        words = text or str(row.get(column) or "")
        own = {"trial": "study_iri"}.get(column, f"{column}_iri")
        iri = row.get(own) or (self.names.entity(column, str(row[column])) if row.get(column) else None)
        return Cell(words, address(iri, self.root) if iri else None) if words else Cell("not stated", None, "unsaid")

    def endpoint(self, row: Row) -> Cell:
        """The endpoint of a result, marked if it is a primary endpoint of the study."""
        marks = [f"grade {row['grade']}" if row.get("grade") else "", "primary" if self.is_primary(row) else ""]
        return self.link("endpoint", row, ", ".join(filter(None, [row["endpoint"], *marks])))

    def event(self, row: Row) -> Cell:
        """An adverse event with its grade."""
        return self.link("event", row, row["event"] + (f", grade {row['grade']}" if row["grade"] else ""))

    def reference(self, row: Row) -> Cell:
        """The regimen of the reference arm, if there is one."""
        return self.link("against", row) if row["against"] else Cell("no comparison", None, "unsaid")

    def values(self, row: Row) -> Cell:
        """The values of both arms as printed, experimental arm first."""
        both = (row["experimental_value"], row["reference_value"])
        if both == (None, None):
            return Cell("not printed", None, "unsaid")
        words = " vs\n".join(one or "not printed" for one in both)
        return Cell(_with_unit(words, row["unit"]))

    def effect(self, row: Row) -> Cell:
        """The ratio with its printed interval, with a link to the result."""
        href = address(row["result_iri"], self.root)
        return Cell(row["effect"] + _limits(row), href) if row["effect"] else Cell("no ratio", href, "unsaid")

    def value(self, row: Row) -> Cell:
        """The value of one arm with its interval and its time."""
        at = f" at {row['at']}" if row["at"] else ""
        return Cell(_with_unit(row["printed"], row["unit"]) + at + _limits(row), address(row["result_iri"], self.root))

    def reported(self, row: Row) -> Cell:
        """What is reported of an adverse event: the values of the arms, or the statement."""
        if row["kind"] == "words":
            return Cell(row["statement"] or row["frequency"] or "")
        if row["kind"] == "rate":
            return Cell(_with_unit(row["experimental_value"] or "not printed", row["unit"]))
        return self.values(row)

    def direction(self, row: Row) -> Cell:
        """The arm with the better outcome, and the reading of the authors: neither says enough without the other."""
        reading = row["authors_reading"] or "significance not stated"
        if row["favours"] is None:
            said = row["authors_reading"] or ("" if row.get("kind") in ("words", "rate") else "not stated")
            return Cell(said, None, "" if row["authors_reading"] else "unsaid")
        better = "neither arm" if row["favours"] == "neither" else row["favours"]
        return Cell(f"{better}; {reading}")

    def p_value(self, row: Row) -> Cell:
        """The P value as printed, with its sign; a one-sided one says so."""
        if row["p"] is None:
            return Cell("not printed", None, "unsaid")
        return Cell(p_words(str(row["p"])) + (" (one-sided)" if row.get("p_sides") == 1 else ""))

    def source(self, row: Row) -> Cell:
        """The document and the place of a row, with a link to the passage."""
        place = brief(row["place"]) if row["place"] else ""
        place = place if len(place) <= _WIDEST else place[: _WIDEST - 1].rsplit(" ", 1)[0].rstrip(",") + " …"
        more = " and another place" if row.get("other_place") else ""
        whole = ", ".join(filter(None, (row["document"], row["place"], row.get("other_place"))))
        return Cell(f"{row['document']}, {place}{more}", address(row["passage_iri"], self.root), full=whole)


def _with_unit(words: str, unit: str | None) -> str:
    return f"{words}%" if unit == "%" else f"{words} {unit}" if unit else words


def _limits(row: Row) -> str:
    """The printed limits, with their level unless it is the usual one."""
    if not row["ci_lower"] or not row["ci_upper"]:
        return ""
    level = row.get("ci_level")
    said = "" if level == _USUAL else f"; {level}% CI" if level else "; level not printed"
    return f"\n({row['ci_lower']}–{row['ci_upper']}{said})"


def _plain(name: str, empty: str = "not printed") -> Callable[[Outcomes, Row], Cell]:
    return lambda _, row: Cell(str(row[name])) if row[name] is not None else Cell(empty, None, "unsaid")


def _linked(name: str) -> Callable[[Outcomes, Row], Cell]:
    return lambda outcomes, row: outcomes.link(name, row)


# each column: its heading, its layout, and its cell
COLUMNS: Mapping[str, tuple[str, str, Callable[[Outcomes, Row], Cell]]] = {
    "trial": ("trial", "", _linked("trial")),
    "line_of_therapy": ("line", "", _linked("line_of_therapy")),
    "population": ("population", "", _linked("population")),
    "endpoint": ("endpoint", "", Outcomes.endpoint),
    "event": ("adverse event", "", Outcomes.event),
    "regimen": ("regimen", "", _linked("regimen")),
    "treatment": ("treatment", "", _linked("treatment")),
    "against": ("against", "", Outcomes.reference),
    "values": ("values", "figures", Outcomes.values),
    "effect": ("ratio (interval)", "figures", Outcomes.effect),
    "value": ("value", "figures", Outcomes.value),
    "reported": ("reported", "words", Outcomes.reported),
    "n": ("n", "number", _plain("n")),
    "p": ("P", "brief", Outcomes.p_value),
    "favours": ("better outcome, authors' reading", "", Outcomes.direction),
    "fewer": ("fewer events, authors' reading", "", Outcomes.direction),
    "computed_level": ("evidence (computed)", "", lambda _, row: level(row["computed_level"])),
    "source": ("source", "", Outcomes.source),
}  # fmt: skip


def level(number: object) -> Cell:
    """A level of evidence in words.

    >>> level(2).text
    'level 2 of 5'
    """
    return Cell(f"level {number} of 5") if number is not None else Cell("no level", None, "unsaid")


def results(answer: Table, columns: Sequence[str], outcomes: Outcomes, adverse: bool) -> ResultTable:
    """The results of an answer that are about adverse events, or those that are not, with these columns."""
    rows = [row for row in answer.to_dicts() if outcomes.is_adverse(row) == adverse]
    return _made(sorted(rows, key=outcomes.importance), columns, outcomes, answer.notes)


def events(answer: Table, columns: Sequence[str], outcomes: Outcomes) -> ResultTable:
    """The adverse events of an answer: grave ones in words first, then comparisons of two arms, then other words, then rates."""
    kinds = ("comparison", "words", "rate")

    def rank(row: Row) -> tuple[Any, ...]:
        grave = is_grave(f"{row['statement'] or ''} {row['event']}")
        return (not grave, kinds.index(row["kind"]), row["authors_reading"] != "significant")

    return _made(sorted(answer.to_dicts(), key=rank), columns, outcomes, answer.notes)


def _made(rows: Sequence[Row], columns: Sequence[str], outcomes: Outcomes, notes: Sequence[str]) -> ResultTable:
    texts = {str(row[name]) for row in rows for name in _NAMES if row.get(name)}
    outcomes.names.look_up(texts=texts)
    shown = [COLUMNS[name] for name in columns]
    terms = outcomes.names.glossary
    heads = tuple(Column(name, *COLUMNS[name][:2], term=terms.get(TERMS.get(name, ""))) for name in columns)
    return ResultTable(heads, tuple(tuple(cell(outcomes, row) for _, _, cell in shown) for row in rows), notes=notes)
