"""What is served beside the data: VoID, the canned questions as examples, and the description of the service itself.

VoID and examples lie in named graphs of the store, so that editors find them by asking the endpoint. Specifications: VoID (W3C
Interest Group Note 3 March 2011), SPARQL 1.1 Service Description (W3C Recommendation 21 March 2013), SHACL section 5 (prefixes)
and the form of the sib-swiss sparql-examples.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rdflib import DCTERMS, RDF, RDFS, SH, VOID, XSD, BNode, Graph, Literal, Namespace, URIRef
from starlette.requests import Request
from starlette.responses import Response

from kg.catalogue import Question, catalogue, questions
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE, PREFIXES
from kg.results import Table
from kg.store import FORMATS
from kg.turtle import to_trig
from kg.web.formats import content_type
from kg.web.service import Service
from kg.workers import Beside

VOID_GRAPH = URIRef(BASE + "void")
EXAMPLES_GRAPH = URIRef(BASE + "examples")
DATASET = URIRef(BASE + "dataset")
_ENDPOINT = URIRef(BASE + "sparql")
_SCHEMA = Namespace("https://schema.org/")
_SPEX = Namespace("https://purl.expasy.org/sparql-examples/ontology#")
_SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_FORMATS = Namespace("http://www.w3.org/ns/formats/")
_WRITTEN = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
    "nq": "N-Quads",
    "trig": "TriG",
}
_RDFLIB = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "nq": "nt", "trig": "turtle"}


def beside(allowed: Collection[str] = ()) -> Beside:
    """What the server's store holds beside the data: VoID, derived from the data, and the examples."""
    shelf = catalogue("export")
    derived = {f"{VOID_GRAPH}#{name}": shelf[name].sparql for name in ("void", "void-classes")}
    return Beside(derived, (examples(allowed),))


def examples(allowed: Collection[str] = ()) -> str:
    """The canned questions as TriG; of the federated ones those whose endpoint may be asked."""
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
    return to_trig({EXAMPLES_GRAPH: graph})


def service_description(graph: KnowledgeGraph, endpoint: str, federated: bool) -> Graph:
    """What the endpoint at an address can do, and the graphs that it holds."""
    told = Graph()
    told.bind("sd", _SD)
    service, dataset, default = URIRef(f"{endpoint}#service"), URIRef(f"{endpoint}#dataset"), URIRef(f"{endpoint}#default")
    told.add((service, RDF.type, _SD.Service))
    told.add((service, _SD.endpoint, URIRef(endpoint)))
    told.add((service, _SD.supportedLanguage, _SD.SPARQL11Query))
    features = [_SD.UnionDefaultGraph, *([_SD.BasicFederatedQuery] if federated else [])]
    for feature in features:
        told.add((service, _SD.feature, feature))
    for form in FORMATS:
        told.add((service, _SD.resultFormat, _FORMATS[_WRITTEN[form]]))
    told.add((service, _SD.defaultDataset, dataset))
    told.add((dataset, RDF.type, _SD.Dataset))
    told.add((dataset, RDFS.seeAlso, URIRef(endpoint.removesuffix("sparql") + ".well-known/void")))
    told.add((dataset, DCTERMS.isVersionOf, DATASET))
    told.add((dataset, _SD.defaultGraph, default))
    told.add((default, RDF.type, _SD.Graph))
    answer = graph.query(catalogue("web")["graphs"].sparql)
    assert isinstance(answer, Table)
    for row in answer:
        name, here = URIRef(row["graph"]), BNode()
        told.add((dataset, _SD.namedGraph, here))
        told.add((here, RDF.type, _SD.NamedGraph))
        told.add((here, _SD.name, name))
        told.add((here, _SD.graph, name))
        told.add((name, RDF.type, _SD.Graph))
        told.add((name, VOID.triples, Literal(row["triples"], datatype=XSD.integer)))
    return told


async def describe_service(request: Request, form: str) -> Response:
    """The service description in a format."""
    service: Service = request.app.state.service
    told = await service.run(service_description, service.graph, f"{base(request)}sparql", bool(service.limits.allow_service))
    body = await service.run(told.serialize, format=_RDFLIB[form], encoding="utf-8")
    return Response(body, headers={"Content-Type": content_type(form), "Vary": "Accept"})


def base(request: Request) -> str:
    """The address of this server as the client wrote it, or that of the graph where it wrote nonsense."""
    address = str(request.base_url)
    return address if re.fullmatch(r"https?://[\w.:\[\]-]+/([\w./~-]*/)?", address) else BASE


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
