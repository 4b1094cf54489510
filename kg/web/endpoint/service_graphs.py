"""The service graphs, which are served with the data: VoID, and the canned questions as example queries.

Both are named graphs of the store, so that editors can query them at the endpoint. Specifications: VoID (W3C Interest Group
Note 3 March 2011), SHACL section 5 (prefixes) and the form of the sib-swiss sparql-examples. This module does not import the web
framework, because it is used while the framework is being loaded.
"""

from __future__ import annotations

from collections.abc import Collection

from rdflib import DCTERMS, RDF, RDFS, SH, XSD, Graph, Literal, Namespace, URIRef

from kg.ask.catalogue import Question, questions
from kg.engine.processes.pool import ServiceGraphs
from kg.exports.void import derived_graphs
from kg.namespaces import BASE, PREFIXES

EXAMPLES_GRAPH = URIRef(BASE + "examples")
_ENDPOINT = URIRef(BASE + "sparql")
_SCHEMA = Namespace("https://schema.org/")
_SPEX = Namespace("https://purl.expasy.org/sparql-examples/ontology#")


def service_graphs(allowed: Collection[str] = ()) -> ServiceGraphs:
    """The service graphs: VoID, derived from the data, and the canned questions as example queries."""
    return ServiceGraphs(derived_graphs(), ((str(EXAMPLES_GRAPH), examples(allowed)),))


def examples(allowed: Collection[str] = ()) -> str:
    """The canned questions as N-Triples; a federated question is included only if its endpoint is allowed."""
    graph = Graph()
    prefixes = URIRef(f"{EXAMPLES_GRAPH}/prefixes")
    for name, space in PREFIXES.items():
        declared = URIRef(f"{prefixes}/{name}")
        graph.add((prefixes, SH.declare, declared))
        graph.add((declared, SH.prefix, Literal(name)))
        graph.add((declared, SH.namespace, Literal(space, datatype=XSD.anyURI)))
    for asked in questions().values():
        if asked.endpoint is None or asked.endpoint in allowed:
            _example(graph, asked, prefixes)
    return graph.serialize(format="nt")


def _example(graph: Graph, asked: Question, prefixes: URIRef) -> None:
    example = URIRef(f"{EXAMPLES_GRAPH}/{asked.name}")
    text = "\n".join(line for line in asked.sparql.splitlines() if not line.startswith("#+")) + "\n"
    graph.add((example, RDF.type, SH.SPARQLExecutable))
    graph.add((example, RDF.type, SH.SPARQLSelectExecutable))
    graph.add((example, SH.prefixes, prefixes))
    graph.add((example, SH.select, Literal(text)))
    graph.add((example, RDFS.comment, Literal(asked.summary, lang="en")))
    graph.add((example, DCTERMS.description, Literal(asked.description, lang="en")))
    graph.add((example, _SCHEMA.target, _ENDPOINT))
    for tag in asked.tags:
        graph.add((example, _SCHEMA.keywords, Literal(tag)))
    if asked.endpoint:
        graph.add((example, _SPEX.federatesWith, URIRef(asked.endpoint)))
