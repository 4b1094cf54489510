"""Where statements come from: graphs, rules, premises, places in the source; each is read for many statements at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Question, catalogue
from kg.ask.results import Term
from kg.engine.store import Engine, Solutions
from kg.namespaces import expand

Triple = tuple[Node, Node, Node]
Bound = tuple[Node | None, ...]
Made = TypeVar("Made")
_NAMES = ("subject", "property", "object")
# the separator of the three parts of a statement in the answer of the query
_JOINT = " | "
_SUBJECTS = 16  # of one query: for more, the engine may read the whole graph (docs/decisions/014-bound-answers.md)
_TRIPLES = 64  # of one query: it looks up each of them, and a longer text takes longer to parse


@dataclass(frozen=True)
class Statement:
    """A triple in one of its graphs: its text, the document that makes it, and the place there."""

    graph: Node
    triple: Triple
    words: str
    source: str
    place: str
    passage: Term

    @property
    def statement(self) -> str:
        """The subject, property and value as one sentence."""
        return self.words.replace(_JOINT, " ")

    def has(self, value: str) -> bool:
        """Whether a text is a name of the value of the triple."""
        stated = self.triple[2]
        return value in (str(stated), self.words.rpartition(_JOINT)[2]) or expand(value) == stated


@dataclass(frozen=True)
class Provenance:
    """What the engine answers about triples and entities; nothing is asked twice.

    A method returns None for what has not been read yet, and notes that it is wanted. :meth:`settled` reads what is wanted, for
    all triples together, and repeats the attempt: the queries of an explanation follow its depth, not its length.
    """

    engine: Engine
    _known: dict[tuple[str, Any], Any] = field(default_factory=dict)
    _wanted: dict[str, dict[Any, None]] = field(default_factory=dict)

    def settled(self, attempt: Callable[[], Made]) -> Made:
        """What an attempt returns when all that it asks for is known."""
        while True:
            made = attempt()
            if not self._wanted:
                return made
            wanted = dict(self._wanted)
            self._wanted.clear()
            for kind, keys in wanted.items():
                self._read(kind, list(keys))

    def parts(self, entity: Node) -> list[tuple[Triple, Node | None]] | None:
        """The statements behind an entity, each with the next entity to explain, if there is one."""
        found: list[tuple[Triple, Node | None]] | None = self._ask("parts", entity)
        return found

    def graphs(self, triple: Triple) -> list[Node] | None:
        """The graphs of a triple."""
        found: list[Node] | None = self._ask("graphs", _bound(triple))
        return found

    def statements(self, triple: Triple) -> list[Statement] | None:
        """The triple in each of its graphs, with its places."""
        found: list[Statement] | None = self._ask("asserted", _bound(triple))
        return found

    def infers(self, rule: Question, triple: Triple) -> bool | None:
        """Whether a rule infers a triple."""
        found: bool | None = self._ask(f"rules {rule.name}", triple)
        return found

    def derivations(self, rule: Question, triple: Triple) -> list[list[Triple]] | None:
        """The premises of each derivation of a triple by a rule."""
        found: list[list[Triple]] | None = self._ask(f"why {rule.name}", triple)
        return found

    def values(self, subject: Node, property: Node) -> list[Statement]:
        """The statements of one property of a subject."""
        return [one for _, one in self._asserted([(subject, property, None)])]

    def elsewhere(self, result: Node) -> list[Triple]:
        """The type of each result of another document that reports the same outcome."""
        return [row[:3] for row in self._rows("beside", subject=result)]

    def instead(self, triple: Triple) -> list[Triple]:
        """What other documents state about a study in place of a triple."""
        return [row[:3] for row in self._rows("contradictions", **dict(zip(_NAMES, _bound(triple), strict=True)))]

    def _ask(self, kind: str, key: Any) -> Any:
        known = self._known.get((kind, key))
        if known is None:
            self._wanted.setdefault(kind, {})[key] = None
        return known

    def _read(self, kind: str, keys: Sequence[Any]) -> None:
        shelf, _, name = kind.rpartition(" ")
        if shelf == "rules":
            found: Iterable[tuple[Any, Any]] = self._inferred(catalogue(shelf)[name], keys)
        elif shelf == "why":
            found = ((triple, self._derivations(name, triple)) for triple in keys)
        else:
            rows: Mapping[str, Callable[[Sequence[Any]], Iterator[tuple[Any, Any]]]] = {
                "parts": self._parts, "graphs": self._graphs, "asserted": self._asserted,
            }  # fmt: skip
            lists: dict[Any, list[Any]] = {key: [] for key in keys}
            for key, value in rows[name](keys):
                lists.setdefault(key, []).append(value)
            found = lists.items()
        self._known.update(((kind, key), value) for key, value in found)

    def _parts(self, entities: Sequence[Node]) -> Iterator[tuple[Node, tuple[Triple, Node | None]]]:
        for some in _cut(entities, _SUBJECTS):
            for subject, property, value, part, entity in self._rows("parts", subject=some):
                yield entity, ((subject, property, value), part)

    def _graphs(self, triples: Sequence[Bound]) -> Iterator[tuple[Bound, Node]]:
        for some in _cut(triples, _TRIPLES):
            for graph, *triple in self._rows("graphs", triple=some):
                yield _bound(triple), graph

    def _asserted(self, triples: Sequence[Bound]) -> Iterator[tuple[Bound, Statement]]:
        for some in _cut(triples, _TRIPLES):
            for graph, s, p, o, words, source, place, passage in self._rows("asserted", triple=some):
                yield _bound((s, p, o)), Statement(graph, (s, p, o), words, str(source or ""), str(place or ""), passage)

    def _inferred(self, rule: Question, triples: Sequence[Triple]) -> Iterator[tuple[Triple, bool]]:
        for subjects in _cut(list(dict.fromkeys(triple[0] for triple in triples)), _SUBJECTS):
            some = [triple for triple in triples if triple[0] in subjects]
            properties = list(dict.fromkeys(triple[1] for triple in some))
            concluded = self.engine.query(rule.bind({"subject": _bound(subjects), "property": properties}))
            yield from ((triple, isinstance(concluded, Graph) and triple in concluded) for triple in some)

    def _derivations(self, name: str, triple: Triple) -> list[list[Triple]]:
        rows = self._rows(name, **dict(zip(_NAMES, _bound(triple), strict=True)))
        return [[row[1:] for row in derivation] for _, derivation in groupby(rows, key=lambda row: row[0])]

    def _rows(self, name: str, **values: Node | Sequence[Any] | None) -> tuple[Any, ...]:
        answer = self.engine.query(catalogue("why")[name].bind(values))
        return answer.rows if isinstance(answer, Solutions) else ()


def _cut(items: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + length] for start in range(0, len(items), length))


def _bound(terms: Iterable[Node | None]) -> Bound:
    """The terms as a query can name them: None for a blank node, which matches any term."""
    return tuple(term if isinstance(term, (URIRef, Literal)) else None for term in terms)
