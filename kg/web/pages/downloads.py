"""The files to take away: made once, by a process of their own, in a folder that goes when the server goes.

Where that process fails it is started again later; it goes on after the files that are there already.
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

from kg.errors import BusyError, EngineError, NotFoundError
from kg.exports import EXPORTERS
from kg.web.http.background import Background
from kg.web.pages.archives import ORDER, file_name, make_all

_LONGEST = 120.0  # seconds that a request waits for its file
_LOOK = 0.2  # seconds between looks at the folder
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
    """One file: the format, what it is, and once it is made its size in bytes and SHA-256."""

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
        """Its size as people read it."""
        if self.size is None:
            return ""
        return f"{self.size / 1e6:.1f} MB" if self.size >= 1e6 else f"{self.size / 1e3:.0f} kB"


class Downloads:
    """The files of one graph; nothing is made before the first of them is asked for."""

    def __init__(self, graph: Path, background: Background) -> None:
        self._graph = graph
        self._background = background
        self._folder: Path | None = None
        self._process: BaseProcess | None = None
        self._remove: Callable[[], object] | None = None
        self._made: dict[str, Download] = {}

    def start(self) -> None:
        """Begin to make the files, if nobody has."""
        self._background.start(_KIND, self._make)

    def close(self) -> None:
        """End the process that makes the files, and remove them."""
        process = self._process  # another thread may set it to None
        if process is not None:
            process.kill()
        if self._remove is not None:
            self._remove()

    async def _make(self) -> None:
        """Have the files made that are not there yet.

        Raises OSError when there is no process or no folder to be had, :class:`~kg.errors.EngineError` when the process fails.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mcrc-kg-"))
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        # a fresh interpreter: the server's threads must not be copied in the middle of their work
        context = multiprocessing.get_context("spawn")
        heard, told = context.Pipe(duplex=False)
        with heard, told:
            process = context.Process(
                target=make_all, args=(self._graph, self._folder, told), name="mcrc-kg downloads", daemon=True
            )
            process.start()
            self._process = process
            try:
                await anyio.wait_readable(process.sentinel)
            finally:  # also when the server ends meanwhile
                process.kill()
                process.join()
                self._process = None
            if process.exitcode:
                why = heard.recv_bytes().decode() if heard.poll() else f"its exit status is {process.exitcode}"
                raise EngineError(f"the process that makes the files ended: {why}")

    def listed(self) -> list[Download]:
        """All files; those that are not made yet have no size."""
        return [self._one(form) for form in EXPORTERS]

    @property
    def complete(self) -> bool:
        """Whether all are made."""
        return all(one.size is not None for one in self.listed())

    @property
    def failed(self) -> bool:
        """Whether the files could not be made when that was last tried, and are not being made now; it is tried again."""
        return _KIND in self._background.missing and self._process is None

    async def wait(self, name: str) -> tuple[Download, Path]:
        """A file by its name, when it is made.

        Raises :class:`~kg.errors.NotFoundError` for a name that there is not, :class:`~kg.errors.BusyError` when it takes long.
        """
        form = {file_name(form): form for form in ORDER}.get(name)
        if form is None:
            raise NotFoundError(f"there is no file '{name}'; there are {', '.join(map(file_name, ORDER))} and SHA256SUMS")
        self.start()
        with anyio.move_on_after(_LONGEST):
            while (one := self._one(form)).size is None and not self.failed:
                await anyio.sleep(_LOOK)
        if one.size is None or self._folder is None:
            raise BusyError(f"the file '{name}' is not made yet; come again in a minute")
        return one, self._folder / name

    async def sums(self) -> str:
        """The SHA-256 of every file, in the form that ``sha256sum --check`` reads."""
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
