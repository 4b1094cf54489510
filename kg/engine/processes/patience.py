"""How long a running query may keep its slot: one that is not fast moves to the slow queue."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from kg.engine.processes.queries import Run
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Scheduler, Ticket
from kg.engine.processes.supervisor import Worker
from kg.errors import BusyError

_LOOKS = 8  # checks of a query within the time of a fast query
_PATIENCE = 4  # multiple of that time after which a query that may wait for another endpoint loses its slot
_SURELY_SLOW = 5  # multiple of that time after which the text of a running query is stored as slow


class Patience:
    """Watches running queries; ``demote`` lowers the priority of a worker."""

    def __init__(self, limits: QueryLimits, scheduler: Scheduler, demote: Callable[[Worker], None]) -> None:
        self._limits = limits
        self._scheduler = scheduler
        self._demote = demote

    def until_answered(self, worker: Worker, ticket: Ticket, run: Run, deadline: float) -> None:
        """Wait for the first byte of the answer; a query that takes longer moves to the slow queue."""
        started, before, proved = time.monotonic(), worker.spent, False
        if ticket.queue != "fast":
            self._demote(worker)
        if ticket.queue != "slow" and not self._fast(worker, ticket, run, before):
            try:
                self._scheduler.demote(ticket)
            except BusyError:
                ticket.end = "limited"
                raise
            self._demote(worker)
        while not readable(worker.requests, min(0.25, deadline - time.monotonic())):
            if run.cancelled.is_set():
                raise BusyError(f"the client closed the connection after {time.monotonic() - started:.1f} seconds")
            if time.monotonic() >= deadline:
                raise TimeoutError
            ticket.used = self._used(worker, before, started)
            if not proved and ticket.used > _SURELY_SLOW * self._limits.fast_time:
                self._scheduler.proved_slow(ticket)
                proved = True

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
        started, fast = time.monotonic(), self._limits.fast_time
        allowed = fast / 2
        while not readable(worker.requests, min(fast / _LOOKS, allowed / 2)):
            elapsed, now = time.monotonic() - started, worker.worked()
            if run.cancelled.is_set() or elapsed >= self._limits.time_limit:
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


def readable(requests: socket.socket, seconds: float) -> bool:
    """Whether something can be read from a socket within these seconds."""
    poll = select.poll()  # select() stops at handle 1024
    poll.register(requests, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))
