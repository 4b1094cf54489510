"""A message to another process and one back: the framing here, and multiprocessing.connection with bytes alone."""

import contextlib
import json
import socket
import statistics
import threading
import time
from multiprocessing.connection import Connection

from kg.engine.processes.messages import receive_message, send_message

HEAD = {"forms": ["json", "nt"], "scope": None, "most": 33554432, "seconds": 10.0, "base": "https://w3id.org/mcrc-kg/"}


def here(one: socket.socket, body: bytes) -> bool:
    """One message there and back, framed as here."""
    send_message(one, HEAD, body)
    return receive_message(one, time.monotonic() + 10) is not None


def echo(one: socket.socket) -> None:
    """Send back what comes."""
    while (heard := receive_message(one)) is not None:
        send_message(one, *heard)


def library(one: Connection, body: bytes) -> bool:
    """The same by the library: head and body as two messages of bytes."""
    one.send_bytes(json.dumps(HEAD).encode())
    one.send_bytes(body)
    return one.poll(10) and bool(json.loads(one.recv_bytes())) and one.recv_bytes() is not None


def echo_library(one: Connection) -> None:
    """Send back what comes, by the library."""
    with contextlib.suppress(EOFError):
        while True:
            head, body = json.loads(one.recv_bytes()), one.recv_bytes()
            one.send_bytes(json.dumps(head).encode())
            one.send_bytes(body)


if __name__ == "__main__":
    for size in (100, 1 << 20, 16 << 20):
        a, b = socket.socketpair()
        c, d = (Connection(one.detach()) for one in socket.socketpair())
        threading.Thread(target=echo, args=(b,), daemon=True).start()
        threading.Thread(target=echo_library, args=(d,), daemon=True).start()
        for name, call, end in (("here", here, a), ("multiprocessing.connection", library, c)):
            times = []
            for _ in range(2000 if size < 1000 else 10):
                start = time.perf_counter()
                assert call(end, b"x" * size)
                times.append(time.perf_counter() - start)
            print(f"{size} bytes, {name}: {statistics.median(times) * 1e3:.3f} ms")
