"""OBO Graphs: an ontology as nodes and edges in JSON, for tools that read no OWL.

A node is a class, property or individual with label and definition; its other annotations and its figures are property values.
An edge is a subclass, a type, a relation of two individuals or an existential restriction; the passage of an annotated axiom
goes with it. Axioms for which the format has no place, such as disjoint classes, are only in the OWL files.

Specification: https://github.com/geneontology/obographs, as OWLTools and ROBOT write it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rdflib import OWL, RDF, RDFS, BNode, Graph, URIRef
from rdflib.term import Node

from kg.namespaces import expand

_DEFINITION = expand("obo:IAO_0000115")
_KINDS = {
    OWL.Class: {"type": "CLASS"},
    OWL.NamedIndividual: {"type": "INDIVIDUAL"},
    OWL.ObjectProperty: {"type": "PROPERTY", "propertyType": "OBJECT"},
    OWL.DatatypeProperty: {"type": "PROPERTY", "propertyType": "DATA"},
    OWL.AnnotationProperty: {"type": "PROPERTY", "propertyType": "ANNOTATION"},
}
_HIERARCHY: dict[Node, str] = {RDFS.subClassOf: "is_a", RDFS.subPropertyOf: "subPropertyOf", RDF.type: "type"}


def to_obographs(graph: Graph) -> str:
    """An ontology as the text of an OBO Graphs document."""
    ontology = graph.value(None, RDF.type, OWL.Ontology)
    values = _Values(graph)
    document = {
        "id": str(ontology),
        "meta": {
            **values.of(ontology, {OWL.versionIRI}),
            "version": str(graph.value(ontology, OWL.versionIRI)),
        },
        "nodes": [values.node(term, kind) for kind, words in _KINDS.items() for term in _named(graph, kind)],
        "edges": sorted(_edges(graph, values), key=_text),
        "logicalDefinitionAxioms": list(_definitions(graph)),
        "domainRangeAxioms": list(_ends(graph)),
        "propertyChainAxioms": sorted(_chains(graph), key=_text),
    }
    return json.dumps({"graphs": [document]}, indent=1, ensure_ascii=False) + "\n"


class _Values:
    """What is said of a subject by annotations and by data properties."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        known = {OWL.versionInfo, OWL.priorVersion, RDFS.comment}
        self.properties = known.union(*(_named(graph, kind) for kind in (OWL.AnnotationProperty, OWL.DatatypeProperty)))

    def node(self, term: URIRef, kind: URIRef) -> dict[str, Any]:
        node: dict[str, Any] = {"id": str(term), **_KINDS[kind]}
        if (label := self.graph.value(term, RDFS.label)) is not None:
            node["lbl"] = str(label)
        meta = self.of(term, {RDFS.label, _DEFINITION})
        if (definition := self.graph.value(term, _DEFINITION)) is not None:
            meta["definition"] = {"val": str(definition)}
        return node | ({"meta": meta} if meta else {})

    def of(self, subject: Node | None, without: set[Any]) -> dict[str, Any]:
        said = [(p, o) for p, o in self.graph.predicate_objects(subject) if p in self.properties - without]
        comments = sorted(str(o) for p, o in said if p == RDFS.comment and isinstance(subject, URIRef))
        rest = sorted((str(p), str(o)) for p, o in said if not (comments and p == RDFS.comment))
        pairs = [{"pred": p, "val": value} for p, value in rest]
        return {**({"comments": comments} if comments else {}), **({"basicPropertyValues": pairs} if pairs else {})}


def _named(graph: Graph, kind: Node) -> list[URIRef]:
    return sorted(one for one in graph.subjects(RDF.type, kind) if isinstance(one, URIRef))


def _edges(graph: Graph, values: _Values) -> Iterator[dict[str, Any]]:
    annotated: dict[tuple[Any, Any, Any], list[dict[str, Any]]] = {}
    for axiom in graph.subjects(RDF.type, OWL.Axiom):
        parts = tuple(graph.value(axiom, part) for part in (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget))
        annotated.setdefault(parts, []).append(values.of(axiom, set()))  # type: ignore[arg-type]
    relations = {*_named(graph, OWL.ObjectProperty)}
    for s, p, o in graph:
        if not isinstance(s, URIRef) or (p == RDF.type and str(o).startswith(str(OWL))):
            continue
        if isinstance(o, BNode) and p == RDFS.subClassOf:
            relation, filler = graph.value(o, OWL.onProperty), graph.value(o, OWL.someValuesFrom)
            if isinstance(filler, URIRef) and (relation, RDF.type, OWL.ObjectProperty) in graph:  # the format has no datatypes
                yield {"sub": str(s), "pred": str(relation), "obj": str(filler)}
        elif isinstance(o, URIRef) and (p in _HIERARCHY or p in relations):
            for meta in annotated.get((s, p, o), [{}]):
                yield {"sub": str(s), "pred": _HIERARCHY.get(p, str(p)), "obj": str(o), **({"meta": meta} if meta else {})}


def _definitions(graph: Graph) -> Iterator[dict[str, Any]]:
    """The defined classes that are a genus with existential restrictions; the format has no others."""
    for term in _named(graph, OWL.Class):
        for whole in graph.objects(term, OWL.equivalentClass):
            parts = [part for head in graph.objects(whole, OWL.intersectionOf) for part in graph.items(head)]
            limits = [one for one in parts if isinstance(one, BNode)]
            pairs = [(graph.value(one, OWL.onProperty), graph.value(one, OWL.someValuesFrom)) for one in limits]
            if pairs and all(isinstance(filler, URIRef) for _, filler in pairs):
                yield {
                    "definedClassId": str(term),
                    "genusIds": sorted(str(one) for one in parts if isinstance(one, URIRef)),
                    "restrictions": [{"propertyId": str(one), "fillerId": str(filler)} for one, filler in sorted(pairs)],
                }


def _ends(graph: Graph) -> Iterator[dict[str, Any]]:
    for term in _named(graph, OWL.ObjectProperty):
        ends = {
            name: sorted(str(one) for one in graph.objects(term, end) if isinstance(one, URIRef))
            for name, end in (("domainClassIds", RDFS.domain), ("rangeClassIds", RDFS.range))
        }
        if any(ends.values()):
            yield {"predicateId": str(term), **{name: classes for name, classes in ends.items() if classes}}


def _chains(graph: Graph) -> Iterator[dict[str, Any]]:
    for term, first in graph.subject_objects(OWL.propertyChainAxiom):
        yield {"predicateId": str(term), "chainPredicateIds": [str(one) for one in graph.items(first)]}


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)
