"""SHACL constraints, each evaluated once for all focus nodes instead of once per node.

A query runs with ``$this`` ranging over the members of the target class of the shape. That query is the ``sh:select`` of a
SPARQL-based constraint or, for a component of SHACL Core, the file of its name in ``queries/shacl/``, with the path of the
property shape in place of ``$PATH``. A shape that has anything else is left to pySHACL (:func:`remaining`), so that the result
is complete. The data must contain the inferences of :mod:`kg.pipeline.rules`: they make each node a member of the superclasses
of its class. A test compares the results with those of pySHACL on every failing example (``docs/decisions/004-validation.md``).

Specification: Shapes Constraint Language (SHACL), W3C Recommendation 20 July 2017.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

from rdflib import RDF, RDFS, SH, XSD, Graph
from rdflib.collection import Collection
from rdflib.extras.shacl import parse_shacl_path
from rdflib.paths import Path
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.engine.store import Engine, Solutions

_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_ABOUT = frozenset((RDF.type, RDFS.label, RDFS.comment, SH.name, SH.description, SH.order, SH.group, SH.message, SH.severity))
_DATATYPES = frozenset((XSD.string, XSD.integer, XSD.decimal))  # whose lexical spaces queries/shacl/datatype.rq has
_SELECT = frozenset((RDF.type, SH.message, SH.prefixes, SH.select))


@dataclass(frozen=True)
class Violation:
    """One violation of a constraint: focus node, path, message, severity."""

    focus: Node
    path: Node | None
    message: str
    severity: Node


def remaining(shapes: Graph) -> Graph:
    """The shapes for pySHACL: those that are evaluated as sets have no target here, and stay for others that refer to them."""
    left = Graph()
    left += shapes
    for shape in _set_shapes(shapes):
        left.remove((shape, SH.targetClass, None))
    return left


def has_targets(shapes: Graph) -> bool:
    """Whether a shape is to be evaluated by itself: it has a target, or is a class (an implicit target)."""
    classes = {*shapes.subjects(RDF.type, RDFS.Class)} & {*shapes.subjects(RDF.type, SH.NodeShape)}
    return bool(classes) or any((None, target, None) in shapes for target in _TARGETS)


def violations(shapes: Graph, data: Engine) -> Iterator[Violation]:
    """The violations of those shapes that are evaluated as sets."""
    prologue = cache(partial(_prologue, shapes))  # most constraints have the same prefixes
    for shape in _set_shapes(shapes):
        for target in shapes.objects(shape, SH.targetClass):
            for part in shapes.objects(shape, SH.property):
                yield from _property(shapes, part, target, data)
            for alternatives in shapes.objects(shape, SH["or"]):
                yield from _or(shapes, shape, alternatives, target, data)
            for constraint in shapes.objects(shape, SH.sparql):
                yield from _sparql(shapes, shape, constraint, target, data, prologue)


def _set_shapes(shapes: Graph) -> list[Node]:
    """The shapes with a target whose every part is a query over all focus nodes."""
    return [shape for shape in {*shapes.subjects(SH.targetClass)} if _is_set_shape(shapes, shape)]


def _is_set_shape(shapes: Graph, shape: Node) -> bool:
    allowed = _ABOUT | {SH.targetClass, SH.property, SH["or"], SH.sparql}
    lists = [Collection(shapes, head) for head in shapes.objects(shape, SH["or"])]
    return (
        {*shapes.predicates(shape)} <= allowed
        and (shape, RDF.type, RDFS.Class) not in shapes
        and (not lists or _one(shapes, shape, SH.message))
        and all(_is_set_property(shapes, part, SH.message) for part in shapes.objects(shape, SH.property))
        and all(_is_set_property(shapes, part) for alternatives in lists for part in alternatives)
        and all(
            {*shapes.predicates(one)} <= _SELECT and _one(shapes, one, SH.message) for one in shapes.objects(shape, SH.sparql)
        )
    )


def _is_set_property(shapes: Graph, shape: Node, *needed: Node) -> bool:
    """Whether a property shape consists of components with a query; pySHACL words the message of one that has none."""
    components = catalogue("shacl")
    own = {str(p).removeprefix(str(SH)) for p in shapes.predicates(shape) if p not in _ABOUT and p != SH.path}
    datatypes = {*shapes.objects(shape, SH.datatype)}
    return (
        _one(shapes, shape, SH.path)
        and all(_one(shapes, shape, predicate) for predicate in needed)
        and own <= components.keys()
        and datatypes <= _DATATYPES
    )


def _one(shapes: Graph, shape: Node, predicate: Node) -> bool:
    return len([*shapes.objects(shape, predicate)]) == 1


def _property(shapes: Graph, shape: Node, target: Node, data: Engine) -> Iterator[Violation]:
    path, message, severity = (shapes.value(shape, one) for one in (SH.path, SH.message, SH.severity))
    for focus in _failing(shapes, shape, target, data):
        yield Violation(focus, path, str(message), severity or SH.Violation)


def _or(shapes: Graph, shape: Node, alternatives: Node, target: Node, data: Engine) -> Iterator[Violation]:
    message, severity = (shapes.value(shape, one) for one in (SH.message, SH.severity))
    for focus in set.intersection(*(_failing(shapes, one, target, data) for one in Collection(shapes, alternatives))):
        yield Violation(focus, None, str(message), severity or SH.Violation)


def _failing(shapes: Graph, shape: Node, target: Node, data: Engine) -> set[Node]:
    """The members of the target class that violate a component of a property shape."""
    path = parse_shacl_path(shapes, shapes.value(shape, SH.path))  # type: ignore[arg-type]
    written = path.n3() if isinstance(path, Path) else f"<{path}>"
    found: set[Node] = set()
    for name, query in catalogue("shacl").items():
        for value in shapes.objects(shape, SH[name]):
            given = list(Collection(shapes, value)) if name == "in" else value
            found.update(one["this"] for one in _answer(query.bind({name: given}).replace("$PATH", written), target, data))  # type: ignore[misc]
    return found


def _prologue(shapes: Graph, prefixes: Node) -> str:
    """The prefixes that a node declares, as SPARQL writes them."""
    return "".join(
        f"PREFIX {shapes.value(declaration, SH.prefix)}: <{shapes.value(declaration, SH.namespace)}>\n"
        for declaration in shapes.objects(prefixes, SH.declare)
    )


def _sparql(
    shapes: Graph, shape: Node, constraint: Node, target: Node, data: Engine, prologue: Callable[[Node], str]
) -> Iterator[Violation]:
    """The violations of a SPARQL-based constraint: its own message, the severity of its shape (sections 2.1.4 and 5.3.2)."""
    message = str(shapes.value(constraint, SH.message))
    severity = shapes.value(shape, SH.severity) or SH.Violation
    declared = "".join(map(prologue, shapes.objects(constraint, SH.prefixes)))
    for found in _answer(declared + str(shapes.value(constraint, SH.select)), target, data):
        yield Violation(found["this"], found.get("path"), _filled(message, found), severity)  # type: ignore[arg-type]


def _answer(select: str, target: Node, data: Engine) -> Iterator[dict[str, Node | None]]:
    """The rows of a query whose ``$this`` ranges over the members of a class."""
    answer = data.query(select.replace("$this", "?this").replace("{", f"{{ ?this a <{target}> . ", 1))
    assert isinstance(answer, Solutions)
    for row in answer.rows:
        yield dict(zip(answer.variables, row, strict=True))


def _filled(message: str, found: dict[str, Node | None]) -> str:
    def shown(match: re.Match[str]) -> str:
        return str(found.get(match[1]))

    return re.sub(r"\{\?(\w+)\}", shown, message)
