"""The server: a listening socket, uvicorn, and a clean shutdown."""

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
from kg.web.http.log import log_everything
from kg.web.http.server_limits import Limits
from kg.web.http.watchdog import Watchdog
from kg.web.settings import Settings

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
_LONG = 1 << 18  # bytes; larger blocks of memory are returned to the system


def run(
    settings: Settings,
    host: str,
    port: int,
    say: Callable[[str], None],
    pages: Pages | None = None,
    workers: Workers | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; ``say`` gets the address as soon as the server answers requests.

    Given workers end with the server. After a signal the process ends within ``end_time`` plus 5 seconds, even if threads of the
    server are still running; a second signal ends it at once.

    Raises :class:`~kg.errors.OutsideError` when the address is not available,
    :class:`~kg.errors.InputError` when the graph cannot be loaded.
    """
    _return_memory()
    host = host_of(host)
    with listen(host, port) as listener:
        log_everything()
        most = connection_limit(settings.limits)
        app = create_app(settings, pages, workers)
        app.state.service.workers.wait()  # here, because the framework would print an error of the graph as a trace
        address = f"http://{_name(host)}:{listener.getsockname()[1]}{settings.root_path}/"
        watchdog = Watchdog(settings.limits.end_time, partial(_kill, app))
        try:
            _Server(configuration(app, settings.limits), app, most, watchdog, lambda: say(_greeting(address))).run([listener])
        finally:
            watchdog.done()


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address.

    Raises :class:`~kg.errors.OutsideError` when the address is not available.
    """
    listener = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # IPv4 first, if the name has both
        # asyncio sets TCP_NODELAY only if the protocol is given; without it, every second response is delayed by 40 ms
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (socket.gaierror, UnicodeError) as error:
        raise OutsideError(f"{host}: this name has no IP address; choose another name with --host") from error
    except OSError as error:
        if listener is not None:
            listener.close()
        raise OutsideError(
            f"{_name(host)}:{port}: cannot listen: {error.strerror or error}; "
            "choose another port with --port (0 for a free one), or end the program that uses it"
        ) from error
    return listener


def host_of(text: str) -> str:
    """The address or name to listen at; an IPv6 address may be in brackets.

    Raises :class:`~kg.errors.UsageError` for a text that is neither: no other text may be read as all addresses of the machine.
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
    """The configuration of uvicorn with these limits."""
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
    """Kill the processes of the application, and remove its files."""
    app.state.service.workers.kill()
    if hasattr(app.state, "caches"):
        app.state.caches.downloads.close()


def _greeting(address: str) -> str:
    return f"serving {address} (SPARQL at {address}sparql); stop with Ctrl-C"


def _return_memory() -> None:
    """Make the C library return the memory of long responses to the system after they are sent.

    By default, glibc keeps such blocks in the heap of each thread (``mallopt(3)``, M_MMAP_THRESHOLD): 20 MB for each thread.
    """
    with contextlib.suppress(OSError, AttributeError):  # another operating system or C library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LONG)


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    """Accepts connections up to the limit, and shuts down in time."""

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
            self.servers.append(acceptor)  # type: ignore[arg-type]  # it has the methods of an asyncio server that are used
        if self.started:
            self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start the shutdown; a requested shutdown is no failure, so the signal is not raised again at the end."""
        self._watchdog.stop()
        super().handle_exit(sig, frame)
        self._captured_signals.clear()
