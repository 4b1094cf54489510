"""What fails or goes on in the background: queries are answered, health says what is missing, and the end comes in time."""

import asyncio
import contextlib
import errno
import os
import resource
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from server import COMMAND, alive, children, served, until
from tiers import few

from kg.engine.processes.pool import ServiceGraphs, Workers
from kg.engine.processes.query_limits import QueryLimits
from kg.errors import BusyError
from kg.resources import graph_file
from kg.web.access_log import AccessLog, shortage
from kg.web.http.background import Background
from kg.web.http.log import log
from kg.web.metrics import Metrics
from kg.web.pages.figure_cache import FigureCache

CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
RUN = """
from kg.web.http.server_limits import Limits
from kg.web.server import run
from kg.web.endpoint.service import Pages
from kg.web.settings import Settings

def start(warm=None, **limits):
    settings = Settings(limits=Limits(**limits))
    run(settings, "127.0.0.1", 0, lambda text: print(text, file=sys.stderr, flush=True), Pages(warm=warm))
"""


def program(text):
    """A server that a program starts by the library."""
    return [sys.executable, "-c", "import sys\n" + RUN + text]


def missing(server):
    """What health says besides that queries are answered."""
    reply = server.ask(path="/-/health")
    first, *rest = reply.text.splitlines()
    assert (reply.status, first) == (200, "ok")
    return rest


def told(server, kind):
    return [line for line in server.lines() if line.get("kind") == kind]


# --- what fails is tried again


def test_a_warm_up_that_fails_takes_nothing_down_and_is_tried_again(tmp_path):
    warm = """
tries = []
def warm():
    tries.append(1)
    if len(tries) < 3:
        raise OSError(24, "Too many open files", "/somewhere")
start(warm)
"""
    with served(tmp_path, command=program(warm)) as server:
        assert until(lambda: missing(server) == ["missing: warm-up"])
        assert server.query("ASK {}").status == 200
        assert until(lambda: server.ask(path="/-/health").text == "ok\n")
        assert server.query("ASK {}").status == 200
        (line,) = told(server, "warm-up")
        assert line["error"] == "OSError: [Errno 24] Too many open files: '/somewhere'"


@pytest.mark.parametrize(
    "error", few(["ZeroDivisionError", "MemoryError", "SystemExit", "RecursionError", "ImportError"], "SystemExit")
)
def test_whatever_a_warm_up_raises_queries_are_answered(tmp_path, error):
    with served(tmp_path, command=program(f"def warm(): raise {error}\nstart(warm)")) as server:
        assert until(lambda: missing(server) == ["missing: warm-up"])
        time.sleep(1.5)  # it is tried again meanwhile
        assert server.query("ASK {}").status == 200
        assert len(told(server, "warm-up")) == 1


def test_the_pauses_grow_and_a_minute_lies_between_two_lines(capsys, monkeypatch):
    slept, works = [], []

    async def sleep(seconds):
        slept.append(seconds)
        works.append(len(slept) == 12)

    async def work():
        if not any(works):
            raise ValueError("no")

    async def go():
        async with Background() as background:
            background.start("one", work)
            background.start("one", work)  # has begun already
            while background._started and not any(works):
                await asyncio.sleep(0)
            while background.missing:
                await asyncio.sleep(0)

    monkeypatch.setattr(anyio, "sleep", sleep)
    asyncio.run(go())
    assert slept == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert capsys.readouterr().err.count("\n") == 1
    background = Background()
    for _ in range(100):
        background.failed("two", "no")
        background.works("two")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch):
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closing it fails, as it cannot be written
    monkeypatch.setattr(sys, "stderr", full)
    log({"said": "nothing"})
    monkeypatch.setattr(sys, "stderr", None)
    log({"said": "nothing"})
    with pytest.raises(OSError, match="No space left"):
        full.close()


