"""Explanations: an inferred triple is traced to its rule and premises, a stated triple to its graph and its place.

Each rule in ``queries/rules/`` has a query of the same name in ``queries/why/`` that finds the premises of one conclusion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from rdflib import RDF, Literal
from rdflib.term import Node

from kg.ask.catalogue import Question, catalogue
from kg.ask.provenance import Provenance, Statement, Triple
from kg.ask.results import Table, Term
from kg.engine.store import Engine
from kg.errors import NotFoundError
from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, expand

_DEPTH = 12
_LOOKED_FOR = (MCRC.ofItem, MCRC.unreportedFor, MCRC.readers)
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
    known = Provenance(engine)
    if property is None:
        lines = known.settled(lambda: list(_entity(known, subject, 0, {subject})))
        steps = (*_steps(known, lines), *_others(known, known.elsewhere(subject), "{} reports this of the same outcome"))
    else:
        triples = list(dict.fromkeys(one.triple for one in known.values(subject, property) if value is None or one.has(value)))
        lines = known.settled(lambda: [line for triple in triples for line in _proof(known, triple, 0, frozenset()) or ()])
        steps = tuple(_steps(known, lines))
        if value is not None:  # else all values are there, side by side
            instead = [other for triple in triples for other in known.instead(triple)]
            steps += tuple(_others(known, instead, "but {} states this instead"))
    if not steps:
        raise NotFoundError("the graph does not contain this statement; 'mcrc-kg show' lists the statements about an entity")
    return Explanation(steps)


@dataclass(frozen=True)
class _Line:
    """A triple of an explanation: its depth, and the rule that infers it; a stated triple has none."""

    depth: int
    triple: Triple
    rule: Question | None


def _entity(known: Provenance, entity: Node, depth: int, seen: set[Node]) -> Iterator[_Line]:
    """The lines of everything behind an entity; ``seen`` are the entities that are already explained."""
    for triple, part in known.parts(entity) or ():
        if _is_left_out(known, triple):
            continue
        yield from _proof(known, triple, depth, frozenset()) or ()
        if part is not None and part not in seen:
            seen.add(part)
            yield from _entity(known, part, depth + 1, seen)


def _is_left_out(known: Provenance, triple: Triple) -> bool:
    """Whether the explanation of an entity leaves out a triple: only rules of bookkeeping infer it, or nothing is known yet."""
    graphs = known.graphs(triple)
    if graphs is None or set(graphs) != {INFERRED_GRAPH}:
        return graphs is None
    return not any(known.infers(rule, triple) for rule in _candidates(triple) if _PLAIN not in rule.tags)


def _proof(known: Provenance, triple: Triple, depth: int, above: frozenset[Triple]) -> list[_Line] | None:
    """The lines that prove a triple without the triples above it; None when there is none. What is not known yet has no lines."""
    graphs = known.graphs(triple)
    if graphs is None:
        return []
    if set(graphs) - {INFERRED_GRAPH}:
        return [_Line(depth, triple, None)]
    candidates = _candidates(triple) if graphs and depth < _DEPTH else []
    inferring = [known.infers(rule, triple) for rule in candidates]
    if None in inferring:
        return []
    # a derivation by the first rule may go in a circle, as when a class is defined by its own superclass
    for rule in (rule for rule, infers in zip(candidates, inferring, strict=True) if infers):
        derivations = known.derivations(rule, triple)
        if derivations is None:
            return []
        for premises in derivations:
            proofs = [_proof(known, one, depth + 1, above | {triple}) for one in premises if one not in above | {triple}]
            found = [proof for proof in proofs if proof is not None]
            if len(found) == len(premises):
                return [_Line(depth, triple, rule), *(line for proof in found for line in proof)]
    return None


def _steps(known: Provenance, lines: Iterable[_Line]) -> Iterator[Step]:
    """The lines with their texts and places: a triple that several documents state has one step for each."""
    for line, statements in known.settled(lambda: [(one, known.statements(one.triple)) for one in lines]):
        if line.rule is None:
            yield from (_stated(one, line.depth) for one in statements or () if one.graph != INFERRED_GRAPH)
        elif statements:
            because = f"{line.rule.summary[0].lower()}{line.rule.summary[1:]}"
            yield Step(line.depth, line.triple, statements[0].statement, because, "", None)


def _others(known: Provenance, triples: Iterable[Triple], because: str) -> Iterator[Step]:
    """The steps of triples that other documents state."""
    for statements in known.settled(lambda: [known.statements(triple) for triple in triples]):
        for one in statements or ():
            if one.graph != INFERRED_GRAPH:
                yield replace(_stated(one, 0), because=because.format(one.source))


def _stated(one: Statement, depth: int) -> Step:
    origin = one.source or ("the ontology" if one.graph == ONTOLOGY_GRAPH else "the curated table")
    _, relation, value = one.triple
    looked = relation in _LOOKED_FOR or value == MCRC.UnreportedItem  # no document states what it does not report
    because = f"readers looked for it in {origin}, independently of each other" if looked else f"{origin} states it"
    return Step(depth, one.triple, one.statement, because, one.place, one.passage)


def _candidates(triple: Triple) -> list[Question]:
    """The rules that may infer a triple: they construct triples with its property and, where they name one value, its value."""
    return [rule for rule, value in _constructing(triple[1]) if value is None or value == triple[2]]


@cache
def _constructing(property: Node) -> list[tuple[Question, Node | None]]:
    """The rules that may construct triples with a property, each with the one value that it gives them; None for a variable."""
    made = [(rule, *one) for rule in catalogue("rules").values() for one in _template(rule)]
    return list({(rule.name, value): (rule, value) for rule, p, value in made if p in (None, property)}.values())


def _template(rule: Question) -> Iterator[tuple[Node | None, Node | None]]:
    """The property and the value of each triple that a rule constructs; None for a variable."""
    template = rule.sparql.partition("CONSTRUCT")[2].partition("}")[0].lstrip(" {")
    first, *others = template.split(";")
    for property, value in (first.split()[1:3], *(one.split()[:2] for one in others)):
        yield _term(property), _term(value)


def _term(written: str) -> Node | None:
    return None if written.startswith("?") else RDF.type if written == "a" else expand(written)
