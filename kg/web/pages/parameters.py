"""The allowed values of form parameters: the members of a class by label, or the rows of a helper query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock

from cachetools import LRUCache, cachedmethod
from rdflib import RDFS, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, catalogue
from kg.ask.name_index import NameIndex
from kg.ask.results import Table
from kg.errors import NotFoundError, UsageError
from kg.graph import KnowledgeGraph
from kg.namespaces import contract, expand

_MOST_KEPT = 5000  # options in all cached lists together; also the number of cached values
# the labels of the parameters whose names are not clear by themselves
PARAMETER_LABELS = {
    "thing": "entity",
    "one": "first treatment",
    "other": "second treatment",
    "experimental": "experimental treatment",
    "reference": "reference treatment",
    "against": "comparator",
    "side": "side of the primary tumour",
    "line": "line of therapy",
    "by": "treatments shown as",
    "method": "method of pooling",
    "p_below": "P value below",
    "every_place": "places of one result",
    "sort": "sort by",
}
# the texts of the empty options that do not begin with "any"
_EMPTY = {"every_place": "in one row", "sort": "order of the question"}
MOST_OPTIONS = 60  # of a selection list; a longer list becomes a text field with completion
MOST_OFFERED = 1000  # options in a page for one field; a text field also accepts the name of any other allowed value


@dataclass(frozen=True)
class Option:
    """One allowed value: its text in an address, its label, its IRI, and its group in the list."""

    value: str
    label: str
    iri: URIRef
    group: str = ""


@dataclass(frozen=True)
class Field:
    """One form field: its name, label, value and options; ``any`` is the text of the empty option."""

    name: str
    words: str
    value: str
    options: Sequence[Option] = ()
    any: str | None = None
    type: str = "text"
    error: bool = False

    @property
    def groups(self) -> Mapping[str, Sequence[Option]]:
        """The options by group."""
        found: dict[str, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.group, []).append(option)
        return found

    @property
    def completes(self) -> bool:
        """Whether the field is a text field with completion instead of a list."""
        return len(self.options) > (MOST_OFFERED if any(option.group for option in self.options) else MOST_OPTIONS)

    @property
    def completions(self) -> Sequence[Option]:
        """The options of a text field with completion: the first ones."""
        return self.options[:MOST_OFFERED]


class ParameterValues:
    """The allowed parameter values of a graph; of a large class, only the first members are listed."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._lists: LRUCache[Hashable, Sequence[Option]] = LRUCache(_MOST_KEPT, len)
        self._terms: LRUCache[Hashable, tuple[Node, ...]] = LRUCache(_MOST_KEPT)
        self._lock = Lock()

    def of(self, parameter: Parameter) -> Sequence[Option]:
        """The allowed values of a parameter, at most :data:`MOST_OFFERED`; an empty list for a literal without choices."""
        if parameter.of_class is None:
            return [Option(value, value, URIRef("")) for value in parameter.choices]
        return self._members(parameter.of_class)

    @cachedmethod(attrgetter("_lists"), lock=attrgetter("_lock"))
    def _members(self, of_class: URIRef) -> Sequence[Option]:
        found = self._names(of_class).first(MOST_OFFERED + 1)  # one more, so that equal labels at the end are seen
        return _choices((label, iri, "") for iri, label in found)[:MOST_OFFERED]

    def _names(self, of_class: URIRef) -> NameIndex:
        """The names of the members of a class."""
        return self._graph.names(None if of_class == RDFS.Resource else of_class)

    def listed(self, name: str) -> Sequence[Option]:
        """The rows of a helper query of the pages as options: ``label``, the last column as IRI, and ``kind`` as group."""
        found = self._graph.answer(catalogue("pages")[name].sparql)
        assert isinstance(found, Table)
        last = found.columns[-1]
        return _choices(((row["label"], row[last], row.get("kind", "")) for row in found), keep=True)

    @cachedmethod(attrgetter("_terms"), lambda _, parameter, value: (parameter.type, value), attrgetter("_lock"))
    def terms(self, parameter: Parameter, value: str) -> tuple[Node, ...]:
        """The value of a parameter as RDF terms: several where a text names several populations.

        Raises :class:`~kg.errors.NotFoundError` with the nearest names for a value that is not allowed.
        """
        if parameter.of_class is not None:
            labelled = {name.entity for name in self._names(parameter.of_class).called([value]) if name.how == "label"}
            if len(labelled) == 1:
                return (labelled.pop(),)
        return self._graph.terms(parameter, value)

    def field(self, parameter: Parameter, value: str | None, error: bool = False) -> Field:
        """The form field of a parameter, with the given or default value."""
        options = self.of(parameter)
        any_words = _EMPTY.get(parameter.name, f"any {_words(parameter.name)}") if parameter.default is None else None
        kind = "number" if parameter.type == "xsd:integer" else "text"
        shown = self._chosen(parameter, options, value) if value else self._default(parameter, options)
        return Field(parameter.name, _words(parameter.name), shown, options, any_words, kind, error)

    def _chosen(self, parameter: Parameter, options: Sequence[Option], value: str) -> str:
        """The value of the option that a text names; the text itself if it names none."""
        try:
            found = self.terms(parameter, value)
        except (NotFoundError, UsageError):
            return value
        return next((one.value for one in options if (one.iri,) == found), value)

    def _default(self, parameter: Parameter, options: Sequence[Option]) -> str:
        if parameter.default is None:
            return ""
        iri = expand(parameter.default)
        return next((one.value for one in options if one.iri == iri), parameter.default)

    def plain(self, name: str, words: Sequence[str], value: str | None) -> Field:
        """The form field for a choice between texts; the first is the default."""
        return Field(name, _words(name), value or words[0], [Option(word, word, URIRef("")) for word in words])

    def label(self, *terms: Node | None) -> str:
        """The labels of entities, or the texts of literals; an empty text for None."""
        return ", ".join(self._graph.label(str(term)) or str(term) for term in terms if term is not None)


def named(choices: Sequence[Option], value: str) -> Option | None:
    """The option that a text from an address names, by its value, label or IRI; None if there is none."""
    return next((one for one in choices if value in (one.value, one.label, str(one.iri), contract(one.iri))), None)


def _choices(rows: Iterable[tuple[str, str, str]], keep: bool = False) -> list[Option]:
    """The options of these rows; the value of an option is its label if the label is unique, else its prefixed name."""
    found = list(rows) if keep else sorted(rows, key=lambda row: (row[0].casefold(), row[1]))
    often = Counter(label for label, _, _ in found)
    return [
        Option(label if often[label] == 1 else contract(iri) or iri, label, URIRef(iri), group) for label, iri, group in found
    ]


def _words(name: str) -> str:
    return PARAMETER_LABELS.get(name, name.replace("_", " "))
