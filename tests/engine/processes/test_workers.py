"""Queries in processes that can be killed: each limit, each death, and who is served meanwhile."""

import contextlib
import os
import signal
import socket
import threading
import time
from dataclasses import replace
from urllib.parse import quote

import pytest
from rdflib import Literal
from server import alive, children, resident, served, until

from kg.engine.processes.messages import receive_message, send_message
from kg.engine.processes.pool import Workers
from kg.engine.processes.queries import Run
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Scheduler
from kg.engine.store import Solutions
from kg.errors import (
    BusyError,
    EngineError,
    FormatError,
    InputError,
    MemoryLimitError,
    ShareError,
    SizeLimitError,
    TimeLimitError,
)
from kg.graph import KnowledgeGraph
from kg.resources import graph_file

# takes long and holds little memory: it joins the types alone
CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a a ?b . ?c a ?d . ?e a ?f }"
RUNAWAYS = {
    "cross product": CROSS,
    "property path": "SELECT (COUNT(*) AS ?n) WHERE { ?a (!<urn:x>|^!<urn:x>)* ?b . ?c (!<urn:x>|^!<urn:x>)* ?d }",
    "huge graph": "CONSTRUCT { ?a a ?f } WHERE { ?a a ?b . ?c a ?d . ?e a ?f FILTER(CONCAT(STR(?a), STR(?c), STR(?e)) = '') }",
    "regular expression": """SELECT ?a WHERE { ?a ?b ?c . ?d ?e ?f
      FILTER(REGEX(CONCAT(STR(?c), STR(?f)), '(a+)+(b+)+(a|aa)+$')) } LIMIT 100000000""",
    "joined text": "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?x) WHERE { ?a ?b ?c . ?d ?e ?f }",
}
HOARDERS = {
    "grouped product": "SELECT ?a ?f (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?f",
    "sorted product": "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
    "doubled text": "SELECT (STRLEN(?x26) AS ?n) { BIND('0123456789' AS ?x0) "
    + " ".join(f"BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(26))
    + " }",
}


def start(place=None, **limits):
    workers = Workers(place or graph_file(), QueryLimits(**limits))
    workers.start()
    workers.wait()
    return workers


@pytest.fixture(scope="module")
def fast():
    """Workers with little time and memory."""
    workers = start(time_limit=0.4, fast_time=0.1, memory_limit=150, answer_limit=2)
    yield workers
    workers.close()


def answers(workers, query, run):
    with contextlib.suppress(TimeLimitError):
        workers.document(query, ("json",), run=run)


def everyone(workers):
    return children(workers._supervisor.process)


def test_answers_are_those_of_the_engine_in_this_process(fast, graph):
    there = KnowledgeGraph(fast)
    for name in ("hazard-ratios", "about", "review-table"):
        assert there.ask(name) == graph.ask(name)
    assert there.query("ASK { ?s ?p ?o }") is True
    made = "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> CONSTRUCT { ?s a ?o } WHERE { ?s a mcrc:Study ; a ?o }"
    assert set(there.query(made)) == set(graph.query(made))
    assert there.find("cetuximab") == graph.find("cetuximab")
    assert there.explain("cetuximab", "acts on", "EGFR") == graph.explain("cetuximab", "acts on", "EGFR")


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_runaway_is_gone_at_the_limit(fast, name):
    started = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"longer than 0\.4 seconds"):
        fast.query(RUNAWAYS[name])
    assert time.monotonic() - started < 1.5
    assert fast.query("ASK {}") is True
    assert until(lambda: len(everyone(fast)) <= fast.limits.fast_slots)


@pytest.mark.parametrize("name", HOARDERS)
def test_a_hoarder_is_gone_with_its_memory(name):
    workers = start(memory_limit=100, time_limit=20)
    try:
        before = resident(workers._supervisor.process)
        with pytest.raises(MemoryLimitError, match="more than 100 MiB"):
            workers.query(HOARDERS[name])
        assert workers.query("ASK {}") is True
        assert until(lambda: sum(map(resident, everyone(workers))) < 2.5 * before * max(1, len(everyone(workers))))
        assert resident(workers._supervisor.process) < before + 5
    finally:
        workers.close()


@pytest.mark.complete
def test_a_hundred_runaways_in_a_row_leave_nothing_behind():
    workers = start(time_limit=0.06, fast_time=0.03)
    try:
        before, forkserver = len(os.listdir("/proc/self/fd")), workers._supervisor.process
        sizes = []
        for number in range(100):
            with pytest.raises(TimeLimitError):
                workers.query(list(RUNAWAYS.values())[number % 2])
            sizes.append(resident(forkserver))
        assert workers.kills() == {"TimeLimitError": 100}
        assert max(sizes[5:]) < sizes[5] + 2, "what a runaway took is given back"
        workers.limits = replace(workers.limits, time_limit=60)  # a busy machine may need longer than the short limit for a fork
        assert workers.query("ASK {}") is True, "the first query after them is answered"
        assert until(lambda: len(everyone(workers)) <= workers.limits.fast_slots, 60)
        assert len(os.listdir("/proc/self/fd")) <= before + 4
        assert workers._supervisor.process == forkserver
        assert workers.counts() == {"waiting": 0, "fast": 0, "trial": 0, "slow": 0, "idle": 1, "forkserver_starts": 1}
    finally:
        workers.close()