def test_service_graphs_that_cannot_be_made_are_made_later(tmp_path):
    broken = """
import kg.web.settings as settings
made, tries = settings.service_graphs, []
def service_graphs(allowed):
    tries.append(1)
    if len(tries) < 2:
        raise RuntimeError("no examples")
    return made(allowed)
settings.service_graphs = service_graphs
start()
"""
    count = "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/mcrc-kg/%s> { ?s ?p ?o } }"
    with served(tmp_path, command=program(broken)) as server:
        assert missing(server) == ["missing: service graphs"]
        assert server.query("ASK { ?s a <https://w3id.org/mcrc-kg/ontology#Trial> }").status == 200
        assert until(lambda: not missing(server))
        with served(tmp_path) as whole:
            for name in ("void", "examples"):
                assert server.query(count % name).text == whole.query(count % name).text
        (line,) = told(server, "service graphs")
        assert line["error"] == "RuntimeError: no examples"


def test_one_graph_beside_the_data_that_cannot_be_loaded_leaves_the_others():
    good = ServiceGraphs((("urn:derived", "CONSTRUCT { ?s ?p 1 } WHERE { ?s ?p ?o }"),), (("urn:text", "<urn:a> <urn:b> 1 ."),))
    bad = ServiceGraphs((("urn:derived", "no query"),), (*good.texts, ("urn:other", "no Turtle")))
    answers, heard, changed = iter([bad, bad]), [], threading.Event()

    def watch(now):
        heard.append(dict(now))
        changed.set()

    workers = Workers(graph_file(), QueryLimits(), lambda: next(answers, good))
    workers.start()
    try:
        workers.wait()
        workers.watch(watch)
        assert workers.query("ASK { GRAPH <urn:text> { <urn:a> <urn:b> 1 } }") is True
        assert workers.query("ASK { GRAPH <urn:derived> { ?s ?p ?o } }") is False
        assert until(lambda: heard and not heard[-1])
        assert heard[0].keys() == {"graph urn:derived", "graph urn:other"}
        assert all(heard[0].values())
        for _ in range(5):  # also the workers that were there before
            assert workers.query("ASK { GRAPH <urn:derived> { ?s ?p ?o } }") is True
        once = workers.query("SELECT (COUNT(*) AS ?n) { GRAPH <urn:derived> { <urn:a> ?p ?o } }").rows[0][0].value
        assert once == 0, "nothing is derived from what was loaded as a service graph"
        assert workers.counts()["forkserver_starts"] == 1
    finally:
        workers.close()


@pytest.mark.complete
def test_downloads_that_fail_are_made_later(tmp_path, review_file):
    graph = Path(shutil.copy(review_file, tmp_path))
    with served(tmp_path, "--graph", graph) as server:
        graph.rename(tmp_path / "aside")
        assert server.ask(path="/downloads").status == 200
        reply = server.ask(path="/downloads/mcrc-kg-kgx.zip")
        assert (reply.status, int(reply.headers["retry-after"]) > 0) == (503, True)
        assert missing(server) == ["missing: downloads"]
        assert server.query("ASK {}").status == 200
        (line,) = told(server, "downloads")
        assert "cannot be read" in line["error"] or "no such" in line["error"].lower()
        (tmp_path / "aside").rename(graph)
        assert server.made("/downloads/mcrc-kg-kgx.zip").status == 200
        assert until(lambda: not missing(server), 400), "it takes half a minute, and longer on a busy machine"
        assert server.ask(path="/downloads/SHA256SUMS").status == 200
        assert len(told(server, "downloads")) == 1


