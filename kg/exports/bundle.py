"""The graph as a package: a description with counts, the answers as tables, and an RO-Crate with checksums.

Specifications: VoID (W3C Interest Group Note 3 March 2011), DCAT 3 (W3C Recommendation 22 August 2024), RO-Crate 1.1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from rdflib import DCAT, DCTERMS, RDF, XSD, Graph, Literal, Namespace, URIRef

from kg.ask.catalogue import catalogue
from kg.ask.results import to_csv
from kg.exports import rdf
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE, ONTOLOGY_GRAPH
from kg.turtle import to_turtle

_SPDX = Namespace("http://spdx.org/rdf/terms#")
_DATASET = URIRef(BASE + "dataset")
_MEDIA = {
    ".trig": "application/trig",
    ".ttl": "text/turtle",
    ".csv": "text/csv",
    ".json": "application/ld+json",
    ".jsonld": "application/ld+json",
}


def description(graph: KnowledgeGraph) -> dict[str, str]:
    """VoID and DCAT as Turtle: counts by class and property, and the TriG file with its size and SHA-256."""
    found = graph.answer(catalogue("export")["void"].sparql)
    assert isinstance(found, Graph)
    for name, text in rdf.trig(graph).items():
        file, checksum = (URIRef(f"{_DATASET}/{part}") for part in (name, f"{name}/checksum"))
        found += [
            (_DATASET, DCAT.distribution, file),
            (file, RDF.type, DCAT.Distribution),
            (file, DCAT.mediaType, Literal(_MEDIA[".trig"])),
            (file, DCAT.byteSize, Literal(len(text.encode()), datatype=XSD.nonNegativeInteger)),
            (file, DCTERMS.title, Literal(name)),
            (file, _SPDX.checksum, checksum),
            (checksum, _SPDX.algorithm, _SPDX.checksumAlgorithm_sha256),
            (checksum, _SPDX.checksumValue, Literal(_sha256(text))),
        ]
    return {"void.ttl": to_turtle(found)}


def answers(graph: KnowledgeGraph) -> dict[str, str]:
    """The answers to all questions without a default value for a parameter, one CSV table each."""
    whole = (name for name, asked in catalogue().items() if not any(p.default for p in asked.parameters))
    return {f"{name}.csv": to_csv(graph.ask(name)) for name in whole}


def crate(graph: KnowledgeGraph) -> dict[str, str]:
    """An RO-Crate: the graph, its description and context, the answers, and metadata with a checksum of each file."""
    held = graph.graphs()
    ontology = held[ONTOLOGY_GRAPH]
    files = {
        **rdf.trig(graph),
        **description(graph),
        "context.jsonld": rdf.context_text(ontology),
        **{f"answers/{name}": text for name, text in answers(graph).items()},
    }
    properties = {
        term: str(ontology.value(ONTOLOGY_GRAPH, DCTERMS[term]))
        for term in ("title", "description", "license", "creator", "issued")
    }
    documents = [_document(row["source_iri"], row["citation"], held) for row in graph.ask("documents")]
    parts = [_file(name, text) for name, text in sorted(files.items())]
    crate_itself = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": properties["title"],
        "description": properties["description"],
        "datePublished": properties["issued"][:10],
        "license": {"@id": properties["license"]},
        "author": {"@id": "#contributors"},
        "citation": [{"@id": one["@id"]} for one in documents],
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    maker = {"@id": "#contributors", "@type": "Organization", "name": properties["creator"]}
    licence = {"@id": properties["license"], "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International"}
    described = [crate_itself, root, maker, licence, *documents, *parts]
    metadata = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": described}
    return {**files, "ro-crate-metadata.json": json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"}


def _document(iri: str, citation: str, held: Mapping[URIRef, Graph]) -> dict[str, object]:
    """A document whose facts are in the graph, with its citation and its identifiers, such as a DOI."""
    about = held.get(URIRef(iri), Graph()).objects(URIRef(iri), DCTERMS.identifier)
    return {"@id": iri, "@type": "ScholarlyArticle", "name": citation, "identifier": sorted(map(str, about))}


def _file(name: str, text: str) -> dict[str, object]:
    size = len(text.encode())
    media = _MEDIA["." + name.rpartition(".")[2]]
    return {"@id": name, "@type": "File", "encodingFormat": media, "contentSize": str(size), "sha256": _sha256(text)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
