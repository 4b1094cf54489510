"""A server under attack: what its other clients get, and what it keeps when the attack is over.

``python benchmarks/soak.py --minutes 30`` starts a server, attacks it from many addresses of loopback, and prints one JSON
object. The attack: queries without end that are sent again as soon as they are refused, each text another one; clients that send
their headers drop by drop; clients that take no answer; connections that say nothing; ``kill -9`` of workers, and now and then of
the process that forks them. Meanwhile other clients ask cheap queries and pages, some from addresses that asked before the
attack, some each time from a new one. The exit status is 1 when these get too few answers or too late, when the server keeps
memory, handles or processes, or when its log has a line that is not JSON. Linux only: the clients take addresses of 127.0.0.0/8.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from kg.cli import main; main()", "serve", "--port", "0"]
RUNAWAY = (HERE / "expensive.rq").read_text(encoding="utf-8")
LOOKUP = (HERE / "lookup.rq").read_text(encoding="utf-8")
BIG = "SELECT * WHERE { ?s ?p ?o } LIMIT 40000"
PAGES = ("/", "/id/drug/cetuximab", "/q/hazard-ratios?drug=cetuximab", "/search?q=kras", "/ontology")
TIMEOUT = 15.0  # seconds that a healthy client waits for an answer
RECOVERY = 3.0  # seconds after a kill of the forking process in which a refusal is counted apart
REST = 30.0  # seconds that the server may take to give back what the attack took


@dataclass
class Heard:
    """What one kind of client heard."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    recovering: int = 0  # refusals just after the process that forks was killed

    def report(self) -> dict[str, Any]:
        """Counts and times, times in seconds."""
        asked = self.statuses.total() - self.recovering
        answered = self.statuses["200"]
        found: dict[str, Any] = {"requests": asked, "answered": answered, "share": round(answered / asked, 4) if asked else None}
        if len(self.seconds) > 1:
            cuts = statistics.quantiles(self.seconds, n=100)
            found |= {"median": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)}
        return found | {"statuses": dict(self.statuses), "refused_after_kill": self.recovering}


