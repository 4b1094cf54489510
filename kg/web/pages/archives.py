"""The download files: the graph in every export format, each written to a folder as a complete file.

This runs in a separate process: the exports take many seconds of computation in Python, which would block every request.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import zipfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from kg.engine.disk_store import Info
from kg.engine.store import Embedded
from kg.exports import EXPORTERS, Exporter
from kg.files import write_whole
from kg.graph import KnowledgeGraph, open_graph

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP file can record
# the small and quick files first, so that clients do not wait long for them
ORDER = ("kgx", "graphml", "csv", "void", "nanopubs", "trig", "ttl", "nq", "rdf", "jsonld", "crate")
_ENDINGS = {"nanopubs": "nanopubs.trig", "void": "void.ttl"}


def file_name(form: str) -> str:
    """The file name of a format; a format of several files is one ZIP file.

    >>> file_name("ttl"), file_name("kgx"), file_name("nanopubs")
    ('mcrc-kg.ttl', 'mcrc-kg-kgx.zip', 'mcrc-kg-nanopubs.trig')
    """
    if EXPORTERS[form].folder:
        return f"mcrc-kg-{form}.zip"
    return f"mcrc-kg-{_ENDINGS[form]}" if form in _ENDINGS else f"mcrc-kg.{form}"


def make_all(graph: Path, version: Info | None, folder: Path, errors: Connection) -> None:
    """Write each missing file into a folder, one after the other; after an error, report it and exit.

    ``graph`` is a file, or the folder of a store with its pinned version.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server handles an interrupt at the terminal, and ends this process
    os.nice(10)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    try:
        opened = _opened(graph, version)
        for form in ORDER:
            exporter, file = EXPORTERS[form], folder / file_name(form)
            if not file.is_file():
                write_whole(file, _packed(exporter, exporter.texts(opened)))
    except Exception as error:  # top level: the server writes the error to its log
        errors.send_bytes(f"{type(error).__name__}: {error}".encode())
        sys.exit(1)


def _opened(graph: Path, version: Info | None) -> KnowledgeGraph:
    if version is None:
        return open_graph(graph)
    engine = Embedded()
    engine.open_store(graph, version)
    return KnowledgeGraph(engine)


def _end_with_parent(folder: Path) -> None:
    """Remove the folder and exit when the server was killed and could not do this itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def _packed(exporter: Exporter, texts: Mapping[str, str]) -> str | bytes:
    return zipped(texts) if exporter.folder else next(iter(texts.values()))


def zipped(texts: Mapping[str, str]) -> bytes:
    """A ZIP file of these texts; the same texts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(texts.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return out.getvalue()
