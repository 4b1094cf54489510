"""The server beside others that serve the same graph, under the same queries.

``python benchmarks/server.py --oxigraph COMMAND --rdflib-endpoint PYTHON`` prints tables in Markdown: COMMAND is ``oxigraph`` of
the PyPI package of that name, PYTHON the interpreter of an environment with ``rdflib-endpoint[web]``. It needs ``wrk``, and asks
127.0.0.1 only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from kg.ask.catalogue import question
from kg.resources import GRAPH_FILE, folder

HERE = Path(__file__).parent
GRAPH = folder("graph") / GRAPH_FILE
QUERIES = {
    "lookup": (HERE / "lookup.rq").read_text(encoding="utf-8"),
    "hazard-ratios": question("hazard-ratios").sparql,
}
# by its name in the table: the query, and whether each request sends another text
LOADS = {
    "lookup, new texts": ("lookup", True),
    "lookup, same text": ("lookup", False),
    "hazard-ratios, new texts": ("hazard-ratios", True),
}
STARTS = 7
ROUNDS = 3  # of each load, the servers in turn; the medians are printed
EXPENSIVE = (HERE / "expensive.rq").read_text(encoding="utf-8")
RDFLIB = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
data = Dataset(default_union=True)
data.parse(sys.argv[1])
uvicorn.run(SparqlEndpoint(graph=data, path="/"), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: its name, the address of its endpoint, and its process."""

    name: str
    endpoint: str
    process: int


@dataclass(frozen=True)
class Load:
    """What wrk measured: requests a second, median and 99th percentile in milliseconds, answers that were errors.

    ``cpu`` is the processor time of the server for one request, in milliseconds, with that of its processes.
    """

    rate: float
    median: float
    p99: float
    errors: int
    cpu: float = 0.0


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--oxigraph", help="the command oxigraph")
    words.add_argument("--rdflib-endpoint", help="the python of an environment with rdflib-endpoint[web]")
    words.add_argument("--seconds", type=int, default=5, help="of each measurement")
    given = words.parse_args()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        commands = list(_commands(given, scratch))
        _starts(commands)
        servers = [stack.enter_context(_running(*one)) for one in commands]
        for text in QUERIES.values():
            rows = {one.name: _rows(one, text) for one in servers}
            assert len(set(rows.values())) == 1, f"the answers differ: {rows}"
        _table(servers, given.seconds, scratch)
        _beside(servers, given.seconds, scratch)
        _routes(servers[0])


def _commands(given: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, str, list[str]]]:
    ours = [sys.executable, "-c", "from kg.cli import main; main()"]
    yield "mcrc-kg", "http://127.0.0.1:{port}/sparql", [*ours, "serve", "--port", "{port}"]
    disk = str(scratch / "disk")
    subprocess.run([*ours, "load", str(GRAPH), "--store", disk], check=True, capture_output=True)
    yield "mcrc-kg, store on disk", "http://127.0.0.1:{port}/sparql", [*ours, "serve", "--port", "{port}", "--graph", disk]
    if given.oxigraph:
        store = str(scratch / "store")
        subprocess.run([given.oxigraph, "load", "--location", store, "--file", str(GRAPH)], check=True, capture_output=True)
        serve = [
            "serve-read-only",
            "--location",
            store,
            "--bind",
            "127.0.0.1:{port}",
            "--union-default-graph",
            "--timeout-s",
            "10",
        ]
        yield "oxigraph serve", "http://127.0.0.1:{port}/query", [given.oxigraph, *serve]
    if given.rdflib_endpoint:
        yield "rdflib-endpoint", "http://127.0.0.1:{port}/", [given.rdflib_endpoint, "-c", RDFLIB, str(GRAPH), "{port}"]


