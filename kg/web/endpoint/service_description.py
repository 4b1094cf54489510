"""The service description: the features of the endpoint, and its named graphs.

VoID, the description of the data, is made by ``queries/export/void.rq`` (:mod:`kg.web.endpoint.service_graphs`).

Specification: SPARQL 1.1 Service Description (W3C Recommendation 21 March 2013).
"""

from __future__ import annotations

from rdflib import DCTERMS, RDF, RDFS, SH, VOID, XSD, BNode, Graph, Literal, Namespace, URIRef
from starlette.requests import Request
from starlette.responses import Response

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.engine.oxigraph import FORMATS
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE, PREFIXES
from kg.web.endpoint.service import Service
from kg.web.http.addresses import is_host, is_prefix, root
from kg.web.http.negotiation import content_type

DATASET = URIRef(BASE + "dataset")
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


def service_description(graph: KnowledgeGraph, endpoint: str, federated: bool) -> Graph:
    """The description of the endpoint at an address, with its features, the prefixes that it knows, and its named graphs."""
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
    for name, space in PREFIXES.items():  # known to queries without a declaration, in the vocabulary of SHACL
        declared = URIRef(f"{endpoint}#prefix-{name}")
        told.add((service, SH.declare, declared))
        told.add((declared, SH.prefix, Literal(name)))
        told.add((declared, SH.namespace, Literal(space, datatype=XSD.anyURI)))
    told.add((service, _SD.defaultDataset, dataset))
    told.add((dataset, RDF.type, _SD.Dataset))
    told.add((dataset, RDFS.seeAlso, URIRef(endpoint.removesuffix("sparql") + ".well-known/void")))
    told.add((dataset, DCTERMS.isVersionOf, DATASET))
    told.add((dataset, _SD.defaultGraph, default))
    told.add((default, RDF.type, _SD.Graph))
    answer = graph.answer(catalogue("web")["graphs"].sparql)
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
    """The address of this server as in the request, or the base IRI of the graph if that address is not valid."""
    address, prefix = request.base_url, root(request)
    said = is_host(address.netloc) and (not prefix or is_prefix(prefix))
    return f"{address.scheme}://{address.netloc}{prefix}/" if said else BASE
