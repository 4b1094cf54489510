"""The server: a socket, uvicorn on it, and a clean end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import cast

import uvicorn
from starlette.applications import Starlette

from kg.errors import OutsideError
from kg.web.acceptor import Acceptor
from kg.web.app import create_app
from kg.web.background import Background
from kg.web.connection import Connection, connection
from kg.web.handles import connection_limit
from kg.web.limits import Limits
from kg.web.log import log_everything
from kg.web.service import Pages
from kg.web.settings import Settings
from kg.web.watchdog import Watchdog
from kg.workers import Workers


def run(
    settings: Settings,
    host: str,
    port: int,
    say: Callable[[str], None],
    pages: Pages | None = None,
    workers: Workers | None = None,
) -> None:
    """Serve until told to stop by SIGINT or SIGTERM; ``say`` gets the address once requests are answered.

    Workers that already begin to load the graph are ended with the server. A signal to stop ends the process, at the latest
    ``end_time`` and 5 seconds after it, if threads of the server go on; a second one ends it at once.

    Raises :class:`~kg.errors.OutsideError` when the address cannot be had,
    :class:`~kg.errors.InputError` when the graph cannot be loaded.
    """
    with listen(host, port) as listener:
        log_everything()
        most = connection_limit(settings.limits)
        app = create_app(settings, pages, workers)
        app.state.service.workers.wait()  # here, since the framework would print what is wrong with a graph as a trace
        address = f"http://{_name(host)}:{listener.getsockname()[1]}/"
        watchdog = Watchdog(settings.limits.end_time, partial(_kill, app))
        try:
            _Server(configuration(app, settings.limits), app, most, watchdog, lambda: say(_greeting(address))).run([listener])
        finally:
            watchdog.done()


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address.

    Raises :class:`~kg.errors.OutsideError` when that cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else every second answer waits 40 ms for its end
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OutsideError(
            f"{_name(host)}:{port}: cannot be listened at: {error.strerror or error}; "
            "choose another port with --port, or 0 for a free one, or end the program that has it"
        ) from error
    return listener


def configuration(app: object, limits: Limits) -> uvicorn.Config:
    """How uvicorn is to serve the application within these limits."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # Starlette's type of an application is narrower than uvicorn's
        http=connection(limits),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=limits.idle_time,
        timeout_graceful_shutdown=limits.end_time,
        h11_max_incomplete_event_size=limits.header_limit,
    )


def _kill(app: Starlette) -> None:
    """End the processes of the application, and remove its files."""
    app.state.service.workers.kill()
    if hasattr(app.state, "memory"):
        app.state.memory.downloads.close()


def _greeting(address: str) -> str:
    return f"serving {address} (SPARQL at {address}sparql); end with Ctrl-C"


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    """Accepts connections as there is room for them, and ends in time."""

    def __init__(
        self, config: uvicorn.Config, app: Starlette, most: int, watchdog: Watchdog, started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._background: Background = app.state.service.background
        self._most = most
        self._watchdog = watchdog
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept connections."""
        await super().startup([])
        protocol = partial(
            cast(Callable[..., Connection], self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        for one in sockets or ():
            acceptor = Acceptor(one, self._most, protocol, self.server_state.connections, self._background)  # type: ignore[arg-type]
            self.servers.append(acceptor)  # type: ignore[arg-type]  # it has what is used of an asyncio server
        if self.started:
            self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a stop that was asked for is no failure, so the signal is not raised again at the end."""
        self._watchdog.stop()
        super().handle_exit(sig, frame)
        self._captured_signals.clear()
