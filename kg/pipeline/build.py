"""From fact tables to one checked file: tables, quads, inferences, canonical TriG.

Data flows one way: ``tables`` → ``quads`` → ``rules`` → ``validate`` → file. A build that fails writes nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.term import Node

from kg.engine.disjoint_graphs import note, note_of, noted
from kg.engine.store import Embedded, embed
from kg.errors import DataError, Place, Problem, raise_for
from kg.files import make_folder, write_whole
from kg.namespaces import ID, INFERRED_GRAPH, MAPPINGS_GRAPH, MCRC, ONTOLOGY_GRAPH, contract, expand
from kg.pipeline.mappings import read_mappings
from kg.pipeline.rules import conclude
from kg.pipeline.tables import read
from kg.pipeline.triples import Origins, from_tables
from kg.resources import GRAPH_FILE, folder
from kg.resources import facts as packaged_facts
from kg.turtle import to_trig


@dataclass(frozen=True)
class Build:
    """The assembled named graphs, the table cell of each fact, and the engine that holds the graphs where they were inferred."""

    graphs: Mapping[URIRef, Graph]
    origins: Origins = field(default_factory=Origins)
    data: Embedded | None = field(default=None, compare=False, repr=False)

    def __len__(self) -> int:
        """The number of quads."""
        return sum(map(len, self.graphs.values()))

    @property
    def disjoint(self) -> bool:
        """Whether no triple is in two graphs."""
        return len({triple for graph in self.graphs.values() for triple in graph}) == len(self)


_ONTOLOGY = ("terms.ttl", "terminology.ttl")


def ontology() -> Graph:
    """The terms and the terminology in one graph."""
    graph = Graph()
    for name in _ONTOLOGY:
        graph.parse(folder("ontology") / name, format="turtle")
    return graph


def _ontology_origins(origins: Origins) -> None:
    """Add the line of each term; in canonical Turtle it begins with the name of the term, and no other line does."""
    for name in _ONTOLOGY:
        text = (folder("ontology") / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            term = None if line.startswith((" ", "@", "[")) else expand(line)
            if term is not None:
                origins.rows.setdefault(term, Place(f"ontology/{name}", number))


def assemble(facts: Path | None = None, batch: Path | None = None) -> Build:
    """The graphs of the ontology, of each document in a facts folder, of what they share, of the mappings, and of the inferences.

    ``facts`` is a folder with the structure of ``kg/facts/``; the default is the packaged one. ``batch`` is one more batch.

    Raises :class:`~kg.errors.InputError` for unreadable input, :class:`~kg.errors.DataError` for a reference to an unknown name.
    """
    origins = Origins()
    _ontology_origins(origins)
    graphs = {ONTOLOGY_GRAPH: ontology(), **from_tables(read(facts or packaged_facts(), batch), origins)}
    raise_for(list(_dangling(graphs, origins)), DataError)
    graphs[MAPPINGS_GRAPH] = read_mappings(folder("ontology") / "mappings", _labels(graphs))
    data = embed(graphs)
    conclude(data)
    graphs[INFERRED_GRAPH] = data.graph(INFERRED_GRAPH)
    return Build(graphs, origins, data)


def _labels(graphs: Mapping[URIRef, Graph]) -> dict[URIRef, str]:
    found = {}
    for graph in graphs.values():
        for thing, label in graph.subject_objects(RDFS.label):
            if isinstance(thing, URIRef):
                found[thing] = str(label)
    return found


def write(build: Build, folder: Path) -> Path:
    """Write the graph and return the path of the file, which is replaced completely or not at all.

    A note beside it says that its graphs are disjoint, if they are (:mod:`kg.engine.disjoint_graphs`).
    """
    path = folder / GRAPH_FILE
    make_folder(folder)
    content = to_trig(build.graphs).encode("utf-8")
    write_whole(path, content)
    if build.disjoint:
        write_whole(note_of(path), note(content))
    else:
        note_of(path).unlink(missing_ok=True)
    return path


def is_current(build: Build, folder: Path) -> bool:
    """Whether the file in ``folder`` is equal to what this build would write."""
    path = folder / GRAPH_FILE
    content = to_trig(build.graphs).encode("utf-8")
    return path.is_file() and path.read_bytes() == content and (noted(path) is not None) == build.disjoint


def _dangling(graphs: Mapping[URIRef, Graph], origins: Origins) -> Iterator[Problem]:
    known = {subject for graph in graphs.values() for subject in graph.subjects(RDF.type)}
    seen = set()
    for name, graph in graphs.items():
        for subject, predicate, value in graph:
            for term in (subject, predicate, value):
                if isinstance(term, URIRef) and str(term).startswith((ID, str(MCRC))) and term not in known:
                    place = origins.of(subject, predicate) or Place(contract(name) or str(name), None, contract(str(subject)))
                    if (place.file, place.row, term) not in seen:
                        seen.add((place.file, place.row, term))
                        yield Problem(place, f"no entity is called '{_short(term)}'", _nearest(term, known))


def _short(term: URIRef) -> str:
    return str(contract(term) or term)


def _nearest(term: URIRef, known: set[Node]) -> str:
    cut = max(term.rfind("/"), term.rfind("#")) + 1
    family = [str(other) for other in known if isinstance(other, URIRef) and other.startswith(term[:cut])]
    near = difflib.get_close_matches(str(term), family, 1, 0.8)
    return f"did you mean '{near[0][cut:]}'?" if near else "add it to its table or to ontology/, or correct the name"
