"""The description of the data as VoID (W3C Interest Group Note 3 March 2011)."""

from __future__ import annotations

from kg.ask.catalogue import catalogue
from kg.namespaces import VOID_GRAPH


def derived_graphs() -> tuple[tuple[str, str], ...]:
    """The graphs that describe the data, as VoID: the name and a CONSTRUCT query of each part."""
    return tuple((str(VOID_GRAPH), catalogue("export")[name].sparql) for name in ("void", "void-classes"))
