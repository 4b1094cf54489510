"""The graph on this machine that a server serves: a graph file, or one version of a store on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.engine.disk_store import pin
from kg.errors import OutsideError
from kg.resources import is_store


class LocalGraph:
    """A graph file, or the current version of a store: it stays the same for the whole life of a server.

    No writer deletes the version until :meth:`close`. ``place`` is the file or the folder of the store, ``info`` describes the
    version; for a file it is None.

    Raises :class:`~kg.errors.InputError` when the store cannot be read, :class:`~kg.errors.OutsideError` when there is no folder
    for temporary files.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._pin: int | None = None
        self._scratch: Path | None = None
        self.info = None
        if is_store(place):
            self.info, self._pin = pin(place)
            try:
                self._scratch = Path(tempfile.mkdtemp(prefix="mcrc-kg-"))
            except OSError as error:
                self.close()
                raise OutsideError(f"no folder for temporary files: {error}; set TMPDIR") from error

    def head(self) -> Mapping[str, Any]:
        """What a forkserver needs to know of it."""
        if self.info is None:
            return {"graph": str(self.place)}
        return {"version": str(self.version), "union": self.info.union, "scratch": str(self._scratch)}

    @property
    def version(self) -> Path | None:
        """The folder of the version of a store; None for a file."""
        return None if self.info is None else (self.place / self.info.version).resolve()

    def checksum(self) -> bytes:
        """A checksum of the content of the file, or of what identifies the version of the store."""
        if self.info is None:
            return hashlib.sha256(self.place.read_bytes()).digest()
        return hashlib.sha256(f"{self.info.version} {self.info.sources}".encode()).digest()

    def quads(self) -> int | None:
        """The number of quads of a store; for a file it is not known."""
        return None if self.info is None else sum(self.info.graphs.values())

    def close(self) -> None:
        """Let writers delete the version, and remove the temporary files."""
        handle, self._pin = self._pin, None
        if handle is not None:
            os.close(handle)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
