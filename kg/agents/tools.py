"""The tools: each queries the graph and returns an answer within the caps. The model reads their docstrings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any

from mcp.types import CallToolResult
from pydantic import Field
from rdflib import Graph, Literal, URIRef

from kg.agents.answers import Answer, Caps, Notes, answer, graph_answer, result
from kg.agents.messages import in_tool_words
from kg.ask import briefing
from kg.ask.catalogue import Question, catalogue
from kg.ask.catalogue import question as question_named
from kg.ask.describe import Description
from kg.ask.results import Table, Term
from kg.ask.schema import schema
from kg.ask.search import not_called
from kg.graph import KnowledgeGraph
from kg.namespaces import contract

Tabular = CallToolResult  # its structured content is an Answer
Value = Annotated[str, Field(max_length=300)] | int | float
Thing = Annotated[str, Field(min_length=1, max_length=300, description="label, alias, prefixed name (drug:cetuximab) or IRI")]
Skip = Annotated[int, Field(ge=0, description="rows to skip; next_skip of the page before")]
Side = Annotated[str, Field(min_length=1, max_length=300, description="a drug, a regimen or a class ('anti-EGFR regimen')")]
_VALUES = 6  # values of one property that describe returns


class Tools:
    """The tools of one graph; ``allowed`` are the endpoints that federated questions may use."""

    def __init__(self, graph: KnowledgeGraph, allowed: Collection[str], caps: Caps) -> None:
        self._graph = graph
        self._allowed = allowed
        self._caps = caps

    def list_questions(
        self,
        topic: Annotated[str | None, Field(max_length=100, description="a topic; omit it to list all questions")] = None,
    ) -> Tabular:
        """List the canned questions and their parameters; with a topic, also the allowed values and the cautions."""
        known = list(briefing.askable(self._allowed).values())
        if topic is None:
            told = [(one.name, ", ".join(p.name for p in one.parameters), one.summary) for one in known]
            columns, text = ("question", "parameters", "summary"), briefing.by_topic(known)
        else:
            found = briefing.about(topic, known)
            told = [(one.name, briefing.parameters(one), in_tool_words(f"{one.summary}. {one.description}")) for one in found]
            columns, text = ("question", "parameters", "what"), "\n".join(in_tool_words(briefing.in_full(one)) for one in found)
        title = f"Questions{f' on {topic}' if topic else ''}"
        return result(text, Answer(title=title, columns=list(columns), rows=[list(one) for one in told], total=len(told)))

    def ask(
        self,
        question: Annotated[str, Field(min_length=1, max_length=100, description="a name from list_questions")],
        parameters: Annotated[
            dict[str, Value] | None,
            Field(max_length=10, description='by name, e.g. {"drug": "cetuximab"}; values are labels, aliases or IRIs'),
        ] = None,
        skip: Skip = 0,
    ) -> Tabular:
        """Answer a canned question from the documents; most rows have a passage to cite. Prefer this to sparql.

        Each row is valid only for its population and line. An empty cell has no value in the graph; only not-reported says what a
        document was read for and does not report. Parameters may also filter the answer by its columns: line, population,
        endpoint, place (text|table), verdict, favours, p_below, sort ("p_value:desc").
        """
        asked = question_named(question)
        given = parameters or {}
        values: dict[str, Any] = {asked.parameter(name).name: value for name, value in given.items()}
        table = self._graph.ask(asked.name, **values)
        empty = () if len(table) else [in_tool_words(one) for one in self._graph.explain_empty(asked.name, **values)]
        cautions = (*map(in_tool_words, table.notes), in_tool_words(asked.description), *self._caption(asked, values))
        return self._answer(table, Notes(_heading(asked, given), _narrower(asked), cautions, skip, empty))

    def find(self, text: Annotated[str, Field(min_length=1, max_length=100)], skip: Skip = 0) -> Tabular:
        """Find drugs, regimens, trials, targets, endpoints, classes by name, part of a name, brand name or identifier."""
        found = self._graph.find(text, limit=1000)
        rows = tuple((n.entity, Literal(n.label), Literal(n.kind), Literal(n.text), Literal(n.how)) for n in found)
        table = Table(("entity", "label", "kind", "matched", "matched_as"), rows)
        missing = not_called(found, text).removeprefix("; ")
        told = Notes(
            f"Entities with a name like '{text}', best match first",
            "give more of the name",
            (missing,) if missing else (),
            skip,
            ("no name in the graph is like this one",),
        )
        return self._answer(table, told)

    def describe(self, entity: Thing, skip: Skip = 0) -> Tabular:
        """Describe one entity: the statements about it and those that refer to it; long lists are cut and counted."""
        found = self._graph.describe(entity)
        narrow = "query one property with sparql"
        return self._answer(_gathered(found), Notes(f"Description of {entity}", narrow, skip=skip))

    def explain(
        self,
        entity: Thing,
        property: Annotated[str | None, Field(max_length=300, description="'acts on', 'type', mcrc:actsOn")] = None,
        value: Annotated[str | None, Field(max_length=300, description="one value of that property")] = None,
        skip: Skip = 0,
    ) -> Tabular:
        """Explain a statement of the graph: the passage of a stated fact, or the rule and premises of an inferred one.

        Use it before you repeat a class, an evidence level or a claim. The premises of a step have a greater depth.
        """
        table = self._graph.explain(entity, property, value).to_table()
        what = " ".join(filter(None, (entity, property, value)))
        return self._answer(table, Notes(f"Explanation of {what}", "give a property, and one value of it", skip=skip))

    def compare(
        self,
        one: Side,
        other: Side,
        endpoint: Annotated[str | None, Field(max_length=100, description="OS, PFS, ORR, …")] = None,
        stratum: Annotated[str | None, Field(max_length=300, description="e.g. 'KRAS wild-type population'")] = None,
        line: Annotated[str | None, Field(max_length=100, description="e.g. first-line")] = None,
        document: Annotated[str, Field(max_length=300, description="best, all, or the short name of a document")] = "best",
        skip: Skip = 0,
    ) -> Tabular:
        """Compare two treatments; each ratio is one divided by other.

        direct: a study compared them in that population and line. indirect: computed by way of a common comparator, not measured
        by any study, valid only under the assumption in its remark; never report it as a finding of a document. absent: neither
        direct nor indirect comparison. Columns computed_… were not printed. Do not rank treatments from indirect or absent rows.
        """
        found = self._graph.compare(one, other, endpoint, stratum, line, document=document)
        notes = [found.answer]
        notes += [f"Targets and pathways of both: {', '.join(found.shared)}"] if found.shared else []
        notes += [f"Not given: {each}" for each in found.left_out if "has precedence over" in each.reason]
        told = Notes(f"{found.one} against {found.other}", "give an endpoint, a stratum or a line", notes, skip)
        return self._answer(found.to_table(), told)

    def pool(
        self,
        endpoint: Annotated[str, Field(max_length=100)],
        experimental: Side,
        reference: Side,
        stratum: Annotated[str | None, Field(max_length=300)] = None,
        line: Annotated[str | None, Field(max_length=100)] = None,
        skip: Skip = 0,
    ) -> Tabular:
        """Pool the studies that compared two sides (as in compare); what must not be pooled is refused with the reason.

        No document prints these numbers. Repeat the main result with its interval, interpretation and omitted studies.
        """
        found = self._graph.pool(endpoint, experimental, reference, stratum, line)
        notes = [f"{found.headline}.", f"{found.footnote}.", found.interpretation, *found.cautions]
        told = Notes(f"Pooled {endpoint}, {experimental} against {reference}", "give a stratum", notes, skip)
        return self._answer(found.to_table(), told)

    def schema(self) -> str:
        """Read this before sparql: classes, properties, cardinality, prefixes, path from a number to its passage, examples."""
        return self._schema

    def sparql(
        self,
        query: Annotated[str, Field(min_length=1, max_length=20_000, description="SELECT, ASK or CONSTRUCT")],
        skip: Skip = 0,
    ) -> Tabular:
        """Answer SPARQL 1.1 over all facts and inferences, read-only, within limits of time, memory and size. Read schema first.

        Select the passage (prov:wasDerivedFrom) of each result that you will repeat. No rows may mean that the pattern does not
        match the schema; check it. A count of results is a count of places: one result may be printed twice.
        """
        found = self._graph.answer(query)
        hints = [in_tool_words(one) for one in self._graph.hints(query, found)]
        narrow = "add a FILTER, or COUNT"
        if isinstance(found, Graph):
            return graph_answer(found, narrow, self._caps, hints)
        table = found if isinstance(found, Table) else Table(("answer",), ((Literal(found),),))
        return self._answer(table, Notes("Answer", narrow, hints, skip))

    def _caption(self, asked: Question, values: Mapping[str, Any]) -> Iterator[str]:
        """What caption and notes of a printed table say of all its rows, for a question that has the number of a table."""
        for parameter in asked.parameters:
            if parameter.name == "table":
                label = f"Table {values.get('table', parameter.default)}"
                tables = self._graph.answer(catalogue("pages")["tables"].sparql)
                assert isinstance(tables, Table)
                yield from (f"{label}: {row['remark']}" for row in tables if row["table"] == label and row["remark"])

    def _answer(self, table: Table, told: Notes) -> CallToolResult:
        return answer(table, told, self._caps, self._graph.answer)

    @cached_property
    def _schema(self) -> str:
        return str(schema(self._graph.answer))


def _heading(asked: Question, given: Mapping[str, str | int | float]) -> str:
    """The question with its parameter values; defaults are marked."""
    told = []
    for one in asked.options:
        if one.name in given:
            told.append(f"{one.name}={given[one.name]}")
        elif one.default is not None:
            told.append(f"{one.name}={one.default} by default")
    return f"{asked.summary} [{', '.join(told)}]" if told else asked.summary


def _narrower(asked: Question) -> str:
    names = ", ".join(one.name for one in asked.options)
    return f"narrow with {names}" if names else "there is nothing to narrow"


def _gathered(told: Description) -> Table:
    """A description with one row for each property and direction: the first values, and the number of others."""
    groups: dict[tuple[Term, Term], list[tuple[str, Term]]] = {}
    for direction, property, value, _, iri in told.rows:
        groups.setdefault((direction, property), []).append((str(value), iri))
    rows = []
    for (direction, property), values in groups.items():
        distinct = list(dict.fromkeys(_named(*one) for one in values))
        others = len(distinct[_VALUES:]) + (0 if str(direction) == "says" else told.left_out.get(str(property), 0))
        more = f"; and {others} more" if others else ""
        shown = "; ".join(distinct[:_VALUES]) + more
        passage = next((iri for _, iri in values if isinstance(iri, URIRef) and "/id/passage/" in iri), None)
        rows.append((direction, property, Literal(shown), passage))
    return Table(("direction", "property", "values", "passage_iri"), tuple(rows))


def _named(value: str, iri: Term) -> str:
    name = contract(str(iri)) if isinstance(iri, URIRef) else None
    return value if name is None else name if value in (name, str(iri)) else f"{value} ({name})"
