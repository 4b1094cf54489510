"""One nanopublication per result: the assertion, its document with the place there, and its maker.

They are unsigned; sign and publish them with the tools of the nanopublication network.

Specification: Nanopublication Guidelines, https://nanopub.net/guidelines/working_draft/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdflib import DCTERMS, PROV, RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE, INFERRED_GRAPH, ONTOLOGY_GRAPH
from kg.turtle import to_trig

_NP = Namespace("http://www.nanopub.org/nschema#")


def nanopublications(graph: KnowledgeGraph) -> dict[str, str]:
    """All nanopublications in one TriG text."""
    graphs: dict[URIRef, Graph] = {}
    for one in publications(graph):
        graphs |= one
    return {"nanopublications.trig": to_trig(graphs)}


def publications(graph: KnowledgeGraph) -> Iterator[dict[URIRef, Graph]]:
    """Each nanopublication as its four graphs: head, assertion, provenance and publication info."""
    answer = graph.answer(catalogue("export")["results"].sparql)
    assert isinstance(answer, Table)
    held = graph.graphs()
    ontology = held[ONTOLOGY_GRAPH]
    licence, issued = (ontology.value(ONTOLOGY_GRAPH, term) for term in (DCTERMS.license, DCTERMS.issued))
    maker = Literal(str(ontology.value(ONTOLOGY_GRAPH, DCTERMS.creator)))
    facts = [one for name, one in held.items() if name not in (ONTOLOGY_GRAPH, INFERRED_GRAPH)]
    for result, *origin in answer.rows:
        assert isinstance(result, URIRef)
        yield _nanopub(result, origin, facts, (licence, issued, maker))


def _nanopub(
    result: URIRef, origin: Sequence[Node | None], facts: list[Graph], made: tuple[Node | None, ...]
) -> dict[URIRef, Graph]:
    base = f"{BASE}np/{str(result).rpartition('/')[2]}"
    this = URIRef(base)
    head, assertion, provenance, info = (URIRef(f"{base}/{part}") for part in ("head", "assertion", "provenance", "pubinfo"))
    passage, document, cited = origin
    licence, issued, maker = made
    graphs = {name: Graph() for name in (head, assertion, provenance, info)}
    graphs[head] += [
        (this, RDF.type, _NP.Nanopublication),
        (this, _NP.hasAssertion, assertion),
        (this, _NP.hasProvenance, provenance),
        (this, _NP.hasPublicationInfo, info),
    ]
    for one in facts:
        graphs[assertion] += ((s, p, o) for s, p, o in one.triples((result, None, None)) if p != PROV.wasDerivedFrom)
    for value in (passage, document):
        if value is not None:
            graphs[provenance].add((assertion, PROV.wasDerivedFrom, value))
    if cited is not None:
        graphs[provenance].add((assertion, PROV.hadPrimarySource, cited))
    for one in facts:  # a guideline, say, that repeats the figures of articles
        graphs[provenance] += one.triples((document, PROV.hadPrimarySource, None)) if document is not None else ()
    graphs[info].add((this, DCTERMS.creator, maker or Literal("")))
    if licence is not None:
        graphs[info].add((this, DCTERMS.license, licence))
    graphs[info].add((this, DCTERMS.created, Literal(str(issued), datatype=XSD.dateTime)))
    return graphs
