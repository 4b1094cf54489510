"""The axioms of a term in Manchester syntax, with labels for names and the IRI of each name.

Specification: OWL 2 Web Ontology Language Manchester Syntax (Second Edition), W3C Working Group Note 11 December 2012.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal
from rdflib.term import Node

from kg.namespaces import contract

_FRAMES = {
    "EquivalentTo": OWL.equivalentClass,
    "SubClassOf": RDFS.subClassOf,
    "SubPropertyOf": RDFS.subPropertyOf,
    "SubPropertyChain": OWL.propertyChainAxiom,
    "Domain": RDFS.domain,
    "Range": RDFS.range,
    "InverseOf": OWL.inverseOf,
}
_CHARACTERISTICS = {
    OWL.FunctionalProperty: "Functional",
    OWL.TransitiveProperty: "Transitive",
    OWL.SymmetricProperty: "Symmetric",
    OWL.AsymmetricProperty: "Asymmetric",
    OWL.ReflexiveProperty: "Reflexive",
    OWL.IrreflexiveProperty: "Irreflexive",
}
_LIMITS = {OWL.someValuesFrom: "some", OWL.allValuesFrom: "only", OWL.hasValue: "value"}


@dataclass(frozen=True)
class Word:
    """A part of an axiom: a name with its IRI, or a keyword or bracket without one."""

    text: str
    iri: str = ""


@dataclass(frozen=True)
class Axiom:
    """One axiom of a term: the keyword of its frame and its words."""

    keyword: str
    words: tuple[Word, ...]

    def __str__(self) -> str:
        """The axiom in one line; a name of several words is in quotation marks."""
        texts = [f"'{one.text}'" if one.iri and " " in one.text else one.text for one in self.words]
        return f"{self.keyword}: " + " ".join(texts).replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def axioms(graph: Graph, term: Node) -> list[Axiom]:
    """The axioms of a class or property, those of each keyword sorted.

    >>> text = '''@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    ... @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    ... :A owl:equivalentClass [ owl:intersectionOf ( :B [ owl:onProperty :p ; owl:someValuesFrom :C ] ) ] .
    ... :B rdfs:label "old thing" .'''
    >>> graph = Graph().parse(data=text)
    >>> print(*axioms(graph, next(graph.subjects(OWL.equivalentClass))))
    EquivalentTo: 'old thing' and (urn:x:p some urn:x:C)
    """
    found = []
    for keyword, predicate in _FRAMES.items():
        for value in graph.objects(term, predicate):
            if predicate == OWL.propertyChainAxiom:
                found.append(Axiom(keyword, tuple(_joined("o", [[_name(graph, one)] for one in graph.items(value)]))))
            elif value != OWL.Thing:
                found.append(Axiom(keyword, tuple(_expression(graph, value, bare=True))))
    if others := sorted((_expression(graph, one) for one in set(_disjoint(graph, term))), key=str):
        found.append(Axiom("DisjointWith", tuple(_joined(",", others))))
    found += [
        Axiom("Characteristics", (Word(name),)) for kind, name in _CHARACTERISTICS.items() if (term, RDF.type, kind) in graph
    ]
    order = [*_FRAMES, "DisjointWith", "Characteristics"]
    return sorted(dict.fromkeys(found), key=lambda one: (order.index(one.keyword), str(one)))


def _disjoint(graph: Graph, term: Node) -> Iterator[Node]:
    """What is stated to be disjoint with the term, by itself or in a set."""
    yield from graph.subjects(OWL.disjointWith, term)
    yield from graph.objects(term, OWL.disjointWith)
    for group in graph.subjects(RDF.type, OWL.AllDisjointClasses):
        members = [one for head in graph.objects(group, OWL.members) for one in graph.items(head)]
        yield from (one for one in members if term in members and one != term)


def _expression(graph: Graph, node: Node, bare: bool = False) -> list[Word]:
    if not isinstance(node, BNode):
        return [_name(graph, node)]
    for predicate, joint in ((OWL.intersectionOf, "and"), (OWL.unionOf, "or")):
        if (head := graph.value(node, predicate)) is not None:
            parts = sorted((_expression(graph, one) for one in graph.items(head)), key=lambda part: (len(part), str(part)))
            words = [*_joined(joint, parts)]
            return words if bare else [Word("("), *words, Word(")")]
    relation = graph.value(node, OWL.onProperty)
    for predicate, keyword in _LIMITS.items():
        if relation is not None and (filler := graph.value(node, predicate)) is not None:
            words = [_name(graph, relation), Word(keyword), *_expression(graph, filler)]
            return words if bare else [Word("("), *words, Word(")")]
    return [Word("an expression that is only in the files")]


def _joined(joint: str, parts: list[list[Word]]) -> Iterator[Word]:
    for number, part in enumerate(parts):
        if number:
            yield Word(joint)
        yield from part


def _name(graph: Graph, node: Node) -> Word:
    if isinstance(node, Literal):
        return Word(f'"{node}"')
    return Word(str(graph.value(node, RDFS.label) or contract(str(node)) or node), str(node))