def test_a_picture_that_cannot_be_drawn_for_lack_of_handles_is_drawn_later(capsys):
    drawn = SimpleNamespace(title="a", told="b", to_bytes=lambda form: b"c")

    def fails():
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def run(function, *words):
        return function(*words)

    async def go():
        background, service = Background(), SimpleNamespace(run=run)
        pictures = FigureCache(background)
        for _ in range(3):
            with pytest.raises(BusyError, match="try again"):
                await pictures.get(service, "key", "svg", fails)
        assert background.missing == ("pictures",)
        assert (await pictures.get(service, "key", "svg", lambda: drawn)).body == b"c"
        assert background.missing == ()

    asyncio.run(go())
    assert capsys.readouterr().err.count('"kind": "pictures"') == 1


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (OSError(errno.EMFILE, "x"), True),
        (OSError(errno.ENFILE, "x"), True),
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (ImportError("libx.so: cannot open shared object file: Too many open files"), True),
        (OSError(errno.ENOENT, "x"), False),
        (RuntimeError("x"), False),
        (ImportError("x"), False),
    ],
)
def test_a_request_that_lacks_handles_threads_or_memory_may_come_again(error, short):
    async def broken(scope, receive, send):
        raise RuntimeError("the framework") from error

    sent = []

    async def send(message):
        sent.append(message)

    limits = SimpleNamespace(retry_after=3)
    app = SimpleNamespace(state=SimpleNamespace(service=SimpleNamespace(limits=limits)))
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "query_string": b"", "app": app}
    asyncio.run(AccessLog(broken, Metrics())(scope, None, send))
    assert (shortage(error) is not None) == short
    assert sent[0]["status"] == (503 if short else 500)
    assert ((b"retry-after", b"3") in sent[0]["headers"]) == short


def test_a_query_for_which_there_is_no_process_is_refused_and_the_next_answered():
    """The process that forks has no handle for the socket of a new worker."""
    workers = Workers(graph_file(), QueryLimits(fast_slots=2, time_limit=20))
    workers.start()
    try:
        workers.wait()
        assert until(lambda: all(worker.process for worker in workers._idle))
        forkserver = workers._supervisor.process
        before = resource.prlimit(forkserver, resource.RLIMIT_NOFILE)
        resource.prlimit(forkserver, resource.RLIMIT_NOFILE, (3, before[1]))
        for worker in workers._idle:
            worker.outdated = True
        with pytest.raises(BusyError, match="no process can be started"):
            workers.query("ASK {}")
        assert workers.counts()["fast"] == 0
        resource.prlimit(forkserver, resource.RLIMIT_NOFILE, before)
        assert workers.query("ASK {}") is True
        assert workers.counts()["forkserver_starts"] == 1
    finally:
        workers.close()


def test_without_handles_a_killed_engine_comes_back_when_there_are_some(tmp_path):
    with served(tmp_path, command=program("start()")) as server:
        process, forkserver = server.process.pid, server.forkserver()
        before = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (3, before[1]))
        os.kill(forkserver, signal.SIGKILL)
        assert until(lambda: told(server, "engine"))
        time.sleep(1)  # some tries
        resource.prlimit(process, resource.RLIMIT_NOFILE, before)
        assert until(lambda: server.ask(path="/-/health").text == "ok\n", 30)
        assert server.query("ASK {}").status == 200
        assert len(told(server, "engine")) == 1


def test_a_stopped_engine_is_replaced_when_it_leaves_orders_unread():
    workers = Workers(graph_file(), QueryLimits(time_limit=20))
    workers.start()
    try:
        workers.wait()
        forkserver = workers._supervisor.process
        os.kill(forkserver, signal.SIGSTOP)
        made = []
        with contextlib.suppress(BusyError):
            while len(made) < 100_000:
                made.append(workers._supervisor.fork(True, time.monotonic() + 5))
                made[-1].requests.close()
        assert 1 < len(made) < 100_000
        assert workers.query("ASK {}") is True
        assert not alive(forkserver)
    finally:
        workers.close()


# --- the end


def ends(server, within, how=signal.SIGTERM, code=0):
    """Tell a server to end; after how many seconds it did, without leaving a process."""
    everyone = [server.process.pid, *family(server.process.pid)]
    started = time.monotonic()
    server.process.send_signal(how)
    assert server.process.wait(within) == code
    took = time.monotonic() - started
    assert until(lambda: not any(map(alive, everyone))), "no process is left"
    server.lines()
    return took


