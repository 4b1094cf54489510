"""Conversion of table rows to triples, by the CSVW description alone: there is no code for a single table or column.

Each column with a ``propertyUrl`` gives one triple per cell. The subject comes from ``aboutUrl`` (or is one blank node per row),
the object from ``valueUrl``, or is the cell as a typed literal. Two extensions of the recommendation are explained in
``docs/decisions/002-csvw.md``: a list cell gives one triple per element, and ``mcrc:asPrinted`` names a second property that
keeps the digits as printed.

Specification: Generating RDF from Tabular Data on the Web, W3C Recommendation 17 December 2015.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node
from uritemplate import URITemplate

from kg.errors import Place
from kg.namespaces import PREFIXES
from kg.pipeline.tables import FactTable, Row

AS_PRINTED = "mcrc:asPrinted"
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


def from_tables(tables: Iterable[FactTable], origins: Origins) -> dict[str, Graph]:
    """The graph of each document that a row names, or of "" for none; the place of each statement is added to ``origins``."""
    graphs: dict[str, Graph] = {}
    for table in tables:
        columns = [_Mapping(column) for column in table.schema.columns if column.propertyUrl]
        for row in table.rows:
            blank, graph = BNode(), graphs.setdefault(row.cells.get("document", ""), Graph())
            for column in columns:
                for triple in column.triples(row, blank):
                    graph.add(triple)
                    origins.add(triple, Place(row.place.file, row.place.row, column.name))
    return graphs


class _Mapping:
    """The mapping of one column to triples."""

    def __init__(self, column: Any) -> None:
        self.name: str | None = None if column.virtual else column.name
        self.about = _template(column.inherit("aboutUrl"))
        self.property = _template(column.propertyUrl)
        self.value = _template(column.valueUrl)
        self.lang = column.lang if column.lang not in (None, "und") else None
        base = column.inherit("datatype")
        self.datatype = URIRef(PREFIXES["xsd"] + base.base) if base is not None else None
        as_printed = column.common_props.get(AS_PRINTED)
        self.as_printed = URIRef(as_printed) if as_printed else None

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
        return Literal(written, datatype=self.datatype)


def _template(value: Any) -> URITemplate | None:
    return None if value is None else URITemplate(str(value))


def _iri(template: Any, values: dict[str, Any]) -> URIRef:
    return URIRef(template.expand({name: str(value) for name, value in values.items() if value is not None}))
