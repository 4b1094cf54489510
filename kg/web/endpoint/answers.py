"""Answers to queries for the event loop: most of them need no thread.

A query waits for its slot, and for the first moments of its answer, in the event loop itself. Only one that takes longer is
watched in a thread (:mod:`kg.engine.processes.patience`).
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from starlette.requests import Request

from kg.engine.oxigraph import Document, Scope
from kg.engine.processes.queries import Run
from kg.web.endpoint.service import Service

_MOMENT = 8  # part of the time of a fast query for which the event loop waits for an answer


class _Turn:
    """Set when the wait of a query is over, from any thread; awaited in the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._over = self._loop.create_future()

    def set(self) -> None:
        if threading.get_ident() == self._thread:
            self._resolve()
        else:
            self._loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Return when it is set, or after these seconds."""
        if not self._over.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._over


async def evaluated(request: Request, sparql: str, forms: Sequence[str], scope: Scope | None, run: Run, base: str) -> Document:
    """The answer of a worker; the query ends when the client disconnects.

    Raises the errors of :meth:`kg.engine.processes.pool.Workers.document`.
    """
    service: Service = request.app.state.service
    workers = service.workers
    turn = _Turn()
    query = workers.join(sparql, forms, scope, run, base, turn)
    connection = getattr(request.state, "connection", None)
    if connection is not None:

        def leave() -> None:
            run.cancelled.set()
            turn.set()

        connection.watch(leave)
    with ExitStack() as unless_asked:
        unless_asked.callback(workers.abandon, query)  # also when the client leaves, which cancels this
        await turn.wait(workers.limits.waiting_time)
        answer = workers.send(query)
        if answer is not None and await _readable(answer, workers.limits.fast_time / _MOMENT) and workers.is_short(query):
            answered = workers.finish(query)
            unless_asked.pop_all()
            return answered
        unless_asked.pop_all()
    return await service.run(workers.finish, query)


async def _readable(source: socket.socket, seconds: float) -> bool:
    """Whether something can be read from a socket within these seconds."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[bool] = loop.create_future()

    def tell(what: bool) -> None:
        if not arrived.done():
            arrived.set_result(what)

    loop.add_reader(source, tell, True)
    timer = loop.call_later(seconds, tell, False)
    try:
        return await arrived
    finally:
        timer.cancel()
        loop.remove_reader(source)
