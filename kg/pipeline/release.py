"""The files for ontology editors: Turtle, RDF/XML, functional syntax and OBO Graphs, each complete and equal on every run.

They have what a reasoner reads (:func:`kg.pipeline.reason.view`) and what a reader looks for: what is stated of studies in words
or numbers, the passages of annotated axioms with their place in words, one IRI for each paper, and a definition of every
individual of the facts. The queries in ``queries/release/`` derive all of this from the graph.
"""

from __future__ import annotations

from pathlib import Path

from rdflib import OWL, RDF, RDFS, Graph, URIRef

from kg.ask.catalogue import catalogue
from kg.engine.store import Embedded
from kg.errors import DataError
from kg.files import make_folder, write_whole
from kg.namespaces import expand
from kg.pipeline.build import Build
from kg.pipeline.obographs import to_obographs
from kg.pipeline.owlapi import Document
from kg.pipeline.rdfxml import to_rdfxml
from kg.pipeline.reason import view
from kg.turtle import to_turtle

_REFERENCE = expand("dcterms:isReferencedBy")


def contents(build: Build) -> Graph:
    """What the files for ontology editors have."""
    graph = view(build)
    data = Embedded.united()
    for name, part in build.graphs.items():
        data.add_missing(name, part)
    graph.remove((None, _REFERENCE, None))
    for query in catalogue("release").values():
        graph += data.query(query.sparql)  # type: ignore[arg-type]
    for top in {*graph.subjects(RDF.type, OWL.Class)} - {*graph.subjects(RDFS.subClassOf)}:
        if isinstance(top, URIRef):
            graph.add((top, RDFS.subClassOf, OWL.Thing))
    return graph


def write(graph: Graph, folder: Path) -> list[Path]:
    """Write the files to a folder; none imports another document.

    Raises :class:`~kg.errors.DataError` when the graph violates OWL 2 EL or DL.
    """
    make_folder(folder)
    turtle, xml, functional, obo = (folder / f"mcrc-kg{ending}" for ending in (".ttl", ".owl", ".ofn", ".json"))
    write_whole(turtle, to_turtle(graph))
    document = Document(turtle)
    for profile in document.profiles():
        if not profile.holds:
            raise DataError(f"{turtle}: violates {profile.name}: " + "; ".join(profile.violations[:5]))
    write_whole(xml, to_rdfxml(graph))
    write_whole(functional, document.functional_syntax())
    write_whole(obo, to_obographs(graph))
    return [turtle, xml, functional, obo]
