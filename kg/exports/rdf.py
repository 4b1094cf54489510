"""The graph in the syntaxes of RDF.

Specifications: RDF 1.1 Turtle, TriG, N-Quads, RDF/XML (W3C Recommendations 25 February 2014); JSON-LD 1.1 (16 July 2020).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.graph import KnowledgeGraph
from kg.namespaces import MCRC, ONTOLOGY_GRAPH, PREFIXES
from kg.turtle import to_trig, to_turtle


def turtle(graph: KnowledgeGraph) -> dict[str, str]:
    """Canonical Turtle."""
    return {"mcrc-kg.ttl": to_turtle(_merged(graph.graphs()))}


def trig(graph: KnowledgeGraph) -> dict[str, str]:
    """Canonical TriG with the named graphs; decimals are in the normal form of the engine."""
    return {"mcrc-kg.trig": to_trig(graph.graphs())}


def nquads(graph: KnowledgeGraph) -> dict[str, str]:
    """Sorted N-Quads; the labels of blank nodes are canonical."""
    lines, texts = [], _Texts()
    for name, one in graph.graphs(canonical=True).items():
        lines += [f"{texts[s]} {texts[p]} {texts[o]} {texts[name]} .\n" for s, p, o in one]
    return {"mcrc-kg.nq": "".join(sorted(lines))}


def rdfxml(graph: KnowledgeGraph) -> dict[str, str]:
    """RDF/XML of all graphs merged; subjects, properties and values are sorted."""
    triples = _in_order(graph)
    spaces = {str(p): _space(str(p)) for _, p, _ in triples}
    prefixes = {start: f"ns{number}" for number, start in enumerate(sorted(set(spaces.values())))}
    prefixes |= {start: name for name, start in PREFIXES.items() if start in prefixes}
    lines = [f"<rdf:RDF {' '.join(f'xmlns:{name}={quoteattr(start)}' for start, name in sorted(prefixes.items()))}>"]
    for subject, group in groupby(triples, key=itemgetter(0)):
        lines.append(f"  <rdf:Description {_reference(subject, 'about')}>")
        for _, p, o in group:
            start = spaces[str(p)]
            lines.append(f"    {_property(prefixes[start] + ':' + str(p).removeprefix(start), o)}")
        lines.append("  </rdf:Description>")
    return {"mcrc-kg.rdf": '<?xml version="1.0" encoding="utf-8"?>\n' + "\n".join(lines) + "\n</rdf:RDF>\n"}


def _space(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _reference(node: Node, how: str) -> str:
    return f"rdf:nodeID={quoteattr('b' + str(node))}" if isinstance(node, BNode) else f"rdf:{how}={quoteattr(str(node))}"


def _property(name: str, value: Node) -> str:
    if not isinstance(value, Literal):
        return f"<{name} {_reference(value, 'resource')}/>"
    kind = f" xml:lang={quoteattr(value.language)}" if value.language else ""
    kind = f" rdf:datatype={quoteattr(str(value.datatype))}" if value.datatype else kind
    return f"<{name}{kind}>{escape(str(value))}</{name}>"


def jsonld(graph: KnowledgeGraph) -> dict[str, str]:
    """JSON-LD of all graphs merged, under :func:`context`."""
    found = context(graph.graphs()[ONTOLOGY_GRAPH])
    document = json.loads(_ordered(graph).serialize(format="json-ld", context=found))
    nodes = sorted(map(_settled, document["@graph"]), key=lambda node: node["@id"])
    return {"mcrc-kg.jsonld": json.dumps({"@context": found, "@graph": nodes}, indent=2, ensure_ascii=False) + "\n"}


def context(ontology: Graph) -> dict[str, object]:
    """The JSON-LD context: every property by its local name, with the type of its values."""
    terms: dict[str, object] = dict(sorted(PREFIXES.items()))
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty):
        for term in sorted(map(str, ontology.subjects(RDF.type, kind))):
            if term.startswith(MCRC):
                span = "@id" if kind == OWL.ObjectProperty else str(ontology.value(URIRef(term), RDFS.range))
                terms[term.removeprefix(MCRC)] = {"@id": term, "@type": span}
    return terms


def context_text(ontology: Graph) -> str:
    """The context as a document of its own."""
    return json.dumps({"@context": context(ontology)}, indent=2) + "\n"


def _settled(value: Any, listed: bool = False) -> Any:
    """A JSON-LD value with sorted keys and sets; a list keeps its order."""
    if isinstance(value, dict):
        return {key: _settled(value[key], key == "@list") for key in sorted(value)}
    if isinstance(value, list):
        items = [_settled(item) for item in value]
        return items if listed else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _merged(graphs: Mapping[URIRef, Graph]) -> Graph:
    merged = Graph()
    for one in graphs.values():
        merged += one
    return merged


def _ordered(graph: KnowledgeGraph) -> Graph:
    """All triples in order, so that writers that keep the insertion order always write the same text."""
    ordered = Graph()
    for name, start in PREFIXES.items():
        ordered.bind(name, start, replace=True)
    for triple in _in_order(graph):
        ordered.add(triple)
    return ordered


class _Texts(dict[Node, str]):
    """The text of each term in N-Triples, made once."""

    def __missing__(self, term: Any) -> str:
        made: str = term.n3()
        self[term] = made
        return made


def _in_order(graph: KnowledgeGraph) -> list[tuple[Node, Node, Node]]:
    """Each triple of any graph once, sorted by its text."""
    texts = _Texts()
    triples = {triple for one in graph.graphs(canonical=True).values() for triple in one}
    return sorted(triples, key=lambda triple: [texts[term] for term in triple])
