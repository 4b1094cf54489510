"""A real server for tests: the command in a process of its own, on a free port of loopback."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

COMMAND = [sys.executable, "-c", "from kg.cli import main; main()", "serve", "--port", "0"]


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def kind(self):
        return self.headers.get("content-type", "").split(";")[0]


@dataclass
class Server:
    address: str
    process: subprocess.Popen
    log: Path

    @property
    def host(self):
        parts = urlsplit(self.address)
        return parts.hostname, parts.port

    def ask(self, method="GET", path="/sparql", body=None, timeout=30, **headers):
        """One request; header names are written with underscores."""
        connection = http.client.HTTPConnection(*self.host, timeout=timeout)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def made(self, path, **headers):
        """What is made in the background, once it is there; a busy machine takes long for it."""
        until(lambda: self.ask(path=path, timeout=150, **headers).status != 503, 900)
        return self.ask(path=path, timeout=150, **headers)

    def query(self, sparql, timeout=30, params=(), fresh=True, **headers):
        """A query by GET; a fresh one has a text that the server has not seen, so that its cache has no answer."""
        if fresh and sparql.strip():
            sparql = f"{sparql}\n#{time.monotonic_ns()}"
        return self.ask("GET", "/sparql?" + urlencode([("query", sparql), *params]), timeout=timeout, **headers)

    def metric(self, name):
        text = self.ask(path="/-/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))

    def forkserver(self):
        """The process that forks the workers; a server may have others, for what its pages make."""
        (only,) = [
            one
            for one in children(self.process.pid)
            if b"kg.engine.processes.forkserver" in Path(f"/proc/{one}/cmdline").read_bytes()
        ]
        return only

    def workers(self):
        return children(self.forkserver())

    def lines(self):
        """The log: all of it is JSON, but for the line that says where the server is."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if not line.startswith("serving http")]


def children(process):
    """The children of a process, by what the kernel says."""
    return [int(word) for task in Path(f"/proc/{process}/task").iterdir() for word in (task / "children").read_text().split()]


def resident(process):
    """Resident memory of a process in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def spent(process):
    """Seconds of processor time that a process took so far; its children not."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds=10.0):
    """Wait until something holds; whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def served(folder, *words, command=COMMAND):
    """A server with these options, until the end of the block."""
    log = Path(folder) / f"serve-{time.monotonic_ns()}.log"
    with log.open("w") as out, subprocess.Popen([*command, *map(str, words)], stderr=out, cwd=folder) as process:
        try:
            assert until(lambda: "serving http" in log.read_text() or process.poll() is not None, 30), log.read_text()
            assert process.poll() is None, log.read_text()
            yield Server(re.search(r"http://[^ ]*/", log.read_text())[0], process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