def family(process):
    found = []
    for one in children(process):
        found += [one, *family(one)]
    return found


def running(server, query=CROSS):
    """A query that runs, sent in a thread."""

    def send():
        with contextlib.suppress(OSError):
            server.query(query)

    thread = threading.Thread(target=send)
    thread.start()
    assert until(lambda: server.metric("mcrc_kg_queue_length") or "slow" in slow(server))
    return thread


def slow(server):
    text = server.ask(path="/-/metrics").text
    return "slow" if 'mcrc_kg_workers{state="slow"} 1' in text else ""


BUSY = """
import threading
def warm():
    number = 0
    while True:
        number += 1
start(warm, end_time=1)
"""
STUCK = "import threading\ndef warm(): threading.Event().wait()\nstart(warm, end_time=1)"
DEAF = """
import kg.web.server as server
from kg.engine.processes.pool import Workers
import threading
Workers.close = lambda workers: threading.Event().wait()
start(end_time=1)
"""


@pytest.mark.parametrize("text", few([BUSY, STUCK, DEAF], STUCK), ids=["computes", "waits", "never-closed"])
def test_the_end_comes_in_time_whatever_thread_goes_on(tmp_path, text):
    with served(tmp_path, command=program(text)) as server:
        assert server.query("ASK {}").status == 200
        ends(server, within=1 + 5 + 2)


@pytest.mark.complete
def test_a_busy_thread_delays_the_end_for_a_moment_only(tmp_path):
    with served(tmp_path, command=program(BUSY.replace("end_time=1", "end_time=60"))) as server:
        assert server.query("ASK {}").status == 200
        assert ends(server, within=30) < 20, "nothing is left that would be worth to wait for"


@pytest.mark.parametrize("who", ["worker", "engine"])
@pytest.mark.parametrize("busy", few([True, False], False))
def test_the_end_comes_in_time_when_a_process_is_stopped(tmp_path, who, busy):
    with served(tmp_path, "--time-limit", 60, "--limit", "end_time=1", "--limit", "fast_time=0.1") as server:
        thread = running(server) if busy else threading.Thread()
        for process in server.workers() if who == "worker" else [server.forkserver()]:
            os.kill(process, signal.SIGSTOP)
        ends(server, within=1 + 5 + 2)
        if busy:
            thread.join()


def test_the_second_signal_ends_the_server_at_once(tmp_path):
    with served(tmp_path, "--time-limit", 60, "--limit", "end_time=60", "--limit", "fast_time=0.1") as server:
        thread = running(server)
        everyone = [server.process.pid, *family(server.process.pid)]
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None, "it waits for the query"
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(5) == 0
        assert until(lambda: not any(map(alive, everyone)))
        thread.join()
        server.lines()


@pytest.mark.complete
@pytest.mark.parametrize("stopped", [False, True])
def test_the_end_comes_while_files_are_made_and_takes_them_along(tmp_path, stopped):
    home = tmp_path / "files"
    home.mkdir()
    command = ["env", f"TMPDIR={home}", *COMMAND]
    with served(tmp_path, "--limit", "end_time=1", command=command) as server:
        assert server.ask(path="/downloads").status == 200
        assert until(lambda: list(home.glob("mcrc-kg-*/mcrc-kg*")), 60)
        if stopped:
            maker = next(
                one for one in children(server.process.pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()
            )
            os.kill(maker, signal.SIGSTOP)
        ends(server, within=1 + 5 + 2)
        assert not list(home.glob("mcrc-kg-*"))


def test_an_idle_server_ends_at_once(tmp_path):
    with served(tmp_path) as server:
        assert server.query("ASK {}").status == 200
        assert ends(server, within=20) < 8
