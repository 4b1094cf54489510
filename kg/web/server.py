"""The server: a socket, uvicorn on it, and a clean end."""

from __future__ import annotations

import contextlib
import ctypes
import socket
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import cast

import uvicorn
from starlette.applications import Starlette

from kg.engine.processes.pool import Workers
from kg.errors import OutsideError, UsageError
from kg.web.app import create_app
from kg.web.endpoint.service import Pages
from kg.web.http.acceptor import Acceptor
from kg.web.http.background import Background
from kg.web.http.connection import Connection, connection
from kg.web.http.descriptors import connection_limit
from kg.web.http.limits import Limits
from kg.web.http.log import log_everything
from kg.web.http.watchdog import Watchdog
from kg.web.settings import Settings

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
_LONG = 1 << 18  # bytes from which a block of memory is the system's


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
    _return_memory()
    host = host_of(host)
    with listen(host, port) as listener:
        log_everything()
        most = connection_limit(settings.limits)
        app = create_app(settings, pages, workers)
        app.state.service.workers.wait()  # here, since the framework would print what is wrong with a graph as a trace
        address = f"http://{_name(host)}:{listener.getsockname()[1]}{settings.root_path}/"
        watchdog = Watchdog(settings.limits.end_time, partial(_kill, app))
        try:
            _Server(configuration(app, settings.limits), app, most, watchdog, lambda: say(_greeting(address))).run([listener])
        finally:
            watchdog.done()


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address.

    Raises :class:`~kg.errors.OutsideError` when that cannot be had.
    """
    listener = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # of a name with both, the older
        # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else every second answer waits 40 ms for its end
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (socket.gaierror, UnicodeError) as error:
        raise OutsideError(f"{host}: this name has no address; choose another with --host") from error
    except OSError as error:
        if listener is not None:
            listener.close()
        raise OutsideError(
            f"{_name(host)}:{port}: cannot be listened at: {error.strerror or error}; "
            "choose another port with --port, or 0 for a free one, or end the program that has it"
        ) from error
    return listener


def host_of(text: str) -> str:
    """The address or name to listen at; an IPv6 address may stand in brackets.

    Raises :class:`~kg.errors.UsageError` for what is neither: none is taken for all addresses of the machine without being one.
    """
    host = text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text
    try:
        ip_address(host)
    except ValueError as error:
        name = host.replace("-", "").replace(".", "").replace("_", "")
        last = host.rstrip(".").rpartition(".")[2]
        # a name whose last part is a number is read as an IPv4 address by the system, "0" as all of them
        if not (name.isascii() and name.isalnum()) or last.isdecimal() or last.lower().startswith("0x") or len(host) > 253:
            raise UsageError(
                f"--host is an IP address or a name, such as 127.0.0.1, ::1 or localhost, not '{text}'; "
                "0.0.0.0 listens at all addresses of this machine, and --port takes the port"
            ) from error
    return host


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
        proxy_headers=False,  # kg.web.http.forwarded reads them
        timeout_keep_alive=limits.idle_time,
        timeout_graceful_shutdown=limits.end_time,
        h11_max_incomplete_event_size=limits.header_limit,
    )


def _kill(app: Starlette) -> None:
    """End the processes of the application, and remove its files."""
    app.state.service.workers.kill()
    if hasattr(app.state, "caches"):
        app.state.caches.downloads.close()


def _greeting(address: str) -> str:
    return f"serving {address} (SPARQL at {address}sparql); end with Ctrl-C"


def _return_memory() -> None:
    """Have the C library give long answers back to the system when they are sent.

    As it comes, glibc keeps what was once as long in the heap of each thread (``mallopt(3)``, M_MMAP_THRESHOLD): 20 MB a thread.
    """
    with contextlib.suppress(OSError, AttributeError):  # another system, or another library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LONG)


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
