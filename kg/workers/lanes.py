"""Who may run: quick places for queries that have just begun, slow ones for those that go on, and a queue.

A cheap query never waits for an expensive one to end: after a moment the expensive one leaves its quick place for a slow one, or,
when all slow places are taken, is refused. What a query will cost is estimated: by what its text cost before, else by what its
client cost lately (see :mod:`kg.workers.accounts`), else by what unknown clients cost lately. Of those that wait, the one goes
first whose estimate, times the queries that its client has running already, is least. Queries that the server itself wrote, for
its pages, are taken for cheap ones.

While the slow places are taken, a client that was expensive lately gets no quick place: its queries run in places of their own,
at low priority, and only a few of them wait. A text that is known to be slow gets a slow place at once or none.

No client may hold more than three quarters of the slow places or of the queue; those without a name count as one client.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field

from kg.errors import BusyError, ShareError
from kg.nursery.limits import QueryLimits
from kg.workers.accounts import Accounts

_CLIENTS = 10_000  # of which the cost is remembered, some 3 MB
_TEXTS = 10_000
_HALF_LIFE = 30.0  # seconds after which half of what a client cost is forgotten
_MOST = 10.0  # seconds of cost that one query can add, so that a client is known as expensive for minutes, not for hours
_LONGEST_WAIT = 60.0  # seconds that a client is told to stay away
_FLOOR = 0.001  # seconds that the cheapest query counts, so that queries that run count as well
_CROWD = 32  # queries that wait for each place, above which those that came last go first
_LEARN = 0.1  # weight of the last unknown client in what unknown ones are expected to cost


def _share(places: int) -> int:
    """How many of so many places one client may hold."""
    return max(1, places * 3 // 4)


@dataclass(eq=False)
class Ticket:
    """The place of one query: ``waiting``, ``quick``, ``trial`` (quick, of an expensive client), ``slow`` or ``gone``."""

    client: str
    ours: bool = False  # whether it is a query that the server wrote, as those of its pages are
    text: int = 0  # the hash of the query, 0 where there is none
    lane: str = "waiting"
    used: float = 0.0  # seconds of processor time so far
    end: str = "left"  # how it ended: ``answered``, ``limited``, or its client has ``left`` or was never served
    unknown: bool = False  # whether nothing was known of its client when it came
    granted: threading.Event = field(default_factory=threading.Event)


class Lanes:
    """The places that there are, and who has them."""

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []
        self._clients = Accounts(_CLIENTS, _HALF_LIFE)
        self._texts = Accounts(_TEXTS, math.inf)  # a text costs the same as long as the graph does not change
        self._unknown = limits.quick_time / 4
        self._quick = limits.quick_time / 2  # seconds of processor time that a query takes at most and is quick
        self._queued: Counter[str] = Counter()  # how many wait for each kind of place
        self.refused = 0

    def check(self, client: str, text: int = 0) -> None:
        """Return when a query may come in; this keeps no place and waits for none.

        Raises what :meth:`enter` would raise at once.
        """
        with self._lock:
            try:
                self._admit(Ticket(client, text=text))
            except BusyError:
                self.refused += 1
                raise

    def enter(self, client: str, text: int = 0, ours: bool = False) -> Ticket:
        """A ticket for a quick place, waited for where there is none; for a slow one when the text is known to be slow.

        Raises :class:`~kg.errors.BusyError` when the queue is full or the wait too long, :class:`~kg.errors.ShareError` when
        it is this client that fills it.
        """
        ticket = Ticket(client, ours, text)
        with self._lock:
            ticket.unknown = self._clients.cost(client) is None
            worst = self._admit(ticket)
            if worst is not None:
                self._waiting.remove(worst)
                worst.lane = "gone"
                worst.granted.set()
            if self._known_slow(ticket):
                ticket.lane = "slow"
                self._running.append(ticket)
                return ticket
            self._waiting.append(ticket)
            self._grant()
        granted = ticket.granted.wait(self._limits.waiting_time)
        with self._lock:
            if ticket.lane == "gone":
                raise BusyError("too many queries wait; try again in a few seconds")
            if not granted and ticket in self._waiting:
                self._waiting.remove(ticket)
                raise BusyError(f"no place was free within {self._limits.waiting_time:g} seconds; try again in a few seconds")
        return ticket

    def allowance(self, ticket: Ticket) -> float:
        """Seconds of processor time that a query may take and still be quick: the less, the more queries wait for its place.

        What its text or its client is known to need is given to it also when others wait.
        """
        with self._lock:
            known = self._texts.cost(ticket.text)
            if known is None:
                known = self._clients.cost(ticket.client)
            waiting = self._queued[ticket.lane]
        if ticket.ours:
            return self._quick
        part = self._quick * self._places(ticket.lane) / max(1, waiting)
        if ticket.lane == "trial" or known is None:
            return min(self._quick, max(part, self._quick / 8))
        return min(self._quick, max(part, self._quick / 4) + 2 * known)

    def demote(self, ticket: Ticket) -> None:
        """Move a query to a slow place.

        Raises :class:`~kg.errors.BusyError` when the slow places are taken, :class:`~kg.errors.ShareError` when this client has
        its share of them.
        """
        with self._lock:
            self._slow_place(ticket)
            self._charge(ticket, self._limits.quick_time)
            ticket.lane = "slow"
            self._grant()

    def proved_slow(self, ticket: Ticket) -> None:
        """Remember the text of a query that has run for longer than any quick one could."""
        with self._lock:
            self._texts.set(ticket.text, ticket.used)

    def leave(self, ticket: Ticket) -> None:
        """Give the place back, and charge what was used."""
        with self._lock:
            if ticket.lane == "slow" or ticket.end == "left":
                self._charge(ticket, min(ticket.used, _MOST))
            elif ticket.end == "limited":
                self._charge(ticket, self._limits.quick_time)
            elif ticket.client:
                self._clients.raise_to(ticket.client, ticket.used)
                self._learn(ticket, ticket.used)
            if ticket.text and (ticket.end == "answered" or ticket.used > self._limits.quick_time):
                self._texts.set(ticket.text, ticket.used)
            ticket.lane = "gone"
            self._running.remove(ticket)
            self._grant()

    def counts(self) -> dict[str, int]:
        """How many queries wait, run, run on trial, and run slowly."""
        with self._lock:
            lanes = Counter(ticket.lane for ticket in [*self._waiting, *self._running])
        return {lane: lanes[lane] for lane in ("waiting", "quick", "trial", "slow")}

    def clients(self) -> int:
        """How many clients have an account."""
        return len(self._clients)

    # --- all below with the lock

    def _admit(self, ticket: Ticket) -> Ticket | None:
        """Return when a query may come in, with the one that waits and has to go for it, if any."""
        if self._known_slow(ticket):
            self._slow_place(ticket)
            return None
        held = sum(other.client == ticket.client for other in self._waiting)
        places = self._limits.waiting_places
        if held >= _share(places) and ticket.client:
            raise ShareError(f"{held} queries of yours wait already; ask fewer at once", self._later(ticket.client))
        if self._expensive(ticket) and sum(map(self._expensive, self._waiting)) >= max(1, places // 4):
            raise ShareError(
                f"your queries took {self._clients.cost(ticket.client) or 0.0:.1f} s of processor time lately, "
                "and others wait; come again after as many seconds as Retry-After says, and ask for less",
                self._later(ticket.client),
            )
        if held >= _share(places):
            raise BusyError("too many queries wait; try again in a few seconds")
        if len(self._waiting) < places:
            return None
        nobody: Counter[str] = Counter()  # what a client has running is no reason to send it away, only to let it wait
        worst = max(self._waiting, key=lambda other: self._rank(other, nobody))
        if self._rank(worst, nobody) <= self._rank(ticket, nobody):
            raise BusyError("too many queries wait; try again in a few seconds")
        return worst

    def _slow_place(self, ticket: Ticket) -> None:
        slow = [other for other in self._running if other.lane == "slow"]
        held = sum(other.client == ticket.client for other in slow)
        share = held >= _share(self._limits.slow_places)
        later = self._later(ticket.client)
        if share and ticket.client:
            raise ShareError(f"{held} long queries of yours run already; wait for one to end, or ask for less", later)
        if share or len(slow) >= self._limits.slow_places:
            raise BusyError("the places for long queries are taken; try again in a few seconds, or ask for less", later)

    def _grant(self) -> None:
        busy, full = self._busy(), self._slow() >= self._limits.slow_places
        # where more wait than can be served in time, whoever came last is served in time, and the others are late either way
        crowd = len(self._waiting) > _CROWD * self._limits.quick_places
        queues: dict[str, list[tuple[float, int]]] = {"quick": [], "trial": []}
        for number, ticket in enumerate(self._waiting):
            queue = queues["trial" if full and self._expensive(ticket) else "quick"]
            queue.append((self._rank(ticket, busy), number if not crowd else -number))
        self._queued = Counter({lane: len(queue) for lane, queue in queues.items()})
        for lane, queue in queues.items():
            if queue and sum(ticket.lane == lane for ticket in self._running) < self._places(lane):
                first = self._waiting.pop(abs(min(queue)[1]))
                first.lane = lane
                self._running.append(first)
                first.granted.set()
                self._grant()  # what it runs beside counts for the next
                return

    def _slow(self) -> int:
        return sum(ticket.lane == "slow" for ticket in self._running)

    def _places(self, lane: str) -> int:
        return self._limits.quick_places if lane == "quick" else max(1, self._limits.quick_places // 2)

    def _busy(self) -> Counter[str]:
        return Counter(ticket.client for ticket in self._running)

    def _expensive(self, ticket: Ticket) -> bool:
        """Whether a query is likely expensive, as far as its client goes; a text that is known, or our own, says more."""
        if ticket.ours or self._texts.cost(ticket.text) is not None:
            return False
        return (self._clients.cost(ticket.client) or 0.0) > self._quick

    def _known_slow(self, ticket: Ticket) -> bool:
        return (self._texts.cost(ticket.text) or 0.0) > self._limits.quick_time

    def _rank(self, ticket: Ticket, busy: Counter[str]) -> float:
        known = self._texts.cost(ticket.text)
        if known is None:
            known = self._clients.cost(ticket.client) if ticket.client else 0.0
        if known is None:
            known = self._unknown
        if ticket.ours:
            known = min(known, self._quick / 4)
        return max(_FLOOR, known) * (1 + busy[ticket.client])

    def _charge(self, ticket: Ticket, seconds: float) -> None:
        if ticket.client:
            self._clients.add(ticket.client, seconds)
            self._learn(ticket, seconds)

    def _learn(self, ticket: Ticket, seconds: float) -> None:
        if ticket.unknown:
            ticket.unknown = False
            self._unknown += _LEARN * (min(seconds, self._limits.quick_time) - self._unknown)

    def _later(self, client: str) -> float:
        """Seconds after which a client counts as cheap again."""
        cost = self._clients.cost(client) or 0.0
        return 0.0 if cost <= self._quick else min(_LONGEST_WAIT, _HALF_LIFE * math.log2(cost / self._quick))
