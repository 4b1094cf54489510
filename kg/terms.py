"""The terms of RDF 1.2 that rdflib lacks: triple terms, and strings with a language and a base direction.

Specification: RDF 1.2 Concepts and Abstract Data Model, sections 3.1 and 3.4, W3C Working Draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rdflib import XSD, BNode, Literal, URIRef
from rdflib.term import Node

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def written(node: Node, iri: Callable[[URIRef], str] = "<{}>".format) -> str:
    """A term in the syntax of N-Triples, or of Turtle when ``iri`` returns prefixed names.

    >>> written(Literal("a", lang="en"))
    '"a"@en'
    """
    if isinstance(node, URIRef):
        return iri(node)
    if isinstance(node, BNode):
        return f"_:{node}"
    if isinstance(node, TripleTerm):
        return f"<<( {' '.join(written(part, iri) for part in (node.subject, node.predicate, node.object))} )>>"
    assert isinstance(node, Literal)
    quoted = f'"{str(node).translate(_ESCAPES)}"'
    if isinstance(node, DirectionalLiteral):
        return f"{quoted}@{node.language}--{node.direction}"
    if node.language:
        return f"{quoted}@{node.language}"
    return f"{quoted}^^{iri(node.datatype)}" if node.datatype and node.datatype != XSD.string else quoted


@dataclass(frozen=True)
class TripleTerm(Node):
    """A triple that is itself a term; ``str`` and :meth:`n3` return it in the syntax of N-Triples.

    >>> print(TripleTerm(URIRef("urn:s"), URIRef("urn:p"), Literal("o", lang="en")))
    <<( <urn:s> <urn:p> "o"@en )>>
    """

    subject: Node
    predicate: URIRef
    object: Node

    def n3(self, namespace_manager: Any = None) -> str:
        """The term in the syntax of N-Triples 1.2, also that of Turtle 1.2 and SPARQL 1.2."""
        return written(self)

    def __str__(self) -> str:
        """The same as :meth:`n3`."""
        return self.n3()

    def __lt__(self, other: Any) -> bool:
        """The order in rdflib: triple terms by their text, before all other terms."""
        return str(self) < str(other) if isinstance(other, TripleTerm) else True

    def __gt__(self, other: Any) -> bool:
        """The order in rdflib: triple terms by their text, before all other terms."""
        return isinstance(other, TripleTerm) and str(self) > str(other)


class DirectionalLiteral(Literal):
    """A string with a language and a base direction, ``ltr`` or ``rtl``; otherwise it behaves as an rdflib literal.

    >>> DirectionalLiteral("שלום", "he", "rtl").n3()
    '"שלום"@he--rtl'
    >>> DirectionalLiteral("a", "en", "ltr") == Literal("a", lang="en")
    False
    """

    direction: str

    def __new__(cls, text: str, language: str, direction: str) -> DirectionalLiteral:
        """A term with text, language and direction."""
        made: DirectionalLiteral = Literal.__new__(cls, text, lang=language)
        made.direction = direction
        return made

    def __reduce__(self) -> tuple[type[DirectionalLiteral], tuple[str, str, str]]:
        """The class and the arguments for a copy."""
        return DirectionalLiteral, (str(self), str(self.language), self.direction)

    def n3(self, namespace_manager: Any = None) -> str:
        """The term in the syntax of N-Triples 1.2."""
        return written(self)

    def __eq__(self, other: object) -> bool:
        """Whether text, language and direction are equal."""
        return isinstance(other, DirectionalLiteral) and self.direction == other.direction and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        """Whether one of text, language and direction differs."""
        return not self == other

    def __hash__(self) -> int:
        """A hash of all three."""
        return hash((super().__hash__(), self.direction))
