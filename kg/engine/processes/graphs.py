"""The graph that a forkserver gives to its workers: in its memory, which they share, or on disk, where each worker opens it.

Both contain the service graphs: some are derived from the data by CONSTRUCT queries, others are texts.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kg.engine.oxigraph import Oxigraph
from kg.engine.processes.messages import receive_message, send_message
from kg.errors import InputError, KgError

if TYPE_CHECKING:
    from kg.engine.snapshot import Snapshot

_FAILURES = (KgError, OSError, ValueError, SyntaxError, RuntimeError, MemoryError)  # errors of the engine while it loads a graph


class ServedGraph(Protocol):
    """A graph that workers can open."""

    def add(self, service_graphs: Mapping[str, Any]) -> dict[str, str]:
        """Add the service graphs; return those that could not be added, with the reasons."""
        ...

    def open(self) -> Oxigraph:
        """The engine of a worker, after its fork."""
        ...

    def tables(self) -> int:
        """The number of files that the engine of a worker opens, perhaps only when a query needs them."""
        ...

    def exists(self) -> bool:
        """Whether workers can open it."""
        ...

    def close(self) -> None:
        """Delete what was written for it."""
        ...


def load(head: Mapping[str, Any]) -> ServedGraph:
    """The graph that the server names.

    Raises :class:`~kg.errors.InputError` when it cannot be read.
    """
    if "version" in head:
        return OnDisk(head)
    engine = Oxigraph(head["prefixes"])
    engine.load_file(Path(head["graph"]), lazily=True)
    return InMemory(engine)


class InMemory:
    """A graph in the memory of the forkserver."""

    def __init__(self, engine: Oxigraph) -> None:
        self._engine = engine

    def add(self, service_graphs: Mapping[str, Any]) -> dict[str, str]:
        """Add the service graphs."""
        return add_service_graphs(self._engine, service_graphs, service_graphs["derived"])

    def open(self) -> Oxigraph:
        """The engine, which the fork has copied."""
        return self._engine

    def tables(self) -> int:
        """None."""
        return 0

    def exists(self) -> bool:
        """As long as the forkserver exists."""
        return True

    def close(self) -> None:
        """Nothing to delete."""


class OnDisk:
    """A snapshot of a version of a store; it is written in a separate process, because the engine starts threads."""

    def __init__(self, head: Mapping[str, Any]) -> None:
        from kg.engine.snapshot import Snapshot  # only for a store

        self._version = Path(head["version"])
        scratch = Path(head["scratch"])
        self._snapshot = Snapshot(scratch / f"{os.getpid()}-{os.urandom(4).hex()}", head["union"], head["prefixes"])
        try:
            self._snapshot.link(self._version)
        except OSError as error:
            self.close()
            raise InputError(f"{self._version}: cannot be served from {scratch}: {error}") from error

    def add(self, service_graphs: Mapping[str, Any]) -> dict[str, str]:
        """Add the service graphs, in a process of its own.

        Raises :class:`~kg.errors.InputError` when the store cannot be opened.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = os.fork()
                if not process:
                    try:
                        send_message(theirs, _added(self._snapshot, service_graphs))
                    finally:
                        os._exit(0)
            answer = receive_message(ours)
            os.waitpid(process, 0)
        said: dict[str, Any] = {"error": "the engine ended"} if answer is None else answer[0]
        if "error" in said:
            self.close()
            raise InputError(f"{self._version}: cannot be opened: {said['error']}; make the store again")
        self._snapshot.union = said["union"]
        missing: dict[str, str] = said["missing"]
        return missing

    def open(self) -> Oxigraph:
        """The snapshot, opened to read."""
        self._snapshot.open_to_read()
        return self._snapshot

    def tables(self) -> int:
        """Those of the snapshot."""
        return self._snapshot.tables()

    def exists(self) -> bool:
        """Whether its folder was not deleted."""
        return (self._snapshot.place / "CURRENT").is_file() and self._version.is_dir()

    def close(self) -> None:
        """Delete the snapshot; workers that have it open can still read it."""
        shutil.rmtree(self._snapshot.place, ignore_errors=True)


def _added(snapshot: Snapshot, service_graphs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        snapshot.open_to_write()
        kept = snapshot.add_derived([graph for graph, _ in service_graphs["derived"]])
        missing = add_service_graphs(snapshot, service_graphs, () if kept else service_graphs["derived"])
        snapshot.finish()
    except _FAILURES as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"union": snapshot.union, "missing": missing}


def add_service_graphs(engine: Oxigraph, service_graphs: Mapping[str, Any], derived: Any) -> dict[str, str]:
    """Add the derived graphs, then those given as text; return the graphs that could not be added, with the reasons."""
    texts: list[tuple[str, str | bytes]] = []
    missing: dict[str, str] = {}
    for graph, construct in derived:
        try:
            texts.append((graph, engine.document(construct, ["nt"]).body))
        except _FAILURES as error:
            missing[graph] = f"{type(error).__name__}: {error}"
    for graph, text in (*texts, *service_graphs["texts"]):
        try:
            engine.load_text(text, graph)
        except _FAILURES as error:
            missing[graph] = f"{type(error).__name__}: {error}"
    return missing
