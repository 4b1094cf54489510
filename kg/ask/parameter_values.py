"""Values of parameters as RDF terms, from the names that people type and that answers show: one rule for every way to ask.

A value is an entity by any of its names (:func:`kg.ask.search.resolve`). Further:

- A class of populations or of regimens can be named without its last word: "KRAS wild type", "anti-EGFR".
- An endpoint can be given with the grade that answers show after it: "diarrhea (grade 3 or 4)".
- A line of therapy stands also for those that overlap it: second-line for second-line or later.
- Where populations are asked for, a selection criterion such as "all patients" means all populations with it, and a class means
  its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rdflib import OWL, RDFS, Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, catalogue
from kg.ask.name_index import NameIndex, key
from kg.ask.results import Result, Table
from kg.ask.search import resolve, scope
from kg.errors import NotFoundError, UsageError
from kg.namespaces import MCRC, expand

_NOUNS = ("population", "regimen")  # the last words of the names of classes
_ENDPOINTS = (MCRC.Endpoint, MCRC.AdverseEvent)


class Graph(Protocol):
    """A graph with names."""

    def names(self, of_class: URIRef | None = None) -> NameIndex:
        """The names of all entities, or of the members of a class."""
        ...

    def answer(self, sparql: str) -> Result:
        """The answer to a query."""
        ...


def term(graph: Graph, parameter: Parameter, value: Any) -> Node:
    """The value of a parameter as one RDF term.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names for an unknown entity, :class:`~kg.errors.UsageError` for a
    value that is not among the choices, or is no number where one is expected.
    """
    if isinstance(value, Node):
        return value
    text = str(value)
    if parameter.choices and text not in parameter.choices:
        raise UsageError(f"--{parameter.name} must be one of {', '.join(parameter.choices)}, not '{text}'")
    of_class = parameter.of_class
    if of_class is None:
        return Literal(text) if parameter.type == "xsd:string" else _number(parameter, text)
    if of_class == MCRC.EvidenceScope:
        return scope(graph.names(of_class), text)
    return entity(graph, text, None if of_class == RDFS.Resource else of_class)


def _number(parameter: Parameter, text: str) -> Literal:
    found = Literal(text, datatype=expand(parameter.type))
    if found.value is None:
        kind = "a whole number" if parameter.type == "xsd:integer" else "a number"
        raise UsageError(f"--{parameter.name} must be {kind}, not '{text}'")
    return found


def terms(graph: Graph, parameter: Parameter, value: Any) -> tuple[Node, ...]:
    """The value of a parameter as RDF terms: more than one where a text names several populations, or lines overlap.

    A line of therapy is followed by those that it includes, and those that include it.

    Raises the errors of :func:`term`.
    """
    if isinstance(value, tuple) and all(isinstance(one, Node) for one in value):
        return value
    try:
        one = term(graph, parameter, value)
        return (one, *_listed(graph, "lines-that-overlap", line=one)) if parameter.of_class == MCRC.LineOfTherapy else (one,)
    except NotFoundError:
        found = _populations(graph, str(value)) if parameter.of_class == MCRC.Population else ()
        if not found:
            raise
        return found


def entity(graph: Graph, text: str, of_class: URIRef | None = None) -> URIRef:
    """The entity with this name; a member of a class if one is given.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names.
    """
    also: Sequence[str] = ()
    if of_class in (None, OWL.Class) and key(text):
        also = [f"{text} {noun}" for noun in _NOUNS]
    elif of_class in _ENDPOINTS and text.endswith(")"):
        also = [text.rpartition(" (grade ")[0]]
    return resolve(graph.names(of_class), text, lambda: "entity" if of_class is None else _label(graph, of_class), also)


def _populations(graph: Graph, text: str) -> tuple[Node, ...]:
    """The populations whose selection criterion is a text; if there are none, those of the class with this name."""
    found = graph.answer(catalogue("search")["criteria"].sparql)
    assert isinstance(found, Table)
    wanted = key(text)
    same = tuple(population for population, criterion in found.rows if population is not None and key(str(criterion)) == wanted)
    if same or not wanted:
        return same
    try:
        of_class = entity(graph, text, OWL.Class)
    except NotFoundError:
        return ()
    inside: Sequence[str] = [str(population) for population, _ in found.rows]
    return tuple(map(URIRef, sorted(graph.names(of_class).labels(inside))))


def names_of(graph: Graph, entities: Sequence[Node]) -> frozenset[str]:
    """The labels and abbreviations of entities, as answers show them."""
    return frozenset(map(str, _listed(graph, "names-of-entity", entity=entities)))


def _listed(graph: Graph, name: str, **values: Node | Sequence[Node]) -> tuple[Node, ...]:
    """The first column of the answer to a query of the search."""
    found = graph.answer(catalogue("search")[name].bind(values))
    assert isinstance(found, Table)
    return tuple(row[0] for row in found.rows if row[0] is not None)


def _label(graph: Graph, of_class: URIRef) -> str:
    return graph.names().label(of_class) or "class"
