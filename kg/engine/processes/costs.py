"""RecentCosts of the recent processor time of each client; the scheduler uses them to assign slots."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextvars import ContextVar

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""The name of the client of the current request; empty for the server's own queries."""


class RecentCosts:
    """Seconds by key, halved every ``half_life`` seconds; above ``most`` keys the least recently charged one is removed.

    >>> accounts = RecentCosts(2, half_life=30)
    >>> for key in ("a", "b", "c"):
    ...     accounts.raise_to(key, 0.5)
    >>> accounts.cost("a") is None, round(accounts.cost("c"), 2), len(accounts)
    (True, 0.5, 2)
    """

    def __init__(self, most: int, half_life: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._half_life = half_life
        self._clock = clock
        self._held: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # seconds, and when they were written

    def cost(self, key: Hashable) -> float | None:
        """The recent cost of a key in seconds; None for a key without an account."""
        if (held := self._held.get(key)) is None:
            return None
        seconds, written = held
        return float(seconds * 2.0 ** ((written - self._clock()) / self._half_life))

    def add(self, key: Hashable, seconds: float) -> None:
        """Add seconds to an account."""
        self._write(key, (self.cost(key) or 0.0) + seconds)

    def raise_to(self, key: Hashable, seconds: float) -> None:
        """Raise an account to at least these seconds, so that many cheap queries do not make a client expensive."""
        self._write(key, max(self.cost(key) or 0.0, seconds))

    def set(self, key: Hashable, seconds: float) -> None:
        """Replace the seconds of an account."""
        self._write(key, seconds)

    def __len__(self) -> int:
        """The number of keys with an account."""
        return len(self._held)

    def _write(self, key: Hashable, seconds: float) -> None:
        self._held[key] = (seconds, self._clock())
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
