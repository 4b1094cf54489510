"""The engine behind a server: queries in processes that can be killed, each within its limits."""

from __future__ import annotations

import select
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kg import federation
from kg.errors import BusyError, EngineError, InputError, MemoryLimitError, TimeLimitError
from kg.namespaces import BASE, PREFIXES
from kg.nursery.limits import QueryLimits
from kg.nursery.wire import receive_frame, send_frame
from kg.nursery.worker import ERRORS, MIB
from kg.oxigraph import FORMATS, Document, Scope
from kg.store import Answer, read
from kg.workers.keeper import Keeper, Worker
from kg.workers.lanes import Lanes, Ticket

_PATIENCE = 13  # looks at a query that waits for a processor, before it loses its quick place all the same
_TRIES = 3  # a query only reads, so it may be asked again when its process was killed from outside


@dataclass(frozen=True)
class Beside:
    """What is loaded beside the data, each with its graph: CONSTRUCT queries that derive from the data, texts in Turtle."""

    derived: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(eq=False)
class Run:
    """One query on its way: who asks, and what became of it; :meth:`cancel` ends it."""

    client: str = ""
    lane: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)


class Workers:
    """Oxigraph in worker processes; an :class:`~kg.store.Engine` for any number of threads."""

    def __init__(self, graph: Path, limits: QueryLimits, beside: Callable[[], Beside] = lambda: Beside()) -> None:
        self.limits = limits
        self._keeper = Keeper({"graph": str(graph), "prefixes": PREFIXES}, lambda: asdict(beside()), limits)
        self._lanes = Lanes(limits)
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._kills: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to load the graph, and return at once; see :meth:`wait`."""
        self._keeper.start()

    def wait(self) -> None:
        """Return when the graph is loaded and the first workers are there.

        Raises :class:`~kg.errors.InputError` when the graph cannot be loaded.
        """
        self._keeper.wait()
        deadline = time.monotonic() + self.limits.start_time
        self._idle += [self._keeper.fork(True, deadline) for _ in range(self.limits.quick_places - len(self._idle))]

    def close(self) -> None:
        """End all processes."""
        self._keeper.close()
        with self._lock:
            while self._idle:
                self._idle.pop().requests.close()

    def kill(self) -> None:
        """End all processes at once, also those that are stuck; wait for nothing."""
        self._keeper.end()

    def watch(self, watcher: Callable[[Mapping[str, str]], None]) -> None:
        """Tell what is missing of the engine and why, now and whenever that changes; from any thread."""
        self._keeper.watch(watcher)

    def query(self, sparql: str) -> Answer:
        """The answer to a query; see :class:`~kg.store.Engine`, and :meth:`document` for the errors."""
        document = self.document(sparql, ("json", "nt"))
        answer = read(FORMATS[document.form].media_type, document.body)
        assert answer is not None
        return answer

    def document(
        self, sparql: str, forms: Sequence[str], scope: Scope | None = None, run: Run | None = None, base: str = BASE
    ) -> Document:
        """The answer as bytes, in the first of these formats that can hold it; relative IRIs resolve against ``base``.

        Raises the errors of :meth:`kg.store.Embedded.document`; :class:`~kg.errors.RefusedError` for a ``SERVICE`` that is not
        allowed; a :class:`~kg.errors.LimitError` when a limit ends the query, :class:`~kg.errors.EngineError` when a fault does.
        """
        run = run or Run()
        fenced = not (self.limits.allow_service and federation.may_federate(sparql))
        request = _request(sparql, forms, scope, self.limits, base)
        ticket = self._lanes.enter(run.client)
        deadline = time.monotonic() + self.limits.time_limit
        try:
            for _ in range(_TRIES):
                if run.cancelled.is_set():  # while it waited; to answer all who left would keep out those who stayed
                    raise BusyError("the client went away before its turn")
                worker = self._take(fenced, deadline)
                document = self._ask(worker, request, ticket, run, deadline)
                if document is not None:
                    return document
            raise EngineError("the process of the query was killed from outside, several times; try again")
        finally:
            run.lane = ticket.lane
            self._lanes.leave(ticket)

    def ready(self) -> bool:
        """Whether queries are answered now."""
        return self._keeper.ready

    def counts(self) -> dict[str, int]:
        """How many queries wait, run quickly and run slowly, how many processes idle, and how often the nursery was started."""
        return {**self._lanes.counts(), "idle": len(self._idle), "nursery_starts": self._keeper.starts}

    def kills(self) -> dict[str, int]:
        """How many queries were ended, by the name of the error."""
        with self._lock:
            return dict(self._kills)

    def _take(self, fenced: bool, deadline: float) -> Worker:
        while fenced:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                break
            if not worker.ended.is_set() and not worker.outdated:
                return worker
            worker.requests.close()
        return self._keeper.fork(fenced, deadline)

    def _ask(
        self, worker: Worker, request: tuple[dict[str, object], bytes], ticket: Ticket, run: Run, deadline: float
    ) -> Document | None:
        """What a worker answers, or None when it was ended by someone else."""
        heard = None
        try:
            send_frame(worker.requests, *request)
            self._await(worker, ticket, run, deadline)
            heard = receive_frame(worker.requests, deadline)
        except ConnectionError:
            pass
        except TimeoutError as error:
            self._kill(worker, "TimeLimitError")
            raise self._too_long() from error
        except BusyError as error:
            self._kill(worker, type(error).__name__)
            raise
        if heard is None:
            self._explain(worker)
            return None
        head, body = heard
        if head.get("error") == "MemoryError":
            self._kill(worker, "MemoryLimitError")
            raise self._too_much()
        self._give_back(worker, ticket.lane == "quick" and not head["last"])
        if "error" in head:
            raise ERRORS[head["error"]](head["said"])
        return Document(head["form"], body)

    def _await(self, worker: Worker, ticket: Ticket, run: Run, deadline: float) -> None:
        """Wait for the first byte; a query that takes a while goes to the slow lane meanwhile."""
        started = time.monotonic()
        if ticket.lane == "quick" and not self._quick(worker):
            self._lanes.demote(ticket)
            self._keeper.order("demote", worker)
        while not _readable(worker.requests, min(0.25, deadline - time.monotonic())):
            if run.cancelled.is_set():
                raise BusyError(f"the client went away after {time.monotonic() - started:.1f} seconds")
            if time.monotonic() >= deadline:
                raise TimeoutError

    def _quick(self, worker: Worker) -> bool:
        """Whether a query answers within the time of a quick one.

        On a busy machine that is processor time, up to a few times as much by the clock: a cheap query that only had to wait for
        a processor is not to be refused as an expensive one.
        """
        before, wait = worker.worked() or 0.0, self.limits.quick_time
        for _ in range(_PATIENCE):
            if _readable(worker.requests, wait):
                return True
            now, wait = worker.worked(), self.limits.quick_time / 4
            if worker.process is not None and (now is None or now - before > self.limits.quick_time / 2):
                return False
        return False

    def _explain(self, worker: Worker) -> None:
        """Raise what ended a worker, unless it was killed from outside."""
        worker.ended.wait(5)
        worker.requests.close()
        if worker.refused:
            self._count("BusyError")
            raise BusyError("no process can be started for the query now; try again in a few seconds")
        if worker.status == -signal.SIGABRT:
            self._count("MemoryLimitError")
            raise self._too_much()
        if worker.status == -signal.SIGALRM:
            self._count("TimeLimitError")
            raise self._too_long()
        if worker.status == -signal.SIGSEGV:  # the stack has ended
            self._count("EngineError")
            raise InputError("the query is nested too deep, or too long, for the engine; write it in another way")
        if worker.status not in (None, 0, -signal.SIGKILL, -signal.SIGTERM):
            self._count("EngineError")
            raise EngineError("the engine ended on this query; write it in another way")

    def _too_long(self) -> TimeLimitError:
        return TimeLimitError(f"the query takes longer than {self.limits.time_limit:g} seconds; ask for less, or of fewer things")

    def _too_much(self) -> MemoryLimitError:
        return MemoryLimitError(f"the query needs more than {self.limits.memory_limit} MiB; ask for less, or sort and group less")

    def _give_back(self, worker: Worker, again: bool) -> None:
        if again and worker.fenced:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.requests.close()  # upon which it ends

    def _kill(self, worker: Worker, reason: str) -> None:
        self._count(reason)
        self._keeper.order("kill", worker)
        worker.requests.close()

    def _count(self, reason: str) -> None:
        with self._lock:
            self._kills[reason] += 1


def _request(
    sparql: str, forms: Sequence[str], scope: Scope | None, limits: QueryLimits, base: str
) -> tuple[dict[str, object], bytes]:
    seen = None if scope is None else (scope.default, scope.named)
    head: dict[str, object] = {
        "forms": list(forms),
        "scope": seen,
        "most": limits.answer_limit * MIB,
        "seconds": limits.time_limit,
        "base": base,
    }
    return head, sparql.encode()


def _readable(requests: socket.socket, seconds: float) -> bool:
    poll = select.poll()  # select() stops at handle 1024
    poll.register(requests, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))
