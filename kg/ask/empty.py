"""What it means that an answer has no rows: the documents are silent, nothing matches, or another question answers.

Only readers can say that a document is silent. Where the graph has no record of that (the question ``not-reported``), an answer
without rows says nothing about the documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, Question, question
from kg.ask.filters import Filters
from kg.ask.name_index import NameIndex
from kg.ask.results import Result, Table
from kg.ask.search import find
from kg.namespaces import PREFIXES, contract

_SILENCES = "not-reported"
_NEAR = 3  # similar names that are listed
_LOOKED_AT = 10  # of so many
_SCOPES = (PREFIXES["scope"], PREFIXES["source"])
_NUMBERS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True)
class Asking:
    """What an explanation needs: the engine, the names of the members of a class, the question with its values and filters.

    ``unfiltered`` is the number of rows of the answer without the filters.
    """

    query: Callable[[str], Result]
    names: Callable[[URIRef | None], NameIndex]
    question: Question
    values: Mapping[str, Node]
    filters: Sequence[str] = ()
    unfiltered: int = 0

    @property
    def entities(self) -> dict[str, URIRef]:
        """The entities among the values, without documents and scopes."""
        given = self.values.items()
        return {name: one for name, one in given if isinstance(one, URIRef) and not str(one).startswith(_SCOPES)}

    def rows(self, asked: Question, values: Mapping[str, Node]) -> int:
        """The number of rows of an answer."""
        found = self.query(asked.bind(values))
        return len(Filters(merges=asked.merges).of(found)) if isinstance(found, Table) else 0


def explained(asking: Asking) -> list[str]:
    """Sentences about an answer without rows: silences, other questions with an answer, and what may be wrong with the values."""
    if asking.unfiltered:
        return [f"without {' and '.join(map(_option, asking.filters))} the answer has {_counted(asking.unfiltered)}"]
    silences = [*_silences(asking)]
    others = [*_others(asking)]
    if silences:
        return silences + others  # other questions may have what stands in other words
    said = "nothing in the graph matches these values" if asking.values else "nothing in the graph matches"
    return [f"{said}; this does not mean that the documents are silent", *others, *_wider(asking), *_near(asking)]


def _silences(asking: Asking) -> Iterator[str]:
    """What readers looked for and did not find, of the items about which the question is."""
    asked = question(_SILENCES)
    scope = {"document": asking.values["document"]} if "document" in asking.values else {}
    for entity in asking.entities.values() if asking.question.items else ():
        found = asking.query(asked.bind({"thing": entity, **scope}))
        for row in found.to_dicts() if isinstance(found, Table) else ():
            if str(row["unreported_iri"]).rpartition(".")[2] in asking.question.items:
                readers = _NUMBERS[row["readers"]] if row["readers"] < len(_NUMBERS) else str(row["readers"])
                told = "{document} was read for {reporting_item} of {entity} by {readers} readers and does not report it"
                yield told.format_map({**row, "readers": readers})


def _others(asking: Asking) -> Iterator[str]:
    """The questions named in the header that have an answer about the same entities; without entities, all of them."""
    found = []
    for name in asking.question.see:
        other = question(name)
        values = _moved(asking, other)
        if not asking.entities:
            found.append(name)
        elif values and (number := asking.rows(other, values)):
            found.append(f"{_called(asking, other, values)} ({_counted(number)})")
    if found:
        yield f"other questions {'with rows for the same' if asking.entities else 'on related facts'}: {'; '.join(found)}"


def _moved(asking: Asking, other: Question) -> dict[str, Node]:
    """The entities as values of the parameters of another question; empty where one does not fit."""
    moved: dict[str, Node] = {}
    for name, entity in asking.entities.items():
        free = [one for one in other.parameters if one.of_class is not None and one.name not in moved]
        fitting = (one for one in sorted(free, key=lambda one: one.name != name) if _fits(asking, one, entity))
        if (parameter := next(fitting, None)) is None:
            return {}
        moved[parameter.name] = entity
    return moved


def _fits(asking: Asking, parameter: Parameter, entity: URIRef) -> bool:
    """Whether an entity is a value of a parameter."""
    if parameter.name == "document" or parameter.of_class is None:
        return False
    of_class = None if parameter.type == "rdfs:Resource" else parameter.of_class
    return asking.names(of_class).label(entity) is not None


def _wider(asking: Asking) -> Iterator[str]:
    """The values without which the answer has rows, as long as an entity is left."""
    for name in asking.values if asking.question.endpoint is None else ():
        rest = {other: value for other, value in asking.values.items() if other != name}
        if any(other in rest for other in asking.entities) and (number := asking.rows(asking.question, rest)):
            yield f"without {_option(name)} the answer has {_counted(number)}"


def _near(asking: Asking) -> Iterator[str]:
    """The entities of the same type whose names are similar to those that were given."""
    names = asking.names(None)
    for name, entity in asking.entities.items():
        kind, label = entity.rpartition("/")[0], names.label(entity)
        found = find(names, label, _LOOKED_AT) if label else []
        near = [one.label for one in found if one.entity != entity and one.entity.rpartition("/")[0] == kind]
        if near:
            yield f"similar names for {_option(name)}: {', '.join(near[:_NEAR])}"


def _called(asking: Asking, other: Question, values: Mapping[str, Node]) -> str:
    names = asking.names(None)
    told = (f"{_option(name)} '{names.label(str(one)) or contract(str(one)) or one}'" for name, one in values.items())
    return f"{other.name} {' '.join(told)}"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _counted(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"
