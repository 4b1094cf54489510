"""The header card of an entity: what a reader asks first, each value with a link to what states it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from kg.namespaces import contract
from kg.synthesis.harms import is_grave
from kg.web.pages.links import address
from kg.web.pages.panels import SHELF, PageContext

CARDS = f"{SHELF}/cards"
_FIRST = 6  # values that stand open in one line of a card
_ABSENT = "not in these documents"
_DOCUMENTS = 2  # named beside a value; more are counted
# the reporting item of a line: readers may have looked for it in vain
_LOOKED_FOR = {
    "Phase": "study phase",
    "Participants": "number of patients",
    "Primary endpoint": "primary endpoint and its outcome",
    "Approved": "regulatory approval",
    "Brand name": "brand name of a drug",
    "Harm in words": "adverse events",
}


@dataclass(frozen=True)
class Entry:
    """One value in a line of a card: its text, its link, a remark beside it, and the full text if it is shortened."""

    text: str
    href: str | None = None
    note: str = ""
    full: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a card: its heading, its values, and the words if it has none; ``more`` are the values that are folded."""

    words: str
    entries: Sequence[Entry]
    empty: str = _ABSENT
    more: Sequence[Entry] = ()


@dataclass(frozen=True)
class _Rows:
    """The rows of the query for a card, by item, in one page."""

    context: PageContext
    iri: str
    by_item: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def of(self, *items: str) -> list[Mapping[str, Any]]:
        return [row for item in items for row in self.by_item.get(item, ())]

    def entries(self, *items: str, note: Callable[[Mapping[str, Any]], str] | None = None) -> list[Entry]:
        """The values of items, each once."""
        found = [Entry(row["value"], self.at(row["value_iri"]), note(row) if note else "") for row in self.of(*items)]
        return list({(one.text, one.note): one for one in found}.values())

    def at(self, iri: str | None) -> str | None:
        return address(iri, self.context.root) if iri else None


def card(context: PageContext, kind: str, iri: str) -> list[Line]:
    """The lines of the card of an entity; none for a type without a card, or an entity of which the graph says nothing."""
    if kind not in LINES:
        return []
    by_item: dict[str, list[Mapping[str, Any]]] = {}
    for row in context.rows(QUERIES.get(kind, kind), iri, CARDS):
        by_item.setdefault(row["item"], []).append(row)
    if not by_item:
        return []
    rows = _Rows(context, iri, by_item)
    return [_silent(line, rows) for line in (make(rows) for make in LINES[kind]) if line is not None]


def _plain(words: str, *items: str, most: int = _FIRST, empty: str = _ABSENT) -> Callable[[_Rows], Line | None]:
    return lambda rows: _line(words, rows.entries(*items), most, empty)


def _optional(words: str, *items: str, note: str = "", most: int = _FIRST) -> Callable[[_Rows], Line | None]:
    """A line that is left out if it has no values; ``note`` is a form for the second value of a row."""

    def made(rows: _Rows) -> Line | None:
        found = rows.entries(*items, note=lambda row: note.format(row["of"]) if note and row.get("of") else "")
        return _line(words, found, most) if found else None

    return made


def _line(words: str, entries: Sequence[Entry], most: int = _FIRST, empty: str = _ABSENT) -> Line:
    most = most if len(entries) > most + 1 else len(entries)
    return Line(words, tuple(entries[:most]), empty, tuple(entries[most:]))


def _silent(line: Line, rows: _Rows) -> Line:
    """The line; if it has no values and readers looked for them in vain, it says so."""
    item = _LOOKED_FOR.get(line.words)
    if line.entries or item is None:
        return line
    told = rows.context.graph.ask("not-reported", thing=rows.iri)
    silent = sorted({row["document"] for row in told if row["reporting_item"] == item})
    return Line(line.words, (), f"not reported: looked for in {', '.join(silent)}" if silent else line.empty)


def _participants(rows: _Rows) -> Line:
    """The numbers of whole populations, the one of most documents first."""
    return _line("Participants", _numbers(rows, rows.of("participants"), "of"), 3, "no total in these documents")


