"""A limit on the total memory of long responses in progress; beyond it, a client must try again later."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONG = 1 << 16  # bytes; shorter responses do not count, because they fit into the buffers of the system


class FullError(Exception):
    """The limit on long responses is reached."""


class MemoryBudget:
    """The total bytes that long responses may take."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, more: int) -> None:
        """Take bytes from the budget, or return them (negative number).

        Raises :class:`FullError` when the budget is exceeded.
        """
        if more > 0 and self.taken + more > self._most:
            raise FullError
        self.taken += more


class Reservation:
    """The part of a budget that one response takes.

    >>> budget = MemoryBudget(1 << 20)
    >>> one = Reservation(budget)
    >>> one.hold(1 << 19)
    >>> one.hold(1 << 18)
    >>> budget.taken == 1 << 18
    True
    """

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self.size = 0

    def hold(self, size: int) -> None:
        """Reserve bytes instead of those reserved before; a short response counts as 0.

        Raises :class:`FullError` when the budget is exceeded.
        """
        size = size if size > LONG else 0
        self._budget.take(size - self.size)
        self.size = size


def reservation(scope: Scope) -> Reservation | None:
    """The reservation of a request, or None."""
    found: Any = scope.get("state", {}).get("reservation")
    return found if isinstance(found, Reservation) else None


class MemoryReservation:
    """Middleware that reserves memory for a long response as soon as the application has made it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        held = reservation(scope)

        async def reserving(message: Message) -> None:
            if held is not None and not held.size:
                held.hold(len(message.get("body", b"")))
            await send(message)

        await self._app(scope, receive, reserving)