@dataclass
class Soak:
    """One run: the server, what was asked for, and what was heard."""

    given: argparse.Namespace
    host: tuple[str, int]
    process: int
    heard: dict[str, Heard] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    recovered: float = 0.0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, target: str, source: str, timeout: float = TIMEOUT) -> str:
        """The status of an answer that came whole, or why there is none."""
        request = f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        writer = None
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(*self.host, local_addr=(source, 0))
                writer.write(request.encode())
                whole = await reader.read(-1)
        except TimeoutError:
            return "timeout"
        except OSError as error:
            return type(error).__name__
        finally:
            if writer is not None:
                writer.transport.abort()
        return whole[9:12].decode() if whole else "nothing"

    async def healthy(self, kind: str, source: str | None) -> None:
        """Ask cheap queries and pages, from one address, or each time from a new one."""
        heard = self.heard.setdefault(kind, Heard())
        pages = itertools.cycle(PAGES)
        while True:
            number = next(self.numbers)
            fresh = f"/sparql?query={quote(f'{LOOKUP} # {number}')}"  # a text that the server has not seen yet
            target = next(pages) if "page" in kind else fresh
            started = time.monotonic()
            status = await self.ask(target, source or _address(number, 77))
            ended = time.monotonic()
            heard.statuses[status] += 1
            if status == "200":
                heard.seconds.append(ended - started)
            elif ended < self.recovered or started < self.recovered:
                heard.recovering += 1
            await asyncio.sleep(self.given.interval / 1000)

    async def runaway(self, number: int) -> None:
        """Send a query without end again and again."""
        heard = self.heard.setdefault("runaways", Heard())
        for turn in itertools.count():
            text = RUNAWAY if self.given.same else f"{RUNAWAY} # {number} {turn} {random.random()}"
            source = _address(next(self.numbers), 99) if self.given.rotate else _address(number, 88)
            started = time.monotonic()
            heard.statuses[await self.ask(f"/sparql?query={quote(text)}", source, 60)] += 1
            heard.seconds.append(time.monotonic() - started)
            await asyncio.sleep(self.given.pause / 1000)

    async def slow_headers(self, source: str) -> None:
        """Send headers drop by drop until cut off."""
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(*self.host, local_addr=(source, 0))
                with contextlib.closing(writer):
                    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
                    for drop in itertools.count():
                        writer.write(b"X-%d: y\r\n" % drop)
                        await writer.drain()
                        await asyncio.sleep(0.5)
            await asyncio.sleep(0.5)

    async def slow_reader(self, source: str) -> None:
        """Ask for a long answer and do not take it."""
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(OSError), socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.setblocking(False)
                client.bind((source, 0))
                await loop.sock_connect(client, self.host)
                await loop.sock_sendall(client, f"GET /sparql?query={quote(BIG)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                while await loop.sock_recv(client, 1024):
                    await asyncio.sleep(1)
            await asyncio.sleep(0.5)

    async def idle(self, source: str) -> None:
        """Keep a connection open and say nothing."""
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(*self.host, local_addr=(source, 0))
                with contextlib.closing(writer):
                    await reader.read(1)
            await asyncio.sleep(0.2)

    async def kill(self) -> None:
        """Kill a worker every few seconds, and every twentieth time the process that forks them."""
        for turn in itertools.count(1):
            await asyncio.sleep(self.given.kill)
            parents = [one for one in _children(self.process) if b"forkserver" in _command(one)]
            workers = [one for parent in parents for one in _children(parent)]
            if turn % 20 == 0 and parents:
                self.recovered = time.monotonic() + RECOVERY
                self._kill("forking process", parents[0])
            elif workers:
                self._kill("worker", random.choice(workers))

    def _kill(self, what: str, process: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            self.killed[what] += 1

    def clients(self) -> Sequence[Coroutine[Any, Any, None]]:
        """All clients that attack, and those that kill."""
        given = self.given
        found = [self.runaway(number) for number in range(given.runaways)]
        found += [self.slow_headers(_address(number, 66)) for number in range(given.slow)]
        found += [self.slow_reader(_address(number, 65)) for number in range(given.slow)]
        found += [self.idle(_address(number, 64)) for number in range(given.idle)]
        return [*found, *([self.kill()] if given.kill else [])]


def main() -> int:
    """Run, print, and say by the exit status whether all was well."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=30.0, help="of the attack (30)")
    words.add_argument("--runaways", type=int, default=50, help="addresses that send queries without end (50)")
    words.add_argument("--pause", type=float, default=50, help="milliseconds after which such a query is sent again (50)")
    words.add_argument("--same", action="store_true", help="all of them send the same text")
    words.add_argument("--rotate", action="store_true", help="each of them comes from a new address each time")
    words.add_argument("--slow", type=int, default=10, help="clients with slow headers, and as many that take no answer (10)")
    words.add_argument("--idle", type=int, default=50, help="connections that say nothing (50)")
    words.add_argument("--kill", type=float, default=5.0, help="seconds between two kills, 0 for none (5)")
    words.add_argument("--interval", type=float, default=200, help="milliseconds between two requests of a healthy client (200)")
    words.add_argument("--share", type=float, default=1.0, help="share of healthy requests that must be answered (1)")
    words.add_argument("--median", type=float, default=1.0, help="seconds that their median may take (1)")
    words.add_argument("--log", type=Path, help="where to keep the log of the server")
    words.add_argument("--graph", help="what the server serves, such as a store on disk (the packaged graph)")
    given = words.parse_args()
    command = [*COMMAND, *(["--graph", given.graph] if given.graph else [])]
    with tempfile.TemporaryDirectory() as scratch:
        log = given.log or Path(scratch) / "log"
        with log.open("wb") as out, subprocess.Popen(command, stderr=out, stdout=subprocess.DEVNULL) as server:
            try:
                host = _serving(log, server)
                found = asyncio.run(_run(Soak(given, host, server.pid)))
            finally:
                server.terminate()
                ended = time.monotonic()
                server.wait(60)
        found["seconds_to_end"] = round(time.monotonic() - ended, 1)
        found["exit_status"] = server.returncode
        found["log_lines"], found["log_lines_not_json"] = _lines(log)
    found["faults"] = list(_faults(found, given))
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 1 if found["faults"] else 0


async def _run(soak: Soak) -> dict[str, Any]:
    kinds = [("known", _address(1, 55)), ("known page", _address(2, 55)), ("new", None), ("new page", None)]
    for _ in range(3):  # what the first requests load is no harm of the attack
        for target in (*PAGES, f"/sparql?query={quote(BIG)}"):
            await soak.ask(target, _address(1, 55), 60)
    async with asyncio.TaskGroup() as group:
        before = [group.create_task(soak.healthy(*one)) for one in kinds]
        await asyncio.sleep(3)
        for task in before:
            task.cancel()
    peace = {kind: heard.report() for kind, heard in soak.heard.items()}
    soak.heard = {}
    start = _state(soak.process)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(soak.healthy(*one)) for one in kinds]
        tasks += [group.create_task(one) for one in soak.clients()]
        await asyncio.sleep(soak.given.minutes * 60)
        for task in tasks:
            task.cancel()
    deadline, end = time.monotonic() + REST, _state(soak.process)
    while time.monotonic() < deadline and not _settled(start, end):
        await asyncio.sleep(0.5)
        end = _state(soak.process)
    return {
        "healthy": {kind: heard.report() for kind, heard in soak.heard.items() if kind != "runaways"},
        "in_peace": peace,
        "runaways": soak.heard.get("runaways", Heard()).report(),
        "killed": dict(soak.killed),
        "start": start,
        "end": end,
    }


def _faults(found: dict[str, Any], given: argparse.Namespace) -> Iterator[str]:
    for kind, heard in found["healthy"].items():
        if not heard["requests"] or heard["share"] < given.share:
            yield f"{kind}: {heard['answered']} of {heard['requests']} requests were answered"
        elif heard["median"] > given.median:
            yield f"{kind}: the median is {heard['median']} s"
    if not _settled(found["start"], found["end"]):
        yield f"the server keeps more than it had: {found['end']} after {found['start']}"
    if found["log_lines_not_json"]:
        yield f"{found['log_lines_not_json']} lines of the log are not JSON"
    if found["exit_status"]:
        yield f"the server ended with {found['exit_status']}"


def _settled(start: dict[str, float], end: dict[str, float]) -> bool:
    """Whether no more is held than before: memory within a tenth and 20 MB, handles and processes within a few."""
    memory = end["memory_mb"] <= 1.1 * start["memory_mb"] + 20
    return memory and end["handles"] <= start["handles"] + 10 and end["processes"] <= start["processes"] + 2


def _state(process: int) -> dict[str, float]:
    """What the server and all processes below it hold; memory that several share is counted once."""
    tree = [process]
    for one in tree:
        tree += _children(one)
    memory = sum(_memory(one) for one in tree)
    return {"memory_mb": round(memory / 1000, 1), "handles": len(os.listdir(f"/proc/{process}/fd")), "processes": len(tree)}


def _memory(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _children(process: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _serving(log: Path, server: subprocess.Popen[bytes]) -> tuple[str, int]:
    while server.poll() is None:
        _, found, rest = log.read_text(encoding="utf-8").partition("serving http://")
        if found and "/" in rest:
            host, _, port = rest.partition("/")[0].rpartition(":")
            return host, int(port)
        time.sleep(0.05)
    raise SystemExit(f"the server did not start: {log.read_text(encoding='utf-8')}")


def _lines(log: Path) -> tuple[int, int]:
    """How many lines the log has beside the first, and how many of these are not JSON."""
    count = bad = 0
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in itertools.islice(lines, 1, None):
            count += 1
            try:
                json.loads(line)
            except ValueError:
                bad += 1
    return count, bad


def _address(number: int, group: int) -> str:
    return f"127.{group}.{number // 250 % 250}.{1 + number % 250}"


if __name__ == "__main__":
    sys.exit(main())
