"""A listening socket: connections are accepted while there is room for them, the others wait in its backlog.

The event loop's own server accepts first and counts later; out of file handles it tries again a hundred times in a row, and each
try is a trace in the log.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Collection

from kg.web.http.background import Background
from kg.web.http.connection import Connection

_BACKLOG = 2048  # connections that may wait to be accepted, if the kernel allows so many
_AT_ONCE = 64  # connections that are accepted in a row, before those that are open have their turn
_PAUSE = 1.0  # seconds without room after which it is looked for again
_RECENT = 1.0  # seconds in which a connection without a request is not closed for another one
KIND = "new connections"


class Acceptor:
    """Accepts at most ``most`` connections at once; ``protocol`` makes the protocol of each, ``connections`` has those open.

    At the limit the connection is closed that waited longest for a request. An acceptor has the two methods of an
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
        """Accept no more connections; those that are open stay."""
        self._closed = True
        self._loop.remove_reader(self._listener)
        if self._timer is not None:
            self._timer.cancel()

    async def wait_closed(self) -> None:
        """Return at once: nothing is left to do after :meth:`close`."""

    def _accept(self) -> None:
        """Accept what waits, as long as there is room."""
        if self._open >= self._most:
            self._pause(_PAUSE)
            self._close_idle()
            return
        for number in range(min(_AT_ONCE, self._most - self._open)):
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # out of handles or memory, though the limit leaves some: something else took them
                if number == 0:  # else it may be that nobody waits any more
                    self._background.failed(KIND, error)
                    self._pause(_PAUSE)
                return
            self._background.works(KIND)
            self._open += 1
            task = self._loop.create_task(self._begin(accepted))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._made, accepted)
        except Exception:  # a door: the client went away, or memory is short, which is no reason to stop
            accepted.close()
            self._lost()

    def _made(self) -> Connection:
        made = self._protocol()
        made.lost = self._lost
        return made

    def _lost(self) -> None:
        self._open -= 1
        self._loop.call_soon(self._resume)  # its handle is given back after this call

    def _close_idle(self) -> None:
        """Close the connection that waited longest for a request."""
        latest = time.monotonic() - _RECENT
        waiting = [(one.waits_since, one) for one in self._connections if one.waits_since is not None]
        since, longest = min(waiting, key=lambda pair: pair[0], default=(latest, None))
        if longest is not None and since < latest:
            longest.waits_since = None
            longest.shutdown()

    def _pause(self, seconds: float) -> None:
        """Accept nothing until a connection is closed, or until so many seconds have passed."""
        self._loop.remove_reader(self._listener)
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._closed:
            self._loop.add_reader(self._listener, self._accept)
