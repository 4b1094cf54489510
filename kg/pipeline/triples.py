"""Conversion of table rows to triples, by the CSVW description alone: there is no code for a single table or column.

Each column with a ``propertyUrl`` gives one triple per cell. The subject comes from ``aboutUrl`` (or is one blank node per row),
the object from ``valueUrl``, or is the cell as a typed literal. A triple whose templates do not name the document, such as the
regimen of an arm, can be stated by several documents: it is in the graph of shared statements, and once. Three extensions of the
recommendation are explained in ``docs/decisions``: a list cell gives one triple per element, ``mcrc:asPrinted`` names a second
property that keeps the digits as printed (002), and ``mcrc:stated`` adds an annotation with the document that states it, and the
place if it names a column with one (019).

Specification: Generating RDF from Tabular Data on the Web, W3C Recommendation 17 December 2015.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from rdflib import OWL, PROV, RDF, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from uritemplate import URITemplate

from kg.errors import Place
from kg.namespaces import ID, PREFIXES, STATED_GRAPH
from kg.pipeline.tables import FactTable, Row

AS_PRINTED = "mcrc:asPrinted"
STATED = "mcrc:stated"
SOURCE = URIRef(PREFIXES["dcterms"] + "source")
Triple = tuple[Node, URIRef, Node]


@dataclass
class Origins:
    """The origin of each statement: the place of a subject and property in the tables."""

    cells: dict[tuple[Node, URIRef], Place] = field(default_factory=dict)
    rows: dict[Node, Place] = field(default_factory=dict)

    def add(self, triple: Triple, place: Place) -> None:
        """Store the first place that states a property of a subject."""
        self.cells.setdefault(triple[:2], place)
        if place.column is not None:
            self.rows.setdefault(triple[0], Place(place.file, place.row))

    def of(self, subject: Node, predicate: Node | None = None) -> Place | None:
        """The place of a subject and property, else of the row of the subject, else None."""
        place = self.cells.get((subject, predicate)) if isinstance(predicate, URIRef) else None
        return place or self.rows.get(subject)


def from_tables(tables: Iterable[FactTable], origins: Origins) -> dict[URIRef, Graph]:
    """The graph of each document that a row names, and that of shared statements; places are added to ``origins``."""
    graphs: dict[URIRef, Graph] = {}
    for table in tables:
        columns = [_Mapping(column, table.schema) for column in table.schema.columns if column.propertyUrl]
        places = {column.name: column for column in columns}
        for row in table.rows:
            document = URIRef(f"{ID}source/{row.cells.get('document', '')}")
            blank = BNode()
            for column in columns:
                place = Place(row.place.file, row.place.row, column.name)
                name = STATED_GRAPH if column.is_shared else document
                for triple in column.triples(row, blank):
                    graphs.setdefault(name, Graph()).add(triple)
                    origins.add(triple, place)
                    if column.is_stated:
                        node = BNode() if column.has_subject else blank
                        printed = places[column.place].values(row) if column.place else ()
                        for annotation in _stated(node, triple, document, printed):
                            graphs.setdefault(document, Graph()).add(annotation)
                            origins.add(annotation, place)
    return graphs


def _stated(node: BNode, triple: Triple, document: URIRef, places: Iterable[Node]) -> Iterator[Triple]:
    """The annotation that a document makes a statement, and where (OWL 2 Mapping to RDF Graphs, section 2.3)."""
    yield node, RDF.type, OWL.Axiom
    for part, term in zip((OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget), triple, strict=True):
        yield node, part, term
    yield node, SOURCE, document
    for passage in places:
        yield node, PROV.wasDerivedFrom, passage


class _Template(NamedTuple):
    """A URI template with the names of its variables."""

    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, template: URITemplate | str) -> _Template:
        return cls(str(template), tuple(URITemplate(str(template)).variable_names))


class _Mapping:
    """The mapping of one column to triples."""

    def __init__(self, column: Any, schema: Any) -> None:
        self.name: str | None = None if column.virtual else column.name
        self.about = _Template.of(about) if (about := column.inherit("aboutUrl")) else None
        self.property = _Template.of(column.propertyUrl)
        self.value = _Template.of(column.valueUrl) if column.valueUrl else None
        self.lang = column.lang if column.lang not in (None, "und") else None
        base = column.inherit("datatype")
        self.datatype = URIRef(PREFIXES["xsd"] + base.base) if base is not None else None
        as_printed = column.common_props.get(AS_PRINTED)
        self.as_printed = URIRef(as_printed) if as_printed else None
        stated = column.common_props.get(STATED)
        self.is_stated = bool(stated)
        self.place = stated if isinstance(stated, str) else None  # the column with the passage of the statement
        self.has_subject = schema.aboutUrl is not None  # otherwise the row itself is the annotation
        templates = (self.about, self.value)
        self.is_shared = self.about is not None and not any("document" in one.names for one in templates if one)

    def values(self, row: Row) -> list[Node]:
        """The values of this column in one row; none for an empty cell."""
        return [value for _, _, value in self.triples(row, BNode())]

    def triples(self, row: Row, blank: BNode) -> Iterator[Triple]:
        """The triples of this column in one row; none for an empty cell."""
        subject = _iri(self.about, row.values) if self.about else blank
        predicate = _iri(self.property, row.values)
        for element in self._elements(row):
            if self.value is not None:
                context = row.values | ({self.name: element} if self.name else {})
                yield subject, predicate, _iri(self.value, context)
            else:
                yield subject, predicate, self._literal(row, element)
                if self.as_printed is not None and self.name:
                    yield subject, self.as_printed, Literal(row.cells[self.name])

    def _elements(self, row: Row) -> list[Any]:
        if self.name is None:
            return [None]
        value = row.values[self.name]
        return value if isinstance(value, list) else [] if value is None else [value]

    def _literal(self, row: Row, element: Any) -> Literal:
        if self.lang:
            return Literal(str(element), lang=self.lang)
        if self.datatype is None or self.datatype == URIRef(PREFIXES["xsd"] + "string"):
            return Literal(str(element))
        written = row.cells[self.name] if self.name and not isinstance(row.values[self.name], list) else str(element)
        return Literal(written, datatype=self.datatype, normalize=True)  # ".03" is 0.03, whatever another library set


def _iri(template: _Template, values: dict[str, Any]) -> URIRef:
    return _expanded(template.text, tuple((name, str(values[name])) for name in template.names if values.get(name) is not None))


@lru_cache(maxsize=1 << 16)
def _expanded(template: str, values: tuple[tuple[str, str], ...]) -> URIRef:
    return URIRef(URITemplate(template).expand(dict(values)))
