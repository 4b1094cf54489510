"""Why the graph says something: an inferred triple back to its rule and premises, a stated one to its graph and its place.

Each rule in ``queries/rules/`` has a query of the same name in ``queries/why/`` that finds the premises of one conclusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Question, catalogue
from kg.ask.results import Table, Term
from kg.engine.store import Engine, Solutions
from kg.errors import NotFoundError
from kg.namespaces import INFERRED_GRAPH, ONTOLOGY_GRAPH, expand

Triple = tuple[Node, Node, Node]
_NAMES = ("subject", "property", "object")
_DEPTH = 12
# what stands between the three parts of a statement in the answer of the query
_JOINT = " | "
# rules whose conclusions follow so plainly that a whole thing is explained without them
_PLAIN = "bookkeeping"


@dataclass(frozen=True)
class Step:
    """One statement of an explanation: how deep it lies, its triple and its words, why it holds, and its place in the source."""

    depth: int
    triple: Triple
    statement: str
    because: str
    place: str
    passage: Term

    def __str__(self) -> str:
        """One line, indented by the depth."""
        at = f" ({self.place})" if self.place else ""
        return f"{'    ' * self.depth}{self.statement}\n{'    ' * self.depth}  because {self.because}{at}"


@dataclass(frozen=True)
class Explanation:
    """Why something holds, step by step: a statement comes before what it rests on, which lies one deeper."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        """The steps as indented lines."""
        return "\n".join(map(str, self.steps))

    def to_table(self) -> Table:
        """The steps as rows."""
        rows = ((Literal(s.depth), Literal(s.statement), Literal(s.because), Literal(s.place), s.passage) for s in self.steps)
        return Table(("depth", "statement", "because", "place", "passage_iri"), tuple(rows))


def explain(engine: Engine, subject: Node, property: Node | None = None, value: str | None = None) -> Explanation:
    """Why the graph says what it says of a thing, of one property of it, or of one value of that property.

    ``value`` is the label, the IRI, the prefixed name or the text of the value. Without a property: the statements that a thing
    rests on (results, counts, evidence lines, passages) and all that is inferred about it.

    Raises :class:`~kg.errors.NotFoundError` when the graph says nothing of the kind.
    """
    if property is None:
        steps = tuple(_thing(engine, subject, 0, {subject}))
    else:
        found = _told(engine, {"subject": subject, "property": property})
        triples = dict.fromkeys(told.triple for told in found if value is None or told.has(value))
        steps = tuple(step for triple in triples for step in _proof(engine, triple, 0, frozenset()) or ())
    if not steps:
        raise NotFoundError("the graph does not say so; 'mcrc-kg show' lists what it says of a thing")
    return Explanation(steps)


@dataclass(frozen=True)
class _Told:
    graph: Node
    triple: Triple
    words: str
    source: str
    place: str
    passage: Term

    @property
    def statement(self) -> str:
        """The three parts as one sentence."""
        return self.words.replace(_JOINT, " ")

    def has(self, value: str) -> bool:
        """Whether a text names the value of the triple."""
        stated = self.triple[2]
        return value in (str(stated), self.words.rpartition(_JOINT)[2]) or expand(value) == stated


def _told(engine: Engine, values: dict[str, Node]) -> list[_Told]:
    rows = _rows(engine, catalogue("why")["asserted"], values)
    return [_Told(graph, (s, p, o), words, str(source or ""), str(place or ""), passage)
            for graph, s, p, o, words, source, place, passage in rows]  # fmt: skip


def _thing(engine: Engine, thing: Node, depth: int, seen: set[Node]) -> Iterator[Step]:
    for subject, property, value, part in _rows(engine, catalogue("why")["parts"], {"subject": thing}):
        triple = (subject, property, value)
        told = _told(engine, dict(zip(_NAMES, triple, strict=True)))
        if all(one.graph == INFERRED_GRAPH for one in told):
            rule = _rule(engine, triple)
            if rule is not None and _PLAIN in rule.tags:
                continue
        yield from _proof(engine, triple, depth, frozenset()) or ()
        if part is not None and part not in seen:
            seen.add(part)
            yield from _thing(engine, part, depth + 1, seen)


def _proof(engine: Engine, triple: Triple, depth: int, above: frozenset[Triple]) -> list[Step] | None:
    """The steps that lead to a triple without leaning on those above it; None when there are none."""
    told = _told(engine, dict(zip(_NAMES, triple, strict=True)))
    stated = [one for one in told if one.graph != INFERRED_GRAPH]
    if stated:
        return [_stated(one, depth) for one in stated]
    rule = _rule(engine, triple) if told and depth < _DEPTH else None
    if rule is None:
        return None
    for premises in _derivations(engine, rule, triple):
        proofs = [_proof(engine, premise, depth + 1, above | {triple}) for premise in premises if premise not in above | {triple}]
        found = [proof for proof in proofs if proof is not None]
        if len(found) == len(premises):
            because = f"{rule.summary[0].lower()}{rule.summary[1:]}"
            return [Step(depth, triple, told[0].statement, because, "", None), *(step for proof in found for step in proof)]
    return None


def _stated(told: _Told, depth: int) -> Step:
    teller = told.source or ("the ontology" if told.graph == ONTOLOGY_GRAPH else "the curated table")
    return Step(depth, told.triple, told.statement, f"{teller} says so", told.place, told.passage)


def _rule(engine: Engine, triple: Triple) -> Question | None:
    """The rule that concludes a triple."""
    values = dict(zip(_NAMES, triple, strict=True))
    for rule in catalogue("rules").values():
        concluded = engine.query(rule.bind(values))
        if isinstance(concluded, Graph) and triple in concluded:
            return rule
    return None


def _derivations(engine: Engine, rule: Question, triple: Triple) -> Iterator[list[Triple]]:
    """The premises of each way in which a rule concludes a triple."""
    rows = _rows(engine, catalogue("why")[rule.name], dict(zip(_NAMES, triple, strict=True)))
    for _, derivation in groupby(rows, key=lambda row: row[0]):
        yield [(s, p, o) for _, s, p, o in derivation]


def _rows(engine: Engine, question: Question, values: dict[str, Node]) -> tuple[tuple[Any, ...], ...]:
    bound = {name: value for name, value in values.items() if isinstance(value, (URIRef, Literal))}
    answer = engine.query(question.bind(bound))
    return answer.rows if isinstance(answer, Solutions) else ()
