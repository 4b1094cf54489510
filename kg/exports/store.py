"""Stores on disk with the index of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.ask import name_index
from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.engine import disk_store
from kg.engine.store import Embedded
from kg.graph import KnowledgeGraph


@contextmanager
def writing(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Iterator[disk_store.Loading]:
    """A new version of the store in a folder, as :func:`kg.engine.disk_store.writing` makes it, with the index of its names."""
    with disk_store.writing(folder, _index, progress) as new:
        yield new


def _index(version: Path, union: bool) -> None:
    """Write the index of the names in a version of a store."""
    engine = Embedded()
    engine.open_version(version, union)
    graph = KnowledgeGraph(engine)
    classes = graph.query(catalogue("search")["classes-of-names"].sparql)
    assert isinstance(classes, Table)
    name_index.write(version / name_index.FILE, graph.ask("names").rows, classes.rows)
