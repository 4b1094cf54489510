"""Oxigraph in this process without rdflib: it reads RDF and returns answers as documents.

A worker process needs no more than this, and loads faster. The default graph of every query is the union of all named graphs; a
triple that occurs in several graphs occurs once in the union.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyoxigraph as ox

from kg.engine.disjoint_graphs import DefaultGraph, noted
from kg.engine.parse_errors import explained
from kg.engine.rdf_files import bulk_load, format_of
from kg.engine.xml_wellformed import fault
from kg.errors import FormatError, InputError, OutsideError, SizeLimitError

if TYPE_CHECKING:
    from kg.engine.disk_store import Info

_MARK = "\ufeff"  # the byte order mark that some editors write
_SAID = 500  # the greatest number of characters of an endpoint's message that is repeated


@dataclass(frozen=True)
class Scope:
    """The graphs of a query, which replace those that it names: the graphs merged as default graph, and the named graphs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """An answer as bytes, and the name of its format, one of :data:`FORMATS`."""

    form: str
    body: bytes


@dataclass(frozen=True)
class Format:
    """A format of answers: its media type, whether it is for graphs (or for rows and truth values), and whether it is XML."""

    media_type: str
    graph: bool
    writer: Any
    xml: bool = False


FORMATS: Mapping[str, Format] = {
    "json": Format("application/sparql-results+json", False, ox.QueryResultsFormat.JSON),
    "xml": Format("application/sparql-results+xml", False, ox.QueryResultsFormat.XML, xml=True),
    "csv": Format("text/csv", False, ox.QueryResultsFormat.CSV),
    "tsv": Format("text/tab-separated-values", False, ox.QueryResultsFormat.TSV),
    "ttl": Format("text/turtle", True, ox.RdfFormat.TURTLE),
    "nt": Format("application/n-triples", True, ox.RdfFormat.N_TRIPLES),
    "rdf": Format("application/rdf+xml", True, ox.RdfFormat.RDF_XML, xml=True),
    "jsonld": Format("application/ld+json", True, ox.RdfFormat.JSON_LD),
    "nq": Format("application/n-quads", True, ox.RdfFormat.N_QUADS),
    "trig": Format("application/trig", True, ox.RdfFormat.TRIG),
}


