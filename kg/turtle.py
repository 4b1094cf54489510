"""Canonical Turtle and TriG: equal graphs have equal texts, so that a diff shows only what changed.

Subjects, predicates and objects are sorted; ``a`` and the label come first; blank nodes are nested. Engines write in insertion
order, so the project has its own writer.

Specification: RDF 1.1 Turtle and RDF 1.1 TriG, W3C Recommendations 25 February 2014; triple terms and base directions as in
RDF 1.2 Turtle, W3C Working Draft.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.namespaces import PREFIXES, contract
from kg.terms import TripleTerm, written

_BARE = {
    XSD.integer: re.compile(r"[+-]?[0-9]+"),
    XSD.decimal: re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD.boolean: re.compile(r"true|false"),
}
_DEEPEST = 30  # levels of nested blank nodes


def to_turtle(graph: Graph) -> str:
    """One graph as canonical Turtle.

    >>> graph = Graph().parse(data="@prefix drug: <https://w3id.org/mcrc-kg/id/drug/> . drug:b drug:q 2 ; a drug:A .")
    >>> print(to_turtle(graph), end="")
    @prefix drug: <https://w3id.org/mcrc-kg/id/drug/> .
    <BLANKLINE>
    drug:b
      a drug:A ;
      drug:q 2 .
    """
    return _header(body := _Writer(graph).body()) + body


def to_trig(graphs: Mapping[URIRef, Graph]) -> str:
    """Named graphs as canonical TriG, sorted by name; a blank node that several statements share keeps its label."""
    parts = []
    for name in sorted(graphs):
        body = _Writer(graphs[name]).body()
        indented = "\n".join("  " + line if line else line for line in body.splitlines())
        parts.append(f"{_term(name)} {{\n{indented}\n}}\n")
    return _header(body := "\n".join(parts)) + body


def _header(body: str) -> str:
    used = sorted(prefix for prefix in PREFIXES if re.search(rf"(?<![\w:/#-]){prefix}:", body))
    return "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in used) + "\n"


def _term(node: Node) -> str:
    pattern = _BARE.get(node.datatype) if isinstance(node, Literal) and node.datatype else None
    if pattern and pattern.fullmatch(str(node)):
        return str(node)
    return written(node, _iri)


def _iri(node: URIRef) -> str:
    return contract(node) or f"<{node}>"


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.about: dict[Node, list[tuple[Node, Node]]] = {}  # one pass over the triples instead of a search for each subject
        for subject, predicate, value in graph:
            self.about.setdefault(subject, []).append((predicate, value))
        objects = [value for found in self.about.values() for _, value in found]
        self.references = Counter(o for o in objects if isinstance(o, BNode))
        # a blank node in a triple term always needs a label
        self.labelled = set().union(*(_blanks(o) for o in objects if isinstance(o, TripleTerm)))
        self.labelled |= {node for node, count in self.references.items() if count > 1}
        self.lists = self._lists()
        self._label_circular_and_deep_nodes()

    def _lists(self) -> set[Node]:
        """The cells of well-formed lists: those that can be written as ``( … )``."""
        found: set[Node] = set()
        cells = [cell for cell in self.graph.subjects(RDF.rest, RDF.nil) if self._is_cell(cell)]
        while cells:
            cell = cells.pop()
            found.add(cell)
            if cell not in self.labelled:
                cells += (before for before in self.graph.subjects(RDF.rest, cell) if self._is_cell(before))
        return found

    def _is_cell(self, node: Node) -> bool:
        predicates = [predicate for predicate, _ in self.about.get(node, ())]
        return isinstance(node, BNode) and len(predicates) == 2 and set(predicates) == {RDF.first, RDF.rest}

    def _label_circular_and_deep_nodes(self) -> None:
        """Label blank nodes that cannot be nested: those in a cycle, and those that would be nested too deeply."""
        holders: dict[Node, Node] = {o: s for s, found in self.about.items() for _, o in found if isinstance(o, BNode)}
        depths: dict[Node, float] = dict.fromkeys(self.labelled, 0)
        for start in self.references:
            node: Node | None = start
            path: dict[Node, None] = {}
            while isinstance(node, BNode) and node not in path and node not in depths:
                path[node] = None
                node = holders.get(node)
            depth = math.inf if node in path else 0 if node is None else depths.get(node, 0)
            for inner in reversed(path):
                depth += not (inner in self.lists and holders.get(inner) in self.lists)
                if depth > _DEEPEST:
                    self.labelled.add(inner)
                    depth = depth if math.isinf(depth) else 0
                depths[inner] = depth

    def body(self) -> str:
        named = sorted((s for s in self.about if isinstance(s, URIRef)), key=_order)
        blocks = [f"{_term(subject)}\n{self._properties(subject, '  ')} .\n" for subject in named]
        blank = {s for s in self.about if isinstance(s, BNode)}
        roots = {s for s in blank if not self.references[s]} - self.labelled
        blocks += sorted(f"[]\n{self._properties(subject, '  ')} .\n" for subject in roots)
        blocks += sorted(f"_:{subject}\n{self._properties(subject, '  ')} .\n" for subject in blank & self.labelled)
        return "\n".join(blocks)

    def _properties(self, subject: Node, indent: str) -> str:
        by_predicate: dict[Node, list[str]] = {}
        for predicate, value in self.about.get(subject, ()):
            by_predicate.setdefault(predicate, []).append(self._object(value, indent))
        lines = []
        for predicate in sorted(by_predicate, key=_predicate_order):
            name = "a" if predicate == RDF.type else _term(predicate)
            lines.append(f"{indent}{name} " + " , ".join(sorted(by_predicate[predicate])))
        return " ;\n".join(lines)

    def _object(self, node: Node, indent: str) -> str:
        if not isinstance(node, BNode) or node in self.labelled:
            return _term(node)
        if node in self.lists:
            items = " ".join(self._object(item, indent) for item in self.graph.items(node))
            return f"( {items} )"
        inner = self._properties(node, indent + "    ")
        return f"[\n{inner}\n{indent}  ]" if inner else "[]"


def _blanks(term: Node) -> set[Node]:
    """The blank nodes of a triple term."""
    if not isinstance(term, TripleTerm):
        return {term} if isinstance(term, BNode) else set()
    return _blanks(term.subject) | _blanks(term.object)


def _order(node: Node) -> tuple[str, str]:
    return (_term(node).partition(":")[0], str(node))


def _predicate_order(node: Node) -> tuple[int, str]:
    return ({RDF.type: 0, RDFS.label: 1}.get(node, 2), _term(node))  # type: ignore[call-overload]
