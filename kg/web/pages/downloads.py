"""The download files: made once, by a separate process, in a temporary folder that is removed with the server.

If that process fails, it is started again later and makes only the missing files. The formats need the whole graph in memory
several times, and minutes for each hundred thousand triples, so the files of a large store are not made.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import anyio

from kg.engine.processes.local_graph import LocalGraph
from kg.errors import BusyError, EngineError, NotFoundError
from kg.exports import EXPORTERS
from kg.web.http.background import Background
from kg.web.pages.archives import ORDER, file_name, make_all

_MOST = 200_000  # quads of a store whose files are made
_LONGEST = 120.0  # seconds that a request waits for its file
_LOOK = 0.2  # seconds between two checks of the folder
_KIND = "downloads"
_TYPES = {
    ".ttl": "text/turtle; charset=utf-8",
    ".trig": "application/trig",
    ".nq": "application/n-quads",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
    ".graphml": "application/xml",
    ".zip": "application/zip",
}


@dataclass(frozen=True)
class Download:
    """One file: its format, name and summary, and its size in bytes and SHA-256 when it is ready."""

    form: str
    name: str
    summary: str
    size: int | None = None
    sha256: str | None = None

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _TYPES["." + self.name.rpartition(".")[2]]

    @property
    def size_words(self) -> str:
        """Its size as a text, such as 1.2 MB."""
        if self.size is None:
            return ""
        return f"{self.size / 1e6:.1f} MB" if self.size >= 1e6 else f"{self.size / 1e3:.0f} kB"


class Downloads:
    """The download files of one graph; they are made when the first is requested."""

    def __init__(self, graph: LocalGraph, background: Background) -> None:
        self._graph = graph
        self._background = background
        self._folder: Path | None = None
        self._process: BaseProcess | None = None
        self._remove: Callable[[], object] | None = None
        self._made: dict[str, Download] = {}

    @property
    def too_large(self) -> str:
        """Why no files are made; empty for a graph whose files are made."""
        quads = self._graph.quads() or 0
        return f"the graph has {quads:,} quads, and files are made for up to {_MOST:,}" if quads > _MOST else ""

    def start(self) -> None:
        """Start making the files, unless this was started before, or the graph is too large."""
        if not self.too_large:
            self._background.start(_KIND, self._make)

    def close(self) -> None:
        """End the process that makes the files, and remove them."""
        process = self._process  # another thread may set it to None
        if process is not None:
            process.kill()
        if self._remove is not None:
            self._remove()

    async def _make(self) -> None:
        """Make the missing files.

        Raises OSError when no process or no folder can be created, :class:`~kg.errors.EngineError` when the process fails.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mcrc-kg-"))
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        # a new interpreter: a fork would copy the server's threads in an undefined state
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        with receiver, sender:
            process = context.Process(
                target=make_all,
                args=(self._graph.place, self._graph.info, self._folder, sender),
                name="mcrc-kg downloads",
                daemon=True,
            )
            process.start()
            self._process = process
            try:
                await anyio.wait_readable(process.sentinel)
            finally:  # also when the server ends in the meantime
                process.kill()
                process.join()
                self._process = None
            if process.exitcode:
                why = receiver.recv_bytes().decode() if receiver.poll() else f"its exit status is {process.exitcode}"
                raise EngineError(f"the process that makes the download files failed: {why}")

    def listed(self) -> list[Download]:
        """All files; files that are not ready have no size."""
        if self.too_large:
            return []
        return [self._one(form) for form in EXPORTERS]

    @property
    def complete(self) -> bool:
        """Whether all files are ready."""
        return all(one.size is not None for one in self.listed())

    @property
    def failed(self) -> bool:
        """Whether the last attempt to make the files failed and no attempt is running now; another attempt follows later."""
        return _KIND in self._background.missing and self._process is None

    async def wait(self, name: str) -> tuple[Download, Path]:
        """A file by its name, as soon as it is ready.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name or too large a graph, :class:`~kg.errors.BusyError` if
        the file is late.
        """
        form = {file_name(form): form for form in ORDER}.get(name)
        if form is None:
            raise NotFoundError(f"there is no file '{name}'; the files are {', '.join(map(file_name, ORDER))} and SHA256SUMS")
        if self.too_large:
            raise NotFoundError(f"there are no download files: {self.too_large}; use 'mcrc-kg export', or query the endpoint")
        self.start()
        with anyio.move_on_after(_LONGEST):
            while (one := self._one(form)).size is None and not self.failed:
                await anyio.sleep(_LOOK)
        if one.size is None or self._folder is None:
            raise BusyError(f"the file '{name}' is not ready yet; try again in a minute")
        return one, self._folder / name

    async def sums(self) -> str:
        """The SHA-256 of every file, in the format of ``sha256sum --check``."""
        found = [(await self.wait(file_name(form)))[0] for form in EXPORTERS]
        return "".join(f"{one.sha256}  {one.name}\n" for one in sorted(found, key=lambda one: one.name))

    def _one(self, form: str) -> Download:
        if form not in self._made:
            name = file_name(form)
            plain = Download(form, name, EXPORTERS[form].summary)
            if self._folder is None or not (self._folder / name).is_file():
                return plain
            body = (self._folder / name).read_bytes()
            self._made[form] = Download(form, name, plain.summary, len(body), hashlib.sha256(body).hexdigest())
        return self._made[form]
