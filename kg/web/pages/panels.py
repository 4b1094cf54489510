"""A panel of a page: one canned question about one entity, its answer as a table, and links to the query and the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rdflib import Literal, URIRef

from kg.ask.catalogue import Question, catalogue
from kg.ask.describe import referring
from kg.ask.results import Table
from kg.graph import KnowledgeGraph
from kg.namespaces import contract
from kg.web.pages import links
from kg.web.pages.outcome_tables import Outcomes, events, results
from kg.web.pages.result_table import Cell, Column, Names, ResultTable, result_table

SHELF = "pages"
OPEN = 6  # rows of a table that stand open; a longer one is folded
_SPARE = 2  # rows more than that are not worth folding


@dataclass(frozen=True)
class Panel:
    """A panel: its heading, its question, the parameter for the entity, and the columns (all but IRIs if none is named).

    ``shelf`` is the folder of the question, empty for the question library. ``why`` is the statement of an inferred row that its
    link explains: subject, property and value, each a column or an IRI, or empty for the entity itself. ``first`` is the question
    in the same folder that answers with the first statements of each property that refer to the entity, to be read in its place.
    ``part`` is the section of the page that the panel belongs to, a section of its own if empty. ``outcomes`` is what its rows
    are, if they are shown as in :mod:`~kg.web.pages.outcome_tables`: "efficacy", "harm" (results on adverse events) or "events".
    """

    heading: str
    question: str
    parameter: str = ""
    columns: tuple[str, ...] = ()
    shelf: str = ""
    why: tuple[str, str, str] | None = None
    first: str = ""
    part: str = ""
    outcomes: str = ""

    @property
    def asked(self) -> Question:
        """The question."""
        return catalogue(self.shelf)[self.question]


@dataclass(frozen=True)
class PanelView:
    """A panel with its answer: a description, the table, and links to the query and the file.

    ``stacked`` is whether the cells of a row stand below each other on a narrow screen, each with its heading.
    """

    heading: str
    anchor: str
    about: str
    result_table: ResultTable
    tools: Sequence[tuple[str, str]]
    part: str = ""
    stacked: bool = False

    @property
    def first(self) -> ResultTable | None:
        """The first rows, which stand open, or None if the table is short."""
        rows = self.result_table.rows
        return replace(self.result_table, rows=rows[:OPEN], left_out=0, notes=()) if len(rows) > OPEN + _SPARE else None


@dataclass(frozen=True)
class PageContext:
    """The context of a page: the graph, its names, and the path under which the site is mounted."""

    graph: KnowledgeGraph
    names: Names
    root: str
    _kept: dict[str, Outcomes] = field(default_factory=dict, compare=False)

    @property
    def outcomes(self) -> Outcomes:
        """What the tables of results need to know of the graph; asked for once for a page."""
        if "outcomes" not in self._kept:
            adverse = frozenset(row["endpoint"] for row in self.rows("adverse-endpoints"))
            primary = frozenset((row["study_iri"], row["primary_endpoint"]) for row in self.graph.ask("primary-endpoints"))
            self._kept["outcomes"] = Outcomes(self.names, self.root, adverse, primary)
        return self._kept["outcomes"]

    def rows(self, name: str, thing: str | None = None, shelf: str = SHELF) -> Table:
        """The answer to a query of the pages about an entity."""
        asked = catalogue(shelf)[name]
        values = {asked.parameters[0].name: URIRef(thing)} if thing is not None and asked.parameters else {}
        answer = self.graph.answer(asked.bind(values))
        assert isinstance(answer, Table)
        return answer

    def show(self, panel: Panel, thing: str, answer: Table | None = None) -> PanelView:
        """A panel about an entity; ``answer`` is the answer to its question, if it is already known."""
        asked = panel.asked
        values = {panel.parameter: URIRef(thing)} if panel.parameter else {}
        sparql = asked.bind(values)
        left_out = 0
        if panel.first:
            first = catalogue(panel.shelf)[panel.first]
            answer, others = referring(self.graph.answer, URIRef(thing), first, panel.parameter)
            left_out = sum(others.values())
        elif answer is None and not panel.shelf:
            answer = self.graph.ask(panel.question, limit=None, skip=0, **values)
        elif answer is None:
            found = self.graph.answer(sparql)
            assert isinstance(found, Table)
            answer = found
        made = self._table(panel, answer)
        made = replace(made, left_out=made.left_out + left_out)
        if panel.why is not None:
            made = _explained(made, answer, panel.why, thing, self.root)
        given = {panel.parameter: contract(thing) or thing} if panel.parameter else {}
        tools = [
            ("SPARQL query", links.in_form(sparql, self.root)),
            ("CSV", links.as_file(asked, given, sparql, self.root)),
        ]
        return PanelView(panel.heading, panel.question, asked.description, made, tools, panel.part, bool(panel.outcomes))

    def _table(self, panel: Panel, answer: Table) -> ResultTable:
        if not panel.outcomes:
            return result_table(answer, self.names, self.root, _with_other_places(panel.columns, answer))
        if panel.outcomes == "events":
            return events(answer, panel.columns, self.outcomes)
        return results(answer, panel.columns, self.outcomes, adverse=panel.outcomes == "harm")


def _with_other_places(columns: Sequence[str], answer: Table) -> Sequence[str]:
    """The columns of a panel, and the other place of its rows where one has another."""
    other = answer.columns.index("other_place") if "other_place" in answer.columns else None
    shown = other is not None and any(row[other] is not None for row in answer.rows)
    return (*columns, "other_place") if columns and shown else columns


def _explained(made: ResultTable, answer: Table, why: tuple[str, str, str], thing: str, root: str) -> ResultTable:
    """The table with an additional last column that links each inferred row to its explanation."""
    at = {name: number for number, name in enumerate(answer.columns)}
    rows = []
    for cells, row in zip(made.rows, answer.rows, strict=False):
        subject, property, value = (str(row[at[part]]) if part in at else part or thing for part in why)
        inferred = row[at["basis"]] == Literal("inferred")
        reason = Cell("why?", links.why(subject, property, value, root)) if inferred else Cell("", None, "unsaid")
        rows.append((*cells, reason))
    return ResultTable((*made.columns, Column("why", "why", "brief")), rows, made.left_out)
