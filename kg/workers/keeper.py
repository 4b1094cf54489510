"""The nursery as the server sees it: started, given orders, started again when it ends."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kg.errors import BusyError, InputError
from kg.nursery.limits import QueryLimits
from kg.nursery.wire import receive_frame, send_frame, send_order
from kg.resources import PACKAGE

_END = 5.0  # seconds that the nursery may take to end by itself
_PAUSES = (0.0, 0.1, 0.5, 2.0, 5.0)  # seconds before each new start in a row


@dataclass(eq=False)
class Worker:
    """One worker: its number, the socket to it, its process once that is known, and, once it has ended, how."""

    number: int
    fenced: bool
    requests: socket.socket
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    process: int | None = None

    def worked(self) -> float | None:
        """Seconds for which it had a processor so far; None where that is not known."""
        try:
            with open(f"/proc/{self.process}/schedstat", encoding="ascii") as told:
                return int(told.read().split()[0]) / 1e9
        except OSError:  # its process is not known yet, or has ended, or the system is another one
            return None


class Keeper:
    """Keeps one nursery running."""

    def __init__(self, head: Mapping[str, Any], beside: Callable[[], Mapping[str, Any]], limits: QueryLimits) -> None:
        self._head = head
        self._beside = beside
        self._limits = limits
        self._change = threading.Condition()
        self._control: socket.socket | None = None
        self._workers: dict[int, Worker] = {}
        self._number = 0
        self._closing = False
        self._failure: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="nursery", daemon=True)
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

    @property
    def ready(self) -> bool:
        """Whether workers can be had now."""
        return self._control is not None

    def fork(self, fenced: bool, deadline: float) -> Worker:
        """A new worker.

        Raises :class:`~kg.errors.BusyError` when there is no nursery until the deadline.
        """
        ours, theirs = socket.socketpair()
        with theirs, self._change:
            while True:
                if not self._change.wait_for(lambda: self._control, max(0.0, deadline - time.monotonic())):
                    ours.close()
                    raise BusyError("the engine starts again; try again in a few seconds")
                self._number += 1
                worker = Worker(self._number, fenced, ours)
                assert self._control is not None
                try:
                    send_order(self._control, "fork" if fenced else "open", worker.number, theirs)
                except OSError:
                    self._control = None  # it has ended; the thread that keeps it will see so too
                    continue
                self._workers[worker.number] = worker
                return worker

    def order(self, order: str, worker: Worker) -> None:
        """Have a worker killed or demoted, if it still runs."""
        with self._change:
            if self._control is not None and worker.number in self._workers:
                with contextlib.suppress(OSError):  # without a nursery there are no workers either
                    send_order(self._control, order, worker.number)

    def close(self) -> None:
        """End the nursery and with it all workers."""
        with self._change:
            self._closing = True
            control, self._control = self._control, None
            self._change.notify_all()
        if control is not None:
            control.shutdown(socket.SHUT_RDWR)
        if self._process is not None and control is None:
            self._process.kill()
        self._thread.join(_END)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
            self._thread.join(_END)

    @property
    def process(self) -> int | None:
        """The process of the nursery."""
        return None if self._process is None else self._process.pid

    def _keep(self) -> None:
        failures = 0
        while True:
            with self._change:
                if self._change.wait_for(lambda: self._closing, _PAUSES[min(failures, len(_PAUSES) - 1)]):
                    return
                self.starts += 1
            ours, theirs = socket.socketpair()
            with ours:
                with theirs:
                    launched = _launch(theirs)
                if launched is None:
                    self._failed("no process can be started to load the graph; are there too many, or too little memory?")
                    failures += 1
                    continue
                self._process = launched
                failures = 0 if self._attend(ours) else failures + 1
            launched.wait()
            self._forget()

    def _attend(self, control: socket.socket) -> bool:
        """Hear the nursery until it ends; whether it had loaded the graph."""
        try:
            limits = {one.name: getattr(self._limits, one.name) for one in fields(QueryLimits)}
            send_frame(control, {**self._head, "limits": limits})
            with contextlib.suppress(OSError):  # where the graph cannot be loaded, it has ended by now and said why
                send_frame(control, self._beside())
            first = receive_frame(control)
        except OSError:
            first = None
        said = {"error": "the process that loads the graph has ended"} if first is None else first[0]
        if "error" in said:
            self._failed(said["error"])
            return False
        with self._change:
            if self._closing:
                return False
            self._failure, self._control = None, control
            self._change.notify_all()
        while (heard := receive_frame(control)) is not None:
            head = heard[0]
            with self._change:
                worker = self._workers.get(head["forked"]) if "forked" in head else self._workers.pop(head["ended"], None)
            if worker is not None and "forked" in head:
                worker.process = head["process"]
            elif worker is not None:
                worker.status = head["status"]
                worker.ended.set()
        return True

    def _failed(self, why: str) -> None:
        with self._change:
            self._failure = why
            self._change.notify_all()

    def _forget(self) -> None:
        with self._change:
            self._control = None
            lost, self._workers = self._workers, {}
        for worker in lost.values():
            worker.ended.set()


def _launch(theirs: socket.socket) -> subprocess.Popen[bytes] | None:
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    errors = None if os.environ.get("MCRC_KG_TRACEBACK") else subprocess.DEVNULL  # the engine's last words are not log lines
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kg.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # an interrupt at the terminal is for the server, which lets running queries finish
        )
    except OSError:
        return None
