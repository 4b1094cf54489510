"""Graphs without a common triple: the default graph of a query is then their union as it is, and no copy of it has to be made.

A note beside a graph file says that no triple of it is in two of its graphs. The note is the SHA-256 of the file that it was
written for, so that it says nothing of another one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


class DefaultGraph:
    """The default graph of a store: its own triples or, while ``is_union`` is set, the union of its named graphs.

    Only the loader of disjoint graphs into an empty store may set ``is_union``.
    """

    def __init__(self, store: Any) -> None:
        self.is_union = False
        self._store = store
        self._merging = threading.Lock()

    def merge(self) -> None:
        """Make the union triples of the default graph, unless they are."""
        with self._merging:
            if self.is_union:
                self.is_union = False  # before the merge, so that a query sees that its union may have triples twice
                try:
                    self._store.update(MERGE.format("?graph"))
                except BaseException:
                    self.is_union = True
                    raise

    def query(self, sparql: str, base: str | None, dataset: Mapping[str, Any]) -> Any:
        """What the store answers; ``dataset`` has the graphs in place of those that the query names, if there are such."""
        if "from" in sparql.lower():  # the engine would take the union in place of the graphs that the query names
            self.merge()
        while True:
            with self._merging:  # waits while another thread merges
                union = self.is_union
            as_union = union and not dataset
            answer = self._store.query(sparql, base_iri=base, use_default_graph_as_union=as_union, **dataset)
            if union == self.is_union:  # no merge began meanwhile
                return answer
