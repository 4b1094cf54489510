"""Exports of the graph in the formats of other tools; every run writes the same bytes.

Each exporter is a function from the graph to texts by file name; :func:`export` writes each file completely or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import UsageError
from kg.exports import bundle, kgx, nanopubs, network, rdf
from kg.files import make_folder, write_whole
from kg.graph import KnowledgeGraph

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Exporter:
    """One format: its function, its summary, and whether it writes a folder."""

    texts: Callable[[KnowledgeGraph], Texts]
    summary: str
    folder: bool = False


EXPORTERS: Mapping[str, Exporter] = {
    "ttl": Exporter(rdf.turtle, "Turtle, all graphs merged"),
    "trig": Exporter(rdf.trig, "TriG, with the named graphs"),
    "nq": Exporter(rdf.nquads, "N-Quads, sorted"),
    "rdf": Exporter(rdf.rdfxml, "RDF/XML, all graphs merged"),
    "jsonld": Exporter(rdf.jsonld, "JSON-LD with the context of the ontology"),
    "void": Exporter(bundle.description, "VoID and DCAT description with counts, as Turtle"),
    "nanopubs": Exporter(nanopubs.nanopublications, "one nanopublication per result, as TriG"),
    "graphml": Exporter(network.graphml, "GraphML of entities and relations, for Cytoscape and Gephi"),
    "kgx": Exporter(kgx.tables, "Biolink nodes and edges as KGX tables", folder=True),
    "csv": Exporter(bundle.answers, "the answers to all questions without a default value, as CSV", folder=True),
    "crate": Exporter(bundle.crate, "RO-Crate of graph, answers and description, with checksums", folder=True),
}


def export(graph: KnowledgeGraph, form: str | None, place: Path) -> list[Path]:
    """Write one file, or the files of a folder, and return their paths.

    Without ``form``, the extension of ``place`` determines the format.

    Raises :class:`~kg.errors.UsageError` for an unknown format or a remote graph, and the errors of
    :func:`~kg.files.write_whole` for a path that cannot be written.
    """
    name = form or place.suffix.removeprefix(".")
    if name not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        raise UsageError(f"unknown format '{name}'; choose one of {known} with --format, or by the extension of the file")
    exporter = EXPORTERS[name]
    texts = exporter.texts(graph)
    if not exporter.folder:
        write_whole(place, next(iter(texts.values())))
        return [place]
    for file in ("", *texts):
        make_folder((place / file).parent if file else place)
    for file, text in texts.items():
        write_whole(place / file, text)
    return [place / file for file in texts]
