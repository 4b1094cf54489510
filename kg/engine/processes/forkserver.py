"""The process that loads the graph and forks the workers: ``python -m kg.engine.processes.forkserver HANDLE``.

It loads the graph once. A fork shares that memory, so a worker starts within milliseconds and needs only the memory that it
adds. A store on disk is not loaded: each worker opens it (:mod:`kg.engine.processes.graphs`). The forkserver evaluates no query:
it only receives commands (fork, kill, demote) and reports how workers ended. When the server ends, for any reason, the socket
between them closes, and the forkserver kills its workers and ends too.
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
from typing import Any

from kg.engine.processes.graphs import ServedGraph, load
from kg.engine.processes.messages import receive_command, receive_message, send_message
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.worker import UNOPENED, work
from kg.errors import KgError

_SLOW_NICE = 15


def main(handle: int) -> None:
    """Load the graphs named in the first two messages, report readiness, then serve commands until the server ends."""
    control = socket.socket(fileno=handle)
    first = receive_message(control)
    if first is None:
        return
    head = first[0]
    graph = None
    try:
        graph = load(head)
        second = receive_message(control)  # the server prepared it while the graph was loaded
        if second is None:
            return
        missing = graph.add(second[0])
        gc.freeze()  # the collector of a worker does not touch frozen objects, so their memory stays shared
        send_message(control, {"ready": True, "missing": missing})
        Forkserver(control, graph, head).serve()
    except KgError as error:
        send_message(control, {"error": str(error)})
    finally:
        if graph is not None:
            graph.close()


class Forkserver:
    """The graph and the workers that answer queries on it."""

    def __init__(self, control: socket.socket, graph: ServedGraph, head: Mapping[str, Any]) -> None:
        self._control = control
        self._graph = graph
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
                        if not self._reap():
                            break
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
        """Load everything again; derived graphs must not be derived from the service graphs."""
        with passed:
            message = receive_message(passed)
            if message is None:
                return
            try:
                graph = load(self._head)
                missing = graph.add(message[0])
            except (KgError, MemoryError) as error:
                missing = {
                    graph: f"{type(error).__name__}: {error}" for graph, _ in (*message[0]["derived"], *message[0]["texts"])
                }
            else:
                self._graph.close()
                self._graph = graph
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
            status = work(passed, self._graph, self._limits, forkserver, sandboxed)
        finally:
            os._exit(status)  # in any case, a worker must not continue as a second forkserver

    def _reap(self) -> bool:
        """Report the workers that ended; return whether the graph is still there for other workers."""
        while True:
            try:
                process, waited = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if not process:
                return True
            number, status = self._workers.pop(process), os.waitstatus_to_exitcode(waited)
            send_message(self._control, {"ended": number, "status": status})
            if status == UNOPENED and not self._graph.exists():  # the supervisor starts anew, with all workers at once
                return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