def _numbers(rows: _Rows, found: Iterable[Mapping[str, Any]], column: str) -> list[Entry]:
    """Numbers with their documents, each number once."""
    counted: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in found:
        counted.setdefault((row["value"], row[column] or ""), []).append(row)
    order = sorted(counted.items(), key=lambda pair: (-len({row["document"] for row in pair[1]}), pair[0]))
    return [
        Entry(value, rows.at(told[0]["value_iri"]), "; ".join(filter(None, (of, _documents(told)))))
        for (value, of), told in order
    ]


def _documents(rows: Iterable[Mapping[str, Any]]) -> str:
    names = sorted({row["document"] for row in rows if row["document"]})
    return ", ".join(names) if len(names) <= _DOCUMENTS else f"{len(names)} documents"


def _arms(rows: _Rows) -> Line:
    """Each regimen with the number of participants in whole populations, if one is printed."""
    entries = []
    for arm in rows.of("arm"):
        numbers = {(row["value"], row["of"]) for row in rows.of("participants of an arm") if row["value_iri"] == arm["value_iri"]}
        told = "; ".join(f"n = {number}, {of}" for number, of in sorted(numbers))
        entries.append(Entry(arm["value"], rows.at(arm["value_iri"]), told or "n of the whole arm not in these documents"))
    return _line("Arms", entries)


def _primary(rows: _Rows) -> Line:
    """The primary endpoints, each with whether it was met."""
    told = {"met": "met", "not met": "not met"}
    entries = []
    for iri in dict.fromkeys(row["value_iri"] for row in rows.of("primary endpoint", *told)):
        outcomes = {item: [row for row in rows.of(item) if row["value_iri"] == iri] for item in told}
        words = [f"{told[item]} ({_documents(found)})" for item, found in outcomes.items() if found]
        name = next(row["value"] for row in rows.of("primary endpoint", *told) if row["value_iri"] == iri)
        entries.append(Entry(name, rows.at(iri), "; ".join(words) or "no document says whether it was met"))
    return _line("Primary endpoint", entries)


def _registry(rows: _Rows) -> Line:
    found = [Entry(one.text.rpartition(":")[2], one.href) for one in rows.entries("registry number")]
    return _line("Registry number", found)


def _papers(rows: _Rows) -> Line:
    """The papers, each once, by its DOI if it has one."""
    best: dict[str, Entry] = {}
    for row in sorted(rows.of("paper"), key=lambda row: "//doi.org/" not in str(row["value_iri"])):
        best.setdefault(row["value"], Entry(_cut(row["value"]), rows.at(row["value_iri"]), full=row["value"]))
    return _line("Papers", list(best.values()), 2)


def _approved(rows: _Rows) -> Line:
    """The approvals by year and agency, each with its statement."""
    found: dict[str, Entry] = {}
    for row in sorted(rows.of("approved"), key=lambda row: row["of"] or "9"):
        words = (row["of"] or "").strip() or "year and agency not stated"
        found.setdefault(words, Entry(words, rows.at(row["value_iri"]), row["document"] or "", row["value"]))
    return _line("Approved", list(found.values()), 4)


def _harm(rows: _Rows) -> Line:
    """The adverse events that documents state in words; what is grave comes first, as the whole statement."""
    entries: dict[str, Entry] = {}
    for row in sorted(rows.of("harm"), key=lambda row: not is_grave(row["of"])):
        words = row["of"] if is_grave(row["of"]) else row["value"]
        entries.setdefault(row["value"], Entry(words, rows.at(row["value_iri"]), full=row["of"]))
    return _line("Harm in words", list(entries.values()), 7)


def _studies(name: str, rows: _Rows) -> Line:
    """How many studies there are, by line of therapy, with a link to their list."""
    found = rows.of("study")
    lines: dict[str, set[str]] = {}
    for row in found:
        lines.setdefault(row["of"] or "line not stated", set()).add(row["value_iri"])
    told = ", ".join(f"{line} {len(lines[line])}" for line in sorted(lines, key=lambda one: (-len(lines[one]), one)))
    number = len({row["value_iri"] for row in found})
    href = f"{rows.context.root}/trials?{urlencode({name: rows.context.names.label(rows.iri)})}"
    entry = Entry(f"{number} {'study' if number == 1 else 'studies'}", href, told)
    return Line("Studies", (entry,) if number else (), "none in these documents")


