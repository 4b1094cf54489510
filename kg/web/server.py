"""The server: a socket, uvicorn on it, and a clean end."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType

import uvicorn

from kg.errors import OutsideError, UsageError
from kg.web.app import create_app
from kg.web.connection import connection
from kg.web.limits import Limits
from kg.web.service import Pages
from kg.web.settings import Settings
from kg.web.watch import Lines
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

    Workers that already begin to load the graph are ended with the server.

    Raises :class:`~kg.errors.OutsideError` when the address cannot be had,
    :class:`~kg.errors.InputError` when the graph cannot be loaded.
    """
    host = host_of(host)
    with listen(host, port) as listener:
        app = create_app(settings, pages, workers)
        logger = logging.getLogger("uvicorn.error")
        logger.addHandler(Lines())
        logger.propagate = False
        logger.setLevel(logging.WARNING)
        app.state.service.workers.wait()  # here, since the framework would print what is wrong with a graph as a trace
        address = f"http://{_name(host)}:{listener.getsockname()[1]}{settings.root_path}/"
        server = _Server(configuration(app, settings.limits), address, say)
        server.run([listener])


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
        proxy_headers=False,  # kg.web.forwarded reads them
        timeout_keep_alive=limits.idle_time,
        timeout_graceful_shutdown=limits.end_time,
        h11_max_incomplete_event_size=limits.header_limit,
    )


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str, say: Callable[[str], None]) -> None:
        super().__init__(config)
        self._address = address
        self._say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._say(f"serving {self._address} (SPARQL at {self._address}sparql); end with Ctrl-C")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a stop that was asked for is no failure, so the signal is not raised again at the end."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()