class Oxigraph:
    """A store in memory; ``prefixes`` are used in Turtle, TriG and RDF/XML, and need no declaration in a query.

    ``base`` is the base IRI of queries without ``BASE`` (RFC 3986 section 5.1.4); without it, relative IRIs are an error.

    >>> engine = Oxigraph()
    >>> engine.load_text("<urn:a> <urn:b> 0.770 .", "urn:g")
    >>> engine.document("SELECT ?o { ?s ?p ?o }", ["csv"]).body
    b'o\\r\\n0.77\\r\\n'
    """

    def __init__(self, prefixes: Mapping[str, str] | None = None, base: str | None = None) -> None:
        self._store = ox.Store()
        self._prefixes = dict(prefixes or {})
        self._base = base
        self._default = DefaultGraph(self._store)
        self.changes = 0  # how often data were added

    def open_store(self, folder: Path, pinned: Info | None = None) -> Path:
        """Read a store on disk in place of the store in memory, and return the folder of its current version.

        ``pinned`` is read in place of the current version. Nothing can be added to it (:mod:`kg.engine.disk_store`).

        Raises :class:`~kg.errors.InputError` when it is damaged, or not one that this version reads.
        """
        from kg.engine.disk_store import open_store  # only for who has one

        store, info = open_store(folder, pinned)
        self._attach(store, info.union, read_only=True)
        return folder / info.version

    @property
    def is_on_disk(self) -> bool:
        """Whether it reads a store on disk, where looking a statement up takes much longer than in memory."""
        return self._default.read_only

    def open_version(self, version: Path, union: bool) -> None:
        """Read one version of a store on disk; ``union`` says that no triple is in two of its graphs."""
        self._attach(ox.Store.read_only(str(version)), union, read_only=True)

    def _attach(self, store: Any, union: bool, read_only: bool) -> None:
        """Use another store; ``union`` says that its graphs are disjoint, so that its default graph needs no copy."""
        self._store = store
        self._default = DefaultGraph(store, read_only)
        self._default.is_union = union

    def load_file(self, path: Path, lazily: bool = False) -> None:
        """Add the quads of an RDF file; its extension determines the format.

        A UTF-8 byte order mark before the text is ignored. ``lazily`` delays the merge of disjoint graphs until a query needs
        it, which is rare (:mod:`kg.engine.disjoint_graphs`).

        Raises :class:`~kg.errors.InputError` when the file is missing, in another encoding, or does not parse.
        """
        form = format_of(path)
        self._default.merge()
        self.changes += 1
        try:
            if lazily and not len(self._store) and (content := noted(path)) is not None:
                self._store.load(content, form)
                self._default.is_union = True
                return
            bulk_load(self._store, path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        except (SyntaxError, ValueError) as error:
            raise InputError(f"{path}: does not parse: {error}") from error
        self._default.loaded()

    def load_text(self, turtle: str | bytes, graph: str) -> None:
        """Add the triples of a text in Turtle (or N-Triples, a subset of Turtle) to a named graph."""
        name = ox.NamedNode(graph)
        self.changes += 1
        self._store.load(turtle, ox.RdfFormat.TURTLE, to_graph=name)
        self._default.added(name)

    def document(
        self,
        sparql: str,
        forms: Sequence[str],
        scope: Scope | None = None,
        most: int = 1 << 40,
        *,
        base: str | None = None,
        services: Sequence[str] = (),
    ) -> Document:
        """The answer as bytes, in the first of these :data:`FORMATS` that can represent it.

        ``base`` replaces the base IRI of the engine; ``services`` are the endpoints in the query.

        Raises :class:`~kg.errors.InputError` when the query does not parse or cannot be answered,
        :class:`~kg.errors.OutsideError` when one of the ``services`` does not answer as a SPARQL endpoint,
        :class:`~kg.errors.FormatError` when no format can represent the answer, and
        :class:`~kg.errors.SizeLimitError` when the answer is longer than ``most`` bytes: an answer is never cut.
        """
        try:
            answer = self._evaluate(sparql, scope, base)
            graph = isinstance(answer, ox.QueryTriples)
            fitting = [name for name in forms if FORMATS[name].graph == graph]
            if not fitting:
                fit = ", ".join(f"{one.media_type} ({name})" for name, one in FORMATS.items() if one.graph == graph)
                raise FormatError(
                    f"the answer is {'a graph' if graph else 'a table or a truth value'}; the available formats are {fit}"
                )
            *others, last = fitting
            for form in others:
                try:
                    return Document(form, self._written(answer, FORMATS[form], most))
                except FormatError:
                    answer = self._evaluate(sparql, scope, base)  # an answer can be written only once
            return Document(last, self._written(answer, FORMATS[last], most))
        except (_EvaluationError, OSError, RuntimeError) as error:
            said = str(error)[:_SAID]
            if services:
                raise OutsideError(
                    f"{', '.join(services)}: cannot be reached, or does not answer as a SPARQL endpoint: {said}"
                ) from error
            raise InputError(f"the query cannot be answered: {said}") from error

    def write_quads(self, path: Path, graphs: Iterable[tuple[str, str]]) -> None:
        """Write graphs to a file in N-Quads; each is given by its name and a CONSTRUCT query.

        Raises OSError when the file cannot be written.
        """
        made = ((ox.NamedNode(name), triple) for name, query in graphs for triple in self._evaluate(query))
        ox.serialize((ox.Quad(t.subject, t.predicate, t.object, name) for name, t in made), str(path), ox.RdfFormat.N_QUADS)

    def _written(self, answer: Any, form: Format, most: int) -> bytes:
        out = _Capped(most, form.xml)
        try:
            if form.graph:
                ox.serialize(_evaluated(answer), cast(IO[bytes], out), form.writer, prefixes=self._prefixes)
            elif form.writer == ox.QueryResultsFormat.CSV and isinstance(answer, ox.QuerySolutions):
                _write_csv(answer, out)
            else:
                answer.serialize(out, form.writer)
        except (OSError, RuntimeError, ValueError) as error:
            if out.full:
                raise SizeLimitError(f"the answer is longer than {most} bytes; reduce it with LIMIT or a filter") from error
            if form.graph:  # errors of the evaluation have their own class
                raise _unwritable(form, str(error)) from error
            raise _EvaluationError(error) from error
        document = b"".join(out.parts)
        if form.xml and (why := fault(document)) is not None:
            raise _unwritable(form, f"it contains {why}")
        return document

    def _evaluate(self, sparql: str, scope: Scope | None = None, base: str | None = None) -> Any:
        dataset: dict[str, Any] = {}
        sparql = sparql.removeprefix(_MARK)
        try:
            if scope is not None:
                dataset = {"default_graph": list(map(ox.NamedNode, scope.default))}
                dataset["named_graphs"] = list(map(ox.NamedNode, scope.named))
            return self._default.query(sparql, base or self._base, self._prefixes, dataset)
        except SyntaxError as error:
            raise InputError(f"the query does not parse: {explained(str(error), sparql, self._prefixes)}") from error
        except ValueError as error:
            raise InputError(f"the query cannot be answered: {error}") from error

    def __len__(self) -> int:
        """The number of quads in the named graphs, or in the default graph when there are none."""
        merged = sum(1 for _ in self._store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        return len(self._store) - merged or merged


class _EvaluationError(Exception):
    """An error of the engine during the evaluation of a query that parses."""


def _evaluated(triples: Any) -> Iterator[Any]:
    """The triples of an answer, with a special error class for the query, to separate it from errors of the format."""
    try:
        yield from triples
    except (OSError, RuntimeError) as error:
        raise _EvaluationError(error) from error


def _write_csv(solutions: Any, out: _Capped) -> None:
    """Write rows as CSV (RFC 4180); the engine does not quote an IRI with a comma, which would then be read as two cells."""
    rows = csv.writer(_Text(out))
    rows.writerow(variable.value for variable in solutions.variables)
    rows.writerows(map(_text, solution) for solution in solutions)


def _text(term: Any) -> str:
    """A term in CSV: its text only; a triple term is written in its syntax."""
    if term is None:
        return ""
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    return str(term) if isinstance(term, ox.Triple) else str(term.value)


def _unwritable(form: Format, why: str) -> FormatError:
    others = [f"{one.media_type} ({name})" for name, one in FORMATS.items() if one.graph == form.graph and one is not form]
    return FormatError(f"the answer cannot be written as {form.media_type}: {why}; the available formats are {', '.join(others)}")


class _Capped(io.RawIOBase):
    """A buffer with a greatest size.

    XML parsers read a carriage return as a line feed, unless it is a character reference (XML 1.0 section 2.11).
    """

    def __init__(self, most: int, xml: bool) -> None:
        self.left = most
        self._xml = xml
        self.parts: list[bytes] = []

    @property
    def full(self) -> bool:
        return self.left < 0

    def write(self, data: Any, /) -> int:
        part = bytes(data).replace(b"\r", b"&#13;") if self._xml else bytes(data)
        self.left -= len(part)
        if self.full:
            raise OSError("full")
        self.parts.append(part)
        return len(data)


class _Text:
    """A text stream that writes UTF-8 to a buffer."""

    def __init__(self, out: _Capped) -> None:
        self._out = out

    def write(self, text: str, /) -> int:
        return self._out.write(text.encode())
