"""Who may run: a few quick places for queries that have just begun, a few slow ones for those that go on, and a queue.

A cheap query never waits for an expensive one to end: after a moment the expensive one leaves its quick place for a slow one, or,
when all slow places are taken, is refused. Of those that wait, the client that has the fewest queries running goes first, and no
client may hold more than three quarters of the slow places or of the queue; those without a name count as one client.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from kg.errors import BusyError, ShareError
from kg.nursery.limits import QueryLimits


def _share(places: int) -> int:
    """How many of so many places one client may hold."""
    return max(1, places * 3 // 4)


@dataclass(eq=False)
class Ticket:
    """The place of one query: ``waiting``, ``quick``, ``slow`` or ``gone``."""

    client: str
    lane: str = "waiting"
    granted: threading.Event = field(default_factory=threading.Event)


class Lanes:
    """The places that there are, and who has them."""

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []

    def enter(self, client: str) -> Ticket:
        """A ticket for a quick place, waited for where there is none.

        Raises :class:`~kg.errors.BusyError` when the queue is full or the wait too long, :class:`~kg.errors.ShareError` when
        it is this client that fills it.
        """
        ticket = Ticket(client)
        with self._lock:
            held = sum(other.client == client for other in self._waiting)
            share = held >= _share(self._limits.waiting_places)
            if share and client:
                raise ShareError(f"{held} queries of yours wait already; ask fewer at once")
            if share or len(self._waiting) >= self._limits.waiting_places:
                raise BusyError("too many queries wait; try again in a few seconds")
            self._waiting.append(ticket)
            self._grant()
        if ticket.granted.wait(self._limits.waiting_time):
            return ticket
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                raise BusyError(f"no place was free within {self._limits.waiting_time:g} seconds; try again in a few seconds")
        return ticket

    def demote(self, ticket: Ticket) -> None:
        """Move a query to a slow place.

        Raises :class:`~kg.errors.BusyError` when the slow places are taken, :class:`~kg.errors.ShareError` when this client has
        its share of them.
        """
        with self._lock:
            slow = [other for other in self._running if other.lane == "slow"]
            held = sum(other.client == ticket.client for other in slow)
            share = held >= _share(self._limits.slow_places)
            if share and ticket.client:
                raise ShareError(f"{held} long queries of yours run already; wait for one to end, or ask for less")
            if share or len(slow) >= self._limits.slow_places:
                raise BusyError("the places for long queries are taken; try again in a few seconds, or ask for less")
            ticket.lane = "slow"
            self._grant()

    def leave(self, ticket: Ticket) -> None:
        """Give the place back."""
        with self._lock:
            ticket.lane = "gone"
            self._running.remove(ticket)
            self._grant()

    def counts(self) -> dict[str, int]:
        """How many queries wait, run, and run slowly."""
        with self._lock:
            lanes = Counter(ticket.lane for ticket in [*self._waiting, *self._running])
        return {lane: lanes[lane] for lane in ("waiting", "quick", "slow")}

    def _grant(self) -> None:
        while self._waiting and sum(t.lane == "quick" for t in self._running) < self._limits.quick_places:
            busy = Counter(ticket.client for ticket in self._running)
            first = min(self._waiting, key=lambda ticket: busy[ticket.client])  # of equals the one that came first
            self._waiting.remove(first)
            first.lane = "quick"
            self._running.append(first)
            first.granted.set()
