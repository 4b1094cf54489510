"""A server of a store on disk: what it answers as a server in memory does, and what happens when a new version is written."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from htmlpage import BROWSER
from isomorphic import isomorphic
from rdflib import Graph
from server import alive, served, spent, until

from kg.engine import federation
from kg.engine.disk_store import info_of, writing
from kg.engine.processes.no_connections import refuse_connections
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.worker import _confine
from kg.errors import RefusedError

CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
TRIPLE = "<urn:a> <urn:b> {} <urn:g> .\n"
VALUE = "SELECT ?o { <urn:a> <urn:b> ?o }"
PAGES = [
    "/",
    "/search?q=VEGF",
    "/q",
    "/q/hazard-ratios?drug=cetuximab",
    "/q/hazard-ratios.csv?drug=cetuximab",
    "/id/drug/cetuximab",
    "/id/drug/cetuximub",
    "/id/trial/CRYSTAL",
    "/trials?line=second-line",
    "/class/AntiVegfAgent",
    "/ontology",
    "/claims",
    "/corroboration",
    "/compare?one=anti-EGFR+regimen&other=anti-VEGF+regimen&endpoint=OS",
    "/network",
    "/mechanism",
    "/timeline",
    "/query",
    "/about",
    "/llms.txt",
    "/robots.txt",
]
SERVICE_QUERIES = {
    "void": "SELECT ?p ?n { ?d a <http://rdfs.org/ns/void#Dataset> ; ?p ?n FILTER(isLiteral(?n)) } ORDER BY ?p ?n",
    "examples": "SELECT ?q { ?q a <http://www.w3.org/ns/shacl#SPARQLExecutable> } ORDER BY ?q",
    "graphs": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "each once": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "from": "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/mcrc-kg/void> { ?s ?p ?o }",
}


def load(place, *values):
    """A store with these values."""
    file = place.parent / "values.nq"
    file.write_text("".join(TRIPLE.format(json.dumps(value)) for value in values), encoding="utf-8")
    with writing(place) as new:
        new.load_file(file)
    return place


def value(server):
    (line,) = server.query(VALUE, params=[("format", "csv")]).text.splitlines()[1:]
    return line


@pytest.fixture(scope="module")
def server(tmp_path_factory, review_file):
    """A server of the graph of the review in memory."""
    with served(tmp_path_factory.mktemp("server"), "--graph", review_file.parent) as one:
        yield one


@pytest.fixture(scope="module")
def stored(tmp_path_factory, review_store):
    """A server of the graph of the review as a store."""
    place = Path(shutil.copytree(review_store, tmp_path_factory.mktemp("stored") / "store"))
    limits = ["--time-limit", "3", "--memory-limit", "300"]
    with served(place.parent, "--graph", place, *limits) as one:
        yield one


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_that_of_the_server_in_memory(stored, server, path):
    here, there = (one.ask(path=path, Accept=BROWSER) for one in (stored, server))
    assert (here.status, here.kind) == (there.status, there.kind)
    texts = [one.text.replace(one_server.address, "/") for one, one_server in ((here, stored), (there, server))]
    words = [sorted(re.split(r"[^\w-]+", text)) for text in texts]
    assert words[0] == words[1], "what a question does not order may change places"


@pytest.mark.parametrize("query", SERVICE_QUERIES.values(), ids=SERVICE_QUERIES)
@pytest.mark.parametrize("form", ["csv", "json", "xml", "tsv"])
def test_the_service_graphs_are_queried_as_in_memory(stored, server, query, form):
    here, there = (one.query(query, params=[("format", form)]) for one in (stored, server))
    assert (here.status, here.body) == (there.status, there.body)


@pytest.mark.parametrize("path", ["/.well-known/void", "/void", "/examples", "/examples/hazard-ratios", "/ontology", "/mappings"])
def test_linked_data_is_that_of_the_server_in_memory(stored, server, path):
    here, there = (one.ask(path=path, Accept="text/turtle") for one in (stored, server))
    assert isomorphic(Graph().parse(data=here.body), Graph().parse(data=there.body))


def test_the_protocol(stored):
    form = urlencode({"query": "ASK {}"})
    posted = stored.ask("POST", body=form, Content_Type="application/x-www-form-urlencoded")
    assert (posted.status, posted.kind) == (200, "application/sparql-results+json")
    assert stored.ask("POST", body="SELEC", Content_Type="application/sparql-query").status == 400
    assert stored.query("INSERT DATA { <urn:a> <urn:b> <urn:c> }").status == 400
    assert stored.query("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").status == 403
    description = stored.ask(Accept="text/turtle")
    assert b"UnionDefaultGraph" in description.body


def test_the_downloads_are_made_from_it(stored, server):
    assert stored.made("/downloads/mcrc-kg.ttl").body == server.made("/downloads/mcrc-kg.ttl").body


def test_a_worker_can_open_no_connection_and_writes_nothing(stored):
    assert stored.query("ASK { ?s ?p ?o }").status == 200
    for worker in stored.workers():
        assert "Seccomp:\t2\n" in Path(f"/proc/{worker}/status").read_text()
        (line,) = [one for one in Path(f"/proc/{worker}/limits").read_text().splitlines() if one.startswith("Max open files")]
        assert int(line.split()[3]) == int(line.split()[4]) < 100
    place = stored.log.parent / "store"
    assert {one.name for one in place.iterdir()} == {"store.json", ".writer", info_of(place).version}


@pytest.mark.parametrize(("query", "status"), [(CROSS, 504), ("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c", 507)])
def test_a_runaway_is_stopped_and_the_next_query_answered(stored, query, status):
    assert stored.query(query).status in (status, 504)
    assert stored.query("ASK { ?s ?p ?o }").text.split() == ['{"head":{},"boolean":true}']
    assert until(lambda: not any(map(spending, stored.workers())))


def spending(process):
    with contextlib.suppress(OSError):  # it has ended
        before = spent(process)
        time.sleep(0.2)
        return spent(process) - before > 0.1
    return False


def test_a_fresh_worker_does_not_count_the_opening_as_its_query(stored):
    for worker in stored.workers():
        os.kill(worker, signal.SIGKILL)
    assert stored.query("ASK {}").status == 200
    assert stored.lines()[-1]["queue"] == "fast"


def test_killed_processes_are_replaced(stored):
    for victims in (stored.workers(), [stored.forkserver()]):
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        assert stored.query(SERVICE_QUERIES["examples"]).status == 200
        assert until(lambda: stored.ask(path="/-/health").text == "ok\n")


def test_a_running_server_keeps_its_version(tmp_path):
    place = load(tmp_path / "store", "one")
    with served(tmp_path, "--graph", place) as old:
        pinned = place / info_of(place).version
        tag = old.ask(path="/void.ttl").headers["etag"]
        for number in range(3):  # the second of them would delete the version
            load(place, f"later {number}")
            for process in (*old.workers(), *([old.forkserver()] if number == 2 else [])):
                os.kill(process, signal.SIGKILL)
            assert value(old) == "one"
        assert pinned.is_dir()
        assert old.ask(path="/void.ttl").headers["etag"].split(".")[0] == tag.split(".")[0]
        with served(tmp_path, "--graph", place) as new:
            assert value(new) == "later 2"
            assert new.ask(path="/void.ttl").headers["etag"].split(".")[0] != tag.split(".")[0]
    load(place, "last")
    assert not pinned.exists(), "the next writer deletes what no server needs"


def test_a_deleted_snapshot_is_made_again(tmp_path):
    place = load(tmp_path / "store", "one")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        with served(tmp_path, "--graph", place) as one:
            (made,) = scratch.glob("mcrc-kg-*/*")
            shutil.rmtree(made, ignore_errors=True)  # a worker may open it at this moment
            for worker in one.workers():
                os.kill(worker, signal.SIGKILL)
            assert until(lambda: one.query(VALUE).status == 200, 30)
            assert value(one) == "one"
            assert len(list(scratch.glob("mcrc-kg-*/*"))) == 1
        assert not list(scratch.iterdir()), "the files go with the server"


def test_a_server_that_is_killed_leaves_no_process_and_no_snapshot(tmp_path):
    place = load(tmp_path / "store", "one")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        with served(tmp_path, "--graph", place) as one:
            others = [one.forkserver(), *one.workers()]
            os.kill(one.process.pid, signal.SIGKILL)
            assert until(lambda: not any(map(alive, others)))
            assert not list(scratch.glob("mcrc-kg-*/*"))


def test_a_deleted_store_is_reported(tmp_path):
    place = load(tmp_path / "store", "one")
    with served(tmp_path, "--graph", place) as one:
        shutil.rmtree(place)
        for worker in one.workers():
            os.kill(worker, signal.SIGKILL)
        assert one.query(VALUE, timeout=60).status == 503
        assert until(lambda: one.ask(path="/-/health").status == 503)


def test_a_damaged_store_is_refused_at_the_start(tmp_path, run):
    place = load(tmp_path / "store", "one")
    (place / info_of(place).version / "CURRENT").write_bytes(b"")
    refused = run("serve", "--port", "0", "--graph", place)
    assert (refused.returncode, "make the store again" in refused.stderr) == (4, True)


def test_graphs_that_overlap_are_served(tmp_path):
    place = tmp_path / "store"
    file = tmp_path / "twice.nq"
    file.write_text('<urn:a> <urn:b> "x" <urn:g> .\n<urn:a> <urn:b> "x" <urn:h> .\n', encoding="utf-8")
    with writing(place) as new:
        new.load_file(file)
    with served(tmp_path, "--graph", place) as one:
        assert value(one) == "x"
        counted = one.query(SERVICE_QUERIES["graphs"], params=[("format", "csv")]).text
        assert "urn:h,1" in counted
        assert "https://w3id.org/mcrc-kg/examples," in counted
        assert "https://w3id.org/mcrc-kg/void," in counted


def in_child(check):
    """Whether a function returns true in a process of its own."""
    process = os.fork()
    if not process:
        status = 1
        try:
            os.closerange(3, 4096)
            status = 0 if check() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def refused_socket():
    try:
        with socket.socket():
            return False
    except PermissionError:
        return True


def test_the_kernel_refuses_sockets_but_no_files():
    assert not in_child(refused_socket)
    assert in_child(lambda: refuse_connections() and refused_socket() and Path("/proc/self/stat").read_bytes())


def test_a_worker_keeps_only_the_handles_for_its_tables():
    def opened():
        _confine(QueryLimits(), True, 20)
        held = []
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open("/", os.O_RDONLY))
        return 20 <= len(held) < 40

    assert in_child(opened)


def test_the_policy_is_strict_where_a_connection_could_be_opened():
    doubtful = "SELECT * { ?s ?p ?o FILTER(?o<'a'#>\n) SERVICE <urn:x> {} }"
    with pytest.raises(RefusedError):
        federation.check(doubtful, (), strict=True)
