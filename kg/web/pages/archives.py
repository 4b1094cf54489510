"""The graph in all its formats as files to take away, each whole in a folder as soon as it is made.

This runs in a process of its own: the exports take many seconds of work in Python, which would hold up every request.
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

from kg.exports import EXPORTERS, Exporter
from kg.files import write_whole
from kg.graph import open_graph

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP file can hold
# small and quick ones first, so that they are not waited for long
ORDER = ("kgx", "graphml", "csv", "void", "nanopubs", "trig", "ttl", "nq", "rdf", "jsonld", "crate")
_ENDINGS = {"nanopubs": "nanopubs.trig", "void": "void.ttl"}


def file_name(form: str) -> str:
    """The name of the file of a format: a folder of files is one ZIP file.

    >>> file_name("ttl"), file_name("kgx"), file_name("nanopubs")
    ('mcrc-kg.ttl', 'mcrc-kg-kgx.zip', 'mcrc-kg-nanopubs.trig')
    """
    if EXPORTERS[form].folder:
        return f"mcrc-kg-{form}.zip"
    return f"mcrc-kg-{_ENDINGS[form]}" if form in _ENDINGS else f"mcrc-kg.{form}"


def make_all(graph: Path, folder: Path, told: Connection) -> None:
    """Write the file of every format that is not there yet into a folder, one after the other; say what went wrong, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the terminal is for the server, which ends this process
    os.nice(10)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    try:
        opened = open_graph(graph)
        for form in ORDER:
            exporter, file = EXPORTERS[form], folder / file_name(form)
            if not file.is_file():
                write_whole(file, _packed(exporter, exporter.texts(opened)))
    except Exception as error:  # a door: the server writes it to its log, in the form of that
        told.send_bytes(f"{type(error).__name__}: {error}".encode())
        sys.exit(1)


def _end_with_parent(folder: Path) -> None:
    """Go with the server, and take the folder along, when it was killed and could not do so itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def _packed(exporter: Exporter, texts: Mapping[str, str]) -> str | bytes:
    return zipped(texts) if exporter.folder else next(iter(texts.values()))


def zipped(texts: Mapping[str, str]) -> bytes:
    """A ZIP file of these texts, the same bytes for the same texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(texts.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return out.getvalue()
