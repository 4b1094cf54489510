"""The scheduler: fast slots for new queries, slow slots for queries that take longer, and a queue for the fast slots.

A cheap query never waits for the end of an expensive one: after a short time the expensive query moves from its fast slot to a
slow slot, or is refused when all slow slots are taken. The cost of a query is estimated from the previous cost of its text, else
from the recent cost of its client (:mod:`kg.engine.processes.costs`), else from the recent cost of unknown clients. Of the
waiting queries, the one with the lowest estimate, multiplied by the number of running queries of its client, runs first. The
server's own queries, for its pages, are treated as cheap.

While the slow slots are taken, a client that was expensive recently gets no fast slot: its queries run in trial slots at low
priority, and only a few of them may wait. A text that is known to be slow gets a slow slot at once, or is refused.

No client may use more than three quarters of the slow slots or of the queue; clients without a name count as one client.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from kg.engine.processes.costs import RecentCosts
from kg.engine.processes.query_limits import QueryLimits
from kg.errors import BusyError, ShareError

_CLIENTS = 10_000  # clients with an account, about 3 MB
_TEXTS = 10_000
_HALF_LIFE = 30.0  # seconds in which the account of a client is halved
_MOST = 10.0  # seconds that one query can add to an account, so that a client stays expensive for minutes, not for hours
_LONGEST_WAIT = 60.0  # the greatest Retry-After, in seconds
_FLOOR = 0.001  # the least estimate of a query in seconds, so that running queries always count
_CROWD = 32  # waiting queries per slot, above which the last query of equal rank runs first
_LEARN = 0.1  # weight of the last unknown client in the expected cost of unknown clients


def _share(slots: int) -> int:
    """The greatest number of slots for one client."""
    return max(1, slots * 3 // 4)


class Flag(Protocol):
    """What a waiting query waits for, such as :class:`threading.Event`."""

    def set(self) -> None:
        """The wait is over."""
        ...


@dataclass(eq=False)
class Ticket:
    """The slot of one query: ``waiting``, ``fast``, ``trial`` (fast, of an expensive client), ``slow`` or ``gone``."""

    client: str
    own: bool = False  # whether it is one of the server's own queries, as for its pages
    text: int = 0  # the hash of the query, 0 where there is none
    queue: str = "waiting"
    used: float = 0.0  # seconds of processor time so far
    end: str = "left"  # how it ended: ``answered``, ``limited``, or its client has ``left`` or was never served
    unknown: bool = False  # whether its client had no account when it came
    granted: Flag = field(default_factory=threading.Event)


class Scheduler:
    """The slots, and the queries that use or await them."""

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []
        self._clients = RecentCosts(_CLIENTS, _HALF_LIFE)
        self._texts = RecentCosts(_TEXTS, math.inf)  # a text costs the same as long as the graph does not change
        self._unknown = limits.fast_time / 4
        self._fast = limits.fast_time / 2  # the greatest processor time of a fast query, in seconds
        self.refused = 0

    def check(self, client: str, text: int = 0) -> None:
        """Return if a query would be accepted; this neither takes a slot nor waits for one.

        Raises the errors that :meth:`enter` would raise at once.
        """
        with self._lock:
            try:
                self._admit(Ticket(client, text=text))
            except BusyError:
                self.refused += 1
                raise

    def enter(self, client: str, text: int = 0, own: bool = False) -> Ticket:
        """A ticket for a fast slot, possibly after waiting; for a slow slot when the text is known to be slow.

        Raises :class:`~kg.errors.BusyError` when the queue is full or the wait too long, :class:`~kg.errors.ShareError` when
        this client has its share of the queue.
        """
        granted = threading.Event()
        ticket = self.join(client, text, own, granted)
        granted.wait(self._limits.waiting_time)
        return self.settle(ticket)

    def join(self, client: str, text: int = 0, own: bool = False, granted: Flag | None = None) -> Ticket:
        """A ticket whose ``granted`` is set as soon as it has a slot, or gets none; then it needs :meth:`settle`.

        Raises the errors that :meth:`enter` raises at once.
        """
        ticket = Ticket(client, own, text, granted=granted or threading.Event())
        with self._lock:
            ticket.unknown = self._clients.cost(client) is None
            worst = self._admit(ticket)
            if worst is not None:
                self._waiting.remove(worst)
                worst.queue = "gone"
                worst.granted.set()
            if self._known_slow(ticket):
                ticket.queue = "slow"
                self._running.append(ticket)
                ticket.granted.set()
                return ticket
            self._waiting.append(ticket)
            self._grant()
        return ticket

    def settle(self, ticket: Ticket) -> Ticket:
        """The same ticket, if it has a slot.

        Raises :class:`~kg.errors.BusyError` when it had to leave the queue, or still waits.
        """
        with self._lock:
            if ticket.queue == "gone":
                raise BusyError("too many queries are waiting; try again in a few seconds")
            if ticket.queue == "waiting":
                self._waiting.remove(ticket)
                ticket.queue = "gone"
                raise BusyError(f"no slot was free within {self._limits.waiting_time:g} seconds; try again in a few seconds")
        return ticket

    def allowance(self, ticket: Ticket) -> float:
        """The processor time in seconds within which a query is fast; it is shorter when more queries wait for its slot.

        A query gets at least the known cost of its text or client, also when others wait.
        """
        with self._lock:
            known = self._texts.cost(ticket.text)
            if known is None:
                known = self._clients.cost(ticket.client)
            waiting = self._queued(ticket.queue)
        if ticket.own:
            return self._fast
        part = self._fast * self._slots(ticket.queue) / max(1, waiting)
        if ticket.queue == "trial" or known is None:
            return min(self._fast, max(part, self._fast / 8))
        return min(self._fast, max(part, self._fast / 4) + 2 * known)

    def demote(self, ticket: Ticket) -> None:
        """Move a query to a slow slot.

        Raises :class:`~kg.errors.BusyError` when the slow slots are taken, :class:`~kg.errors.ShareError` when this client has
        its share of them.
        """
        with self._lock:
            self._take_slow_slot(ticket)
            self._charge(ticket, self._limits.fast_time)
            ticket.queue = "slow"
            self._grant()

    def proved_slow(self, ticket: Ticket) -> None:
        """Store the text of a running query as slow, because no fast query runs this long."""
        with self._lock:
            self._texts.set(ticket.text, ticket.used)

    def leave(self, ticket: Ticket) -> None:
        """Return the slot, and charge the processor time; a ticket without a slot leaves the queue."""
        with self._lock:
            if ticket.queue == "gone":
                return
            if ticket.queue == "waiting":
                self._waiting.remove(ticket)
                ticket.queue = "gone"
                return
            if ticket.queue == "slow" or ticket.end == "left":
                self._charge(ticket, min(ticket.used, _MOST))
            elif ticket.end == "limited":
                self._charge(ticket, self._limits.fast_time)
            elif ticket.client:
                self._clients.raise_to(ticket.client, ticket.used)
                self._learn(ticket, ticket.used)
            if ticket.text and (ticket.end == "answered" or ticket.used > self._limits.fast_time):
                self._texts.set(ticket.text, ticket.used)
            ticket.queue = "gone"
            self._running.remove(ticket)
            self._grant()

    def counts(self) -> dict[str, int]:
        """The number of queries that wait, or run in fast, trial and slow slots."""
        with self._lock:
            queues = Counter(ticket.queue for ticket in [*self._waiting, *self._running])
        return {queue: queues[queue] for queue in ("waiting", "fast", "trial", "slow")}

    def clients(self) -> int:
        """The number of clients with an account."""
        return len(self._clients)

    # --- the methods below need the lock

    def _admit(self, ticket: Ticket) -> Ticket | None:
        """Accept a query; return the waiting query that must leave the queue for it, if any."""
        if self._known_slow(ticket):
            self._take_slow_slot(ticket)
            return None
        held = sum(other.client == ticket.client for other in self._waiting)
        slots = self._limits.queue_length
        if held >= _share(slots) and ticket.client:
            raise ShareError(
                f"{held} of your queries are already waiting; send fewer at the same time", self._later(ticket.client)
            )
        if self._expensive(ticket) and sum(map(self._expensive, self._waiting)) >= max(1, slots // 4):
            raise ShareError(
                f"your queries recently took {self._clients.cost(ticket.client) or 0.0:.1f} s of processor time, and other "
                "clients are waiting; try again after the time in Retry-After, with smaller queries",
                self._later(ticket.client),
            )
        if held >= _share(slots):
            raise BusyError("too many queries are waiting; try again in a few seconds")
        if len(self._waiting) < slots:
            return None
        nobody: Counter[str] = Counter()  # running queries of a client are a reason to let it wait, not to refuse it
        worst = max(self._waiting, key=lambda other: self._rank(other, nobody))
        if self._rank(worst, nobody) <= self._rank(ticket, nobody):
            raise BusyError("too many queries are waiting; try again in a few seconds")
        return worst

    def _take_slow_slot(self, ticket: Ticket) -> None:
        slow = [other for other in self._running if other.queue == "slow"]
        held = sum(other.client == ticket.client for other in slow)
        share = held >= _share(self._limits.slow_slots)
        later = self._later(ticket.client)
        if share and ticket.client:
            raise ShareError(
                f"{held} of your long queries are already running; wait for one to end, or send a smaller query", later
            )
        if share or len(slow) >= self._limits.slow_slots:
            raise BusyError("all slots for long queries are taken; try again in a few seconds, or send a smaller query", later)

    def _queued(self, queue: str) -> int:
        """The number of queries that wait for a kind of slot."""
        full = self._slow() >= self._limits.slow_slots
        return sum((queue == "trial") == (full and self._expensive(ticket)) for ticket in self._waiting)

    def _grant(self) -> None:
        free = [name for name in ("fast", "trial") if sum(one.queue == name for one in self._running) < self._slots(name)]
        if not free or not self._waiting:
            return
        busy, full = self._busy(), self._slow() >= self._limits.slow_slots
        ranks: dict[tuple[str, int, bool], float] = {}  # many queries of one client, or of one text, have the same
        # when more queries wait than can be served in time, the last ones are served in time; the others are late in any case
        crowd = len(self._waiting) > _CROWD * self._limits.fast_slots
        queues: dict[str, list[tuple[float, int]]] = {"fast": [], "trial": []}
        for number, ticket in enumerate(self._waiting):
            key = (ticket.client, ticket.text, ticket.own)
            if (rank := ranks.get(key)) is None:
                rank = ranks[key] = self._rank(ticket, busy)
            queue = queues["trial" if full and self._expensive(ticket) else "fast"]
            queue.append((rank, number if not crowd else -number))
        for name in free:
            if queue := queues[name]:
                first = self._waiting.pop(abs(min(queue)[1]))
                first.queue = name
                self._running.append(first)
                first.granted.set()
                self._grant()  # the next rank depends on what runs now
                return

    def _slow(self) -> int:
        return sum(ticket.queue == "slow" for ticket in self._running)

    def _slots(self, queue: str) -> int:
        return self._limits.fast_slots if queue == "fast" else max(1, self._limits.fast_slots // 2)

    def _busy(self) -> Counter[str]:
        return Counter(ticket.client for ticket in self._running)

    def _expensive(self, ticket: Ticket) -> bool:
        """Whether a query is probably expensive because of its client; a known text and own queries are judged by themselves."""
        if ticket.own or self._texts.cost(ticket.text) is not None:
            return False
        return (self._clients.cost(ticket.client) or 0.0) > self._fast

    def _known_slow(self, ticket: Ticket) -> bool:
        return (self._texts.cost(ticket.text) or 0.0) > self._limits.fast_time

    def _rank(self, ticket: Ticket, busy: Counter[str]) -> float:
        known = self._texts.cost(ticket.text)
        if known is None:
            known = self._clients.cost(ticket.client) if ticket.client else 0.0
        if known is None:
            known = self._unknown
        if ticket.own:
            known = min(known, self._fast / 4)
        return max(_FLOOR, known) * (1 + busy[ticket.client])

    def _charge(self, ticket: Ticket, seconds: float) -> None:
        if ticket.client:
            self._clients.add(ticket.client, seconds)
            self._learn(ticket, seconds)

    def _learn(self, ticket: Ticket, seconds: float) -> None:
        if ticket.unknown:
            ticket.unknown = False
            self._unknown += _LEARN * (min(seconds, self._limits.fast_time) - self._unknown)

    def _later(self, client: str) -> float:
        """Seconds after which a client counts as cheap again."""
        cost = self._clients.cost(client) or 0.0
        return 0.0 if cost <= self._fast else min(_LONGEST_WAIT, _HALF_LIFE * math.log2(cost / self._fast))
