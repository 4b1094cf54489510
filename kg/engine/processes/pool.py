"""The engine behind a server: queries in processes that can be killed, each within its limits."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from kg.engine import federation
from kg.engine.oxigraph import FORMATS, Document, Scope
from kg.engine.processes.endings import by_query, ending, not_answered, too_long, too_much
from kg.engine.processes.local_graph import LocalGraph
from kg.engine.processes.messages import message_length, receive_message, send_message
from kg.engine.processes.patience import Patience, readable
from kg.engine.processes.queries import Query, Run, request_of
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Flag, Scheduler, Ticket
from kg.engine.processes.supervisor import Supervisor, Worker
from kg.engine.processes.worker import ERRORS
from kg.engine.store import Answer, read
from kg.errors import BusyError
from kg.namespaces import BASE, PREFIXES

_SHORT = 1 << 16  # bytes of a request or an answer that the buffers of the system hold, so that nobody waits to send it
_TRIES = 3  # a query is read-only, so it is repeated when its process was killed from outside


@dataclass(frozen=True)
class ServiceGraphs:
    """Graphs about the service that are loaded with the data: CONSTRUCT queries over the data, and texts in Turtle."""

    derived: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


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
        self._patience = Patience(limits, self._scheduler, partial(self._supervisor.command, "demote"))
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
        ticket = self._scheduler.enter(run.client, hash((sparql, scope)), own)
        return self.finish(self._query(sparql, forms, scope, run, base, ticket))

    def join(self, sparql: str, forms: Sequence[str], scope: Scope | None, run: Run, base: str, granted: Flag) -> Query:
        """A query that waits for its slot without a thread; ``granted`` is set, in any thread, when the wait is over.

        Each such query needs :meth:`finish` or :meth:`abandon`. Raises the errors that :meth:`document` raises at once.
        """
        ticket = self._scheduler.join(run.client, hash((sparql, scope)), granted=granted)
        return self._query(sparql, forms, scope, run, base, ticket)

    def send(self, query: Query) -> socket.socket | None:
        """Send a query to a worker, if it has a fast slot and a worker is idle; return the socket of the answer, else None.

        This does not wait. Raises :class:`~kg.errors.BusyError` when the query got no slot.
        """
        self._scheduler.settle(query.ticket)
        query.deadline = time.monotonic() + self.limits.time_limit
        if query.ticket.queue != "fast" or not query.sandboxed or len(query.request[1]) > _SHORT or query.run.cancelled.is_set():
            return None
        worker = self._idle_worker()
        if worker is None:
            return None
        try:
            if not worker.opened and not readable(worker.requests, 0):  # it needs a moment longer
                self._give_back(worker, True)
            elif worker.opened or self._opens(worker, query.deadline):
                send_message(worker.requests, *query.request)
                query.worker = worker
                return worker.requests
            else:
                worker.requests.close()
        except OSError:  # it has ended
            worker.requests.close()
        return None

    def is_short(self, query: Query) -> bool:
        """Whether the answer to a query that was sent has arrived and is so short that :meth:`finish` need not wait for it."""
        assert query.worker is not None
        length = message_length(query.worker.requests)
        return length is not None and length <= _SHORT

    def finish(self, query: Query) -> Document:
        """The answer to a query that has a slot, which is then free; see :meth:`document`."""
        worker = None
        try:
            for _ in range(_TRIES):
                if query.worker is None and query.run.cancelled.is_set():  # its slot is needed for clients that still wait
                    raise BusyError("the client closed the connection before the query started")
                sent, query.worker = query.worker, None
                worker = sent or self._worker(query)
                document = self._ask(worker, None if sent else query.request, query.ticket, query.run, query.deadline)
                if document is not None:
                    return document
            assert worker is not None
            raise not_answered(worker)
        finally:
            query.run.queue = query.ticket.queue
            self._scheduler.leave(query.ticket)

    def abandon(self, query: Query) -> None:
        """End a query that nobody waits for any more."""
        worker, query.worker = query.worker, None
        if worker is not None:
            self._kill(worker, "BusyError")
        query.run.queue = query.ticket.queue if query.ticket.queue != "gone" else query.run.queue
        self._scheduler.leave(query.ticket)

    def check(self, sparql: str, scope: Scope | None, client: str) -> None:
        """Return unless a query of this client would be refused at once; this does not wait.

        Raises :class:`~kg.errors.BusyError` or :class:`~kg.errors.ShareError` as :meth:`document` would.
        """
        self._scheduler.check(client, hash((sparql, scope)))

    def ready(self) -> bool:
        """Whether queries can be answered now."""
        return self._supervisor.ready

    @property
    def generation(self) -> int:
        """The number of times that the graphs changed: only service graphs that were missing are loaded later."""
        return self._supervisor.loads

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

    def _query(self, sparql: str, forms: Sequence[str], scope: Scope | None, run: Run, base: str, ticket: Ticket) -> Query:
        sandboxed = not (self.limits.allow_service and federation.may_federate(sparql))
        request = request_of(sparql, forms, scope, self.limits, base)
        return Query(request, run, sandboxed, ticket, time.monotonic() + self.limits.time_limit)

    def _worker(self, query: Query) -> Worker:
        if query.ticket.queue == "fast":
            return self._take(query.sandboxed, query.deadline)
        return self._supervisor.fork(query.sandboxed, query.deadline)

    def _take(self, sandboxed: bool, deadline: float) -> Worker:
        return (self._idle_worker() if sandboxed else None) or self._supervisor.fork(sandboxed, deadline)

    def _idle_worker(self) -> Worker | None:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None or not (worker.ended.is_set() or worker.outdated):
                return worker
            worker.requests.close()

    def _opens(self, worker: Worker, deadline: float) -> bool:
        """Whether a new worker can answer: a store takes some milliseconds to open, which are not part of the query."""
        ready = receive_message(worker.requests, deadline)
        if ready is not None:
            worker.opened, worker.spent = True, ready[0]["spent"]
        return worker.opened

    def _ask(
        self, worker: Worker, request: tuple[dict[str, object], bytes] | None, ticket: Ticket, run: Run, deadline: float
    ) -> Document | None:
        """The answer of a worker, to which a request without a value was already sent; None when it was killed from outside."""
        answer = None
        try:
            if request is not None:
                send_message(worker.requests, *request)
            if worker.opened or self._opens(worker, deadline):
                self._patience.until_answered(worker, ticket, run, deadline)
                answer = receive_message(worker.requests, deadline)
        except ConnectionError:
            pass
        except TimeoutError as error:
            ticket.end = "limited"
            self._kill(worker, "TimeLimitError")
            raise too_long(self.limits) from error
        except BusyError as error:
            self._kill(worker, type(error).__name__)
            raise
        if answer is None:
            self._explain(worker, ticket)
            return None
        head, body = answer
        ticket.used, worker.spent = head["spent"] - worker.spent, head["spent"]
        if head.get("error") == "MemoryError":
            ticket.end = "limited"
            self._kill(worker, "MemoryLimitError")
            raise too_much(self.limits)
        ticket.end = "answered"
        self._give_back(worker, ticket.queue == "fast" and not head["last"])
        if "error" in head:
            raise ERRORS[head["error"]](head["said"])
        return Document(head["form"], body)

    def _explain(self, worker: Worker, ticket: Ticket) -> None:
        """Raise the error that ended a worker, unless it was killed from outside."""
        worker.ended.wait(5)
        worker.requests.close()
        if by_query(worker):
            ticket.end = "limited"
        why = ending(worker, self.limits)
        if why is not None:
            kind, error = why
            self._count(kind)
            raise error

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
