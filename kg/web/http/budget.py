"""The memory that long answers take while they are made ready and sent: so much in all, else a client is told to come again."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONG = 1 << 16  # bytes from which an answer counts; shorter parts lie in the buffers of the system


class FullError(Exception):
    """There is no room for a long answer."""


class Budget:
    """The bytes that long answers may take together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, more: int) -> None:
        """Take so many bytes more, or give some back.

        Raises :class:`FullError` when they are not there.
        """
        if more > 0 and self.taken + more > self._most:
            raise FullError
        self.taken += more


class Reservation:
    """What the answer to one request takes of a budget.

    >>> budget = Budget(1 << 20)
    >>> one = Reservation(budget)
    >>> one.hold(1 << 19)
    >>> one.hold(1 << 18)
    >>> budget.taken == 1 << 18
    True
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size = 0

    def hold(self, size: int) -> None:
        """Hold so many bytes in place of those before; an answer that is not long counts for nothing.

        Raises :class:`FullError` when there is no room.
        """
        size = size if size > LONG else 0
        self._budget.take(size - self.size)
        self.size = size


def reservation(scope: Scope) -> Reservation | None:
    """That of a request, if one was made for it."""
    found: Any = scope.get("state", {}).get("reservation")
    return found if isinstance(found, Reservation) else None


class Reserving:
    """Holds room for a long answer as soon as the application has made it, before anything else is done with it."""

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
