"""Graphs on disk: a folder with versions of a database, which any number of processes read while the next version is written.

The file ``store.json`` names the current version and describes it. A writer loads a new version beside it and then replaces the
file, so that a reader sees the old version or the new one, however the writer ends. The version before the current one stays, for
readers that are about to open it; older ones, and those of a writer that was killed, are deleted by the next writer, unless a
server has pinned them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg.engine.rdf_files import bulk_load
from kg.errors import InputError, OutsideError
from kg.files import make_folder, read_text, reason, write_whole
from kg.resources import STORE_FILE, is_store
from kg.resources import folder as resource

FORMAT = 1  # of the folder; raised when its structure changes
DERIVED = "derived.nq"  # in the folder of a version: graphs that describe its data, for a server
_LOCK = ".writer"
_TRIES = 3  # to open the current version, while writers replace it
_CHUNK = 1 << 20  # bytes that are read at once for a checksum


@dataclass(frozen=True)
class Source:
    """A file that was loaded: its name, its length in bytes, its SHA-256 checksum."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Info:
    """The content of ``store.json``: format, engine, current version, number of quads in each graph, and the loaded files.

    ``union`` says that no triple is in two graphs: the default graph of a query is then the union of all graphs. Otherwise each
    triple is stored in the default graph once more. The name of the default graph is empty in ``graphs``.
    """

    format: int
    engine: str
    version: str
    union: bool
    graphs: dict[str, int]
    sources: tuple[Source, ...] = ()
    previous: str | None = field(default=None, repr=False)


def info_of(folder: Path) -> Info:
    """The description of a store.

    Raises :class:`~kg.errors.InputError` when it cannot be read, or is of another format or a newer engine.
    """
    path = folder / STORE_FILE
    try:
        told = json.loads(read_text(path))
        info = Info(**{**told, "sources": tuple(Source(**one) for one in told["sources"])})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: does not describe a store; make the store again with 'mcrc-kg build --store'") from error
    if info.format != FORMAT:
        raise InputError(f"{path}: the store has format {info.format}, and this version of mcrc-kg reads {FORMAT}; make it again")
    if _release(info.engine) > _release(ox.__version__):
        raise InputError(f"{path}: written by Oxigraph {info.engine}, and {ox.__version__} is installed; update pyoxigraph")
    return info


def open_store(folder: Path, pinned: Info | None = None) -> tuple[Any, Info]:
    """The current version of a store, or a pinned one, opened to read, and its description.

    Raises :class:`~kg.errors.InputError` when it is damaged, or not one that this version reads.
    """
    for _ in range(_TRIES):
        info = pinned or info_of(folder)
        try:
            return ox.Store.read_only(str(folder / info.version)), info
        except (OSError, ValueError, RuntimeError) as error:
            failed = error
            if pinned or info_of(folder).version == info.version:
                break
    raise InputError(f"{folder / info.version}: cannot be opened: {failed}; make the store again") from failed


def pin(folder: Path) -> tuple[Info, int]:
    """The current version of a store, which no writer deletes until the returned file handle is closed.

    The lock ends with the process, in whatever way it ends. A file system without locks does not pin.

    Raises :class:`~kg.errors.InputError` as :func:`open_store`.
    """
    for _ in range(_TRIES):
        info = info_of(folder)
        version = folder / info.version
        try:
            handle = os.open(version, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        if _lock(handle, fcntl.LOCK_SH) and version.is_dir():
            return info, handle
        os.close(handle)
    raise InputError(f"{folder / info.version}: cannot be opened; make the store again")


class Loading:
    """A version of a store that is being written."""

    def __init__(self, place: Path) -> None:
        self.store = ox.Store(str(place))
        self.sources: list[Source] = []

    def load_file(self, path: Path, progress: Callable[[str], None] = lambda _: None) -> None:
        """Add the quads of an RDF file; its extension determines the format.

        Raises :class:`~kg.errors.InputError` when the file cannot be read, or does not parse.
        """
        progress(f"loading {path.name}")
        bulk_load(self.store, path)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
        self.sources.append(Source(path.name, path.stat().st_size, digest.hexdigest()))

    def finish(self, progress: Callable[[str], None] = lambda _: None) -> tuple[bool, dict[str, int]]:
        """Whether no triple is in two graphs, and the number of quads in each graph; else the default graph gets every triple."""
        progress("counting")
        counts = {name: count for name in [ox.DefaultGraph(), *self.store.named_graphs()] if (count := _count(self.store, name))}
        union = disjoint(self.store)
        if not union:
            progress("merging")
            named = (q for q in self.store.quads_for_pattern(None, None, None, None) if q.graph_name != ox.DefaultGraph())
            self.store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in named)
        self.store.flush()
        found = {getattr(name, "value", "") if name != ox.DefaultGraph() else "": count for name, count in counts.items()}
        return union, dict(sorted(found.items()))