@contextmanager
def _running(name: str, endpoint: str, command: Sequence[str]) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    words = [word.replace("{port}", port) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        server = Server(name, endpoint.format(port=port), process.pid)
        try:
            for _ in range(6000):
                try:
                    _ask(server, QUERIES["lookup"])
                    break
                except (URLError, ConnectionError):
                    time.sleep(0.01)
            yield server
        finally:
            process.kill()  # one that still works on a query does not hear SIGTERM


def _ask(server: Server, query: str, timeout: float = 60) -> bytes:
    kind = {"Accept": "application/sparql-results+json", "Content-Type": "application/x-www-form-urlencoded"}
    with urlopen(Request(server.endpoint, urlencode({"query": query}).encode(), kind), timeout=timeout) as answer:
        body: bytes = answer.read()
    return body


def _rows(server: Server, query: str) -> int:
    return len(json.loads(_ask(server, query))["results"]["bindings"])


def _wrk(server: Server, query: str, clients: int, seconds: int, scratch: Path, new: bool = False) -> Load:
    form = scratch / "form"
    form.write_text(urlencode({"query": query}), encoding="ascii")
    words = ["wrk", "-t", str(min(2, clients)), "-c", str(clients), "-d", f"{seconds}s", "--timeout", "30s", "--latency"]
    script = ["-s", str(HERE / "post.lua"), server.endpoint, str(form), *(["new"] if new else [])]
    before = _spent(server.process)
    done = subprocess.run([*words, *script], check=True, capture_output=True)
    spent = _spent(server.process) - before
    said = done.stdout.decode()
    errors = [int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", said)]
    errors += [int(number) for line in re.findall(r"Socket errors:(.*)", said) for number in re.findall(r"\d+", line)]
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate is not None, said
    cpu = 1000 * spent / max(1.0, float(rate[1]) * seconds)
    return Load(float(rate[1]), _milliseconds(said, "50%"), _milliseconds(said, "99%"), sum(errors), cpu)


def _spent(process: int) -> float:
    """Seconds of processor time of a process, and of those that it started."""
    seconds = 0.0
    with suppress(OSError):  # it has ended meanwhile
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        seconds = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                seconds += sum(_spent(int(child)) for child in (task / "children").read_text(encoding="ascii").split())
    return seconds


def _milliseconds(said: str, part: str) -> float:
    found = re.search(rf"{part}\s+([\d.]+)(us|ms|s|m)\b", said)
    assert found is not None, said
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}[found[2]]


def _starts(commands: Sequence[tuple[str, str, list[str]]]) -> None:
    """How long from the command to the answer to a first query, the servers in turn."""
    taken: dict[str, list[float]] = {name: [] for name, _, _ in commands}
    for _ in range(STARTS):
        for name, endpoint, command in commands:
            began = time.perf_counter()
            with _running(name, endpoint, command):
                taken[name].append(time.perf_counter() - began)
    print(f"| server | first answer after, s, median of {STARTS} |\n| --- | --- |")
    for name, seconds in taken.items():
        print(f"| {name} | {statistics.median(seconds):.2f} |")
    print(flush=True)


def _table(servers: Sequence[Server], seconds: int, scratch: Path) -> None:
    print("| query | clients | server | requests/s | median, ms | p99, ms | errors | processor, ms | ratio to mcrc-kg |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (query, new) in LOADS.items():
        for clients in (1, 64):
            rounds = [[_wrk(one, QUERIES[query], clients, seconds, scratch, new) for one in servers] for _ in range(ROUNDS)]
            for number, server in enumerate(servers):
                got = _median([one[number] for one in rounds])
                ours = [one[0].rate for one in rounds]
                ratio = statistics.median(one[number].rate / rate if rate else 0 for one, rate in zip(rounds, ours, strict=True))
                cells = [name, clients, server.name, f"{got.rate:.0f}" if got.rate >= 10 else f"{got.rate:.2f}"]
                cells += [f"{got.median:.1f}", f"{got.p99:.1f}", got.errors, f"{got.cpu:.2f}", f"{ratio:.2f}"]
                print("|", *_joined(cells), "|", flush=True)


def _median(loads: Sequence[Load]) -> Load:
    """The median of each number; the errors of all."""
    middle = {name: statistics.median(getattr(one, name) for one in loads) for name in ("rate", "median", "p99", "cpu")}
    return Load(errors=sum(one.errors for one in loads), **middle)


def _beside(servers: Sequence[Server], seconds: int, scratch: Path) -> None:
    """Cheap queries of 64 clients while four others send expensive ones without end."""
    print("\n| beside four clients with expensive queries | requests/s | median, ms | p99, ms | errors |")
    print("| --- | --- | --- | --- | --- |")
    for server in servers:
        over = threading.Event()
        threads = [threading.Thread(target=_expensive, args=(server, over)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        got = _wrk(server, QUERIES["lookup"], 64, 2 * seconds, scratch)
        over.set()
        print(f"| {server.name} | {got.rate:.0f} | {got.median:.1f} | {got.p99:.1f} | {got.errors} |", flush=True)
        for thread in threads:
            thread.join()


def _expensive(server: Server, over: threading.Event) -> None:
    while not over.is_set():
        try:
            _ask(server, EXPENSIVE, timeout=15)
        except (HTTPError, URLError, TimeoutError, ConnectionError):
            over.wait(0.1)


def _routes(server: Server) -> None:
    """The median of a question as a file, where the server has such addresses."""
    address = server.endpoint.removesuffix("sparql") + "q/hazard-ratios.csv?drug=cetuximab"
    try:
        urlopen(address).close()
    except HTTPError:
        return
    times = []
    for _ in range(200):
        started = time.perf_counter()
        with urlopen(address) as answer:
            answer.read()
        times.append(1000 * (time.perf_counter() - started))
    print(f"\n`/q/hazard-ratios.csv?drug=cetuximab`: median {statistics.median(times):.1f} ms of {len(times)}")


def _joined(cells: Sequence[object]) -> list[str]:
    return [" | ".join(map(str, cells))]


if __name__ == "__main__":
    main()
