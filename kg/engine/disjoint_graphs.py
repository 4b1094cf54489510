"""Graphs without a common triple: the default graph of a query is then their union as it is, and no copy of it has to be made.

A note beside a graph file says that no triple of it is in two of its graphs. The note is the SHA-256 of the file that it was
written for, so that it says nothing of another one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.engine.lexer import tokens
from kg.errors import UsageError

_FROM = re.compile(r"\bfrom\b", re.IGNORECASE)
# adds the triples of named graphs to the default graph, each once
MERGE = "INSERT {{ ?s ?p ?o }} WHERE {{ GRAPH {} {{ ?s ?p ?o }} }}"


def note_of(path: Path) -> Path:
    """Where the note of a graph file is."""
    return path.with_name(f"{path.name}.disjoint")


def note(content: bytes) -> str:
    """The text of the note for the content of a graph file."""
    from hashlib import sha256  # a process that only holds a graph does without

    return sha256(content).hexdigest() + "\n"


def noted(path: Path) -> bytes | None:
    """The content of a graph file whose note says that its graphs are disjoint; else None."""
    try:
        said = note_of(path).read_bytes()
        content = path.read_bytes()
    except OSError:
        return None
    return content if said == note(content).encode() else None


def names_graphs(sparql: str) -> bool:
    """Whether a query names its dataset by ``FROM``: the union of all graphs must not replace that (SPARQL 1.1, section 13.2).

    >>> names_graphs("SELECT * FROM <urn:g> { ?s ?p ?o }"), names_graphs("SELECT ?from { ?from prov:wasDerivedFrom 'FROM' }")
    (True, False)
    """
    if _FROM.search(sparql) is None:  # most queries have the word only in names, such as prov:wasDerivedFrom
        return False
    depth = 0
    for token in tokens(sparql):
        if token.kind == "mark":
            depth += {"{": 1, "}": -1}.get(token.text, 0)
        elif depth == 0 and token.kind == "word" and token.text.lower() == "from":
            return True
    return False


class DefaultGraph:
    """The default graph of a store: its own triples or, while ``is_union`` is set, the union of its named graphs.

    Only the loader of disjoint graphs into an empty store may set ``is_union``. A read-only store is never merged. One that is
    always a union is not either: a row of an answer occurs several times when its triples do.
    """

    def __init__(self, store: Any, read_only: bool = False, always_union: bool = False) -> None:
        self.is_union = always_union
        self.read_only = read_only
        self.always_union = always_union
        self._store = store
        self._merging = threading.Lock()

    def merge(self) -> None:
        """Make the union triples of the default graph, unless they are.

        Raises :class:`~kg.errors.UsageError` for a store that is opened to read only.
        """
        if self.always_union:
            return
        if self.read_only:
            raise UsageError("a store on disk is opened to read only; load the files into a new store with 'mcrc-kg load'")
        with self._merging:
            if self.is_union:
                self.is_union = False  # before the merge, so that a query sees that its union may have triples twice
                merged = False
                try:
                    self._store.update(MERGE.format("?graph"))
                    merged = True
                finally:
                    self.is_union = not merged

    def loaded(self) -> None:
        """Take in the named graphs of a file that was loaded."""
        if not self.is_union:
            self._store.update(MERGE.format("?graph"))

    def added(self, graph: Any) -> None:
        """Take in a named graph that was added: while it shares no triple with another graph, the union stays as it is."""
        if self.always_union:
            return
        if self.is_union and any(self._twice(quad) for quad in self._store.quads_for_pattern(None, None, None, graph)):
            self.merge()
        elif not self.is_union:
            self._store.update(MERGE.format(graph))

    def _twice(self, quad: Any) -> bool:
        return sum(1 for _ in self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)) > 1

    def query(self, sparql: str, base: str | None, prefixes: Mapping[str, str], dataset: Mapping[str, Any]) -> Any:
        """What the store answers; ``dataset`` has the graphs in place of those that the query names, if there are such.

        The ``prefixes`` need no declaration in the query; one that it declares replaces the one with the same name.
        """
        whole = not dataset and not names_graphs(sparql)
        while True:
            with self._merging:  # waits while another thread merges
                union = self.is_union
            as_union = union and whole
            answer = self._store.query(sparql, base_iri=base, prefixes=prefixes, use_default_graph_as_union=as_union, **dataset)
            if union == self.is_union:  # no merge began meanwhile
                return answer
