"""The locations of the ontology, shapes, queries, facts and the built graph, in the installed wheel or in a checkout."""

from __future__ import annotations

from os.path import isdir, isfile
from pathlib import Path

from kg.errors import InputError

PACKAGE = Path(__file__).parent
GRAPH_FILE = "mcrc-kg.trig"
STORE_FILE = "store.json"


def folder(name: str) -> Path:
    """The folder ``ontology``, ``queries``, ``shapes`` or ``graph``: inside the wheel, or next to the package in a checkout.

    >>> (folder("queries") / "reported-results.rq").is_file()
    True
    """
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def is_web_address(place: str | Path) -> bool:
    """Whether a place is the address of an endpoint, not a path; schemes are case-insensitive (RFC 3986 section 3.1).

    >>> is_web_address("HTTP://127.0.0.1:8000/sparql"), is_web_address("graph")
    (True, False)
    """
    return str(place)[:8].lower().startswith(("http://", "https://"))


def facts() -> Path:
    """The folder of the packaged fact tables, with one subfolder per batch of documents."""
    return PACKAGE / "facts"


def is_store(place: str | Path) -> bool:
    """Whether a folder is a store on disk, made by ``mcrc-kg build --store`` or ``mcrc-kg load``."""
    return isfile(Path(place) / STORE_FILE)  # pathlib raises an error for a name that is too long


def graph_file(source: str | Path | None = None) -> Path:
    """The path of the packaged graph, of the graph in a folder made by ``mcrc-kg build``, or of a file.

    Raises :class:`~kg.errors.InputError` when there is no file.
    """
    place = folder("graph") if source is None else Path(source)
    path = place / GRAPH_FILE if isdir(place) else place  # pathlib raises an error for a name that is too long
    if not isfile(path):
        raise InputError(f"{path}: no such file; create it with 'mcrc-kg build -o {place}'")
    return path


def local_graph(source: str | Path | None = None) -> Path:
    """The folder of a store on disk, or the file of another graph; see :func:`graph_file`."""
    return Path(source) if source is not None and is_store(source) else graph_file(source)
