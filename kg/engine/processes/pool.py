"""The engine behind a server: queries in processes that can be killed, each within its limits."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kg.engine import federation
from kg.engine.oxigraph import FORMATS, Document, Scope
from kg.engine.processes.costs import CLIENT
from kg.engine.processes.local_graph import LocalGraph
from kg.engine.processes.messages import receive_message, send_message
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Scheduler, Ticket
from kg.engine.processes.supervisor import Supervisor, Worker
from kg.engine.processes.worker import ERRORS, MIB, UNOPENED
from kg.engine.store import Answer, read
from kg.errors import BusyError, EngineError, InputError, MemoryLimitError, TimeLimitError
from kg.namespaces import BASE, PREFIXES

_LOOKS = 8  # checks of a query within the time of a fast query
_PATIENCE = 4  # multiple of that time after which a query that may wait for another endpoint loses its slot
_SURELY_SLOW = 5  # multiple of that time after which the text of a running query is stored as slow
_OUTSIDE = (None, 0, UNOPENED, -signal.SIGKILL, -signal.SIGTERM)  # statuses of workers that no query has ended
_TRIES = 3  # a query is read-only, so it is repeated when its process was killed from outside


@dataclass(frozen=True)
class ServiceGraphs:
    """Graphs about the service that are loaded with the data: CONSTRUCT queries over the data, and texts in Turtle."""

    derived: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(eq=False)
class Run:
    """One query in progress: its client and its queue; setting ``cancelled`` ends it."""

    client: str = field(default_factory=CLIENT.get)
    queue: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)


class Workers:
    """Oxigraph in worker processes; an :class:`~kg.engine.store.Engine` for any number of threads.

    ``graph`` is a graph file or the folder of a store on disk.
    """

    def __init__(
        self, graph: Path, limits: QueryLimits, service_graphs: Callable[[], ServiceGraphs] = lambda: ServiceGraphs()
    ) -> None:
        self.limits = limits
        self.graph = LocalGraph(graph)
        head = {**self.graph.head(), "prefixes": PREFIXES}
        self._supervisor = Supervisor(head, lambda: asdict(service_graphs()), limits)
        self._scheduler = Scheduler(limits)
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._kills: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to load the graph, and return at once; see :meth:`wait`."""
        self._supervisor.start()

    def wait(self) -> None:
        """Return when the graph is loaded and the first workers are ready.

        Raises :class:`~kg.errors.InputError` when the graph cannot be loaded.
        """
        self._supervisor.wait()
        deadline = time.monotonic() + self.limits.start_time
        self._idle += [self._supervisor.fork(True, deadline) for _ in range(self.limits.fast_slots - len(self._idle))]

    def close(self) -> None:
        """End all processes."""
        self._supervisor.close()
        with self._lock:
            while self._idle:
                self._idle.pop().requests.close()
        self.graph.close()

    def kill(self) -> None:
        """Kill all processes at once, also those that do not react, without waiting."""
        self._supervisor.end()
        self.graph.close()

    def watch(self, watcher: Callable[[Mapping[str, str]], None]) -> None:
        """Call ``watcher`` with the missing parts of the engine and the reasons, now and at each change; from any thread."""
        self._supervisor.watch(watcher)

    def query(self, sparql: str) -> Answer:
        """The answer to a query; see :class:`~kg.engine.store.Engine`, and :meth:`document` for the errors."""
        document = self.document(sparql, ("json", "nt"))
        answer = read(FORMATS[document.form].media_type, document.body)
        assert answer is not None
        return answer

    def document(
        self, sparql: str, forms: Sequence[str], scope: Scope | None = None, run: Run | None = None, base: str = BASE
    ) -> Document:
        """The answer as bytes, in the first of these formats that can represent it; relative IRIs resolve against ``base``.

        A query without a run is one of the server's own queries.

        Raises the errors of :meth:`kg.engine.store.Embedded.document`; :class:`~kg.errors.RefusedError` for a
        ``SERVICE`` that is not allowed; a :class:`~kg.errors.LimitError` when a limit ends the query,
        :class:`~kg.errors.EngineError` when a fault ends it.
        """
        run, own = run or Run(), run is None
        sandboxed = not (self.limits.allow_service and federation.may_federate(sparql))
        request = _request(sparql, forms, scope, self.limits, base)
        ticket = self._scheduler.enter(run.client, hash((sparql, scope)), own)
        deadline = time.monotonic() + self.limits.time_limit
        try:
            for _ in range(_TRIES):
                if run.cancelled.is_set():  # while it waited; its slot is needed for clients that still wait
                    raise BusyError("the client closed the connection before the query started")
                worker = self._take(sandboxed, deadline) if ticket.queue == "fast" else self._supervisor.fork(sandboxed, deadline)
                document = self._ask(worker, request, ticket, run, deadline)
                if document is not None:
                    return document
            if worker.status == UNOPENED:
                raise BusyError("no process can open the graph now; try again in a few seconds")
            raise EngineError("the process of the query was killed from outside several times; try again")
        finally:
            run.queue = ticket.queue
            self._scheduler.leave(ticket)

    def check(self, sparql: str, scope: Scope | None, client: str) -> None:
        """Return unless a query of this client would be refused at once; this does not wait.

        Raises :class:`~kg.errors.BusyError` or :class:`~kg.errors.ShareError` as :meth:`document` would.
        """
        self._scheduler.check(client, hash((sparql, scope)))

    def ready(self) -> bool:
        """Whether queries can be answered now."""
        return self._supervisor.ready

    def counts(self) -> dict[str, int]:
        """The number of queries that wait or run in each queue, of idle processes, and of starts of the forkserver."""
        return {**self._scheduler.counts(), "idle": len(self._idle), "forkserver_starts": self._supervisor.starts}

    def refused(self) -> int:
        """The number of queries that were refused at once."""
        return self._scheduler.refused

    def clients(self) -> int:
        """The number of clients with an account of their cost."""
        return self._scheduler.clients()

    def kills(self) -> dict[str, int]:
        """The number of queries that were ended, by the name of the error."""
        with self._lock:
            return dict(self._kills)

    def _take(self, sandboxed: bool, deadline: float) -> Worker:
        while sandboxed:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                break
            if not worker.ended.is_set() and not worker.outdated:
                return worker
            worker.requests.close()
        return self._supervisor.fork(sandboxed, deadline)

    def _ask(
        self, worker: Worker, request: tuple[dict[str, object], bytes], ticket: Ticket, run: Run, deadline: float
    ) -> Document | None:
        """The answer of a worker, or None when it was killed from outside."""
        answer = None
        try:
            send_message(worker.requests, *request)
            if not worker.opened:  # a store takes some milliseconds to open, which are not part of the query
                worker.opened = receive_message(worker.requests, deadline) is not None
            if worker.opened:
                self._await(worker, ticket, run, deadline)
                answer = receive_message(worker.requests, deadline)
        except ConnectionError:
            pass
        except TimeoutError as error:
            ticket.end = "limited"
            self._kill(worker, "TimeLimitError")
            raise self._too_long() from error
        except BusyError as error:
            self._kill(worker, type(error).__name__)
            raise
        if answer is None:
            self._explain(worker, ticket)
            return None
        head, body = answer
        if head.get("error") == "MemoryError":
            ticket.end = "limited"
            self._kill(worker, "MemoryLimitError")
            raise self._too_much()
        ticket.end = "answered"
        self._give_back(worker, ticket.queue == "fast" and not head["last"])
        if "error" in head:
            raise ERRORS[head["error"]](head["said"])
        return Document(head["form"], body)

    def _await(self, worker: Worker, ticket: Ticket, run: Run, deadline: float) -> None:
        """Wait for the first byte of the answer; a query that takes longer moves to the slow queue."""
        started, before, proved = time.monotonic(), worker.worked() or 0.0, False
        if ticket.queue != "fast":
            self._supervisor.command("demote", worker)
        if ticket.queue != "slow" and not self._fast(worker, ticket, run, before):
            try:
                self._scheduler.demote(ticket)
            except BusyError:
                ticket.end = "limited"
                raise
            self._supervisor.command("demote", worker)
        while not _readable(worker.requests, min(0.25, deadline - time.monotonic())):
            if run.cancelled.is_set():
                raise BusyError(f"the client closed the connection after {time.monotonic() - started:.1f} seconds")
            if time.monotonic() >= deadline:
                raise TimeoutError
            ticket.used = self._used(worker, before, started)
            if not proved and ticket.used > _SURELY_SLOW * self.limits.fast_time:
                self._scheduler.proved_slow(ticket)
                proved = True
        ticket.used = self._used(worker, before, started)

    def _used(self, worker: Worker, before: float, started: float) -> float:
        """Seconds of processor time since the start; elapsed time where the system does not report it."""
        now = worker.worked()
        return time.monotonic() - started if now is None else now - before

    def _fast(self, worker: Worker, ticket: Ticket, run: Run, before: float) -> bool:
        """Whether a query answers within the time of a fast query.

        This is processor time, so that a cheap query that waits for a processor is not treated as an expensive one. The time is
        shorter when other queries wait for the slot. Elapsed time is used where the system does not report processor time, and,
        with a higher limit, for a query that may wait for another endpoint.
        """
        started, fast = time.monotonic(), self.limits.fast_time
        allowed = fast / 2
        while not _readable(worker.requests, min(fast / _LOOKS, allowed / 2)):
            elapsed, now = time.monotonic() - started, worker.worked()
            if run.cancelled.is_set() or elapsed >= self.limits.time_limit:
                return True  # the caller checks the same conditions
            if now is not None:
                ticket.used = now - before
                allowed = self._scheduler.allowance(ticket)
                if ticket.used > allowed and (elapsed >= fast or allowed < fast / 2):
                    return False
            elif worker.process is not None and elapsed >= fast:
                return False
            if elapsed >= _PATIENCE * fast and not worker.sandboxed:
                return False
        return True

    def _explain(self, worker: Worker, ticket: Ticket) -> None:
        """Raise the error that ended a worker, unless it was killed from outside."""
        worker.ended.wait(5)
        worker.requests.close()
        if worker.refused:
            self._count("BusyError")
            raise BusyError("no process can be started for the query now; try again in a few seconds")
        if worker.status not in _OUTSIDE:
            ticket.end = "limited"
        if worker.status == -signal.SIGABRT:
            self._count("MemoryLimitError")
            raise self._too_much()
        if worker.status == -signal.SIGALRM:
            self._count("TimeLimitError")
            raise self._too_long()
        if worker.status == -signal.SIGSEGV:  # stack overflow
            self._count("EngineError")
            raise InputError("the query is nested too deeply, or too long, for the engine; simplify it")
        if worker.status not in _OUTSIDE:
            self._count("EngineError")
            raise EngineError("the engine crashed on this query; write it in another way")

    def _too_long(self) -> TimeLimitError:
        return TimeLimitError(
            f"the query takes longer than {self.limits.time_limit:g} seconds; request less data, or make it more specific"
        )

    def _too_much(self) -> MemoryLimitError:
        return MemoryLimitError(
            f"the query needs more than {self.limits.memory_limit} MiB; request less data, or sort and group less"
        )

    def _give_back(self, worker: Worker, again: bool) -> None:
        if again and worker.sandboxed:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.requests.close()  # this ends the worker

    def _kill(self, worker: Worker, reason: str) -> None:
        self._count(reason)
        self._supervisor.command("kill", worker)
        worker.requests.close()
        self._spare()

    def _spare(self) -> None:
        """Start a worker in place of one that was killed, so that the next query does not wait for a fork."""
        with self._lock:
            enough = len(self._idle) >= max(1, self.limits.fast_slots // 2)
        if not enough and self._supervisor.ready:
            with contextlib.suppress(BusyError):
                worker = self._supervisor.fork(True, time.monotonic())
                with self._lock:
                    self._idle.append(worker)

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
