"""The server under generated requests: ``python tests/fuzz.py 100000 7`` sends so many, ``tests/web/test_fuzz.py`` a few.

The second number is the first seed. Most requests are those of ``hostile.py``, whole or broken, some those of ``costly.py``; each
new server has other limits.

What must hold of every answer stands in :func:`faults`; what must hold afterwards in :func:`left_behind`.
"""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from costly import costly
from hostile import broken, requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from server import alive, children, resident, served, spent, until

from kg.web.http.security_headers import SECURITY

ROOT = str(Path(__file__).parent.parent)
TELLTALES = ("Traceback (most", 'File "', "site-packages", ROOT, sys.prefix, "hatchling", "root:x:0")
PATIENT = (
    "time_limit=1",
    "fast_time=0.3",
    "header_time=1",
    "body_time=1",
    "memory_limit=200",
    "answer_limit=4",
    "reuse=200",
    "idle_time=1",
)
# every server of the command has these in turn
LIMITS = (
    PATIENT,
    (*PATIENT, "url_limit=1000", "header_limit=2000", "answer_limit=1", "reuse=1"),
    (*PATIENT, "memory_limit=60", "fast_slots=1", "slow_slots=1", "queue_length=2", "waiting_time=0.5"),
    (*PATIENT, "requests=2", "connections=40", "growth_limit=1", "cache_time=1"),
)
COST = 1.0  # seconds of processor time that the server itself may take for a costly request
LONGEST = 30.0  # seconds that any answer may take with these limits on a busy machine
TOGETHER = 24  # broken requests on their way at once, since each may only end with the patience of the server


