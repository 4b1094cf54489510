"""The transports of the server: standard input and output, or HTTP on this machine only."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn

from kg.agents.server import AgentServer
from kg.errors import InputError, OutsideError
from kg.files import reason

_ADDRESS = "127.0.0.1"
_AT_ONCE = 32  # requests; more are refused with status 503
_BODY = 1 << 20  # bytes of a request


def over_stdio(server: AgentServer) -> None:
    """Serve one client on standard input and output until it closes them or a signal ends the process.

    Raises :class:`~kg.errors.InputError` when standard input is closed.
    """
    try:
        os.read(sys.stdin.fileno(), 0)
    except OSError as error:
        raise InputError(f"standard input cannot be read: {reason(error)}; the client writes its requests there") from error
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as an exception, it would be delayed until the next line of input
    server.run("stdio")


def over_http(server: AgentServer, port: int, say: Callable[[str], None]) -> None:
    """Serve on a port of this machine (0 for a free one) until interrupted; ``say`` gets the address.

    Only requests with this machine as host are answered, so that a web page cannot reach the server through its own host name.

    Raises :class:`~kg.errors.OutsideError` when the port is not available.
    """
    with socket.socket() as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_ADDRESS, port))
        except OSError as error:
            raise OutsideError(f"port {port}: cannot listen: {error.strerror}; choose another port with --http") from error
        app = server.streamable_http_app(json_response=True, stateless_http=True, max_request_body_size=_BODY, host=_ADDRESS)
        listener.listen()
        say(f"serving http://{_ADDRESS}:{listener.getsockname()[1]}/mcp")
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, limit_concurrency=_AT_ONCE)
        uvicorn.Server(config).run([listener])
