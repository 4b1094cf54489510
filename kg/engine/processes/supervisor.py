"""The supervisor of the forkserver: it starts it, sends it commands, and starts it again when it ends."""

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

from kg.engine.processes.limits import QueryLimits
from kg.engine.processes.messages import receive_message, send_command, send_message
from kg.errors import BusyError, InputError
from kg.resources import PACKAGE

_END = 1.0  # seconds that the forkserver may take to end by itself
_PAUSES = (0.0, 0.1, 0.5, 2.0, 5.0)  # seconds before each new start in a row
_RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0)  # seconds before service graphs that are missing are loaded once more
_LACKING = {errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ETOOMANYREFS}


@dataclass(eq=False)
class Worker:
    """One worker: its number, the socket to it, its process once that is known, and, once it has ended, how.

    It is ``refused`` when there was no room for its process, ``outdated`` when a graph was loaded since that it does not have.
    """

    number: int
    fenced: bool
    requests: socket.socket
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    process: int | None = None
    refused: bool = False
    outdated: bool = False

    def worked(self) -> float | None:
        """Seconds for which it had a processor so far; None where that is not known."""
        try:
            with open(f"/proc/{self.process}/schedstat", encoding="ascii") as told:
                return int(told.read().split()[0]) / 1e9
        except OSError:  # its process is not known yet, or has ended, or the system is another one
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

    def start(self) -> None:
        """Begin to load the graph, and return at once."""
        self._thread.start()

    def wait(self) -> None:
        """Return when workers can be had.

        Raises :class:`~kg.errors.InputError` when the graph cannot be loaded.
        """
        with self._change:
            self._change.wait_for(lambda: self._control or self._failure, self._limits.start_time)
            if self._control is None:
                raise InputError(self._failure or f"the graph was not loaded within {self._limits.start_time:g} seconds")

    def watch(self, watcher: Callable[[Mapping[str, str]], None]) -> None:
        """Tell what is missing, each with the reason, now and whenever that changes; from any thread."""
        self._watcher = watcher
        watcher(self._missing)

    @property
    def ready(self) -> bool:
        """Whether workers can be had now."""
        return self._control is not None

    def fork(self, fenced: bool, deadline: float) -> Worker:
        """A new worker.

        Raises :class:`~kg.errors.BusyError` when there is no forkserver until the deadline, or no room for a process.
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
                    raise BusyError("the engine starts again; try again in a few seconds")
                self._number += 1
                worker = Worker(self._number, fenced, ours)
                try:
                    send_command(self._control, "fork" if fenced else "open", worker.number, theirs)
                except OSError as error:
                    if error.errno in _LACKING:
                        if isinstance(error, BlockingIOError):  # it left hundreds of commands unread, so it is stuck
                            self.kill()
                        ours.close()
                        raise _no_room(error) from error
                    self._control = None  # it has ended; the thread that keeps it will see so too
                    continue
                self._workers[worker.number] = worker
                return worker

    def command(self, command: str, worker: Worker) -> None:
        """Have a worker killed or demoted, if it still runs."""
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
        """Kill the forkserver and all workers at once, and wait for nothing."""
        self._closing = True
        self.kill()

    def kill(self) -> None:
        """Kill the forkserver, which is then started again, and all workers."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # also those that are stopped

    @property
    def process(self) -> int | None:
        """The process of the forkserver."""
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
            except Exception as error:  # a door: no fault may end the only thread that can start the forkserver again
                self._failed(f"the process that loads the graph: {type(error).__name__}: {error}")
            failures = 0 if loaded else failures + 1

    def _run(self) -> bool:
        """Start a forkserver, and hear it until it ends; whether it had loaded the graph."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                launched = _launch(theirs)
            if launched is None:
                self._failed("no process can be started to load the graph; are there too many, or too little memory?")
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
        """Hear the forkserver until it ends; whether it had loaded the graph."""
        try:
            limits = {one.name: getattr(self._limits, one.name) for one in fields(QueryLimits)}
            send_message(control, {**self._head, "limits": limits})
            missing, service_graphs = self._made_service_graphs()
            with contextlib.suppress(OSError):  # where the graph cannot be loaded, it has ended by now and said why
                send_message(control, service_graphs)
            first = receive_message(control)
        except OSError:
            first = None
        said: dict[str, Any] = {"error": "the process that loads the graph has ended"} if first is None else first[0]
        if "error" in said:
            self._failed(said["error"])
            return False
        with self._change:
            if self._closing:
                return False
            self._failure, self._control = None, control
            self._change.notify_all()
        self._tell({**missing, **_named(said["missing"])})
        retries = iter(_RETRIES)
        pause = next(retries)
        while True:
            if self._missing and not _readable(control, pause):
                self._load(control)
                pause = next(retries, pause)
            elif (heard := receive_message(control)) is not None:
                self._note(heard[0])
            else:
                return True

    def _note(self, head: Mapping[str, Any]) -> None:
        """Note what became of a worker."""
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
        """The service graphs to load; where they cannot be made, the reason and nothing to load."""
        try:
            return {}, self._service_graphs()
        except Exception as error:  # a door: the data is served without
            return {"service graphs": f"{type(error).__name__}: {error}"}, {"derived": [], "texts": []}

    def _load(self, control: socket.socket) -> None:
        """Have what is missing loaded; workers that were forked before do not have it."""
        missing, service_graphs = self._made_service_graphs()
        if missing:
            return
        try:
            ours, theirs = socket.socketpair()
            with ours:
                with theirs, self._change:
                    send_command(control, "load", 0, theirs)
                send_message(ours, service_graphs)
                said = receive_message(ours)
        except OSError:  # no handle, or the forkserver has ended, which is seen where it is heard
            return
        if said is not None:
            with self._change:
                for worker in self._workers.values():
                    worker.outdated = True
            self._tell(_named(said[0]["missing"]))

    def _tell(self, missing: Mapping[str, str]) -> None:
        if missing != self._missing:
            self._missing = missing
            self._watcher(missing)

    def _failed(self, why: str) -> None:
        with self._change:
            self._failure = why
            self._change.notify_all()
        self._tell({"engine": why})

    def _forget(self) -> None:
        with self._change:
            self._control = None
            lost, self._workers = self._workers, {}
        for worker in lost.values():
            worker.ended.set()


def _named(missing: Mapping[str, str]) -> dict[str, str]:
    return {f"graph {graph}": why for graph, why in missing.items()}


def _no_room(error: OSError) -> BusyError:
    return BusyError(f"no process can be had for the query now ({error.strerror}); try again in a few seconds")


def _readable(control: socket.socket, seconds: float) -> bool:
    poll = select.poll()  # select() stops at handle 1024
    poll.register(control, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _launch(theirs: socket.socket) -> subprocess.Popen[bytes] | None:
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    errors = None if os.environ.get("MCRC_KG_TRACEBACK") else subprocess.DEVNULL  # the engine's last words are not log lines
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kg.engine.processes.forkserver", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # an interrupt at the terminal is for the server, which lets running queries finish
        )
    except OSError:
        return None
