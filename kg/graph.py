"""The graph as one object; :func:`kg.open` returns it for the packaged graph, a folder, or a remote endpoint."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdflib import RDF, Dataset, Graph, URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, Question, catalogue, question, questions
from kg.ask.filters import filters_of
from kg.ask.paging import Page
from kg.ask.results import Result, Table, from_answer
from kg.drawings import Drawings
from kg.engine.store import Embedded, Engine
from kg.errors import InputError, QueryWarning, UsageError
from kg.namespaces import expand
from kg.resources import graph_file, is_store, is_web_address

if TYPE_CHECKING:
    from kg.ask.describe import Description
    from kg.ask.explain import Explanation
    from kg.ask.name_index import Name, NameIndex
    from kg.pipeline.validate import Report


class KnowledgeGraph(Drawings):
    """A graph to query; :func:`open_graph` returns one.

    >>> graph = open_graph()
    >>> answer = graph.ask("reported-results", trial="CRYSTAL")
    >>> [(row["endpoint"], row["effect_value"]) for row in answer if row["place"] == "Table 4"]
    [('ORR', '3.31'), ('OS', '0.69'), ('PFS', '0.56')]
    """

    def __init__(self, engine: Engine, names: NameIndex | None = None) -> None:
        self._engine = engine
        self._stored_names = names
        self._made_names: dict[URIRef | None, tuple[object, NameIndex]] = {}
        self._known_terms: set[URIRef] = set()  # that were in a query and are in the graph

    def query(self, sparql: str) -> Result:
        """The answer to a SPARQL 1.1 query: a table for SELECT, a truth value for ASK, an rdflib graph for CONSTRUCT.

        A byte order mark before the query is ignored. Triple terms and strings with a base direction, which rdflib lacks, are
        terms of :mod:`kg.terms`. The prefixes of :mod:`kg.namespaces` need no declaration. The :meth:`hints` are given as
        :class:`~kg.errors.QueryWarning`.

        Raises :class:`~kg.errors.InputError` for a query that does not parse.
        """
        found = self.answer(sparql)
        for hint in self.hints(sparql, found):
            warnings.warn(hint, QueryWarning, stacklevel=2)
        return found

    def answer(self, sparql: str) -> Result:
        """As :meth:`query`, without warnings: for the queries of this package, and for who asks for the :meth:`hints`."""
        if not sparql.isascii() and any("\ud800" <= character <= "\udfff" for character in sparql):
            raise InputError("the query contains half of a surrogate pair, which is not a character; save the query as UTF-8")
        return from_answer(self._engine.query(sparql.removeprefix("\ufeff")))

    def hints(self, sparql: str, answer: Result) -> list[str]:
        """What may be wrong with a query that the engine accepts, in sentences; empty where nothing is found.

        Names of terms and entities that the graph does not contain, each with the nearest, numbers in ``GROUP_CONCAT``, and
        strings without a language tag that equal no label.
        """
        from kg.ask.language_tags import untagged
        from kg.ask.query_hints import hints

        known = self.names, self._known_terms
        return [*hints(sparql, answer, self.answer, *known), *untagged(sparql, answer, self.answer)]

    def ask(self, name: str, /, *, limit: int | None = None, skip: int = 0, **params: Any) -> Table:
        """The answer to a question of the catalogue (a canned query), as a table: its rows after the first ``skip``.

        Parameters are entities by label, alias, prefixed name or IRI, or plain values: ``ask("drug-roles", drug="cetuximab")``.
        Filters on the answer are parameters too: ``ask("comparisons", line="second-line", p_below=0.05, sort="p")``
        (:mod:`kg.ask.filters`). ``limit`` is the greatest number of rows; without it, all are in the table
        (:mod:`kg.ask.paging`). ``notes`` of the table say what the answer leaves out.

        Raises :class:`~kg.errors.NotFoundError` for an unknown question or entity, :class:`~kg.errors.UsageError` for an unknown
        parameter or a value that is not among the choices.
        """
        page, asked = Page(limit, skip), question(name)
        filters = filters_of(self, asked, params)
        sparql = self._bound(asked, params)
        if asked.scans and sparql == asked.bind({}) and isinstance(self._engine, Embedded) and self._engine.is_on_disk:
            from kg.engine.scans import by_scans  # only for large answers

            sparql = by_scans(sparql)
        result = self.answer(sparql)
        if not isinstance(result, Table):
            raise UsageError(f"the answer to the question '{name}' is not a table")
        notes = (f"Leaves out: {asked.leaves_out}",) if asked.leaves_out else ()
        return page.of(filters.of(replace(result, notes=notes + filters.notes)))

    def bound(self, name: str, /, **params: Any) -> str:
        """The SPARQL text of a question with these parameters; a federated question also contains the links that it sends.

        Remarks at its end name the filters that are applied to its answer.
        """
        asked = question(name)
        return self._bound(asked, params) + str(filters_of(self, asked, params))

    def _bound(self, asked: Question, params: Mapping[str, Any]) -> str:
        values: dict[str, Node | Sequence[Node]] = {}
        for key, value in params.items():
            parameter = asked.parameter(key)
            if value is not None and parameter in asked.parameters:
                values[parameter.name] = self.terms(parameter, value)
        if asked.links:
            here = self.answer(asked.local.bind(values))
            if not isinstance(here, Table) or not here.rows:
                return asked.local.bind(values)  # nothing to ask the endpoint about
            for link in asked.links:
                found = {row[here.columns.index(link)] for row in here.rows}
                values[link] = sorted((term for term in found if term is not None), key=str)
        return asked.bind(values)

    def explain_empty(self, name: str, /, **params: Any) -> list[str]:
        """What it means that the answer to a question with these parameters has no rows, in sentences.

        A document is called silent only where readers looked for exactly this (``ask("not-reported")``). Otherwise other
        questions that have an answer are named, and what may be wrong with the values.
        """
        from kg.ask.empty import Asking, explained  # an answer with rows does without

        asked = question(name)
        given = {asked.parameter(key): value for key, value in params.items() if value is not None}
        own: dict[str, Any] = {one.name: self.terms(one, value) for one, value in given.items() if one in asked.parameters}
        filters = [one.name for one in given if one in asked.filters]
        unfiltered = len(self.ask(name, **own)) if filters else 0
        values = {key: terms[0] for key, terms in own.items()}
        return explained(Asking(self.answer, self.names, asked, values, filters, unfiltered))

    @property
    def questions(self) -> Mapping[str, Question]:
        """The catalogue of questions, by name."""
        return questions()

    def find(self, text: str, limit: int = 20) -> list[Name]:
        """The entities that a text may mean, best first."""
        from kg.ask.search import find  # whoever gives no name does without

        return find(self.names(), text, limit)

    def resolve(self, text: str) -> URIRef:
        """The IRI of the entity with this name."""
        from kg.ask.parameter_values import entity

        return entity(self, text)

    def label(self, entity: str) -> str | None:
        """The label of an entity, by its IRI; None for an IRI without a label."""
        return self.names().label(entity)

    def definitions(self, entities: Sequence[URIRef]) -> dict[URIRef, str]:
        """The definitions of those of these entities that have one."""
        found = self.answer(catalogue("search")["definitions"].bind({"entity": entities}))
        assert isinstance(found, Table)
        return {URIRef(str(entity)): str(definition) for entity, definition in found.rows}

    def names(self, of_class: URIRef | None = None) -> NameIndex:
        """The index of all names, or of the names of the members of a class.

        A store on disk has one. For another graph it is made when it is first needed, and again after data were added.
        """
        from kg.ask.name_index import NameIndex

        if self._stored_names is not None:
            return self._stored_names.within(of_class)
        revision = self._engine.revision if isinstance(self._engine, Embedded) else None
        made = self._made_names.get(of_class)
        if made is None or made[0] != revision:
            rows = self.ask("names") if of_class is None else self._members(of_class)
            made = self._made_names[of_class] = revision, NameIndex.of(rows.rows)
        return made[1]

    def describe(self, entity: str) -> Description:
        """The statements about an entity: property, value and named graph; then those that refer to it, 100 of each property.

        ``left_out`` of the answer counts the others; ``ask("about", entity=...)`` contains all.
        """
        from kg.ask.describe import describe

        iri = expand(entity)
        if iri is not None and len(found := describe(self.answer, iri)):
            return found
        return describe(self.answer, self.resolve(entity))

    def explain(self, thing: str, property: str | None = None, value: str | None = None) -> Explanation:
        """The explanation of the statements about an entity, of one property of it, or of one value of that property.

        Each is given by label, prefixed name or IRI: ``explain("cetuximab")``, ``explain("cetuximab", "acts on", "EGFR")``. Every
        step is a statement with the rule or the place in the source that it comes from.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name, or when the graph does not contain the statement.
        """
        from kg.ask.explain import explain  # asking does without

        relation = None if property is None else RDF.type if property in ("a", "type") else self._entity(property)
        return explain(self._engine, self._entity(thing), relation, value)

    def as_rdflib(self) -> Dataset:
        """The same data, not a copy, as an rdflib dataset; its default graph is the union of all graphs.

        Raises :class:`~kg.errors.UsageError` for a remote endpoint.
        """
        if not isinstance(self._engine, Embedded):
            raise UsageError("the data of a remote endpoint are not available locally; query the endpoint, or open a folder")
        return self._engine.as_rdflib()

    def graphs(self, *, canonical: bool = False) -> dict[URIRef, Graph]:
        """The named graphs of ontology, sources, mappings and inferences as rdflib graphs, by name.

        If ``canonical``, the names of blank nodes follow from the quads alone (RDFC-1.0), and are the same each time.

        Raises :class:`~kg.errors.UsageError` for a remote endpoint.
        """
        if not isinstance(self._engine, Embedded):
            raise UsageError("a remote endpoint cannot be copied; open a folder")
        return self._engine.graphs(canonical=canonical)

    def validate(self) -> Report:
        """The validation of this graph against the shapes, as a report with ``conforms`` and ``findings``.

        Raises :class:`~kg.errors.UsageError` for a remote endpoint.
        """
        from kg.pipeline.validate import check_graph  # queries do without

        if not isinstance(self._engine, Embedded):
            raise UsageError("a remote endpoint cannot be validated; open a folder")
        return check_graph(self._engine)

    def _members(self, of_class: URIRef) -> Table:
        found = self.answer(catalogue("search")["names-of-members"].bind({"class": of_class}))
        assert isinstance(found, Table)
        return found

    def _entity(self, text: str) -> URIRef:
        return expand(text) or self.resolve(text)

    def term(self, parameter: Parameter, value: Any) -> Node:
        """The value of a parameter as an RDF term: an entity by any of its names, or a literal of the parameter's type."""
        from kg.ask.parameter_values import term  # whoever gives no value does without

        return term(self, parameter, value)

    def terms(self, parameter: Parameter, value: Any) -> tuple[Node, ...]:
        """The value of a parameter as RDF terms: one, the populations that a text names, or a line and those that overlap it."""
        from kg.ask.parameter_values import terms

        return terms(self, parameter, value)


def open_graph(source: str | Path | None = None) -> KnowledgeGraph:
    """A graph to query: the packaged one, that in a folder made by ``mcrc-kg build``, a store on disk, or a SPARQL endpoint.

    Raises :class:`~kg.errors.InputError` for a folder without a graph; a remote endpoint is contacted only by the first query.
    """
    if source is not None and is_web_address(source):
        from kg.engine.remote import Remote  # loads what speaks HTTP

        return KnowledgeGraph(Remote(str(source)))
    engine = Embedded()
    if source is not None and is_store(source):
        return graph_of(engine, engine.open_store(Path(source)))
    engine.load_file(graph_file(source), lazily=True)
    return KnowledgeGraph(engine)


def graph_of(engine: Engine, version: Path | None) -> KnowledgeGraph:
    """The graph that an engine answers about; ``version`` is the folder of its version of a store, None for any other graph.

    Raises :class:`~kg.errors.InputError` when the names in the folder cannot be read.
    """
    if version is None:
        return KnowledgeGraph(engine)
    from kg.ask.name_index import FILE, NameIndex

    names = version / FILE
    return KnowledgeGraph(engine, NameIndex.open(names) if names.is_file() else None)  # one made before there was an index
