"""Stores on disk, loaded from RDF files: as they are or, on demand, with the ontology and the inferences, and validated.

Beside its data, a store has what is derived from them: the index of the names, and the graphs that describe the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.ask import name_index
from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.engine import disk_store
from kg.engine.store import Embedded
from kg.exports.void import derived_graphs
from kg.graph import KnowledgeGraph
from kg.pipeline.validate import Report, check_graph, complete, report


def load(
    store: Path,
    paths: Iterable[Path],
    *,
    infer: bool = False,
    validate: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Write a new version of a store with these files; the result of the validation, which has no findings if there was none.

    ``infer`` adds the ontology, unless the files contain it, and what follows by the rules. ``validate`` checks files, ontology
    and inferences against the shapes; the store gets only what was asked for.

    Raises :class:`~kg.errors.DataError` with one line per error of the validation; the store then stays as it was.
    """
    found = Report(())
    with writing(store, progress) as new:
        for path in paths:
            new.load_file(path, progress)
        data = Embedded.united(new.store)
        if infer:
            progress("inferring")
            complete(data)
        if validate:
            progress("validating")
            found = report(data) if infer else check_graph(data, store)
            found.raise_for_errors()
        del data  # closes the database
    return found


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
    classes = graph.answer(catalogue("search")["classes-of-names"].sparql)
    assert isinstance(classes, Table)
    name_index.write(version / name_index.FILE, graph.ask("names").rows, classes.rows)
    engine.write_quads(version / disk_store.DERIVED, derived_graphs())
