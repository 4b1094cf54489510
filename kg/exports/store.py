"""Stores on disk with what is derived from their data: the index of names, and the graphs that describe the data."""

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
from kg.namespaces import VOID_GRAPH


def derived_graphs() -> tuple[tuple[str, str], ...]:
    """The graphs that describe the data, as VoID: the name and a CONSTRUCT query of each part."""
    return tuple((str(VOID_GRAPH), catalogue("export")[name].sparql) for name in ("void", "void-classes"))


@contextmanager
def writing(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Iterator[disk_store.Loading]:
    """A new version of the store in a folder, as :func:`kg.engine.disk_store.writing` makes it, with what is derived from it."""
    with disk_store.writing(folder, progress, _add_files) as new:
        yield new


def _add_files(version: Path, union: bool) -> None:
    """Write the index of the names and the derived graphs of a version of a store into its folder."""
    engine = Embedded()
    engine.open_version(version, union)
    graph = KnowledgeGraph(engine)
    classes = graph.query(catalogue("search")["classes-of-names"].sparql)
    assert isinstance(classes, Table)
    name_index.write(version / name_index.FILE, graph.ask("names").rows, classes.rows)
    engine.write_quads(version / disk_store.DERIVED, derived_graphs())
