"""What the ontology states of its terms: notes, examples, axioms; on the page of the server, and as one file to read offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.manchester import Axiom, axioms
from kg.graph import KnowledgeGraph
from kg.namespaces import MCRC, ONTOLOGY_GRAPH, contract, expand
from kg.web.pages.caches import Caches
from kg.web.pages.templating import render

_DEFINITION = expand("obo:IAO_0000115")
_EXAMPLES = (SKOS.example, URIRef("http://purl.obolibrary.org/obo/IAO_0000112"))
_KINDS = (
    ("Classes", OWL.Class),
    ("Relations", OWL.ObjectProperty),
    ("Values", OWL.DatatypeProperty),
    ("Annotations", OWL.AnnotationProperty),
    ("Individuals", OWL.NamedIndividual),
)


@dataclass(frozen=True)
class Term:
    """A term: its IRI, anchor, label, definition, scope notes, examples, classes and axioms."""

    iri: str
    anchor: str
    label: str
    definition: str
    notes: tuple[str, ...]
    examples: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    axioms: tuple[Axiom, ...]


@dataclass(frozen=True)
class Branch:
    """A class in the tree, with the classes below it."""

    term: Term
    below: tuple[Branch, ...]


class Reference:
    """The terms of an ontology, read once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        named = {one for _, kind in _KINDS for one in graph.subjects(RDF.type, kind) if isinstance(one, URIRef)}
        self.terms: Mapping[str, Term] = {str(one): self._term(one) for one in named}

    def kind(self, kind: URIRef) -> list[Term]:
        """The terms of one kind, by label."""
        found = (self.terms[str(one)] for one in set(self.graph.subjects(RDF.type, kind)) if str(one) in self.terms)
        return sorted(found, key=lambda one: (one.label.casefold(), one.iri))

    def tree(self) -> list[Branch]:
        """The classes without a superclass here, each with those below it."""
        classes = self.kind(OWL.Class)
        known = {one.iri for one in classes}
        tops = (one for one in classes if not known & {str(o) for o in self.graph.objects(URIRef(one.iri), RDFS.subClassOf)})
        return [self._branch(one) for one in tops]

    def _branch(self, term: Term) -> Branch:
        below = {self.terms[str(one)] for one in self.graph.subjects(RDFS.subClassOf, URIRef(term.iri)) if str(one) in self.terms}
        return Branch(term, tuple(self._branch(one) for one in sorted(below, key=lambda one: (one.label.casefold(), one.iri))))

    def _term(self, term: URIRef) -> Term:
        def texts(*predicates: Node) -> tuple[str, ...]:
            return tuple(sorted(str(value) for one in predicates for value in self.graph.objects(term, one)))

        kinds = (one for one in self.graph.objects(term, RDF.type) if (one, RDFS.label, None) in self.graph)
        types = sorted((str(self.graph.value(one, RDFS.label)), str(one)) for one in kinds)
        label = str(self.graph.value(term, RDFS.label) or contract(str(term)) or term)
        definition = str(self.graph.value(term, _DEFINITION) or "")
        notes = texts(SKOS.scopeNote, SKOS.editorialNote, RDFS.comment)
        return Term(
            str(term),
            anchor(str(term)),
            label,
            definition,
            notes,
            texts(*_EXAMPLES),
            tuple(types),
            tuple(axioms(self.graph, term)),
        )


def anchor(iri: str) -> str:
    """The anchor of a term on a page: the fragment of an IRI of this ontology, else the prefixed name with a hyphen.

    >>> anchor("https://w3id.org/mcrc-kg/ontology#Drug"), anchor("https://w3id.org/mcrc-kg/id/drug/cetuximab")
    ('Drug', 'drug-cetuximab')
    """
    return iri.removeprefix(str(MCRC)) if iri.startswith(str(MCRC)) else (contract(iri) or iri).replace(":", "-")


def reference_of(graph: KnowledgeGraph) -> Reference:
    """The terms of the ontology in a graph."""
    found = graph.answer(catalogue("web")["graph"].bind({"graph": ONTOLOGY_GRAPH}))
    assert isinstance(found, Graph)
    return Reference(found)


def kept_reference(caches: Caches) -> Reference:
    """The terms of the ontology in the served graph."""
    return reference_of(caches.graph)


def as_file(graph: KnowledgeGraph) -> str:
    """The reference as one HTML file that loads nothing."""
    terms = reference_of(graph)
    parts: list[tuple[str, list[Any]]] = [(name, terms.kind(kind)) for name, kind in _KINDS]
    header = {contract(str(p)) or str(p): str(o) for p, o in terms.graph.predicate_objects(ONTOLOGY_GRAPH)}
    return render("reference.html", tree=terms.tree(), parts=parts, terms=terms.terms, header=header)
