"""The prefixes of the graph, and functions that contract and expand IRIs.

IRIs of terms begin with ``https://w3id.org/mcrc-kg/ontology#``, those of individuals have the form
``https://w3id.org/mcrc-kg/id/<type>/<slug>``, with one prefix per type.
"""

from __future__ import annotations

import re

from rdflib import Namespace, URIRef

BASE = "https://w3id.org/mcrc-kg/"
ID = BASE + "id/"
MCRC = Namespace(BASE + "ontology#")

ONTOLOGY_GRAPH = URIRef(BASE + "ontology")
INFERRED_GRAPH = URIRef(BASE + "inferred")
STATED_GRAPH = URIRef(BASE + "stated")
MAPPINGS_GRAPH = URIRef(BASE + "mappings")
VOID_GRAPH = URIRef(BASE + "void")

TYPES = [
    "analysis",
    "arm",
    "basis",
    "claim",
    "component",
    "count",
    "cut",
    "design",
    "direction",
    "discrepancy",
    "disease",
    "drug",
    "endpoint",
    "evidence",
    "expected",
    "figure",
    "gene",
    "hypothesis",
    "interval",
    "item",
    "kind",
    "line",
    "locus",
    "mode",
    "part",
    "passage",
    "pathway",
    "phase",
    "population",
    "reference",
    "regimen",
    "result",
    "row",
    "scope",
    "site",
    "source",
    "state",
    "statement",
    "statistic",
    "target",
    "topic",
    "trial",
    "unreported",
    "variant",
    "verdict",
    "wording",
]

PREFIXES: dict[str, str] = {
    "mcrc": str(MCRC),
    **{name: f"{ID}{name}/" for name in TYPES},
    "dcam": "http://purl.org/dc/dcam/",
    "dcterms": "http://purl.org/dc/terms/",
    "obo": "http://purl.obolibrary.org/obo/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_LOCAL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?")


def contract(iri: str) -> str | None:
    """The prefixed name of an IRI, or None when no prefix matches or the rest is not a simple local name.

    >>> contract("https://w3id.org/mcrc-kg/id/drug/cetuximab")
    'drug:cetuximab'
    >>> contract("https://example.org/x") is None
    True
    """
    cut = max(iri.rfind("/"), iri.rfind("#")) + 1
    prefix = _BY_NAMESPACE.get(iri[:cut])
    return f"{prefix}:{iri[cut:]}" if prefix and _LOCAL.fullmatch(iri[cut:]) else None


def expand(name: str) -> URIRef | None:
    """The IRI of a prefixed name or of a full IRI, or None when the text is neither.

    >>> expand("drug:cetuximab")
    rdflib.term.URIRef('https://w3id.org/mcrc-kg/id/drug/cetuximab')
    >>> expand("cetuximab") is None
    True
    """
    text = name.removeprefix("<").removesuffix(">")
    if re.match(r"https?://[^\s<>\"{}|\\^`]+$", text):
        return URIRef(text)
    prefix, colon, local = text.partition(":")
    if colon and prefix in PREFIXES and _LOCAL.fullmatch(local):
        return URIRef(PREFIXES[prefix] + local)
    return None


_BY_NAMESPACE = {namespace: prefix for prefix, namespace in PREFIXES.items()}
