"""Canonical Turtle and TriG: one graph, one text, so that a diff shows what changed and nothing else.

Subjects, predicates and objects are sorted, ``a`` and the label come first, blank nodes are written in place. Engines write in
insertion order, which is why the project has a writer of its own.

Specification: RDF 1.1 Turtle and RDF 1.1 TriG, W3C Recommendations 25 February 2014.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.namespaces import PREFIXES, contract

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BARE = {
    XSD.integer: re.compile(r"[+-]?\d+"),
    XSD.decimal: re.compile(r"[+-]?\d*\.\d+"),
    XSD.boolean: re.compile(r"true|false"),
}


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
    """Named graphs as canonical TriG, in the order of their names; a blank node that several statements share keeps its label."""
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
    if isinstance(node, URIRef):
        return contract(node) or f"<{node}>"
    if isinstance(node, BNode):
        return f"_:{node}"
    assert isinstance(node, Literal)
    pattern = _BARE.get(node.datatype) if node.datatype else None
    if pattern and pattern.fullmatch(str(node)):
        return str(node)
    quoted = '"' + re.sub(r'[\\"\n\r\t]', lambda match: _ESCAPES[match[0]], str(node)) + '"'
    if node.language:
        return f"{quoted}@{node.language}"
    return f"{quoted}^^{_term(node.datatype)}" if node.datatype and node.datatype != XSD.string else quoted


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.references = Counter(o for o in graph.objects() if isinstance(o, BNode))
        self.labelled = {node for node in self.references if self.references[node] > 1 or self._is_circular(node)}

    def _is_circular(self, node: BNode) -> bool:
        """Whether no named subject leads to the node: then it cannot be written in place."""
        seen: set[Node] = set()
        while isinstance(node, BNode) and node not in seen:
            seen.add(node)
            holder = next(self.graph.subjects(None, node), None)
            if holder is None:
                return False
            node = holder  # type: ignore[assignment]
        return node in seen

    def body(self) -> str:
        named = sorted({s for s in self.graph.subjects() if isinstance(s, URIRef)}, key=_order)
        blocks = [f"{_term(subject)}\n{self._properties(subject, '  ')} .\n" for subject in named]
        roots = {s for s in self.graph.subjects() if isinstance(s, BNode) and not self.references[s]}
        blocks += sorted(f"[]\n{self._properties(subject, '  ')} .\n" for subject in roots)
        blocks += sorted(f"_:{subject}\n{self._properties(subject, '  ')} .\n" for subject in self.labelled)
        return "\n".join(blocks)

    def _properties(self, subject: Node, indent: str) -> str:
        by_predicate: dict[Node, list[str]] = {}
        for predicate, value in self.graph.predicate_objects(subject):
            by_predicate.setdefault(predicate, []).append(self._object(value, indent))
        lines = []
        for predicate in sorted(by_predicate, key=_predicate_order):
            name = "a" if predicate == RDF.type else _term(predicate)
            lines.append(f"{indent}{name} " + " , ".join(sorted(by_predicate[predicate])))
        return " ;\n".join(lines)

    def _object(self, node: Node, indent: str) -> str:
        if not isinstance(node, BNode) or node in self.labelled:
            return _term(node)
        if (node, RDF.first, None) in self.graph:
            items = " ".join(self._object(item, indent) for item in self.graph.items(node))
            return f"( {items} )"
        inner = self._properties(node, indent + "    ")
        return f"[\n{inner}\n{indent}  ]" if inner else "[]"


def _order(node: Node) -> tuple[str, str]:
    return (_term(node).partition(":")[0], str(node))


def _predicate_order(node: Node) -> tuple[int, str]:
    return ({RDF.type: 0, RDFS.label: 1}.get(node, 2), _term(node))  # type: ignore[call-overload]