def _stands(rows: _Rows) -> Line:
    """How the evidence stands in documents up to the year of the claim, and in all documents."""
    year = next((row["of"] for row in rows.of("document") if str(row["of"]).isdecimal()), None)
    entries = []
    for words, until in ((f"up to {year}", {"until": year}) if year else ("", {}), ("in all documents", {})):
        told = [row for row in rows.context.graph.ask("claims", **until) if row["claim_iri"] == rows.iri]
        if words and told:
            for_it, against = told[0]["computed_supporting"], told[0]["computed_disputing"]
            entries.append(
                Entry(told[0]["computed_standing"] or "no direction", None, f"{words}, studies for: {for_it}, against: {against}")
            )
    return _line("The evidence", entries, empty="no evidence in these documents")


def _resistance(rows: _Rows) -> Line:
    told = rows.of("loses effect by mutation at")
    found = rows.entries("loses effect by mutation at")
    href = f"{rows.context.root}/q/resistance?{urlencode({'drug': contract(rows.iri) or rows.iri})}"
    more = [Entry("places", href, _documents(told))] if found else []
    return Line("Loses its effect by mutation at", (*found, *more), "no biomarker in these documents")


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


QUERIES = {"gene": "locus"}  # the query of a card, if it is not named after the type
LINES: Mapping[str, Sequence[Callable[[_Rows], Line | None]]] = {
    "trial": (
        _optional("Analysis of", "analysis of"),
        _plain("Phase", "phase"),
        _plain("Design", "design"),
        _plain("Line of therapy", "line"),
        _participants,
        _arms,
        _primary,
        _plain("Populations", "population", "subgroup", most=3),
        _registry,
        _papers,
        _plain("Documents with results", "document", most=3),
    ),
    "drug": (
        _plain("Kind", "kind"),
        _plain("Brand name", "brand name"),
        _optional("Contains", "ingredient"),
        _plain("Targets", "target", most=10),
        _resistance,
        _approved,
        _harm,
        partial(_studies, "drug"),
    ),
    "regimen": (
        _plain("Drugs in every case", "drug", most=8),
        _optional("One of these", "option"),
        _optional("Added to", "backbone"),
        _optional("Variant of", "variant of"),
        _optional("Regimens on this backbone", "regimen on it", most=3),
        _plain("Kind", "kind", most=3),
        partial(_studies, "regimen"),
    ),
    "population": (
        _optional("Study", "study", note="{}"),
        _optional("Within", "within"),
        _participants,
        _plain("Biomarker states", "biomarker state", empty="not stated"),
        _optional("Mutant at", "mutant at", most=3),
        _optional("Wild type at", "wild type at", most=3),
        _optional("Variants", "variant"),
        _optional("Primary tumour", "primary tumour side"),
    ),
    "state": (
        _optional("Locus", "locus"),
        _optional("Form of", "form of"),
        _optional("Narrower states", "narrower"),
        _optional("Drugs that lose their effect by a mutation there", "drug"),
        _optional("Studies (number of such populations)", "study", note="{}", most=8),
    ),
    "locus": (
        _optional("Protein", "gene product"),
        _optional("Part of", "part of", most=3),
        _optional("Parts", "part"),
        _optional("Biomarker states", "state"),
        _plain("Drugs that lose their effect by a mutation here", "drug"),
        _optional("Wild type in (number of populations)", "wild type in", note="{}", most=5),
        _optional("Mutant in (number of populations)", "mutant in", note="{}", most=5),
    ),
    "target": (_plain("Kind", "kind"), _plain("Drugs that act on it", "drug", most=12), _plain("Pathways", "pathway")),
    "endpoint": (
        _plain("Kind", "kind", empty="endpoint"),
        _optional("Primary endpoint of", "primary endpoint of", note="{}", most=8),
    ),
}
_CLAIM = (_plain("Population", "population"), _plain("Line of therapy", "line"), _plain("Document", "document"), _stands)
LINES = {**LINES, "claim": _CLAIM, "gene": LINES["locus"]}  # a gene is asked for what a locus is
