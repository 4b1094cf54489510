"""The process that loads the graph and forks the workers: ``python -m kg.engine.processes.forkserver HANDLE``.

It loads the graph once. A fork shares that memory, so a worker starts within milliseconds and needs only the memory that it
adds. The forkserver evaluates no query: it only receives commands (fork, kill, demote) and reports how workers ended. When the
server ends, for any reason, the socket between them closes, and the forkserver kills its workers and ends too.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.engine.oxigraph import Oxigraph
from kg.engine.processes.messages import receive_command, receive_message, send_message
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.worker import work
from kg.errors import KgError

_SLOW_NICE = 15
_FAILURES = (KgError, OSError, ValueError, SyntaxError, RuntimeError, MemoryError)  # errors of the engine while it loads a graph


def main(handle: int) -> None:
    """Load the graphs named in the first two messages, report readiness, then serve commands until the server ends."""
    control = socket.socket(fileno=handle)
    first = receive_message(control)
    if first is None:
        return
    head = first[0]
    try:
        engine = load(head)
    except KgError as error:
        send_message(control, {"error": str(error)})
        return
    second = receive_message(control)  # the server prepared it while the graph was loaded
    if second is None:
        return
    missing = load_service_graphs(engine, second[0])
    gc.freeze()  # the collector of a worker does not touch frozen objects, so their memory stays shared
    send_message(control, {"ready": True, "missing": missing})
    Forkserver(control, engine, head).serve()


def load(head: Mapping[str, Any]) -> Oxigraph:
    """An engine with the data.

    Raises :class:`~kg.errors.InputError` when it cannot be read.
    """
    engine = Oxigraph(head["prefixes"])
    engine.load_file(Path(head["graph"]), lazily=True)
    return engine


def load_service_graphs(engine: Oxigraph, service_graphs: Mapping[str, Any]) -> dict[str, str]:
    """Add the derived graphs, then those given as text; return the graphs that could not be added, with the reason."""
    texts: list[tuple[str, str | bytes]] = []
    missing: dict[str, str] = {}
    for graph, construct in service_graphs["derived"]:
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


class Forkserver:
    """The loaded graph and the workers that share it."""

    def __init__(self, control: socket.socket, engine: Oxigraph, head: Mapping[str, Any]) -> None:
        self._control = control
        self._engine = engine
        self._head = head
        self._limits = QueryLimits(**head["limits"])
        self._workers: dict[int, int] = {}  # number by process

    def serve(self) -> None:
        """Serve commands, and report the workers that end, until the server ends."""
        wakeup, signalled = socket.socketpair()
        wakeup.setblocking(False)
        signalled.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # with a handler, Python writes to the wakeup handle
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            try:
                while True:
                    ready = {key.fileobj for key, _ in selector.select()}
                    if wakeup in ready:
                        with contextlib.suppress(BlockingIOError):
                            wakeup.recv(4096)
                        self._reap()
                    if self._control in ready and not self._obey():
                        break
            except ConnectionError:
                pass  # the server has ended
            finally:
                for process in self._workers:
                    os.kill(process, signal.SIGKILL)

    def _obey(self) -> bool:
        received = receive_command(self._control)
        if received is None:
            return False
        command, number, passed = received
        if command == "load":
            if passed is not None:  # else no file handle was free; the server sees that its side is closed
                self._load(passed)
        elif command in ("fork", "open"):
            if passed is not None:
                self._fork(number, passed, sandboxed=command == "fork")
            else:
                send_message(self._control, {"refused": number})
        elif (process := next((p for p, n in self._workers.items() if n == number), None)) is not None:
            if command == "kill":
                os.kill(process, signal.SIGKILL)
            elif command == "demote":
                os.setpriority(os.PRIO_PROCESS, process, _SLOW_NICE)
        return True

    def _load(self, passed: socket.socket) -> None:
        """Load everything again into a new engine; derived graphs must not be derived from the service graphs."""
        with passed:
            message = receive_message(passed)
            if message is None:
                return
            try:
                engine = load(self._head)
            except (KgError, MemoryError) as error:
                missing = {
                    graph: f"{type(error).__name__}: {error}" for graph, _ in (*message[0]["derived"], *message[0]["texts"])
                }
            else:
                missing = load_service_graphs(engine, message[0])
                self._engine = engine
                gc.freeze()
            with contextlib.suppress(ConnectionError):
                send_message(passed, {"missing": missing})

    def _fork(self, number: int, passed: socket.socket, sandboxed: bool) -> None:
        forkserver = os.getpid()
        try:
            process = os.fork()
        except OSError:  # no process can be started now: this query is refused, the others continue
            passed.close()
            send_message(self._control, {"refused": number})
            return
        if process:
            self._workers[process] = number
            passed.close()
            send_message(self._control, {"forked": number, "process": process})
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            work(passed, self._engine, self._limits, forkserver, sandboxed)
            status = 0
        finally:
            os._exit(status)  # in any case, a worker must not continue as a second forkserver

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            number = self._workers.pop(process)
            send_message(self._control, {"ended": number, "status": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main(int(sys.argv[1]))
