"""Oxigraph with nothing around it: the measure for what the rest of the engine adds.

``python -m kg.engine.bare FOLDER FILE.rq`` prints the answer of a database to the query in a file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox


class Bare:
    """A database of Oxigraph on disk, opened to read."""

    def __init__(self, folder: Path) -> None:
        self._store: Any = ox.Store.read_only(str(folder))

    def rows(self, sparql: str) -> int:
        """The number of rows of the answer to a SELECT query; the default graph is the union of all graphs."""
        return sum(1 for _ in self._store.query(sparql, use_default_graph_as_union=True))


def load(path: Path, folder: Path) -> int:
    """Load a file of N-Quads into a new database in a folder, and return the number of quads."""
    store = ox.Store(str(folder))
    store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    store.flush()
    return len(store)


def _main(folder: str, query: str) -> None:
    store: Any = ox.Store.read_only(folder)
    for row in store.query(Path(query).read_text(encoding="utf-8"), use_default_graph_as_union=True):
        print(*row, sep=",")


if __name__ == "__main__":
    _main(*sys.argv[1:])
