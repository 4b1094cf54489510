"""The SPARQL engine behind the graph: Oxigraph in this process. Nothing else imports the engine.

Terms go in and come out as rdflib terms. The default graph of every query is the union of all named graphs: a set, in which a
triple that several graphs state occurs once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import pyoxigraph as ox
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import DataError, FormatError, InputError, OutsideError, SizeLimitError
from kg.namespaces import PREFIXES

Term = Node | None

# the default graph of the store holds every triple of its named graphs once
_MERGE = "INSERT { ?s ?p ?o } WHERE { GRAPH ?graph { ?s ?p ?o } }"
_SERVICE = re.compile(r"\bSERVICE\s+(?:SILENT\s+)?(<[^>]*>|[\w.-]*:\w\S*)", re.IGNORECASE)


@dataclass(frozen=True)
class Solutions:
    """The answer to a SELECT: variable names, and rows of terms with None where a variable is unbound."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]


Answer = Solutions | bool | Graph


@dataclass(frozen=True)
class Scope:
    """The graphs that a query sees in place of those it names itself: those merged as its default graph, those for ``GRAPH``."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """An answer as bytes, and the name of its format, one of :data:`FORMATS`."""

    form: str
    body: bytes


@dataclass(frozen=True)
class Format:
    """A format of answers: its media type, and whether it writes graphs rather than rows and truth values."""

    media_type: str
    graph: bool
    writer: Any


FORMATS: Mapping[str, Format] = {
    "json": Format("application/sparql-results+json", False, ox.QueryResultsFormat.JSON),
    "xml": Format("application/sparql-results+xml", False, ox.QueryResultsFormat.XML),
    "csv": Format("text/csv", False, ox.QueryResultsFormat.CSV),
    "tsv": Format("text/tab-separated-values", False, ox.QueryResultsFormat.TSV),
    "ttl": Format("text/turtle", True, ox.RdfFormat.TURTLE),
    "nt": Format("application/n-triples", True, ox.RdfFormat.N_TRIPLES),
    "rdf": Format("application/rdf+xml", True, ox.RdfFormat.RDF_XML),
    "jsonld": Format("application/ld+json", True, ox.RdfFormat.JSON_LD),
    "nq": Format("application/n-quads", True, ox.RdfFormat.N_QUADS),
    "trig": Format("application/trig", True, ox.RdfFormat.TRIG),
}


class Engine(Protocol):
    """Anything that answers SPARQL 1.1 queries."""

    def query(self, sparql: str) -> Answer:
        """The answer: solutions for SELECT, a truth value for ASK, a graph for CONSTRUCT and DESCRIBE."""
        ...


class Embedded:
    """Oxigraph in this process, in memory.

    >>> engine = Embedded()
    >>> engine.load_text("<urn:a> <urn:b> 0.770 .")
    >>> engine.query("SELECT ?o { ?s ?p ?o }").rows
    ((rdflib.term.Literal('0.77', datatype=rdflib.term.URIRef('http://www.w3.org/2001/XMLSchema#decimal')),),)
    """

    def __init__(self, timeout: float = 60.0) -> None:
        self._store = ox.Store()
        self.timeout = timeout

    def load_file(self, path: Path) -> None:
        """Add the quads of an RDF file; the ending of its name says the format.

        Raises :class:`~kg.errors.InputError` when the file is missing or does not parse.
        """
        form = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
        if form is None:
            raise InputError(f"{path}: '{path.suffix}' is no RDF format known here; use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
        try:
            self._store.bulk_load(path=str(path), format=form)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        except (SyntaxError, ValueError) as error:
            raise InputError(f"{path}: does not parse: {error}") from error
        self._store.update(_MERGE)

    def load_text(self, trig: str) -> None:
        """Add the quads of a text in TriG (or Turtle, or N-Triples, which are TriG too)."""
        for quad in ox.parse(trig.encode(), format=ox.RdfFormat.TRIG):
            self._store.add(quad)
            self._store.add(ox.Quad(quad.subject, quad.predicate, quad.object))

    def add(self, graph: URIRef, triples: Iterable[tuple[Node, Node, Node]]) -> None:
        """Add triples to a named graph."""
        self._put(graph, (ox.Triple(_to_engine(s), _to_engine(p), _to_engine(o)) for s, p, o in triples))

    def derive(self, graph: URIRef, construct: str) -> int:
        """Add what a CONSTRUCT query makes to a named graph; how many triples the store did not hold in any graph before.

        Raises :class:`~kg.errors.DataError` for another kind of query.
        """
        made = self._evaluate(construct)
        if not isinstance(made, ox.QueryTriples):
            raise DataError("a rule must be a CONSTRUCT query")
        fresh = [t for t in made if ox.Quad(t.subject, t.predicate, t.object) not in self._store]
        self._put(graph, fresh)
        return len(fresh)

    def _put(self, graph: URIRef, triples: Iterable[Any]) -> None:
        for name in (ox.NamedNode(graph), ox.DefaultGraph()):
            triples = list(triples)
            self._store.extend(ox.Quad(t.subject, t.predicate, t.object, name) for t in triples)

    def graph(self, name: URIRef) -> Graph:
        """One named graph as an rdflib graph of its own."""
        return _graph(quad.triple for quad in self._store.quads_for_pattern(None, None, None, ox.NamedNode(name)))

    def graphs(self) -> dict[URIRef, Graph]:
        """The named graphs, by name."""
        names = sorted(name.value for name in self._store.named_graphs() if isinstance(name, ox.NamedNode))
        return {URIRef(name): self.graph(URIRef(name)) for name in names}

    def union(self) -> Graph:
        """All triples, of whatever graph, as one rdflib graph."""
        return _graph(quad.triple for quad in self._store.quads_for_pattern(None, None, None, ox.DefaultGraph()))

    def query(self, sparql: str) -> Answer:
        """The answer to a query; see :class:`Engine`.

        Raises :class:`~kg.errors.InputError` with line and column when the query does not parse,
        :class:`~kg.errors.OutsideError` when a ``SERVICE`` of it does not answer in time or not as an endpoint does.
        """
        services = ", ".join(dict.fromkeys(name.strip("<>") for name in _SERVICE.findall(sparql)))
        try:
            return self._federated(sparql, services) if services else _answer(self._evaluate(sparql))
        except (OSError, RuntimeError) as error:
            if services:
                raise OutsideError(f"{services}: not reached, or not answering as a SPARQL endpoint does: {error}") from error
            raise InputError(f"the query cannot be answered: {error}") from error

    def document(self, sparql: str, forms: Sequence[str], scope: Scope | None = None, most: int = 1 << 40) -> Document:
        """The answer as bytes, in the first of these :data:`FORMATS` that can hold it.

        Raises :class:`~kg.errors.InputError` as :meth:`query` does, :class:`~kg.errors.FormatError` when no format fits, and
        :class:`~kg.errors.SizeLimitError` when it would be longer than ``most`` bytes: an answer is whole or there is none.
        """
        answer = self._evaluate(sparql, scope)
        graph = isinstance(answer, ox.QueryTriples)
        form = next((name for name in forms if FORMATS[name].graph == graph), None)
        if form is None:
            fit = ", ".join(f"{one.media_type} ({name})" for name, one in FORMATS.items() if one.graph == graph)
            raise FormatError(f"the answer is {'a graph' if graph else 'a table or a truth value'}; it can be had as {fit}")
        out = _Capped(most)
        try:
            if graph:
                ox.serialize(answer, cast(IO[bytes], out), FORMATS[form].writer, prefixes=PREFIXES)
            else:
                answer.serialize(out, FORMATS[form].writer)
        except (OSError, RuntimeError, ValueError) as error:
            if out.full:
                raise SizeLimitError(f"the answer is longer than {most} bytes; ask for less, with LIMIT or a filter") from error
            raise InputError(f"the query cannot be answered: {error}") from error
        return Document(form, b"".join(out.parts))

    def _federated(self, sparql: str, services: str) -> Answer:
        """The answer, awaited in another thread: the engine waits for a ``SERVICE`` without end and hears no interrupt."""
        from multiprocessing import TimeoutError
        from multiprocessing.pool import ThreadPool  # takes a while to load

        with ThreadPool(1) as pool:
            try:
                answer = pool.apply_async(self._attempt, (sparql,)).get(self.timeout)
            except TimeoutError as error:
                raise OutsideError(
                    f"{services}: no answer within {self.timeout:g} seconds; try later, or ask for less"
                ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _attempt(self, sparql: str) -> Answer | Exception:
        try:
            return _answer(self._evaluate(sparql))
        except (OSError, RuntimeError, InputError) as error:
            return error.with_traceback(None)  # a traceback would carry the engine's objects, bound to their thread, out of it

    def _evaluate(self, sparql: str, scope: Scope | None = None) -> Any:
        dataset: dict[str, Any] = {}
        try:
            if scope is not None:
                dataset = {"default_graph": list(map(ox.NamedNode, scope.default))}
                dataset["named_graphs"] = list(map(ox.NamedNode, scope.named))
            return self._store.query(sparql, **dataset)
        except SyntaxError as error:
            raise InputError(f"the query does not parse: {error}; see line and column, and check prefixes and braces") from error
        except ValueError as error:
            raise InputError(f"the query cannot be answered: {error}") from error

    def as_rdflib(self) -> Dataset:
        """The same data, not copied, as an rdflib dataset whose default graph is the union."""
        from oxrdflib import OxigraphStore

        return Dataset(store=OxigraphStore(store=self._store))

    def __len__(self) -> int:
        """How many quads its named graphs hold, or its default graph where there are none."""
        merged = sum(1 for _ in self._store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        return len(self._store) - merged or merged


def embed(graphs: Mapping[URIRef, Graph]) -> Embedded:
    """An embedded engine that holds these named graphs."""
    engine = Embedded()
    for name, graph in graphs.items():
        engine.add(name, graph)
    return engine


def read(media_type: str, body: bytes) -> Answer | None:
    """The answer that a document holds, or None when the media type is not one of an answer.

    Raises SyntaxError or ValueError for a document that does not parse.
    """
    results = ox.QueryResultsFormat.from_media_type(media_type)
    if results is not None:
        return _answer(ox.parse_query_results(body, format=results))
    form = ox.RdfFormat.from_media_type(media_type)
    return None if form is None else _graph(quad.triple for quad in ox.parse(body, format=form))


class _Capped(io.RawIOBase):
    """Collects what is written, and refuses what is too much."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.parts: list[bytes] = []

    @property
    def full(self) -> bool:
        return self.left < 0

    def write(self, data: Any, /) -> int:
        self.left -= len(data)
        if self.full:
            raise OSError("full")
        self.parts.append(bytes(data))
        return len(data)


