"""Loading of RDF files into a store on disk: as they are or, on demand, with the ontology and the inferences, and validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from kg.engine.disk_store import writing
from kg.engine.store import Embedded
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
