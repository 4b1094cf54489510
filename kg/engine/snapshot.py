"""A snapshot of a store on disk with the service graphs of one server, which its workers open to read.

The tables of the engine's database never change once they are written, so a snapshot consists of links to the tables of a
version, copies of its few small files, and one more table for each index with what was added. Nothing is written into the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from kg.engine.disk_store import DERIVED
from kg.engine.oxigraph import Oxigraph

_TABLE = ".sst"  # the extension of RocksDB's tables
_NOT_COPIED = ("LOCK", "LOG")


class Snapshot(Oxigraph):
    """A store with additions in a folder of its own; ``union`` says that its graphs are disjoint."""

    def __init__(self, place: Path, union: bool, prefixes: Mapping[str, str]) -> None:
        super().__init__(prefixes)
        self.place = place
        self.union = union

    def link(self, version: Path) -> None:
        """Make the folder, with the content of a version of a store.

        Raises OSError when the folder cannot be written.
        """
        self.place.mkdir(parents=True)
        for file in version.iterdir():
            if file.suffix == _TABLE:
                (self.place / file.name).symlink_to(file.resolve())
            elif not file.name.startswith(_NOT_COPIED):
                shutil.copyfile(file, self.place / file.name)

    def open_to_write(self) -> None:
        """Open it, so that graphs can be added until :meth:`finish`; the engine starts threads, which a fork would lose."""
        self._attach(ox.Store(str(self.place)), self.union, read_only=False)

    def add_derived(self, graphs: Sequence[str]) -> bool:
        """Add graphs that were derived when the store was written; return whether it has them."""
        kept = self.place / DERIVED
        if not kept.is_file():
            return False
        wanted = set(map(ox.NamedNode, graphs))
        self._store.extend(quad for quad in ox.parse(path=str(kept)) if quad.graph_name in wanted)
        for name in wanted:
            self._default.added(name)
        return True

    def finish(self) -> None:
        """Write what was added to disk, and close it."""
        self.union = self._default.is_union
        self._store.flush()
        self._attach(ox.Store(), self.union, read_only=True)

    def open_to_read(self) -> None:
        """Open it, so that it answers queries.

        Raises OSError, ValueError or RuntimeError when it cannot be opened.
        """
        self._attach(ox.Store.read_only(str(self.place)), self.union, read_only=True)

    def tables(self) -> int:
        """The number of its tables: the engine opens some of them at once, others when a query needs them."""
        return sum(1 for file in self.place.iterdir() if file.suffix == _TABLE)
