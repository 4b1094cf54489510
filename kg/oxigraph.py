"""Oxigraph in this process, where neither terms nor graphs of rdflib are wanted: RDF goes in, documents come out.

A process that only answers queries needs no more than this, and loads in a fraction of the time. The default graph of every query
is the union of all named graphs: a set, in which a triple that several graphs state occurs once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from kg.errors import FormatError, InputError, SizeLimitError
from kg.files import UTF8_MARK, refuse_other_encoding

# the default graph of the store holds every triple of its named graphs once
_MERGE = "INSERT {{ ?s ?p ?o }} WHERE {{ GRAPH {} {{ ?s ?p ?o }} }}"
# a set of characters in a complaint of the engine's parser, and the beginning of an update
_SET = re.compile(r"\[(?:'\\?.'|'\\u\{\w+\}'|[^\]'])*\]")
_UPDATE = re.compile(
    r"(?:\s|\#.*\n|PREFIX\s[^>]*>)*+(?:INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD|WITH)\b", re.IGNORECASE
)


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


class Oxigraph:
    """A store in memory; ``prefixes`` are those that Turtle and its kin are written with.

    >>> engine = Oxigraph()
    >>> engine.load_text("<urn:a> <urn:b> 0.770 .", "urn:g")
    >>> engine.document("SELECT ?o { ?s ?p ?o }", ["csv"]).body
    b'o\\r\\n0.77\\r\\n'
    """

    def __init__(self, prefixes: Mapping[str, str] | None = None) -> None:
        self._store = ox.Store()
        self._prefixes = dict(prefixes or {})

    def load_file(self, path: Path) -> None:
        """Add the quads of an RDF file; the ending of its name says the format.

        A byte order mark of UTF-8 before the text is passed over.

        Raises :class:`~kg.errors.InputError` when the file is missing, in another encoding, or does not parse.
        """
        form = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
        if form is None:
            raise InputError(f"{path}: '{path.suffix}' is no RDF format known here; use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
        try:
            with path.open("rb") as file:
                head = file.read(4)
                refuse_other_encoding(head, str(path))
                if head.startswith(UTF8_MARK):
                    file.seek(len(UTF8_MARK))
                    self._store.bulk_load(file, form)
                else:
                    self._store.bulk_load(path=str(path), format=form)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        except (SyntaxError, ValueError) as error:
            raise InputError(f"{path}: does not parse: {error}") from error
        self._store.update(_MERGE.format("?graph"))

    def load_text(self, turtle: str | bytes, graph: str) -> None:
        """Add the triples of a text in Turtle (or N-Triples, which are Turtle too) to a named graph."""
        name = ox.NamedNode(graph)
        self._store.load(turtle, ox.RdfFormat.TURTLE, to_graph=name)
        self._store.update(_MERGE.format(name))

    def document(self, sparql: str, forms: Sequence[str], scope: Scope | None = None, most: int = 1 << 40) -> Document:
        """The answer as bytes, in the first of these :data:`FORMATS` that can hold it.

        Raises :class:`~kg.errors.InputError` when the query does not parse or cannot be answered,
        :class:`~kg.errors.FormatError` when no format fits, and
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
                ox.serialize(answer, cast(IO[bytes], out), FORMATS[form].writer, prefixes=self._prefixes)
            else:
                answer.serialize(out, FORMATS[form].writer)
        except (OSError, RuntimeError, ValueError) as error:
            if out.full:
                raise SizeLimitError(f"the answer is longer than {most} bytes; ask for less, with LIMIT or a filter") from error
            raise InputError(f"the query cannot be answered: {error}") from error
        return Document(form, b"".join(out.parts))

    def _evaluate(self, sparql: str, scope: Scope | None = None) -> Any:
        dataset: dict[str, Any] = {}
        try:
            if scope is not None:
                dataset = {"default_graph": list(map(ox.NamedNode, scope.default))}
                dataset["named_graphs"] = list(map(ox.NamedNode, scope.named))
            return self._store.query(sparql, **dataset)
        except SyntaxError as error:
            raise InputError(f"the query does not parse: {_complaint(str(error), sparql, self._prefixes)}") from error
        except ValueError as error:
            raise InputError(f"the query cannot be answered: {error}") from error

    def __len__(self) -> int:
        """How many quads its named graphs hold, or its default graph where there are none."""
        merged = sum(1 for _ in self._store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        return len(self._store) - merged or merged


def _complaint(said: str, sparql: str, prefixes: Mapping[str, str]) -> str:
    """Where and why a query does not parse, from the engine's words, and what helps.

    What the engine expects is repeated only where it says so in words; else it is sets of characters, which are no help.
    """
    place, _, rest = said.partition(": expected ")
    if _UPDATE.match(sparql):
        return f"{place}: this is an update, and the graph is only read; ask with SELECT, ASK, CONSTRUCT or DESCRIBE"
    wanted = [one.strip() for one in _SET.sub("", rest.removeprefix("one of ")).split(", ")]
    reason = next((one for one in wanted if " " in one), "the query cannot go on like this")
    used = set(re.findall(r"(?<![\w?$<:/#])(\w+):(?=\w)", sparql))
    declared = set(re.findall(r"PREFIX\s+(\w+):", sparql, re.IGNORECASE))
    lines = [f"PREFIX {name}: <{prefixes[name]}>" for name in sorted((used - declared) & set(prefixes))]
    cure = "\nput before the query: " + " ".join(lines) if lines else "; look at the word there, the prefixes and the braces"
    return f"{place}: {reason}{cure}"


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
