"""The terms of N-Quads as text, for a generator that writes millions of lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from kg.namespaces import ID, MCRC, PREFIXES

Pair = tuple[str, str]
Described = tuple[str, list[Pair]]
Thing = TypeVar("Thing")

TYPE = f"<{PREFIXES['rdf']}type>"
LABEL = f"<{PREFIXES['rdfs']}label>"
COMMENT = f"<{PREFIXES['rdfs']}comment>"
ALTERNATIVE = f"<{PREFIXES['skos']}altLabel>"
FROM = f"<{PREFIXES['prov']}wasDerivedFrom>"


class Slugged(Protocol):
    """An object with the last part of its IRI."""

    @property
    def slug(self) -> str:
        """The last part of the IRI."""
        ...


def iri(kind: str, slug: str) -> str:
    """The IRI of an entity.

    >>> iri("drug", "cetuximab")
    '<https://w3id.org/mcrc-kg/id/drug/cetuximab>'
    """
    return f"<{ID}{kind}/{slug}>"


def link(kind: str) -> Callable[[Slugged], str]:
    """The function that gives the IRI of an object of a kind."""
    return lambda thing: iri(kind, thing.slug)


def own(name: str) -> str:
    """The IRI of a term of the ontology of the project."""
    return f"<{MCRC}{name}>"


def named(kind: str) -> Callable[[str], str]:
    """The function that gives the IRI of an entity of a kind from the last part of the IRI."""
    return lambda slug: iri(kind, slug)


def text(value: str) -> str:
    r"""A string.

    >>> print(text('the "first" trial'))
    "the \"first\" trial"
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def english(value: str) -> str:
    """A string in English."""
    return f"{text(value)}@en"


def integer(value: int) -> str:
    """A whole number."""
    return f'"{value}"^^<{PREFIXES["xsd"]}integer>'


def decimal(value: str | int) -> str:
    """A decimal number with these digits."""
    return f'"{value}"^^<{PREFIXES["xsd"]}decimal>'


def kinds(*names: str) -> list[Pair]:
    """The statements that an entity belongs to these classes of the project."""
    return [(TYPE, own(name)) for name in names]


def maybe(predicate: str, value: Thing | None, write: Callable[[Thing], str]) -> list[Pair]:
    """The statement with this value, if there is one."""
    return [] if value is None else [(predicate, write(value))]
