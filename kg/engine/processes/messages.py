"""The IPC protocol of server, forkserver and workers: messages (a JSON head and a body), and commands that may pass a socket."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

_LENGTHS = struct.Struct(">II")
_COMMAND = struct.Struct(">8sQ")


def send_message(to: socket.socket, head: Mapping[str, Any], body: bytes = b"") -> None:
    """Send a head and a body as one message."""
    text = json.dumps(head).encode()
    to.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)


def receive_message(source: socket.socket, deadline: float | None = None) -> tuple[dict[str, Any], bytes] | None:
    """The head and body of the next message, or None when the other side has closed the socket.

    Raises TimeoutError at the deadline, a time of :func:`time.monotonic`.
    """
    lengths = _exactly(source, _LENGTHS.size, deadline)
    if lengths is None:
        return None
    head_length, body_length = _LENGTHS.unpack(lengths)
    rest = _exactly(source, head_length + body_length, deadline)
    return None if rest is None else (json.loads(rest[:head_length]), rest[head_length:])


def message_length(source: socket.socket) -> int | None:
    """The length of the message that has begun to arrive, without reading it; None when the other side has closed the socket."""
    try:
        lengths = source.recv(_LENGTHS.size, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return None
    return sum(_LENGTHS.unpack(lengths)) if len(lengths) == _LENGTHS.size else None


def send_command(to: socket.socket, command: str, number: int, passed: socket.socket | None = None) -> None:
    """Send a command about a worker, and the socket that the worker is to use.

    Raises BlockingIOError when the other side does not read: waiting would delay all other commands.
    """
    message = _COMMAND.pack(command.encode(), number)
    # socket.send_fds() ignores its flags before Python 3.12
    rights = [] if passed is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", passed.fileno()))]
    to.sendmsg([message], rights, socket.MSG_DONTWAIT)


def receive_command(source: socket.socket) -> tuple[str, int, socket.socket | None] | None:
    """The next command, or None when the server has closed the socket."""
    message, handles, _, _ = socket.recv_fds(source, _COMMAND.size, 1)
    if len(message) < _COMMAND.size:
        return None
    command, number = _COMMAND.unpack(message)
    passed = socket.socket(fileno=handles[0]) if handles else None
    return command.rstrip(b"\0").decode(), number, passed


def _exactly(source: socket.socket, count: int, deadline: float | None) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        if deadline is not None:
            source.settimeout(max(0.0005, deadline - time.monotonic()))
        try:
            data = source.recv(min(1 << 20, count - len(parts)))
        except ConnectionError:
            return None
        if not data:
            return None
        parts += data
    return bytes(parts)
