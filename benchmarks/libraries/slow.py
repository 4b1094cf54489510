"""Slow clients here and at other HTTP servers: after how long each is disconnected, and what becomes of those beyond the limit.

``python benchmarks/libraries/slow.py SERVER``, where SERVER is ``here`` or a program that is installed: ``uvicorn``,
``hypercorn`` or ``granian``. Each has its timeouts at 5 seconds, where it has them, and its limit on connections at 100. This
file is the application that the others serve.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

HOST, PORT = "127.0.0.1", 8399
CAP = 25.0  # seconds after which a client is not waited for
HERE = [sys.executable, "-c", "from kg.cli import main; main()", "serve", "--port", str(PORT)]
LIMITS = ["header-time=5", "body-time=5", "write-time=5", "connections=100"]
COMMANDS = {
    "here": [*HERE, *(word for limit in LIMITS for word in ("--limit", limit))],
    "uvicorn": ["uvicorn", "slow:app", "--port", str(PORT), "--http", "h11", "--timeout-keep-alive", "5",
                "--limit-concurrency", "100"],
    "hypercorn": ["hypercorn", "slow:app", "--bind", f"{HOST}:{PORT}", "--read-timeout", "5", "--keep-alive", "5"],
    "granian": ["granian", "slow:app", "--interface", "asgi", "--port", str(PORT), "--http1-header-read-timeout", "5000",
                "--backpressure", "100"],
}  # fmt: skip
LARGE = b"GET /sparql?query=SELECT+*+%7B+?s+?p+?o+%7D HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope, receive, send):  # type: ignore[no-untyped-def]
    """Reads the body; answers 64 MiB to a query, else one byte."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(1024 if scope["query_string"] else 0):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": b"x"})


def connected() -> socket.socket:
    """A new connection with a small buffer."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    one.connect((HOST, PORT))
    return one


def drips(first: bytes) -> float:
    """Seconds until a client that sends a byte each half second is disconnected."""
    start = time.monotonic()
    with connected() as one, contextlib.suppress(OSError):
        one.sendall(first)
        while time.monotonic() - start < CAP:
            one.sendall(b"a")
            if select.select([one], [], [], 0.5)[0] and not one.recv(65536):
                break
    return time.monotonic() - start


def stops() -> float:
    """Seconds until the server gives up the connection of a client that takes nothing of a long answer."""
    start = time.monotonic()
    with connected() as one:
        one.sendall(LARGE)
        ends = f":{PORT:04X} 0100007F:{one.getsockname()[1]:04X} 01 "  # established, as the server's side sees it
        while time.monotonic() - start < CAP and ends in Path("/proc/net/tcp").read_text(encoding="ascii"):
            time.sleep(0.2)
    return time.monotonic() - start


def beyond() -> str:
    """What a request hears beside 150 connections that say nothing, 100 being the limit."""
    idle = [connected() for _ in range(150)]
    start = time.monotonic()
    with connected() as one:
        one.settimeout(CAP)
        try:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            heard = one.recv(65536).split(b"\r\n")[0].decode() or "disconnected"
        except OSError as error:
            heard = type(error).__name__
    for one in idle:
        one.close()
    return f"{heard} after {time.monotonic() - start:.1f} s"


def main(name: str) -> None:
    """Start a server, and print what its slow clients hear."""
    server = subprocess.Popen(COMMANDS[name], cwd=Path(__file__).parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                connected().close()
                break
            time.sleep(0.1)
        time.sleep(2)
        kinds: dict[str, Callable[[], float]] = {
            "headers drop by drop": lambda: drips(b"GET / HTTP/1.1\r\nHost: x\r\nX: "),
            "a body drop by drop": lambda: drips(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
                                                 b"Content-Type: application/sparql-query\r\n\r\n"),
            "an answer that is not taken": stops,
        }  # fmt: skip
        found: dict[str, float] = {}
        threads = [threading.Thread(target=lambda k=kind: found.__setitem__(k, kinds[k]())) for kind in kinds]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        told = [
            f"{kind}: {seconds:.1f} s" if seconds < CAP else f"{kind}: never (in {CAP:.0f} s)" for kind, seconds in found.items()
        ]
        print(f"{name}: {'; '.join(told)}; beyond the limit: {beyond()}", flush=True)
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main(sys.argv[1])
