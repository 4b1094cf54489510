"""An answer as an HTML table: labels link to entities, places link to passages, and empty cells show what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rdflib import URIRef
from rdflib.term import Node
from starlette.requests import Request

from kg.ask.name_index import Name, NameIndex
from kg.ask.results import Table, short
from kg.namespaces import ID
from kg.web.endpoint.service import Service
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address

# the types of entities that a column without IRIs can name, as in their IRIs; "" is a term of the ontology
_TRIAL, _DRUG, _REGIMEN, _ENDPOINT = ("trial",), ("drug",), ("regimen",), ("endpoint",)
_NAMED = {
    **dict.fromkeys(("trial", "study", "studies", "other_study", "subject", "evidence", "analysis", "analysed"), _TRIAL),
    **dict.fromkeys(("drug", "drug_a", "drug_b", "product", "ingredient", "component", "partner"), _DRUG),
    **dict.fromkeys(("regimen", "against", "experimental_arm", "reference_arm", "backbone"), _REGIMEN),
    **dict.fromkeys(("endpoint", "primary_endpoint", "event", "outcome"), _ENDPOINT),
    **dict.fromkeys(("kind", "class", "role", "stratum", "base"), ("",)),
    **dict.fromkeys(("treatment", "other_treatment"), ("drug", "regimen")),
    **dict.fromkeys(("target", "pathway_or_target"), ("target", "pathway")),
    "mutated_target": ("target",),
    "pathway": ("pathway",),
    "locus": ("locus", "gene"),
    "gene": ("gene",),
    "variant": ("variant",),
    "state": ("state",),
    **dict.fromkeys(("disease", "stated_disease"), ("disease",)),
    **dict.fromkeys(("site", "part_of", "side"), ("site",)),
    "form_of": ("disease", "variant", "state"),
    "line_of_therapy": ("line",),
    "document": ("source",),
    "claim": ("claim",),
    "statement": ("statement", "claim"),
    "about": (
        "drug",
        "target",
        "pathway",
        "regimen",
        "locus",
        "gene",
        "variant",
        "state",
        "disease",
        "site",
        "trial",
        "endpoint",
    ),
}
# the column that an IRI column belongs to, if the names differ
_STANDS_FOR = {
    "study_iri": ("trial", "study", "analysis", "subject"),
    "entity_iri": ("name",),
    "passage_iri": ("place", "places"),
    "other_passage_iri": ("other_place",),
    "result_iri": ("effect", "printed", "result"),
}
# the meaning of an empty cell; in other columns it is "no value", which does not mean that a document is silent
_UNSAID = {"against": "no comparison", "printed": "no figure", "authors_reading": "not stated"}
_MAY_BE_EMPTY = {
    "note",
    "remark",
    "definition",
    "unit",
    "hypothesis",
    "within",
    "how_given",
    "table_column",
    "value",
    "in",
    "how",
    "by",
    "strata",
    "form_of",
    "part_of",
    "side",
    "stated_disease",
    "from",
    "computed_from",
    "computed_value",
    "computed_lower",
    "computed_upper",
    "computed_p",
    "p_sides",
    "ci_level",
    "favours",
    "favours_from",
    "authors_wording",
    "reading_against_p",
    "cut_by_mutation_at",
    "arm",
    "outranked_by",
    "other_place",
    "trials",
}
# the columns of answers whose rows are of several kinds, in which an empty cell may be one that the kind does not have
_OF_KINDS = ({"section"}, {"kind", "statement"})
_VERDICTS = {
    "significant": "verdict",
    "not significant": "verdict null",
    "non-inferior": "verdict mixed",
    "supports": "verdict",
    "disputes": "verdict null",
    "inconclusive": "verdict mixed",
}
_BASES = {"stated", "inferred"}
_HEADS = {
    "identifier_iri": "address",
    "p": "P",
    "n": "n",
    "ci": "95% CI",
    "passage": "place",
    "authors_reading": "authors' reading",
    "label_there": "label in that database",
    "thing_there": "entity",
    "verdict": "authors' reading",
    "from": "derived from",
    "computed_from": "computed from",
    "computed_p": "computed P",
    "computed_level": "level (computed)",
    "p_value": "P",
    "p_comparator": "P is",
    "ci_lower": "CI, lower",
    "ci_upper": "CI, upper",
    "ci_level": "CI level, %",
    "cut_by_mutation_at": "interrupted by mutation at",
    "holds": "contains the drug",
    "how_given": "mode of administration",
    "line_of_therapy": "line",
}
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

    ``href`` is the address of the answer sorted by it, ``order`` the order in which it is sorted, if it is.
    """

    name: str
    words: str
    kind: str = ""
    href: str | None = None
    order: str = ""


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

    What was looked up in the index is remembered.
    """

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        self._labels: dict[str, str | None] = {}
        self._called: dict[str, list[Name]] = {}

    def label(self, iri: str) -> str:
        """The label of an entity, or the short form of its IRI."""
        self.look_up(iris=[iri])
        return self._labels[iri] or short(URIRef(iri))

    def entity(self, column: str, text: str) -> str | None:
        """The IRI of the entity that a text in a column names; None if there is not exactly one."""
        kinds = _NAMED.get(column, ())
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
    return Names(await service.run(caches_of(request).graph.names))


def result_table(table: Table, names: Names, root: str = "", columns: Sequence[str] = (), most: int = 1000) -> ResultTable:
    """An answer as an HTML table: with these columns, or with all columns but the IRIs, which become links.

    An IRI column becomes the link of the column that it belongs to. If there is none, it is shown as a column of labels.
    """
    links = _links(table.columns)
    alone = [name for name in table.columns if name.endswith("_iri") and name not in links.values()]
    shown = list(columns) or [name for name in table.columns if name not in links.values()]
    at = {name: number for number, name in enumerate(table.columns)}
    _look_up(table, shown, at, names, most)
    rows = []
    of_kinds = any(names_of_kinds.issubset(table.columns) for names_of_kinds in _OF_KINDS)
    for row in table.rows[:most]:
        cells = []
        for name in shown:
            source = name if name in at else f"{name}_iri"
            link = row[at[links[name]]] if name in links else None
            cells.append(_alone(name, row[at[source]], names, root) if source in alone else
                         _cell(name, row[at[source]], link, names, root))  # fmt: skip
        rows.append(tuple(replace(cell, text="") if of_kinds and cell.kind == "unsaid" else cell for cell in cells))
    made = [Column(name.removesuffix("_iri"), _words(name), _kind(name, [row[at_] for row in rows]))
            for at_, name in enumerate(shown)]  # fmt: skip
    return ResultTable(tuple(made), tuple(rows), len(table) - len(rows), table.notes)


def _look_up(table: Table, shown: Sequence[str], at: Mapping[str, int], names: Names, most: int) -> None:
    """Look up the names for the rows of a table at once."""
    iris, texts = set(), set()
    for row in table.rows[:most]:  # a table without rows may have no columns
        for name in shown:
            term = row[at[name if name in at else f"{name}_iri"]]
            if isinstance(term, URIRef):
                iris.add(str(term))
            elif term is not None and name in _NAMED:
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
            for candidate in (name.removesuffix("_iri"), *_STANDS_FOR.get(name, ())):
                if candidate in columns and candidate not in found:
                    found[candidate] = name
                    break
    return found


def _cell(column: str, term: Node | None, link: Node | None, names: Names, root: str) -> Cell:
    text = "" if term is None else short(term)
    iri = str(link) if isinstance(link, URIRef) else str(term) if isinstance(term, URIRef) else names.entity(column, text)
    href = address(iri, root) if iri else None
    if not text:
        return Cell(_UNSAID.get(column, "" if column in _MAY_BE_EMPTY else "no value"), href, "unsaid")
    if isinstance(term, URIRef):
        text = names.label(str(term))
    if column.startswith(("place", "other_place")) and href:
        return Cell(brief(text), href, full=text)
    text = f"level {text} of 5" if column == "computed_level" else text
    return Cell(text, href, text if column == "basis" and text in _BASES else _VERDICTS.get(text, ""))


def brief(place: str) -> str:
    """A shortened place: the first part of its heading, and the paragraph number.

    >>> brief("Cetuximab, first-line treatment in KRAS wild type, paragraph 2")
    'Cetuximab … ¶ 2'
    """
    found = re.fullmatch(r"([^,]+)(, .+)?, paragraph (\d+)", place)
    return f"{found[1]}{' …' if found[2] else ''} ¶ {found[3]}" if found else place


def _alone(column: str, term: Node | None, names: Names, root: str) -> Cell:
    if not isinstance(term, URIRef):
        return _cell(column, term, None, names, root)
    iri = str(term)
    text = place_of(iri) if iri.startswith(ID + "passage/") else names.label(iri)
    return Cell(text, address(iri, root))


def _words(name: str) -> str:
    plain = name.removesuffix("_iri")
    return _HEADS.get(name, _HEADS.get(plain, plain.replace("_", " ")))


def _kind(name: str, cells: Sequence[Cell]) -> str:
    said = [cell.text for cell in cells if cell.kind != "unsaid"]
    if name.removesuffix("_iri") in ("place", "places", "passage", "other_place"):
        return "place"
    if said and all(map(_NUMBER.fullmatch, said)):
        return "number"
    longest = max(map(len, said), default=0)
    return "words" if longest > _LONG else "brief" if longest <= _BRIEF else ""
