"""Explanations: an inferred triple is traced to its rule and premises, a stated triple to its graph and its place.

Each rule in ``queries/rules/`` has a query of the same name in ``queries/why/`` that finds the premises of one conclusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Question, catalogue
from kg.ask.results import Table, Term
from kg.engine.store import Answer, Engine, Solutions
from kg.errors import NotFoundError
from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, expand

Triple = tuple[Node, Node, Node]
_NAMES = ("subject", "property", "object")
_DEPTH = 12
_LOOKED_FOR = (MCRC.ofItem, MCRC.unreportedFor, MCRC.readers)
# the separator of the three parts of a statement in the answer of the query
_JOINT = " | "
# the tag of rules whose conclusions are left out when a whole entity is explained
_PLAIN = "bookkeeping"


@dataclass(frozen=True)
class Step:
    """One statement of an explanation: its depth, its triple, its text, the reason, and its place in the source."""

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
    """An explanation step by step: each statement is followed by its premises, one level deeper."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        """The steps as indented lines."""
        return "\n".join(map(str, self.steps))

    def to_table(self) -> Table:
        """The steps as rows."""
        rows = ((Literal(s.depth), Literal(s.statement), Literal(s.because), Literal(s.place), s.passage) for s in self.steps)
        return Table(("depth", "statement", "because", "place", "passage_iri"), tuple(rows))


def explain(engine: Engine, subject: Node, property: Node | None = None, value: str | None = None) -> Explanation:
    """The explanation of the statements about an entity, of one property of it, or of one value of that property.

    ``value`` is the label, the IRI, the prefixed name or the text of the value; what other documents state in its place follows.
    Without a property, the explanation contains the statements behind the entity (results, counts, evidence lines, passages),
    all inferences about it, and what other documents report of the outcome of a result.

    Raises :class:`~kg.errors.NotFoundError` when the graph does not contain the statement.
    """
    proofs = _Proofs(engine)
    if property is None:
        steps = (*proofs.entity(subject, 0, {subject}), *proofs.elsewhere(subject))
    else:
        found = proofs.matching({"subject": subject, "property": property})
        triples = dict.fromkeys(one.triple for one in found if value is None or one.has(value))
        steps = tuple(step for triple in triples for step in proofs.proof(triple, 0, frozenset()) or ())
        if value is not None:  # else all values are there, side by side
            steps += tuple(step for triple in triples for step in proofs.contradictions(triple))
    if not steps:
        raise NotFoundError("the graph does not contain this statement; 'mcrc-kg show' lists the statements about an entity")
    return Explanation(steps)


@dataclass(frozen=True)
class _Statement:
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
class _Proofs:
    """The proofs of one explanation; what the engine has answered about a triple is not asked again."""

    engine: Engine
    _stated: dict[Triple, list[_Statement]] = field(default_factory=dict)
    _rules: dict[Triple, tuple[Question, ...]] = field(default_factory=dict)
    _concluded: dict[str, Answer] = field(default_factory=dict)

    def entity(self, entity: Node, depth: int, seen: set[Node]) -> Iterator[Step]:
        """The steps of everything behind an entity; ``seen`` are the entities that are already explained."""
        for subject, property, value, part in self._rows(catalogue("why")["parts"], {"subject": entity}):
            triple = (subject, property, value)
            inferred = all(one.graph == INFERRED_GRAPH for one in self._statements(triple))
            if inferred and any(_PLAIN in rule.tags for rule in self._inferring(triple)[:1]):
                continue
            yield from self.proof(triple, depth, frozenset()) or ()
            if part is not None and part not in seen:
                seen.add(part)
                yield from self.entity(part, depth + 1, seen)

    def proof(self, triple: Triple, depth: int, above: frozenset[Triple]) -> list[Step] | None:
        """The steps that prove a triple without using the triples above it; None when there is no proof."""
        statements = self._statements(triple)
        stated = [one for one in statements if one.graph != INFERRED_GRAPH]
        if stated:
            return [_stated(one, depth) for one in stated]
        # a derivation by the first rule may go in a circle, as when a class is defined by its own superclass
        for rule in self._inferring(triple) if statements and depth < _DEPTH else ():
            for premises in self._derivations(rule, triple):
                proofs = [self.proof(one, depth + 1, above | {triple}) for one in premises if one not in above | {triple}]
                found = [proof for proof in proofs if proof is not None]
                if len(found) == len(premises):
                    because = f"{rule.summary[0].lower()}{rule.summary[1:]}"
                    step = Step(depth, triple, statements[0].statement, because, "", None)
                    return [step, *(one for proof in found for one in proof)]
        return None

    def contradictions(self, triple: Triple) -> Iterator[Step]:
        """The statements that other documents make about a study in place of a stated one, such as another phase."""
        for other in self._rows(catalogue("why")["contradictions"], dict(zip(_NAMES, triple, strict=True))):
            for one in self._statements((other[0], other[1], other[2])):
                if one.graph != INFERRED_GRAPH:
                    yield replace(_stated(one, 0), because=f"but {one.source} states this instead")

    def elsewhere(self, result: Node) -> Iterator[Step]:
        """What other documents report of the outcome of a result."""
        for other in self._rows(catalogue("why")["beside"], {"subject": result}):
            for one in self._statements((other[0], other[1], other[2])):
                if one.graph != INFERRED_GRAPH:
                    yield replace(_stated(one, 0), because=f"{one.source} reports this of the same outcome")

    def matching(self, values: dict[str, Node]) -> list[_Statement]:
        """The statements with this subject, property or value."""
        rows = self._rows(catalogue("why")["asserted"], values)
        return [_Statement(graph, (s, p, o), words, str(source or ""), str(place or ""), passage)
                for graph, s, p, o, words, source, place, passage in rows]  # fmt: skip

    def _statements(self, triple: Triple) -> list[_Statement]:
        if triple not in self._stated:
            self._stated[triple] = self.matching(dict(zip(_NAMES, triple, strict=True)))
        return self._stated[triple]

    def _inferring(self, triple: Triple) -> tuple[Question, ...]:
        """The rules that infer a triple; only rules that may conclude it are asked."""
        if triple not in self._rules:
            values = dict(zip(_NAMES, triple, strict=True))
            candidates = (rule for rule in catalogue("rules").values() if _concludes(rule, triple))
            self._rules[triple] = tuple(rule for rule in candidates if self._infers(rule, values, triple))
        return self._rules[triple]

    def _infers(self, rule: Question, values: dict[str, Node], triple: Triple) -> bool:
        asked = rule.bind(values)
        if asked not in self._concluded:  # a rule without property and value concludes the same for all triples of a subject
            self._concluded[asked] = self.engine.query(asked)
        concluded = self._concluded[asked]
        return isinstance(concluded, Graph) and triple in concluded

    def _derivations(self, rule: Question, triple: Triple) -> Iterator[list[Triple]]:
        """The premises of each derivation of a triple by a rule."""
        rows = self._rows(catalogue("why")[rule.name], dict(zip(_NAMES, triple, strict=True)))
        for _, derivation in groupby(rows, key=lambda row: row[0]):
            yield [(s, p, o) for _, s, p, o in derivation]

    def _rows(self, question: Question, values: dict[str, Node]) -> tuple[tuple[Any, ...], ...]:
        bound = {name: value for name, value in values.items() if isinstance(value, (URIRef, Literal))}
        answer = self.engine.query(question.bind(bound))
        return answer.rows if isinstance(answer, Solutions) else ()


def _stated(one: _Statement, depth: int) -> Step:
    origin = one.source or ("the ontology" if one.graph == ONTOLOGY_GRAPH else "the curated table")
    _, relation, value = one.triple
    looked = relation in _LOOKED_FOR or value == MCRC.UnreportedItem  # no document states what it does not report
    because = f"readers looked for it in {origin}, independently of each other" if looked else f"{origin} states it"
    return Step(depth, one.triple, one.statement, because, one.place, one.passage)


def _concludes(rule: Question, triple: Triple) -> bool:
    """Whether the triples that a rule constructs may have this property and, where the rule names one value, this value."""
    template = rule.sparql.partition("CONSTRUCT")[2].partition("}")[0].lstrip(" {")
    first, *others = template.split(";")
    concluded = (first.split()[1:3], *(one.split()[:2] for one in others))
    return any(_may_be(property, triple[1]) and _may_be(value, triple[2]) for property, value in concluded)


def _may_be(written: str, term: Node) -> bool:
    """Whether a term of a template, or any value of its variable, is this term."""
    return written.startswith("?") or term == (RDF.type if written == "a" else expand(written))