def test_an_answer_is_whole_or_refused(fast):
    with pytest.raises(SizeLimitError, match="longer than 2097152 bytes"):
        fast.query("SELECT * WHERE { ?s ?p ?o }")
    some = fast.query("SELECT * WHERE { ?s ?p ?o } LIMIT 1000")
    assert isinstance(some, Solutions)
    assert len(some.rows) == 1000


def test_errors_of_the_query_come_back_as_they_are(fast):
    with pytest.raises(InputError, match="1:6"):
        fast.query("SELEC")
    with pytest.raises(FormatError, match="text/turtle"):
        fast.document("CONSTRUCT WHERE { ?s ?p ?o }", ("json",))
    with pytest.raises(InputError, match="nests more than 200"):
        fast.query("ASK " + "{" * 300 + "}" * 300)


@pytest.mark.parametrize("query", ["SELECT (1" + "+1" * 60000 + " AS ?x) {}", "SELECT (" + "!" * 60000 + "true AS ?x) {}"])
def test_a_query_that_breaks_the_engine_breaks_only_its_own_process(fast, query):
    with pytest.raises((EngineError, InputError, TimeLimitError)):
        fast.query(query)
    assert fast.query("ASK {}") is True


# --- who is served meanwhile


def test_cheap_queries_do_not_wait_for_expensive_ones():
    workers = start(time_limit=3, fast_slots=2, slow_slots=8, fast_time=0.1)
    try:
        failures = []

        def expensive(number):
            try:
                workers.document(CROSS, ("json",), run=Run(client=str(number)))
            except TimeLimitError as error:
                failures.append(error)

        threads = [threading.Thread(target=expensive, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        assert until(lambda: workers.counts()["slow"] == 6)
        waits = []
        for _ in range(50):
            started = time.monotonic()
            workers.query("SELECT ?s WHERE { ?s ?p ?o } LIMIT 5")
            waits.append(time.monotonic() - started)
        assert sorted(waits)[45] < 0.25, waits
        for thread in threads:
            thread.join()
        assert len(failures) == 6, "none was ended before its time"
    finally:
        workers.close()


def test_when_the_slow_slots_are_taken_a_long_query_is_told_so():
    workers = start(time_limit=3, slow_slots=1, fast_time=0.1)
    try:
        first = threading.Thread(target=lambda: answers(workers, CROSS, Run()))
        first.start()
        assert until(lambda: workers.counts()["slow"] == 1)
        with pytest.raises(BusyError, match="long queries are taken"):
            workers.query(CROSS)
        assert workers.kills()["BusyError"] == 1
        first.join()
    finally:
        workers.close()


def test_one_client_cannot_take_all_slow_slots():
    scheduler = Scheduler(QueryLimits(fast_slots=6, slow_slots=4))
    greedy = [scheduler.enter("greedy") for _ in range(4)]
    for ticket in greedy[:3]:
        scheduler.demote(ticket)
    with pytest.raises(ShareError, match="3 of your long queries"):
        scheduler.demote(greedy[3])
    scheduler.demote(scheduler.enter("modest"))
    with pytest.raises(BusyError, match="long queries are taken"):
        scheduler.demote(scheduler.enter("late"))
    assert scheduler.counts()["slow"] == 4
    scheduler.leave(greedy[0])
    scheduler.demote(greedy[3])


def test_one_client_cannot_fill_the_queue():
    scheduler = Scheduler(QueryLimits(fast_slots=1, queue_length=4, waiting_time=1))
    scheduler.enter("first")

    def wait():
        with pytest.raises(BusyError):
            scheduler.enter("greedy")

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert until(lambda: scheduler.counts()["waiting"] == 3)
    with pytest.raises(ShareError, match="3 of your queries are already waiting"):
        scheduler.enter("greedy")
    for thread in threads:
        thread.join()


def test_a_full_queue_is_refused_and_the_least_served_client_goes_first():
    scheduler = Scheduler(QueryLimits(fast_slots=1, queue_length=4, waiting_time=5))
    running = scheduler.enter("greedy")
    entered = []

    def wait(client):
        ticket = scheduler.enter(client)
        entered.append(client)
        scheduler.leave(ticket)

    threads = [threading.Thread(target=wait, args=(client,)) for client in ("greedy", "greedy", "greedy", "modest")]
    for number, thread in enumerate(threads):
        thread.start()
        assert until(lambda waiting=number + 1: scheduler.counts()["waiting"] == waiting)
    with pytest.raises(BusyError, match="too many"):
        scheduler.enter("late")
    scheduler.demote(running)
    for thread in threads:
        thread.join()
    assert entered[0] == "modest"
    scheduler.leave(running)
    assert scheduler.counts() == {"waiting": 0, "fast": 0, "trial": 0, "slow": 0}


def test_a_wait_has_an_end():
    scheduler = Scheduler(QueryLimits(fast_slots=1, waiting_time=0.1))
    scheduler.enter("one")
    with pytest.raises(BusyError, match=r"within 0\.1 seconds"):
        scheduler.enter("other")


def test_a_query_whose_client_went_away_while_it_waited_is_not_asked():
    workers = start(fast_slots=1, fast_time=5, time_limit=2)
    try:
        blocking = Run()
        first = threading.Thread(target=lambda: answers(workers, CROSS, blocking))
        first.start()
        assert until(lambda: workers.counts()["fast"] == 1)
        gone, said = Run(), []

        def wait():
            with pytest.raises(BusyError) as raised:
                workers.document(CROSS, ("json",), run=gone)
            said.append(str(raised.value))

        second = threading.Thread(target=wait)
        second.start()
        assert until(lambda: workers.counts()["waiting"] == 1)
        gone.cancelled.set()
        first.join()
        second.join(3)
        assert said == ["the client closed the connection before the query started"]
    finally:
        workers.close()


def test_a_query_whose_client_went_away_ends():
    workers = start(time_limit=20, fast_time=0.05)
    try:
        run = Run()
        threading.Timer(0.3, run.cancelled.set).start()
        started = time.monotonic()
        with pytest.raises(BusyError, match="closed the connection"):
            workers.document(CROSS, ("json",), run=run)
        assert time.monotonic() - started < 2
    finally:
        workers.close()


# --- other endpoints, files


@pytest.mark.parametrize(("kind", "refusal"), [("memory", "open files"), ("store", "Permission denied")])
def test_a_worker_can_open_no_connection(kind, refusal, review_file, review_store):
    """Were the words of a query misread, the kernel would still refuse."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        query = f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}"
        workers = start(
            review_store if kind == "store" else review_file, allow_service=(address,)
        )  # so that the words of the query are let pass
        worker = workers._take(True, time.monotonic() + 5)
        with worker.requests:
            send_message(worker.requests, {"forms": ["json"], "scope": None, "most": 10**6, "seconds": 5}, query.encode())
            assert receive_message(worker.requests, time.monotonic() + 5)[0].keys() == {"spent"}
            answer, _ = receive_message(worker.requests, time.monotonic() + 5)
        assert answer["error"] == "OutsideError"
        assert refusal in answer["said"]
        with pytest.raises(TimeoutError):
            listener.accept()
        workers.close()


# --- deaths


def test_a_killed_worker_loses_no_query(review_file):
    workers = start(review_file, time_limit=90, fast_time=0.05)
    try:
        answers = []
        slow = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#>
            SELECT (COUNT(*) AS ?n) WHERE { ?a a mcrc:Passage ; rdfs:label ?b . ?c rdfs:label ?d FILTER(STR(?b) < STR(?d)) }"""
        thread = threading.Thread(target=lambda: answers.append(workers.query(slow)))
        thread.start()
        assert until(lambda: workers.counts()["slow"] == 1)
        for process in everyone(workers):
            os.kill(process, signal.SIGKILL)
        thread.join(90)  # it goes on at low priority, which takes long on a busy machine
        assert len(answers) == 1
        assert workers.query("ASK {}") is True
    finally:
        workers.close()


def test_a_killed_nursery_is_started_again_and_its_workers_end_with_it():
    workers = start()
    try:
        first, others = workers._supervisor.process, everyone(workers)
        os.kill(first, signal.SIGKILL)
        assert workers.query("SELECT (1 AS ?x) {}").rows == ((Literal(1),),)
        assert workers._supervisor.process != first
        assert until(lambda: not any(map(alive, others)))
        assert workers.counts()["forkserver_starts"] == 2
    finally:
        workers.close()
    assert workers._supervisor.process is not None
    assert not alive(workers._supervisor.process)


@pytest.mark.parametrize("busy", [False, True])
def test_a_killed_server_leaves_no_process(tmp_path, busy):
    with served(tmp_path, "--time-limit", 60) as server:
        assert until(lambda: len(server.workers()) > 1)
        with contextlib.ExitStack() as clients:
            for _ in range(3 if busy else 0):
                client = clients.enter_context(socket.create_connection(server.host))
                client.sendall(b"GET /sparql?query=" + quote(CROSS).encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert not busy or until(lambda: server.metric("mcrc_kg_workers") >= 3)
            processes = [server.forkserver(), *server.workers()]
            server.process.kill()
            assert until(lambda: not any(map(alive, processes)))


def test_a_graph_that_does_not_load_is_said(tmp_path):
    broken = tmp_path / "broken.trig"
    broken.write_text("this is no TriG")
    workers = Workers(broken, QueryLimits())
    workers.start()
    with pytest.raises(InputError, match="does not parse"):
        workers.wait()
    workers.close()
