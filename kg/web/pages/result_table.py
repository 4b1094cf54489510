"""An answer as an HTML table: labels link to entities, places link to passages, and empty cells show what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from rdflib import URIRef
from rdflib.term import Node
from starlette.requests import Request

from kg.ask.name_index import Name, NameIndex
from kg.ask.results import Table, short
from kg.namespaces import ID
from kg.web.endpoint.service import Service
from kg.web.pages.caches import caches_of
from kg.web.pages.columns import BASES, HEADS, MAY_BE_EMPTY, NAMED, OF_KINDS, STANDS_FOR, UNSAID, VERDICTS
from kg.web.pages.glossary import COLUMNS as TERMS
from kg.web.pages.glossary import Glossary, Term, glossary_of
from kg.web.pages.links import address
from kg.web.pages.p_values import COLUMNS as P_VALUES
from kg.web.pages.p_values import SIGN, p_words

_NUMBER = re.compile(r"[<>=≤≥]?\s?-?\d[\d.,]*\s?%?")
_LONG = 44
_BRIEF = 14


@dataclass(frozen=True)
class Cell:
    """One cell: its text, its link, and its kind: a reading or direction, a basis, an empty value, or plain text.

    ``full`` is the full text if ``text`` is shortened.
    """

    text: str
    href: str | None = None
    kind: str = ""
    full: str = ""


@dataclass(frozen=True)
class Column:
    """One column: its name in the answer, its header, and its layout: number, words, brief, place or empty.

    ``href`` is the address of the answer sorted by it, ``order`` the order in which it is sorted, if it is. ``term`` is what the
    header means.
    """

    name: str
    words: str
    kind: str = ""
    href: str | None = None
    order: str = ""
    term: Term | None = None


def sortable(column: Column, name: str, given: Mapping[str, str], page: str) -> Column:
    """A column with the address of the page that is sorted by it; in the other order where it already is.

    ``name`` is the column in the parameter ``sort``, and ``given`` has the parameters of the page.
    """
    sorted_by, _, order = given.get("sort", "").replace("-", "_").partition(":")
    is_sorted, descending = sorted_by.strip() == name, order.strip() == "desc"
    chosen = {**given, "sort": name if not is_sorted or descending else f"{name}:desc"}
    order = ("descending" if descending else "ascending") if is_sorted else ""
    return replace(column, href=f"{page}?{urlencode(chosen)}", order=order)


@dataclass(frozen=True)
class ResultTable:
    """An answer as columns and rows of cells; ``left_out`` counts the rows that are not shown.

    ``notes`` say what the answer leaves out.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    left_out: int = 0
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        """The number of rows of the answer."""
        return len(self.rows) + self.left_out


class Names:
    """The names that one page needs: the label of an entity, and the entity that a label or an abbreviation names.

    What was looked up in the index is remembered. ``glossary`` has the meanings of the headers of tables.
    """

    def __init__(self, index: NameIndex, glossary: Glossary | None = None) -> None:
        self.glossary: Glossary = glossary or {}
        self._index = index
        self._labels: dict[str, str | None] = {}
        self._called: dict[str, list[Name]] = {}

    def label(self, iri: str) -> str:
        """The label of an entity, or the short form of its IRI."""
        self.look_up(iris=[iri])
        return self._labels[iri] or short(URIRef(iri))

    def entity(self, column: str, text: str) -> str | None:
        """The IRI of the entity that a text in a column names; None if there is not exactly one."""
        kinds = NAMED.get(column, ())
        if not kinds:
            return None
        self.look_up(texts=[text])
        found = {str(name.entity) for name in self._called[text] if name.kind in kinds}
        return next(iter(found)) if len(found) == 1 else None

    def look_up(self, iris: Iterable[str] = (), texts: Iterable[str] = ()) -> None:
        """Look up many names at once, for the calls of the other methods that follow."""
        if new := set(iris) - self._labels.keys():
            self._labels |= dict.fromkeys(new) | self._index.labels(new)
        if new := set(texts) - self._called.keys():
            self._called |= {text: [] for text in new}
            for name in self._index.called(new):
                self._called[name.text].append(name)


async def names_of(request: Request) -> Names:
    """The names in the served graph, for one page; an index that is not stored is made for the first one."""
    service: Service = request.app.state.service
    caches = caches_of(request)
    return Names(await service.run(caches.graph.names), await service.run(caches.made, glossary_of))


