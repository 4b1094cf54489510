"""The supervisor: it starts the forkserver, sends it commands, and restarts it when it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kg.engine.processes.messages import receive_message, send_command, send_message
from kg.engine.processes.query_limits import QueryLimits
from kg.errors import BusyError, InputError
from kg.resources import PACKAGE

_END = 1.0  # seconds for the forkserver to end by itself
_PAUSES = (0.0, 0.1, 0.5, 2.0, 5.0)  # seconds before consecutive restarts
_RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0)  # seconds before missing service graphs are loaded again
_LACKING = {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS}


@dataclass(eq=False)
class Worker:
    """One worker: its number, its socket, its process once that is known, and its exit status once it has ended.

    It is ``opened`` when it has said that it can answer, ``refused`` when its process could not be started, ``outdated`` when a
    graph was loaded after it was forked. ``spent`` is the processor time in seconds that it had used after its last answer.
    """

    number: int
    sandboxed: bool
    requests: socket.socket
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    process: int | None = None
    opened: bool = False
    spent: float = 0.0
    refused: bool = False
    outdated: bool = False

    def worked(self) -> float | None:
        """The processor time so far in seconds; None where it is not known."""
        try:
            with open(f"/proc/{self.process}/schedstat", encoding="ascii") as statistics:
                return int(statistics.read().split()[0]) / 1e9
        except OSError:  # its process is not known yet, or has ended, or the system is not Linux
            return None


class Supervisor:
    """Keeps one forkserver running."""

    def __init__(self, head: Mapping[str, Any], service_graphs: Callable[[], Mapping[str, Any]], limits: QueryLimits) -> None:
        self._head = head
        self._service_graphs = service_graphs
        self._limits = limits
        self._change = threading.Condition()
        self._control: socket.socket | None = None
        self._workers: dict[int, Worker] = {}
        self._number = 0
        self._closing = False
        self._failure: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._missing: Mapping[str, str] = {}
        self._watcher: Callable[[Mapping[str, str]], None] = lambda _: None
        self._thread = threading.Thread(target=self._keep, name="forkserver", daemon=True)
        self.starts = 0
        self.loads = 0

    def start(self) -> None:
        """Begin to load the graph, and return at once."""
        self._thread.start()

    def wait(self) -> None:
        """Return when workers can be forked.

        Raises :class:`~kg.errors.InputError` when the graph cannot be loaded.
        """
        with self._change:
            self._change.wait_for(lambda: self._control or self._failure, self._limits.start_time)
            if self._control is None:
                raise InputError(self._failure or f"the graph was not loaded within {self._limits.start_time:g} seconds")

    def watch(self, watcher: Callable[[Mapping[str, str]], None]) -> None:
        """Call ``watcher`` with the missing parts and the reasons, now and at each change; from any thread."""
        self._watcher = watcher
        watcher(self._missing)

    @property
    def ready(self) -> bool:
        """Whether workers can be forked now."""
        return self._control is not None

    def fork(self, sandboxed: bool, deadline: float) -> Worker:
        """A new worker.

        Raises :class:`~kg.errors.BusyError` when there is no forkserver until the deadline, or no process can be started.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise _no_room(error) from error
        with theirs, self._change:
            while True:
                self._change.wait_for(lambda: self._control or self._closing, max(0.0, deadline - time.monotonic()))
                if self._control is None:
                    ours.close()
                    raise BusyError("the engine is restarting; try again in a few seconds")
                self._number += 1
                worker = Worker(self._number, sandboxed, ours)
                try:
                    send_command(self._control, "fork" if sandboxed else "open", worker.number, theirs)
                except OSError as error:
                    if error.errno in _LACKING:
                        if isinstance(error, BlockingIOError):  # it did not read hundreds of commands, so it does not react
                            self.kill()
                        ours.close()
                        raise _no_room(error) from error
                    self._control = None  # it has ended; the supervising thread will notice this too
                    continue
                self._workers[worker.number] = worker
                return worker

    def command(self, command: str, worker: Worker) -> None:
        """Let the forkserver kill or demote a worker, if it still runs."""
        with self._change:
            if self._control is not None and worker.number in self._workers:
                with contextlib.suppress(OSError):  # without a forkserver there are no workers either
                    send_command(self._control, command, worker.number)

    def close(self) -> None:
        """End the forkserver and with it all workers."""
        with self._change:
            self._closing = True
            control, self._control = self._control, None
            self._change.notify_all()
        if control is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                control.shutdown(socket.SHUT_RDWR)
            self._thread.join(_END)
        if self._thread.is_alive():
            self.kill()
            self._thread.join(_END)

    def end(self) -> None:
        """Kill the forkserver and all workers at once, without waiting."""
        self._closing = True
        self.kill()

    def kill(self) -> None:
        """Kill all workers and the forkserver, which is then restarted."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # also those that are stopped

    @property
    def process(self) -> int | None:
        """The process identifier of the forkserver."""
        return None if self._process is None else self._process.pid

    def _keep(self) -> None:
        failures = 0
        while True:
            with self._change:
                if self._change.wait_for(lambda: self._closing, _PAUSES[min(failures, len(_PAUSES) - 1)]):
                    return
                self.starts += 1
            loaded = False
            try:
                loaded = self._run()
            except Exception as error:  # no fault may end the only thread that can restart the forkserver
                self._failed(f"the process that loads the graph: {type(error).__name__}: {error}")
            failures = 0 if loaded else failures + 1

    def _run(self) -> bool:
        """Start a forkserver, and process its messages until it ends; return whether it had loaded the graph."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                launched = _launch(theirs)
            if launched is None:
                self._failed("no process can be started to load the graph; check the number of processes and the free memory")
                return False
            self._process = launched
            try:
                return not self._closing and self._attend(ours)
            finally:
                self._forget()
                try:
                    launched.wait(_END)
                except subprocess.TimeoutExpired:
                    self.kill()
                    launched.wait()

    def _attend(self, control: socket.socket) -> bool:
        """Process the messages of the forkserver until it ends; return whether it had loaded the graph."""
        try:
            limits = {one.name: getattr(self._limits, one.name) for one in fields(QueryLimits)}
            send_message(control, {**self._head, "limits": limits})
            missing, service_graphs = self._made_service_graphs()
            with contextlib.suppress(OSError):  # if the graph cannot be loaded, the forkserver has ended and sent the reason
                send_message(control, service_graphs)
            first = receive_message(control)
        except OSError:
            first = None
        status: dict[str, Any] = {"error": "the process that loads the graph has ended"} if first is None else first[0]
        if "error" in status:
            self._failed(status["error"])
            return False
        with self._change:
            if self._closing:
                return False
            self._failure, self._control = None, control
            self._change.notify_all()
        self._report({**missing, **_named(status["missing"])})
        retries = iter(_RETRIES)
        pause = next(retries)
        while True:
            if self._missing and not _readable(control, pause):
                self._load(control)
                pause = next(retries, pause)
            elif (message := receive_message(control)) is not None:
                self._update(message[0])
            else:
                return True

    def _update(self, head: Mapping[str, Any]) -> None:
        """Update the state of a worker."""
        with self._change:
            if "forked" in head:
                if (worker := self._workers.get(head["forked"])) is not None:
                    worker.process = head["process"]
                return
            worker = self._workers.pop(head["refused"] if "refused" in head else head["ended"], None)
        if worker is not None:
            worker.refused = "refused" in head
            worker.status = head.get("status")
            worker.ended.set()

    def _made_service_graphs(self) -> tuple[dict[str, str], Mapping[str, Any]]:
        """The service graphs to load; if they cannot be made, the reason and nothing to load."""
        try:
            return {}, self._service_graphs()
        except Exception as error:  # the data are served without them
            return {"service graphs": f"{type(error).__name__}: {error}"}, {"derived": [], "texts": []}

    def _load(self, control: socket.socket) -> None:
        """Load the missing service graphs; workers that were forked before do not have them."""
        missing, service_graphs = self._made_service_graphs()
        if missing:
            return
        try:
            ours, theirs = socket.socketpair()
            with ours:
                with theirs, self._change:
                    send_command(control, "load", 0, theirs)
                send_message(ours, service_graphs)
                answer = receive_message(ours)
        except OSError:  # no file handle is free, or the forkserver has ended, which its reader notices
            return
        if answer is not None:
            with self._change:
                self.loads += 1
                for worker in self._workers.values():
                    worker.outdated = True
            self._report(_named(answer[0]["missing"]))

    def _report(self, missing: Mapping[str, str]) -> None:
        if missing != self._missing:
            self._missing = missing
            self._watcher(missing)

    def _failed(self, why: str) -> None:
        with self._change:
            self._failure = why
            self._change.notify_all()
        self._report({"engine": why})

    def _forget(self) -> None:
        with self._change:
            self._control = None
            lost, self._workers = self._workers, {}
        for worker in lost.values():
            worker.ended.set()


def _named(missing: Mapping[str, str]) -> dict[str, str]:
    return {f"graph {graph}": why for graph, why in missing.items()}


def _no_room(error: OSError) -> BusyError:
    return BusyError(f"no process can be started for the query now ({error.strerror}); try again in a few seconds")


def _readable(control: socket.socket, seconds: float) -> bool:
    poll = select.poll()  # select() stops at handle 1024
    poll.register(control, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _launch(theirs: socket.socket) -> subprocess.Popen[bytes] | None:
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    errors = None if os.environ.get("MCRC_KG_TRACEBACK") else subprocess.DEVNULL  # the output of a crash is not a log line
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kg.engine.processes.forkserver", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # an interrupt at the terminal is for the server, which lets running queries end
        )
    except OSError:
        return None
