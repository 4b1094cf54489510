"""A listening socket that accepts connections up to a limit; further connections wait in its backlog.

The server of the event loop has no such limit. Without free file handles it tries to accept a hundred times in a row, and each
attempt writes a trace to the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Collection

from kg.web.http.background import Background
from kg.web.http.connection import Connection

_BACKLOG = 2048  # connections that may wait to be accepted; the kernel may allow fewer
_AT_ONCE = 64  # connections that are accepted in a row, before open connections are served
_PAUSE = 1.0  # seconds until the next attempt when the limit is reached
_RECENT = 1.0  # seconds for which a new connection without a request is not closed in favour of another
KIND = "new connections"


class Acceptor:
    """Accepts at most ``most`` connections at once; ``protocol`` creates the protocol of each; ``connections`` are the open ones.

    At the limit, the connection that has waited longest for a request is closed. An acceptor has the two methods of
    :class:`asyncio.Server` that uvicorn calls.
    """

    def __init__(
        self,
        listener: socket.socket,
        most: int,
        protocol: Callable[[], Connection],
        connections: Collection[Connection],
        background: Background,
    ) -> None:
        self._listener = listener
        self._most = most
        self._protocol = protocol
        self._connections = connections
        self._background = background
        self._loop = asyncio.get_running_loop()
        self._open = 0
        self._beginning: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        listener.setblocking(False)
        listener.listen(_BACKLOG)
        self._resume()

    def close(self) -> None:
        """Stop accepting connections; open connections stay open."""
        self._closed = True
        self._loop.remove_reader(self._listener)
        if self._timer is not None:
            self._timer.cancel()

    async def wait_closed(self) -> None:
        """Return at once, because :meth:`close` leaves nothing to wait for."""

    def _accept(self) -> None:
        """Accept waiting connections up to the limit."""
        if self._open >= self._most:
            self._pause(_PAUSE)
            self._close_idle()
            return
        for number in range(min(_AT_ONCE, self._most - self._open)):
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no file handles or memory, because something else used them
                if number == 0:  # after the first, perhaps no connection is waiting
                    self._background.failed(KIND, error)
                    self._pause(_PAUSE)
                return
            self._background.works(KIND)
            self._open += 1
            task = self._loop.create_task(self._begin(accepted))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError, MemoryError), contextlib.ExitStack() as undo:
            undo.callback(self._lost)
            undo.callback(accepted.close)
            await self._loop.connect_accepted_socket(self._made, accepted)
            undo.pop_all()

    def _made(self) -> Connection:
        made = self._protocol()
        made.lost = self._lost
        return made

    def _lost(self) -> None:
        self._open -= 1
        self._loop.call_soon(self._resume)  # its file handle is freed after this call

    def _close_idle(self) -> None:
        """Close the connection that has waited longest for a request."""
        latest = time.monotonic() - _RECENT
        waiting = [(one.waits_since, one) for one in self._connections if one.waits_since is not None]
        since, longest = min(waiting, key=lambda pair: pair[0], default=(latest, None))
        if longest is not None and since < latest:
            longest.waits_since = None
            longest.shutdown()

    def _pause(self, seconds: float) -> None:
        """Stop accepting until a connection is closed or the seconds have passed."""
        self._loop.remove_reader(self._listener)
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)