def result_table(table: Table, names: Names, root: str = "", columns: Sequence[str] = (), most: int = 1000) -> ResultTable:
    """An answer as an HTML table: with these columns, or with all columns but the IRIs, which become links.

    An IRI column becomes the link of the column that it belongs to. If there is none, it is shown as a column of labels. A P
    value and its sign become one column.
    """
    links = _links(table.columns)
    alone = [name for name in table.columns if name.endswith("_iri") and name not in links.values()]
    shown = list(columns) or [name for name in table.columns if name not in links.values()]
    shown = [name for name in shown if name != SIGN or "p_value" not in shown]
    at = {name: number for number, name in enumerate(table.columns)}
    _look_up(table, shown, at, names, most)
    rows = []
    of_kinds = any(names_of_kinds.issubset(table.columns) for names_of_kinds in OF_KINDS)
    for row in table.rows[:most]:
        cells = []
        for name in shown:
            source = name if name in at else f"{name}_iri"
            link = row[at[links[name]]] if name in links else None
            cells.append(_alone(name, row[at[source]], names, root) if source in alone else
                         _p_value(name, row, at) if name in P_VALUES else
                         _cell(name, row[at[source]], link, names, root))  # fmt: skip
        rows.append(tuple(replace(cell, text="") if of_kinds and cell.kind == "unsaid" else cell for cell in cells))
    made = [Column(name.removesuffix("_iri"), _words(name), _kind(name, [row[at_] for row in rows]),
                   term=names.glossary.get(TERMS.get(name, ""))) for at_, name in enumerate(shown)]  # fmt: skip
    return ResultTable(tuple(made), tuple(rows), len(table) - len(rows), table.notes)


def _look_up(table: Table, shown: Sequence[str], at: Mapping[str, int], names: Names, most: int) -> None:
    """Look up the names for the rows of a table at once."""
    iris, texts = set(), set()
    for row in table.rows[:most]:  # a table without rows may have no columns
        for name in shown:
            term = row[at[name if name in at else f"{name}_iri"]]
            if isinstance(term, URIRef):
                iris.add(str(term))
            elif term is not None and name in NAMED:
                texts.add(short(term))
    names.look_up(iris, texts)


def place_of(iri: str) -> str:
    """The offsets of a passage as a text, from the end of its IRI."""
    found = re.search(r"\.(\d+)-(\d+)$", iri)
    return f"characters {found[1]}–{found[2]}" if found else short(URIRef(iri))


def _links(columns: Sequence[str]) -> dict[str, str]:
    """The IRI column for each column that has one."""
    found = {}
    for name in columns:
        if name.endswith("_iri"):
            for candidate in (name.removesuffix("_iri"), *STANDS_FOR.get(name, ())):
                if candidate in columns and candidate not in found:
                    found[candidate] = name
                    break
    return found


def _cell(column: str, term: Node | None, link: Node | None, names: Names, root: str) -> Cell:
    text = "" if term is None else short(term)
    iri = str(link) if isinstance(link, URIRef) else str(term) if isinstance(term, URIRef) else names.entity(column, text)
    href = address(iri, root) if iri else None
    if not text:
        return Cell(UNSAID.get(column, "" if column in MAY_BE_EMPTY else "no value"), href, "unsaid")
    if isinstance(term, URIRef):
        text = names.label(str(term))
    if column.startswith(("place", "other_place")) and href:
        return Cell(brief(text), href, full=text)
    text = f"level {text} of 5" if column == "computed_level" else text
    return Cell(text, href, text if column == "basis" and text in BASES else VERDICTS.get(text, ""))


def _p_value(column: str, row: Sequence[Node | None], at: Mapping[str, int]) -> Cell:
    term = row[at[column]]
    if term is None or not (text := short(term)):
        return Cell("" if column in MAY_BE_EMPTY else "no value", None, "unsaid")
    sign = row[at[SIGN]] if column == "p_value" and SIGN in at else None
    return Cell(p_words(text, "" if sign is None else str(sign)))


def brief(place: str) -> str:
    """A shortened place: the first part of its heading, and the paragraph number.

    >>> brief("Cetuximab, first-line treatment in KRAS wild type, paragraph 2")
    'Cetuximab … ¶ 2'
    >>> brief("Treatment of recurrent colon cancer, First-line chemotherapy")
    'Treatment of recurrent colon cancer …'
    """
    found = re.fullmatch(r"([^,]+)(, .+)?, paragraph (\d+)", place)
    if found is None:
        return place if len(place) <= _LONG or ", " not in place else f"{place.partition(', ')[0]} …"
    return f"{found[1]}{' …' if found[2] else ''} ¶ {found[3]}"


def _alone(column: str, term: Node | None, names: Names, root: str) -> Cell:
    if not isinstance(term, URIRef):
        return _cell(column, term, None, names, root)
    iri = str(term)
    text = place_of(iri) if iri.startswith(ID + "passage/") else names.label(iri)
    return Cell(text, address(iri, root))


def _words(name: str) -> str:
    plain = name.removesuffix("_iri")
    return HEADS.get(name, HEADS.get(plain, plain.replace("_", " ")))


def _kind(name: str, cells: Sequence[Cell]) -> str:
    said = [cell.text for cell in cells if cell.kind != "unsaid"]
    if name.removesuffix("_iri") in ("place", "places", "passage", "other_place"):
        return "place"
    if said and all(map(_NUMBER.fullmatch, said)):
        return "number"
    longest = max(map(len, said), default=0)
    return "words" if longest > _LONG else "brief" if longest <= _BRIEF else ""
