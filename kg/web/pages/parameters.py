"""What the parameters of a form may be: the members of a class by label, or the rows of a helper question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from threading import Lock

from cachetools import LRUCache, cachedmethod
from rdflib import RDFS, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, catalogue
from kg.ask.results import Table
from kg.errors import NotFoundError, UsageError
from kg.graph import KnowledgeGraph
from kg.namespaces import contract, expand

_MOST_KEPT = 5000  # options in cached lists together, and cached values
MOST_OPTIONS = 60  # of a list to choose from; a longer one becomes a field that completes


@dataclass(frozen=True)
class Option:
    """One allowed thing: what stands in an address for it, its label, its IRI, and the group that it is listed in."""

    value: str
    label: str
    iri: URIRef
    group: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a form: its name, the words beside it, its value and what it may be; ``any`` is the choice of none."""

    name: str
    words: str
    value: str
    options: Sequence[Option] = ()
    any: str | None = None
    type: str = "text"
    error: bool = False

    @property
    def groups(self) -> Mapping[str, Sequence[Option]]:
        """The options by the group that they are listed in."""
        found: dict[str, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.group, []).append(option)
        return found

    @property
    def completes(self) -> bool:
        """Whether it is a field that completes what is typed rather than a list."""
        return len(self.options) > MOST_OPTIONS and not any(option.group for option in self.options)


class ParameterValues:
    """The allowed values of a graph's parameters."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._lists: LRUCache[Hashable, Sequence[Option]] = LRUCache(_MOST_KEPT, len)
        self._terms: LRUCache[Hashable, Node] = LRUCache(_MOST_KEPT)
        self._lock = Lock()

    def of(self, parameter: Parameter) -> Sequence[Option]:
        """The values that a parameter may have: none listed for a literal without choices."""
        if parameter.of_class is None:
            return [Option(value, value, URIRef("")) for value in parameter.choices]
        return self._members(parameter.of_class)

    @cachedmethod(attrgetter("_lists"), lock=attrgetter("_lock"))
    def _members(self, of_class: URIRef) -> Sequence[Option]:
        if of_class == RDFS.Resource:
            return _choices((label, iri, "") for iri, label in self._labels.items())
        members = {row["member_iri"] for row in self._graph.ask("members", **{"class": of_class})}
        return _choices((label, iri, "") for iri, label in self._labels.items() if iri in members)

    def listed(self, name: str) -> Sequence[Option]:
        """The rows of a helper question of the pages: its ``label``, and its last column as IRI; ``kind`` groups them."""
        found = self._graph.query(catalogue("pages")[name].sparql)
        assert isinstance(found, Table)
        last = found.columns[-1]
        return _choices(((row["label"], row[last], row.get("kind", "")) for row in found), keep=True)

    @cachedmethod(attrgetter("_terms"), lambda _, parameter, value: (parameter.type, value), attrgetter("_lock"))
    def term(self, parameter: Parameter, value: str) -> Node:
        """The value of a parameter as an RDF term.

        Raises :class:`~kg.errors.NotFoundError` with the nearest names for what is not allowed.
        """
        exact = next((one for one in self.of(parameter) if value in (one.value, str(one.iri))), None)
        return exact.iri if exact and parameter.of_class is not None else self._graph.term(parameter, value)

    def field(self, parameter: Parameter, value: str | None, error: bool = False) -> Field:
        """The field for a parameter, with the value given or the default in it."""
        options = self.of(parameter)
        any_words = f"any {_words(parameter.name)}" if parameter.default is None else None
        kind = "number" if parameter.type == "xsd:integer" else "text"
        shown = self._chosen(parameter, options, value) if value else self._default(parameter, options)
        return Field(parameter.name, _words(parameter.name), shown, options, any_words, kind, error)

    def _chosen(self, parameter: Parameter, options: Sequence[Option], value: str) -> str:
        """The option that a text means, by whatever name; the text itself where it means none."""
        try:
            term = self.term(parameter, value)
        except (NotFoundError, UsageError):
            return value
        return next((one.value for one in options if one.iri == term), value)

    def _default(self, parameter: Parameter, options: Sequence[Option]) -> str:
        if parameter.default is None:
            return ""
        iri = expand(parameter.default)
        return next((one.value for one in options if one.iri == iri), parameter.default)

    def plain(self, name: str, words: Sequence[str], value: str | None) -> Field:
        """The field for one of some words, the first of them where none is given."""
        return Field(name, _words(name), value or words[0], [Option(word, word, URIRef("")) for word in words])

    def label(self, term: Node | None) -> str:
        """The label of a thing, or the text of a literal; nothing for none."""
        return "" if term is None else self._labels.get(str(term), str(term))

    @cached_property
    def _labels(self) -> dict[str, str]:
        rows = sorted(self._graph.ask("names"), key=lambda row: (row["label"].casefold(), row["entity_iri"]))
        return {row["entity_iri"]: row["label"] for row in rows}


def named(choices: Sequence[Option], value: str) -> Option | None:
    """The choice that a text from an address is: by value, label or IRI."""
    return next((one for one in choices if value in (one.value, one.label, str(one.iri), contract(one.iri))), None)


def _choices(rows: Iterable[tuple[str, str, str]], keep: bool = False) -> list[Option]:
    """Each with its label as value where no other has it, else with its prefixed name."""
    found = list(rows) if keep else sorted(rows, key=lambda row: (row[0].casefold(), row[1]))
    often = Counter(label for label, _, _ in found)
    return [
        Option(label if often[label] == 1 else contract(iri) or iri, label, URIRef(iri), group) for label, iri, group in found
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")
