"""The SPARQL engine of the library: Oxigraph in this process, with terms and graphs of rdflib."""

from __future__ import annotations

import re
import string
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyoxigraph as ox
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.term import Node

from kg.engine import federation
from kg.engine.disjoint_graphs import DefaultGraph
from kg.engine.oxigraph import Oxigraph
from kg.errors import DataError, InputError, OutsideError
from kg.namespaces import BASE, PREFIXES
from kg.terms import DirectionalLiteral, TripleTerm

if TYPE_CHECKING:
    from multiprocessing.pool import ThreadPool

Term = Node | None

# How many marks of a query fit the stack of any thread, however they nest, and the stack bytes per character: three times the
# measured need of the engine for nested lists. Only marks nest: words, numbers, variables, prefixes and IRIs do not. What is
# between < and > and begins with "http://" can only be an IRI.
_SHALLOW = 400
_IRI = re.compile(r"<https?://[\w/.#%-]*>")
_FLAT = str.maketrans("", "", f"{string.ascii_letters}{string.digits}{string.whitespace}_?:;,.#")
_STACK = 8192
_BATCH = 10_000  # triples that are added at once
_COPY = "version-copy-"  # begins the name of a copy of a store, which the next writer deletes if this one is killed


@dataclass(frozen=True)
class Solutions:
    """The answer to a SELECT: variable names, and rows of terms with None where a variable is unbound."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]


Answer = Solutions | bool | Graph


class Engine(Protocol):
    """An engine that answers SPARQL 1.1 queries."""

    def query(self, sparql: str) -> Answer:
        """The answer: solutions for SELECT, a truth value for ASK, a graph for CONSTRUCT and DESCRIBE."""
        ...


class Embedded(Oxigraph):
    """Oxigraph with rdflib terms; relative IRIs in a query resolve against the base of the graph (:data:`BASE`).

    >>> engine = Embedded()
    >>> engine.load_text("<urn:a> <urn:b> 0.770 .", "urn:g")
    >>> engine.query("SELECT ?o { ?s ?p ?o }").rows
    ((rdflib.term.Literal('0.77', datatype=rdflib.term.URIRef('http://www.w3.org/2001/XMLSchema#decimal')),),)
    """

    def __init__(self, timeout: float = 60.0) -> None:
        super().__init__(PREFIXES, BASE)
        self.timeout = timeout
        self._is_shared = False

    @classmethod
    def united(cls, store: Any = None) -> Embedded:
        """An engine whose default graph is the union of its graphs at query time; on a store that is open, or an empty one.

        Nothing is stored twice. A row of an answer occurs several times when two graphs have its triples: this engine is for
        what does not count rows, such as rules and constraints.
        """
        engine = cls()
        engine._store = ox.Store() if store is None else store
        engine._default = DefaultGraph(engine._store, always_union=True)
        return engine

    @contextmanager
    def copied(self, folder: Path | None = None) -> Iterator[Embedded]:
        """A copy of the data to add to, as :meth:`united`; it is deleted when the block ends.

        That of a store on disk is on disk too and shares its files; its place is ``folder``, or the folder for temporary files.
        """
        if self._default.read_only or folder is not None:
            from tempfile import TemporaryDirectory  # slow to load, and queries do without

            with TemporaryDirectory(prefix=_COPY, dir=folder, ignore_cleanup_errors=True) as place:
                copy = Path(place) / "copy"
                self._store.backup(str(copy))
                yield Embedded.united(ox.Store(str(copy)))
        else:
            copied = Embedded.united()
            copied._store.bulk_extend(self._store.quads_for_pattern(None, None, None, self._everywhere))
            yield copied

    def add(self, graph: URIRef, triples: Iterable[tuple[Node, Node, Node]]) -> None:
        """Add triples to a named graph."""
        self._put(graph, (ox.Triple(_to_engine(s), _to_engine(p), _to_engine(o)) for s, p, o in triples))

    def derive(self, graph: URIRef, construct: str) -> int:
        """Add the triples of a CONSTRUCT query to a named graph, and return the number of triples that were not in any graph.

        Raises :class:`~kg.errors.DataError` for another kind of query.
        """
        self._default.merge()
        made = self._evaluate(construct)
        if not isinstance(made, ox.QueryTriples):
            raise DataError("a rule must be a CONSTRUCT query")
        return self._put_missing(graph, made)

    def add_missing(self, graph: URIRef, triples: Iterable[tuple[Node, Node, Node]]) -> int:
        """Add those triples to a named graph that are in no graph, and return their number."""
        return self._put_missing(graph, (ox.Triple(*map(_to_engine, triple)) for triple in triples))

    def has_all(self, triples: Iterable[tuple[Node, Node, Node]]) -> bool:
        """Whether each of these triples is in a graph."""
        return all(self._has(ox.Triple(*map(_to_engine, triple))) for triple in triples)

    def _put_missing(self, graph: URIRef, triples: Iterable[Any]) -> int:
        count = 0
        more = iter(triples)
        while part := list(islice(more, _BATCH)):  # an answer is that of the state before the first of them was added
            fresh = [triple for triple in dict.fromkeys(part) if not self._has(triple)]
            self._put(graph, fresh)
            count += len(fresh)
        return count

    def _has(self, triple: Any) -> bool:
        found = self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, self._everywhere)
        return next(found, None) is not None

    @property
    def _everywhere(self) -> Any:
        """Where every triple is: in any graph, or in the default graph, which then has all."""
        return None if self._default.is_union else ox.DefaultGraph()

    @property
    def revision(self) -> object:
        """Equal to the revision before while no data were added; never equal once :meth:`as_rdflib` let others change them."""
        return object() if self._is_shared else self.changes

    def _put(self, graph: URIRef, triples: Iterable[Any]) -> None:
        self.changes += 1
        self._default.merge()
        triples = list(triples)
        for name in (ox.NamedNode(graph),) if self._default.is_union else (ox.NamedNode(graph), ox.DefaultGraph()):
            self._store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, name) for t in triples)

    def graph(self, name: URIRef) -> Graph:
        """A copy of one named graph as an rdflib graph."""
        return _graph(quad.triple for quad in self._store.quads_for_pattern(None, None, None, ox.NamedNode(name)))

    def graphs(self, *, canonical: bool = False) -> dict[URIRef, Graph]:
        """The named graphs, by name.

        If ``canonical``, the names of blank nodes follow from the quads alone: RDFC-1.0, W3C Recommendation 21 May 2024.
        """
        names = sorted(name.value for name in self._store.named_graphs() if isinstance(name, ox.NamedNode))
        if not canonical:
            return {URIRef(name): self.graph(URIRef(name)) for name in names}
        data = ox.Dataset(quad for name in names for quad in self._store.quads_for_pattern(None, None, None, ox.NamedNode(name)))
        data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return {URIRef(name): _graph(quad.triple for quad in data.quads_for_graph_name(ox.NamedNode(name))) for name in names}

    def union(self) -> Graph:
        """The triples of all graphs as one rdflib graph."""
        return _graph(quad.triple for quad in self._store.quads_for_pattern(None, None, None, None))

    def query(self, sparql: str) -> Answer:
        """The answer to a query; see :class:`Engine`.

        Raises :class:`~kg.errors.InputError` with line and column when the query does not parse,
        :class:`~kg.errors.OutsideError` when a ``SERVICE`` does not answer in time, or not as a SPARQL endpoint.
        """
        services = ", ".join(federation.named(sparql))
        try:
            if services or len(_IRI.sub("", sparql).translate(_FLAT)) > _SHALLOW:
                return self._in_thread(sparql, services)
            return _answer(self._evaluate(sparql))
        except (OSError, RuntimeError) as error:
            if services:
                raise OutsideError(f"{services}: cannot be reached, or does not answer as a SPARQL endpoint: {error}") from error
            raise InputError(f"the query cannot be answered: {error}") from error

    def _in_thread(self, sparql: str, services: str) -> Answer:
        """The answer, computed in another thread.

        The engine waits for a ``SERVICE`` without a time limit and does not react to interrupts. Its parser is recursive, and a
        stack overflow ends the process, so the stack must fit a text in which each character nests once more.
        """
        from multiprocessing import TimeoutError
        from multiprocessing.pool import ThreadPool  # slow to load

        with _threads_for(sparql, ThreadPool) as pool:
            try:
                answer = pool.apply_async(self._attempt, (sparql,)).get(self.timeout if services else None)
            except TimeoutError as error:
                raise OutsideError(
                    f"{services}: no answer within {self.timeout:g} seconds; try again later, or request less data"
                ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _attempt(self, sparql: str) -> Answer | Exception:
        try:
            return _answer(self._evaluate(sparql))
        except (OSError, RuntimeError, InputError) as error:
            return error.with_traceback(None)  # a traceback would keep engine objects, which belong to this thread

    def as_rdflib(self) -> Dataset:
        """The same data, not copied, as an rdflib dataset whose default graph is the union."""
        from oxrdflib import OxigraphStore

        self._default.merge()
        self._is_shared = True
        return Dataset(store=OxigraphStore(store=self._store))


def _threads_for(sparql: str, pool: Callable[[int], ThreadPool]) -> ThreadPool:
    """One thread with a stack that is large enough for any nesting in this text."""
    before = threading.stack_size(_STACK * max(_SHALLOW, len(sparql)) // 4096 * 4096)
    try:
        return pool(1)
    except RuntimeError as error:
        raise OutsideError(f"there is not enough memory for a query of {len(sparql)} characters; shorten it") from error
    finally:
        threading.stack_size(before)


def embed(graphs: Mapping[URIRef, Graph]) -> Embedded:
    """An embedded engine with these named graphs."""
    engine = Embedded()
    for name, graph in graphs.items():
        engine.add(name, graph)
    return engine


def read(media_type: str, body: bytes) -> Answer | None:
    """The answer in a document, or None when the media type is not that of an answer.

    Raises SyntaxError or ValueError for a document that does not parse.
    """
    results = ox.QueryResultsFormat.from_media_type(media_type)
    if results is not None:
        return _answer(ox.parse_query_results(body, format=results))
    form = ox.RdfFormat.from_media_type(media_type)
    return None if form is None else _graph(quad.triple for quad in ox.parse(body, format=form))


def _answer(answer: Any) -> Answer:
    if isinstance(answer, ox.QuerySolutions):
        names = tuple(variable.value for variable in answer.variables)
        terms = _Terms()
        return Solutions(names, tuple(tuple([terms[term] for term in solution]) for solution in answer))
    if isinstance(answer, ox.QueryTriples):
        return _graph(answer)
    return bool(answer)


class _Terms(dict[Any, Any]):
    """The terms of one answer or graph as rdflib has them: what stands in several places is made once."""

    def __missing__(self, term: Any) -> Any:
        made = self[term] = _from_engine(term)
        return made


def _graph(triples: Iterable[Any]) -> Graph:
    graph, terms = Graph(), _Terms()
    for triple in triples:
        graph.add((terms[triple.subject], terms[triple.predicate], terms[triple.object]))
    return graph


def _from_engine(term: Any) -> Any:
    if term is None:
        return None
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if isinstance(term, ox.Triple):
        return TripleTerm(*map(_from_engine, (term.subject, term.predicate, term.object)))
    if term.language and term.direction is not None:
        return DirectionalLiteral(term.value, term.language, str(term.direction))
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = term.datatype.value
    if datatype == _STRING:
        return Literal(term.value)
    if datatype == _BOOLEAN and term.value not in _TRUTHS:  # rdflib warns about these
        with warnings.catch_warnings(action="ignore"):
            return Literal(term.value, datatype=URIRef(datatype), normalize=False)
    return Literal(term.value, datatype=URIRef(datatype), normalize=False)


def _to_engine(term: Any) -> Any:
    if isinstance(term, URIRef):
        return ox.NamedNode(term)
    if isinstance(term, BNode):
        return ox.BlankNode(term)
    if isinstance(term, TripleTerm):
        return ox.Triple(*map(_to_engine, (term.subject, term.predicate, term.object)))
    if isinstance(term, DirectionalLiteral):
        return ox.Literal(term, language=term.language, direction=_DIRECTIONS[term.direction])
    if term.language:
        return ox.Literal(term, language=term.language)
    return ox.Literal(term, datatype=ox.NamedNode(term.datatype or _STRING))


_STRING = "http://www.w3.org/2001/XMLSchema#string"
_BOOLEAN = "http://www.w3.org/2001/XMLSchema#boolean"
_TRUTHS = ("true", "false", "1", "0")
_DIRECTIONS = {"ltr": ox.BaseDirection.LTR, "rtl": ox.BaseDirection.RTL}
