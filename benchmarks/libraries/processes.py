"""Queries in processes here and by libraries: memory, the time of a trivial query, and of the next one after a kill.

``python -c "import processes; processes.here()"`` in this folder; also ``pebble()``, ``loky()`` and ``forkserver()``, which need
``psutil`` and the library. It is no script, since these libraries load the main script in each worker once more.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection

import psutil

TRIVIAL, RUNAWAY = "ASK {}", "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
TIMES = 300
LIMIT = 1.0  # seconds that a query may take


def here(workers: int = 1) -> None:
    """The processes of this project."""
    from kg.engine.processes.pool import Workers
    from kg.engine.processes.query_limits import QueryLimits
    from kg.resources import GRAPH_FILE, folder

    made = Workers(folder("graph") / GRAPH_FILE, QueryLimits(time_limit=LIMIT, fast_slots=workers))
    made.start()
    made.wait()
    measure(lambda sparql: made.document(sparql, ["json"]))
    made.close()


def pebble(workers: int = 1, patience: float = 3.0) -> None:
    """A pool of pebble by way of a fork server; ``patience`` is a constant of the library, there 3 seconds."""
    import_module("pebble.common").CONSTS.term_timeout = patience
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["held"])
    with import_module("pebble").ProcessPool(max_workers=workers, context=context) as pool:
        measure(lambda sparql: pool.schedule(asked, [sparql], timeout=LIMIT).result())
        pool.stop()


def loky(workers: int = 1) -> None:
    """A pool of loky, which starts each worker as a new process and has no limit on the time of one call."""
    pool = import_module("loky").ProcessPoolExecutor(max_workers=workers)

    def ask(sparql: str) -> object:
        future = pool.submit(asked, sparql)
        try:
            return future.result(LIMIT if sparql == RUNAWAY else None)
        except TimeoutError:
            for one in psutil.Process().children(recursive=True):
                if one.cpu_percent(0.1) > 30:
                    one.kill()
            raise

    measure(ask)
    pool.shutdown(kill_workers=True)


def forkserver() -> None:
    """A process of the standard library's fork server for each query."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["held"])

    def ask(sparql: str) -> object:
        ours, theirs = context.Pipe()
        process = context.Process(target=send, args=(theirs, sparql))
        process.start()
        theirs.close()
        try:
            if not ours.poll(LIMIT):
                raise TimeoutError
            return ours.recv_bytes()
        finally:
            process.kill()
            process.join()

    measure(ask)


def asked(sparql: str) -> bytes:
    """What a worker does."""
    found: bytes = import_module("held").answer(sparql)
    return found


def send(to: Connection, sparql: str) -> None:
    """What a process for one query does."""
    to.send_bytes(asked(sparql))


def milliseconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def measure(ask: Callable[[str], object]) -> None:
    """Print what a way to ask takes."""
    ask(TRIVIAL)
    times = [milliseconds(lambda: ask(TRIVIAL)) for _ in range(TIMES)]
    print(f"trivial query: median {statistics.median(times):.2f} ms, 99 of 100 within {sorted(times)[int(TIMES * 0.99)]:.2f} ms")
    for one in sorted(psutil.Process().children(recursive=True), key=lambda one: one.pid):
        with contextlib.suppress(psutil.Error):
            print(f"process {one.pid}, child of {one.ppid()}: {one.memory_full_info().uss / 2**20:.1f} MiB of its own")
    ends, after, how = [], [], ""
    for _ in range(5):
        start = time.perf_counter()
        try:
            ask(RUNAWAY)
        except Exception as error:  # the ways to ask have no error in common, and its name is the result
            how = type(error).__name__
        ends.append((time.perf_counter() - start - LIMIT) * 1e3)
        try:
            after.append(milliseconds(lambda: ask(TRIVIAL)))
        except Exception as error:  # likewise
            print(f"next query: {type(error).__name__}")
            break
    print(f"runaway: {how} {statistics.median(ends):.0f} ms after its limit; next answers {[round(one, 1) for one in after]} ms")