def disjoint(store: Any) -> bool:
    """Whether no triple is in two graphs: each is looked up once, whatever the number of graphs."""
    return not store.query(_query("shared"))


def _count(store: Any, graph: Any) -> int:
    """The number of quads in a graph."""
    (row,) = store.query(_query("count"), default_graph=[graph])
    return int(row[0].value)


def _query(name: str) -> str:
    return read_text(resource("queries") / "store" / f"{name}.rq")


@contextmanager
def writing(
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
    add_files: Callable[[Path, bool], None] = lambda _folder, _union: None,
) -> Iterator[Loading]:
    """A new version of the store in a folder, which becomes the current one when the block ends without an error.

    ``add_files`` gets the folder of the loaded version, and whether its default graph is the union.

    Raises :class:`~kg.errors.InputError` or :class:`~kg.errors.OutsideError` when the folder cannot be written, or another
    process writes into it.
    """
    if folder.is_dir() and not is_store(folder) and not all(map(_ours, folder.iterdir())):
        raise InputError(f"{folder}: contains other files; choose an empty folder for the store")
    make_folder(folder)
    with _locked(folder):
        before, stale = _before(folder)
        _delete(stale if before or not is_store(folder) else ())
        version = folder / f"version-{uuid.uuid4().hex[:12]}"
        complete = False
        try:
            new = Loading(version)
            yield new
            union, graphs = new.finish(progress)
            previous = before.version if before else None
            info = Info(FORMAT, ox.__version__, version.name, union, graphs, tuple(new.sources), previous)
            del new.store
            progress("indexing")
            add_files(version, union)
            write_whole(folder / STORE_FILE, json.dumps(asdict(info), indent=2) + "\n")
            complete = True
        except (OSError, RuntimeError) as error:
            raise OutsideError(f"{folder}: the store cannot be written: {error}") from error
        finally:
            if not complete:
                _delete([version])
        _delete([folder / before.previous] if before and before.previous else stale)


def _before(folder: Path) -> tuple[Info | None, list[Path]]:
    """The description of the store so far, and the versions that are neither current nor previous.

    A description that cannot be read is replaced: making the store again is the cure for it. Its versions go only after that.
    """
    try:
        before = info_of(folder) if is_store(folder) else None
    except InputError:
        before = None
    kept = {before.version, before.previous} if before else set()
    return before, [one for one in folder.iterdir() if _is_version(one) and one.name not in kept]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        file = (folder / _LOCK).open("wb")
    except OSError as error:
        raise OutsideError(f"{folder}: cannot be written: {reason(error)}; choose another folder") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OutsideError(f"{folder}: another process is writing this store; try again when it has ended") from error
        yield


def _is_version(path: Path) -> bool:
    return path.name.startswith("version-")


def _ours(path: Path) -> bool:
    """Whether a writer that did not come to its end may have left this."""
    return _is_version(path) or path.name.startswith(".")


def _delete(folders: Iterable[Path]) -> None:
    """Delete versions, except those that are pinned."""
    for one in folders:
        try:
            handle = os.open(one, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            if _lock(handle, fcntl.LOCK_EX):
                shutil.rmtree(one, ignore_errors=True)
        finally:
            os.close(handle)


def _lock(handle: int, kind: int) -> bool:
    """Whether no other process has a lock that excludes this one."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has no locks
        return True
    return True


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
