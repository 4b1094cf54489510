"""RDF files on their way into a store, in memory or on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg.errors import InputError
from kg.files import UTF8_MARK, refuse_other_encoding


def format_of(path: Path) -> Any:
    """The RDF format of a file, by its extension; raises :class:`~kg.errors.InputError` for an unknown one."""
    form = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    if form is None:
        raise InputError(f"{path}: '{path.suffix}' is not a known RDF format; use .ttl, .trig, .nt, .nq, .rdf or .jsonld")
    return form


def bulk_load(store: Any, path: Path) -> None:
    """Add the quads of an RDF file to a store, without its UTF-8 byte order mark; the errors are those of the engine.

    Raises :class:`~kg.errors.InputError` when the file cannot be opened, has another encoding, or does not parse.
    """
    form = format_of(path)
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    refuse_other_encoding(head, str(path))
    try:
        if head.startswith(UTF8_MARK):
            with path.open("rb") as file:
                file.seek(len(UTF8_MARK))
                store.bulk_load(file, form)
        else:
            store.bulk_load(path=str(path), format=form)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{path}: does not parse: {error}") from error
