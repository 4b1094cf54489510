"""Where the ontology, shapes, queries, facts and the built graph are: in the installed wheel or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("kg")))
GRAPH_FILE = "mcrc-kg.trig"


def folder(name: str) -> Path:
    """The folder ``ontology``, ``queries``, ``shapes`` or ``graph``: inside the wheel, or beside the package in a checkout.

    >>> (folder("queries") / "reported-results.rq").is_file()
    True
    """
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name


def facts() -> Path:
    """The folder of fact tables that travels with the package, one folder a source."""
    return PACKAGE / "facts"
