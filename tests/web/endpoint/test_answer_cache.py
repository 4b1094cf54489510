"""The cache of answers: what it keeps, what it must not keep, and that it does not change an answer."""

import os
import signal

import pytest
from server import served, until

from kg.engine.oxigraph import Document, Scope
from kg.web.endpoint import answer_cache
from kg.web.endpoint.answer_cache import AnswerCache

ROWS = "SELECT ?s { ?s a ?c } ORDER BY ?s LIMIT 3 # of this test"
BASE = "http://127.0.0.1/sparql"


class Unchanging:
    generation = 0


def queue(server):
    return server.lines()[-1]["queue"]


def test_the_same_request_is_answered_from_the_cache(server):
    first = server.query(ROWS, fresh=False)
    again = server.query(ROWS, fresh=False)
    assert (again.status, again.body, again.headers["etag"]) == (200, first.body, first.headers["etag"])
    assert until(lambda: queue(server) == "cached")  # the line may be written after the answer
    assert server.query(ROWS, fresh=False, params=[("format", "csv")]).kind == "text/csv"
    assert until(lambda: queue(server) == "fast")
    server.query(ROWS, fresh=False)
    assert until(lambda: queue(server) == "cached")
    assert server.query(ROWS, fresh=False, Host="example.org").status == 200
    assert until(lambda: queue(server) == "fast"), "relative IRIs have another base"


def test_a_cached_answer_needs_no_process(tmp_path):
    with served(tmp_path, "--limit", "queue_length=1") as one:
        assert one.query(ROWS, fresh=False).status == 200
        os.kill(one.forkserver(), signal.SIGSTOP)
        for worker in one.workers():
            os.kill(worker, signal.SIGSTOP)
        assert one.query(ROWS, fresh=False, timeout=5).status == 200
        os.kill(one.forkserver(), signal.SIGCONT)


@pytest.mark.parametrize(
    "query",
    ["SELECT (NOW() AS ?x) {}", "SELECT (rand() AS ?x) {}", "SELECT (STRUUID() AS ?x) {}"],
)
def test_an_answer_that_changes_is_not_kept(server, query):
    assert len({server.query(query, fresh=False).body for _ in range(3)}) == 3


def test_errors_and_endpoints_are_not_kept(server):
    for query, status in (("SELEC", 400), ("SELECT * { SERVICE <urn:x> {} }", 403)):
        for _ in range(2):
            assert server.query(query, fresh=False).status == status
            assert queue(server) != "cached"


def test_a_dataset_of_the_request_is_not_confused_with_the_query():
    cache = AnswerCache(Unchanging())
    assert cache.key("ASK {}", ["json"], Scope(("urn:g",), ()), BASE) is None
    assert cache.key("SELECT (\\u0052AND() AS ?x) {}", ["json"], None, BASE) is None, "an escaped RAND"


def test_other_graphs_have_other_answers():
    workers = Unchanging()
    cache = AnswerCache(workers)
    cache.keep(cache.key("ASK {}", ["json"], None, BASE), Document("json", b"true"))
    assert cache.get(cache.key("ASK {}", ["json"], None, BASE)) == Document("json", b"true")
    workers.generation = 1
    assert cache.get(cache.key("ASK {}", ["json"], None, BASE)) is None


def test_its_size_is_limited_and_counts_the_queries(monkeypatch):
    monkeypatch.setattr(answer_cache, "_BYTES", 100_000)
    cache = AnswerCache(Unchanging())
    keys = [cache.key(f"ASK {{}} # {number} {'x' * 10_000}", ["json"], None, BASE) for number in range(50)]
    for key in keys:
        cache.keep(key, Document("json", b"true"))
    assert 5 <= sum(cache.get(key) is not None for key in keys) <= 9
    long = cache.key("ASK {}", ["json"], None, BASE)
    cache.keep(long, Document("json", b" " * (1 << 19)))
    assert cache.get(long) is None
