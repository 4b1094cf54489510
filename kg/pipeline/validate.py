"""Validation of facts against the SHACL shapes; each finding has the table, row and column to correct.

:mod:`kg.pipeline.constraints` evaluates the shapes, and pySHACL those that it cannot.

Specification: Shapes Constraint Language (SHACL), W3C Recommendation 20 July 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path

from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.term import Node

from kg.engine.store import Embedded, embed
from kg.errors import DataError, InputError, Place
from kg.namespaces import ONTOLOGY_GRAPH, contract
from kg.pipeline.build import Build, ontology
from kg.pipeline.constraints import Violation, has_targets, remaining, violations
from kg.pipeline.rules import conclude
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
    return report(build.data or embed(build.graphs), build.origins)


def check_files(paths: Iterable[Path]) -> Report:
    """The validation of RDF files, together with the ontology and the inferences from both.

    Raises :class:`~kg.errors.InputError` for a file that is missing or does not parse.
    """
    given = Embedded.united()
    for path in paths:
        if not isfile(path):  # pathlib raises an error for a name that is too long
            hint = "give a folder of tables with --facts" if isdir(path) else "give an RDF file such as facts.ttl"
            raise InputError(f"{path}: no such file; {hint}")
        given.load_file(path)
    complete(given)
    return report(given)


def check_graph(data: Embedded, folder: Path | None = None) -> Report:
    """The validation of a graph, together with the ontology and the inferences from both, which are not added to it.

    The copy of a store on disk, to which they are added, is in ``folder``, or in the folder for temporary files.
    """
    with data.copied(folder) as copy:
        complete(copy)
        return report(copy)


def complete(data: Embedded) -> None:
    """Add the ontology, unless the data contain it, and the inferences from both."""
    terms = ontology()
    if not data.has_all(one for one in terms if not any(isinstance(term, BNode) for term in one)):
        data.add_missing(ONTOLOGY_GRAPH, terms)
    conclude(data)


def report(data: Embedded, origins: Origins | None = None) -> Report:
    """The validation of data that contain the ontology and the inferences."""
    required = shapes()
    found = [*_by_pyshacl(remaining(required), data), *violations(required, data)]
    findings = {_finding(violation, origins or Origins()) for violation in found}
    return Report(tuple(sorted(findings, key=lambda f: (f.severity, f.place.file, f.place.row or 0, f.message))))


def _by_pyshacl(left: Graph, data: Embedded) -> Iterator[Violation]:
    """The violations of the shapes that are not evaluated as sets."""
    if not has_targets(left):
        return
    from pyshacl import validate  # slow to import, and the shapes of this package do without
    from pyshacl.errors import ReportableRuntimeError

    try:
        _, found, text = validate(data.union(), shacl_graph=left, inference="none")
    except ReportableRuntimeError as error:
        raise DataError(f"the shapes are not valid: {error.message}") from error
    if not isinstance(found, Graph):
        raise DataError(f"the shapes are not valid: {text}")
    for node in found.subjects(RDF.type, SH.ValidationResult):
        one = {p: o for p, o in found.predicate_objects(node) if isinstance(p, URIRef)}
        yield Violation(one[SH.focusNode], one.get(SH.resultPath), str(one[SH.resultMessage]), one[SH.resultSeverity])


def _finding(violation: Violation, origins: Origins) -> Finding:
    subject = contract(str(violation.focus)) or str(violation.focus)
    place = origins.of(violation.focus, violation.path) or Place(subject)
    message = " ".join(violation.message.split())
    named = place.row and not isinstance(violation.focus, BNode)  # the name of a blank node says nothing to anybody
    return Finding(_SEVERITIES[violation.severity], place, subject, f"{subject}: {message}" if named else message)