class Markup(HTMLParser):
    """Whether text that came with a request is markup in a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "fuzz" or any(
            name == "onfuzz" or (value or "").strip().lower().startswith("javascript:") for name, value in attrs
        ):
            self.found.append((tag, attrs))


class Client:
    """One connection that is opened again when the server has closed it."""

    def __init__(self, server):
        self.server = server
        self.socket = None

    def send(self, request):
        """The answer to a request: status, headers, body."""
        for fresh in (False, True):
            if self.socket is None:
                self.socket, fresh = socket.create_connection(self.server.host, timeout=LONGEST), True
            try:
                with contextlib.suppress(ConnectionError):  # a refusal need not wait for the whole body
                    self.socket.sendall(request.bytes())
                answer = http.client.HTTPResponse(self.socket, method=request.method)
                answer.begin()
                body = answer.read()
                break
            except (ConnectionError, http.client.BadStatusLine):
                self.close()
                if fresh:  # a refusal may close before all was sent
                    raise
        if answer.will_close or request.method == "HEAD":
            self.close()
        return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def faults(status, headers, body):
    """What is wrong with an answer."""
    named = dict(headers)
    if status >= 500 and status not in (501, 503, 504, 507):
        yield f"status {status}: {body[:200]!r}"
    for name, value in SECURITY.items():
        if named.get(name.lower()) != value:
            yield f"without {name}"
    if len({name for name, _ in headers}) != len(headers):
        yield "a header twice"
    if "fuzz-injected" in named:
        yield "an injected header"
    if any(re.search(r"[\x00-\x1f\x7f]", value) for value in named.values()):
        yield "a control character in a header"
    goal = urlsplit(named.get("location", ""))
    if goal.netloc or goal.scheme or named.get("location", "").startswith("//"):
        yield f"sent away to {named['location']}"
    text = body.decode("utf-8", "replace")
    for telltale in TELLTALES:
        if telltale in text or any(telltale in value for value in named.values()):
            yield f"tells {telltale!r}"
    kind = named.get("content-type", "")
    if body and not kind:
        yield "a body without a type"
    if "html" in kind or "svg" in kind:
        markup = Markup()
        markup.feed(text)
        if markup.found:
            yield f"markup of the client: {markup.found}"


def hear(server, messages):
    """What the server sends to each of some messages until it closes the connection."""
    heard = []
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(server.host, timeout=LONGEST)) for _ in messages]
        for client, message in zip(clients, messages, strict=True):
            with contextlib.suppress(ConnectionError):
                client.sendall(message)
        for client in clients:
            got = b""
            with contextlib.suppress(ConnectionError):
                while data := client.recv(1 << 16):
                    got += data
            heard.append(got)
    return heard


def answers(got):
    """The answers in a stream: status, headers, body."""
    while got:
        head, _, got = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), head[:300]
        status = int(head.split()[1])
        headers = [
            (name.lower(), value) for name, value in http.client.parse_headers(BytesIO(head.partition(b"\r\n")[2])).items()
        ]
        length = 0 if status < 200 or got.startswith(b"HTTP/1.1 ") else int(dict(headers).get("content-length", 0))
        if status >= 200:
            yield status, headers, got[:length]
        got = got[length:]


def check_broken(server, messages):
    """Hold what comes back to bytes that are no HTTP to what an answer must be; silence is an answer too."""
    for message, got in zip(messages, hear(server, messages), strict=True):
        wrong = [fault for answer in answers(got) for fault in faults(*answer)]
        assert not wrong, (message, wrong)


def send_many(server, count, number=0):
    """Send so many generated requests, a twentieth of them no HTTP and a tenth costly; the first fault raises AssertionError."""
    client = Client(server)
    common = {
        "deadline": None,
        "database": None,
        "phases": [Phase.generate, Phase.shrink],
        "suppress_health_check": list(HealthCheck),
    }

    @seed(number)
    @settings(max_examples=max(1, count // 10), **common)
    @given(costly())
    def dear(request):
        before = spent(server.process.pid)
        wrong = list(faults(*client.send(request)))
        assert not wrong, (request, wrong)
        cost = spent(server.process.pid) - before
        assert cost < COST, (request.path[:200], request.headers, (request.body or b"")[:200], cost)

    @seed(number)
    @settings(max_examples=count * 17 // 20, **common)
    @given(requests())
    def whole(request):
        started = time.monotonic()
        wrong = list(faults(*client.send(request)))
        assert not wrong, (request, wrong)
        assert time.monotonic() - started < LONGEST

    @seed(number)
    @settings(max_examples=max(1, count // 20 // TOGETHER), **common)
    @given(st.lists(broken(), min_size=TOGETHER, max_size=TOGETHER))
    def half(messages):
        check_broken(server, messages)

    try:
        # first, as pages go on working behind their answers
        assert until(lambda: idle(server), 60), "the server does not come to rest"
        dear()
        whole()
        half()
    finally:
        client.close()


def idle(server, seconds=0.3):
    """Whether a server does nothing, as it took next to no processor time for a while."""
    before = spent(server.process.pid)
    time.sleep(seconds)
    return spent(server.process.pid) - before < seconds / 10


def state(server):
    """What must be the same before and after: the forkserver, and how many handles the server has."""
    return server.forkserver(), len(opened(server))


def opened(server):
    """The handles of a server, by what they lead to; not the fonts, of which matplotlib keeps a bounded number open."""
    folder, found = Path(f"/proc/{server.process.pid}/fd"), []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(folder / name))
    return [goal for goal in found if not goal.endswith(".ttf")]


def left_behind(server, before):
    """What is left of requests that are over: dead or stray processes, handles, memory, traces in the log."""
    forkserver, handles = before
    idle = 1 + (os.cpu_count() or 2) * 2
    assert server.process.poll() is None, "the server has ended"
    assert server.forkserver() == forkserver, "the forkserver has ended"
    assert alive(forkserver)
    assert until(lambda: len(children(forkserver)) <= idle, 15), f"{len(children(forkserver))} workers are left"
    assert until(lambda: len(opened(server)) <= handles + 8, 30), opened(server)
    assert resident(forkserver) < 200
    assert resident(server.process.pid) < 900
    assert server.ask(path="/sparql?query=ASK%7B%7D").status == 200
    log = server.log.read_text()
    assert '"trace"' not in log, log[log.index('"trace"') - 300 :][:3000]


def main(count, first=0):
    """Send so many requests, a thousand for each seed, ten thousand to each server; the exit status comes back."""
    piece, started, failures = 1000, time.monotonic(), 0

    def fail(what):
        nonlocal failures
        failures += 1
        print(what, file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        for block in range(0, count, piece * 10):
            limits = LIMITS[block // (piece * 10) % len(LIMITS)]
            try:
                with served(folder, *(word for limit in limits for word in ("--limit", limit))) as server:
                    before = state(server)
                    for number in range(block, min(count, block + piece * 10), piece):
                        try:
                            send_many(server, min(piece, count - number), first + number)
                            left_behind(server, before)
                        except Exception as error:  # a failure of whatever kind is told, and the next thousand sent
                            fail(f"seed {first + number}, limits {' '.join(limits)}: {error}")
                            if not alive(server.process.pid):
                                break
                        size = [round(resident(one)) for one in (server.process.pid, server.forkserver())]
                        sent, seconds = min(count, number + piece), time.monotonic() - started
                        print(
                            f"{sent} requests, {seconds:.0f} s, {failures} failures, server and forkserver {size} MiB",
                            flush=True,
                        )
            except subprocess.TimeoutExpired:
                fail(f"the server with the limits {' '.join(limits)} did not end when it was told to")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