def _answer(answer: Any) -> Answer:
    if isinstance(answer, ox.QuerySolutions):
        names = tuple(variable.value for variable in answer.variables)
        return Solutions(names, tuple(tuple(map(_from_engine, solution)) for solution in answer))
    if isinstance(answer, ox.QueryTriples):
        return _graph(answer)
    return bool(answer)


def _graph(triples: Iterable[Any]) -> Graph:
    graph = Graph()
    for triple in triples:
        graph.add((_from_engine(triple.subject), _from_engine(triple.predicate), _from_engine(triple.object)))
    return graph


def _from_engine(term: Any) -> Any:
    if term is None:
        return None
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    language = term.language
    if language:
        return Literal(term.value, lang=language)
    datatype = term.datatype.value
    return Literal(term.value) if datatype == _STRING else Literal(term.value, datatype=URIRef(datatype), normalize=False)


def _to_engine(term: Any) -> Any:
    if isinstance(term, URIRef):
        return ox.NamedNode(term)
    if isinstance(term, BNode):
        return ox.BlankNode(term)
    if term.language:
        return ox.Literal(term, language=term.language)
    return ox.Literal(term, datatype=ox.NamedNode(term.datatype or _STRING))


_STRING = "http://www.w3.org/2001/XMLSchema#string"
