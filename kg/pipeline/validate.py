"""Validation of facts against the SHACL shapes; each finding has the table, row and column to correct.

pySHACL evaluates SHACL Core; :mod:`kg.pipeline.constraints` the SPARQL-based constraints of the same shapes.

Specification: Shapes Constraint Language (SHACL), W3C Recommendation 20 July 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path

from rdflib import RDF, SH, Graph, URIRef
from rdflib.term import Node

from kg.engine.store import Embedded, embed
from kg.errors import DataError, InputError, Place
from kg.namespaces import BASE, INFERRED_GRAPH, ONTOLOGY_GRAPH, contract
from kg.pipeline.build import Build, ontology
from kg.pipeline.constraints import Violation, violations, without_sparql
from kg.pipeline.rules import infer
from kg.pipeline.triples import Origins
from kg.resources import folder

_SEVERITIES: dict[Node, str] = {SH.Violation: "error", SH.Warning: "warning", SH.Info: "info"}


@dataclass(frozen=True)
class Finding:
    """One violation of a shape."""

    severity: str
    place: Place
    subject: str
    message: str

    def __str__(self) -> str:
        """One line: place, severity, message."""
        return f"{self.place}: {self.severity}: {self.message}"


@dataclass(frozen=True)
class Report:
    """The result of a validation."""

    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that prevent a build."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def conforms(self) -> bool:
        """Whether there is no error; warnings are allowed."""
        return not self.errors

    def raise_for_errors(self) -> None:
        """Raise :class:`~kg.errors.DataError`, with one line per error, if there is an error."""
        if self.errors:
            raise DataError("\n".join(map(str, self.errors)))


def shapes() -> Graph:
    """All shapes, as one graph."""
    graph = Graph()
    for path in sorted(folder("shapes").glob("*.ttl")):
        graph.parse(path, format="turtle")
    return graph


def check(build: Build) -> Report:
    """The validation of a build."""
    return _check(build.graphs, build.origins)


def check_files(paths: Iterable[Path]) -> Report:
    """The validation of RDF files, together with the ontology and the inferences from both.

    Raises :class:`~kg.errors.InputError` for a file that is missing or does not parse.
    """
    given = Embedded()
    for path in paths:
        if not isfile(path):  # pathlib raises an error for a name that is too long
            hint = "give a folder of tables with --facts" if isdir(path) else "give an RDF file such as facts.ttl"
            raise InputError(f"{path}: no such file; {hint}")
        given.load_file(path)
    return check_graph(given.union())


def check_graph(data: Graph) -> Report:
    """The validation of an rdflib graph, together with the ontology and the inferences from both."""
    graphs = {ONTOLOGY_GRAPH: ontology(), URIRef(BASE + "given"): data}
    return _check(graphs | {INFERRED_GRAPH: infer(graphs)}, Origins())


def _check(graphs: Mapping[URIRef, Graph], origins: Origins) -> Report:
    required = shapes()
    found = [*_core(required, graphs), *violations(required, embed(graphs))]
    findings = {_finding(violation, origins) for violation in found}
    return Report(tuple(sorted(findings, key=lambda f: (f.severity, f.place.file, f.place.row or 0, f.message))))


def _core(required: Graph, graphs: Mapping[URIRef, Graph]) -> Iterator[Violation]:
    from pyshacl import validate  # slow to import, and only this function needs it

    data = Graph()
    for graph in graphs.values():
        data += graph
    _, report, text = validate(data, shacl_graph=without_sparql(required), inference="none")
    if not isinstance(report, Graph):
        raise DataError(f"the shapes are not valid: {text}")
    for node in report.subjects(RDF.type, SH.ValidationResult):
        one = {p: o for p, o in report.predicate_objects(node) if isinstance(p, URIRef)}
        yield Violation(one[SH.focusNode], one.get(SH.resultPath), str(one[SH.resultMessage]), one[SH.resultSeverity])


def _finding(violation: Violation, origins: Origins) -> Finding:
    subject = contract(str(violation.focus)) or str(violation.focus)
    place = origins.of(violation.focus, violation.path) or Place(subject)
    message = " ".join(violation.message.split())
    return Finding(_SEVERITIES[violation.severity], place, subject, f"{subject}: {message}" if place.row else message)
