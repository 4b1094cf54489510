"""What a server does with clients that are too large, too slow, too many or plainly wrong, and what its operator sees."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import fields

import pytest
from paths import ROOT
from server import served, until

from kg.errors import InputError, OutsideError, UsageError
from kg.web.access_log import AccessLog
from kg.web.http.error_responses import STATUSES
from kg.web.http.security_headers import SECURITY
from kg.web.http.server_limits import Limits
from kg.web.metrics import Metrics

# takes long and holds little memory: it joins the types alone
CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a a ?b . ?c a ?d . ?e a ?f }"
EVERYTHING = "SELECT * WHERE { ?s ?p ?o }"
SMALL = ("header_time=0.6", "body_time=0.6", "write_time=0.6", "requests=3", "connections=40", "answer_limit=8", "fast_time=0.1")


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server with little patience."""
    words = [word for limit in SMALL for word in ("--limit", limit)]
    with served(tmp_path_factory.mktemp("strict"), "--time-limit", 0.8, "--memory-limit", 100, *words) as one:
        yield one


def raw(server, *parts, pause=0.0, wait=5.0):
    """What the server sends to bytes that come part by part, until it closes; and after how many seconds it does."""
    started = time.monotonic()
    with socket.create_connection(server.host, timeout=wait) as client:
        heard = b""
        try:
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
            while data := client.recv(65536):
                heard += data
        except (ConnectionError, BrokenPipeError):
            pass
        return heard, time.monotonic() - started


# --- headers on every answer


@pytest.mark.parametrize(
    ("status", "path", "method"),
    [
        (200, "/-/health", "GET"),
        (200, "/sparql?query=ASK%7B%7D", "GET"),
        (400, "/sparql?query=x", "GET"),
        (404, "/nothing", "GET"),
        (405, "/sparql", "PUT"),
        (414, "/sparql?query=" + "x" * 9000, "GET"),
        (204, "/sparql", "OPTIONS"),
    ],
)
def test_every_answer_has_the_security_headers(server, status, path, method):
    reply = server.ask(method, path)
    assert reply.status == status
    for name, value in SECURITY.items():
        assert reply.headers[name.lower()] == value
    assert not {"server", "set-cookie", "x-powered-by"} & set(reply.headers)
    assert "Traceback" not in reply.text
    assert "/tmp" not in reply.text


# --- too large


def test_too_long_a_body_is_refused(strict):
    reply = strict.ask("POST", "/sparql", b"x" * (2 << 20), Content_Type="application/sparql-query")
    assert reply.status == 413


def test_too_long_a_body_is_refused_when_its_length_is_not_said(strict):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
    heard, _ = raw(strict, head, *[chunk] * 17)
    assert b" 413 " in heard.split(b"\r\n")[0]


def test_too_long_headers_are_refused(strict):
    heard, seconds = raw(strict, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 70000)
    assert b" 431 " in heard.split(b"\r\n")[0]
    assert b"Content-Security-Policy" in heard
    assert seconds < 3


def test_what_is_not_http_is_refused(strict):
    heard, _ = raw(strict, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
    assert b" 400 " in heard.split(b"\r\n")[0]


def test_too_long_an_answer_is_refused_not_cut(strict):
    reply = strict.query("SELECT * WHERE { ?s ?p ?o . ?o ?q ?r }")
    assert (reply.status, reply.kind) == (413, "text/plain")
    assert "LIMIT" in reply.text


# --- too slow


def test_a_client_that_sends_its_headers_drop_by_drop_is_cut_off(strict):
    drops = [b"GET /-/health HTTP/1.1\r\nHost: x\r\n", *[b"X-%d: y\r\n" % number for number in range(40)]]
    heard, seconds = raw(strict, *drops, pause=0.05)
    assert heard == b""
    assert seconds < 3


def test_a_client_that_says_nothing_is_cut_off(strict):
    heard, seconds = raw(strict)
    assert heard == b""
    assert 0.4 < seconds < 3


def test_a_second_request_has_its_time_too(strict):
    whole = b"GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"
    heard, seconds = raw(strict, whole, b"GET /-/hea", pause=0.2)
    assert heard.count(b"HTTP/1.1 200") == 1
    assert seconds < 3


def test_a_client_that_sends_its_body_drop_by_drop_is_told(strict):
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 500\r\n\r\n"
    heard, seconds = raw(strict, head, *[b"A"] * 6, pause=0.05)
    assert b" 408 " in heard.split(b"\r\n")[0]
    assert seconds < 3


def test_a_client_that_never_reads_is_cut_off(strict):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(strict.host)
        client.sendall(b"GET /sparql?query=SELECT+*+WHERE+%7B?s+?p+?o%7D+LIMIT+25000 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(2.0)
        heard = b""
        try:
            while data := client.recv(1 << 20):
                heard += data
        except ConnectionError:
            pass
    assert b"200 OK" in heard
    length = int(heard.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(heard) < length


def test_a_client_that_reads_slowly_but_steadily_gets_all(strict):
    with socket.create_connection(strict.host, timeout=10) as client:
        client.sendall(
            b"GET /sparql?query=SELECT+*+WHERE+%7B?s+?p+?o%7D+LIMIT+25000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        heard = 0
        while data := client.recv(1 << 18):
            heard += len(data)
            time.sleep(0.03)
    assert heard > 6_000_000


# --- too many


def in_parallel(count, call):
    found = []
    threads = [threading.Thread(target=lambda: found.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_too_many_requests_at_once_are_told_when_to_come_again(strict):
    replies = in_parallel(8, lambda: strict.query(CROSS))
    statuses = {reply.status for reply in replies}
    assert statuses == {503, 504}
    for reply in replies:
        if reply.status != 504:
            assert int(reply.headers["retry-after"]) > 0
    assert strict.query("ASK {}").status == 200


def test_one_client_is_told_when_it_has_its_share(tmp_path):
    with served(tmp_path, "--time-limit", 2, "--limit", "slow_slots=2", "--limit", "fast_time=0.1") as one:
        replies = in_parallel(3, lambda: one.query(CROSS))
        refused = [reply for reply in replies if reply.status == 429]
        assert {reply.status for reply in replies} == {429, 504}
        for reply in refused:
            assert "of your long queries" in reply.text
            assert int(reply.headers["retry-after"]) > 0


def test_many_idle_connections_do_not_keep_others_out_for_long(strict):
    clients = [socket.create_connection(strict.host) for _ in range(60)]
    try:
        assert until(lambda: quietly(strict), 5)
    finally:
        for client in clients:
            client.close()


def quietly(server):
    try:
        return server.query("ASK {}").status == 200
    except OSError:
        return False


# --- limits on queries, as statuses


@pytest.mark.parametrize(
    ("status", "query", "words"),
    [
        (504, CROSS, "0.8 seconds"),
        (507, "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c", "100 MiB"),
        (403, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE http://127.0.0.1:9/ is refused"),
        (400, "SELECT (" + "!" * 60000 + "true AS ?x) {}", "nested too deep"),
    ],
)
def test_each_limit_has_its_status(strict, status, query, words):
    reply = strict.ask("POST", "/sparql", query, Content_Type="application/sparql-query")
    assert (reply.status, reply.kind) == (status, "text/plain")
    assert words in reply.text


def test_an_allowed_service_is_asked_by_the_server_and_no_other(tmp_path, server):
    there = server.address + "sparql"
    label = "<https://w3id.org/mcrc-kg/id/drug/cetuximab> <http://www.w3.org/2000/01/rdf-schema#label> ?o"
    query = "SELECT ?o { SERVICE <%s> { " + label + " } }"
    with served(tmp_path, "--allow-service", there) as one:
        assert "cetuximab" in one.query(query % there).text
        assert one.query(query % (there + "x")).status == 403
        assert one.query(query % "http://127.0.0.1:9/").status == 403
        assert "BasicFederatedQuery" in one.ask().text


# --- what the operator sees


def test_the_log_has_one_line_of_json_a_request(strict):
    strict.query("SELECT (41 AS ?answer) {}")
    assert until(lambda: '"path": "/sparql"' in strict.log.read_text())
    lines = [json.loads(line) for line in strict.log.read_text().splitlines() if line.startswith("{")]
    asked = [line for line in lines if line.get("path") == "/sparql" and line["status"] == 200]
    assert {"time", "method", "path", "status", "bytes", "ms", "client", "query", "queue"} <= set(asked[-1])
    assert len(lines) == len([line for line in strict.log.read_text().splitlines() if line.strip()]) - 1, "and where it serves"


def test_metrics_count_requests_kills_and_workers(strict):
    strict.query(CROSS)
    before = strict.metric("mcrc_kg_query_seconds_count")
    strict.query("ASK {}")
    assert strict.metric("mcrc_kg_query_seconds_count") == before + 1
    assert strict.metric("mcrc_kg_kills_total") > 0
    assert strict.metric("mcrc_kg_workers") > 0
    assert strict.metric("mcrc_kg_forkserver_starts_total") == 1
    assert strict.metric("mcrc_kg_requests_total") > 1


def test_a_bug_is_a_number_for_the_client_and_a_trace_for_the_log(capsys):
    async def broken(scope, receive, send):
        raise ZeroDivisionError("secret")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}
    asyncio.run(AccessLog(broken, Metrics())(scope, None, send))
    assert sent[0]["status"] == 500
    assert b"secret" not in sent[1]["body"]
    line = json.loads(capsys.readouterr().err)
    assert "ZeroDivisionError: secret" in line["trace"]
    assert line["error"].encode() in sent[1]["body"]


def test_every_limit_and_status_is_in_the_manual():
    manual = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    named = {"time_limit": "--time-limit", "memory_limit": "--memory-limit", "allow_service": "--allow-service"}
    for limit in fields(Limits):
        assert f"`{named.get(limit.name, limit.name)}`" in manual
        if isinstance(limit.default, (int, float)) and limit.name not in named:
            assert f"| `{limit.name}` | {limit.default:g} |" in manual
    for status in {*STATUSES.values(), 304, 405, 408, 414, 431} - {422}:
        assert str(status) in manual


# --- start and end


def test_health_follows_the_engine(tmp_path):
    with served(tmp_path) as one:
        assert one.ask(path="/-/health").status == 200
        os.kill(one.forkserver(), signal.SIGKILL)
        assert one.query("ASK {}").status == 200, "the query waits until the graph is there again"
        deadline = time.monotonic() + 30
        while one.ask(path="/-/health").status != 200:  # a worker that outlived the kill may answer before the engine is back
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_runs_is_finished_before_the_end(tmp_path, how):
    with served(tmp_path, "--time-limit", 1) as one:
        replies = []
        thread = threading.Thread(target=lambda: replies.append(one.query(CROSS)))
        thread.start()
        time.sleep(0.3)
        one.process.send_signal(how)
        thread.join()
        assert one.process.wait(30) == 0
        assert replies[0].status == 504


def test_a_port_in_use_is_said_with_the_cure(run, server):
    done = run("serve", "--port", server.host[1])
    assert done.returncode == OutsideError.exit_code
    assert "--port" in done.stderr


def test_a_graph_that_does_not_parse_is_said_in_one_line(run, tmp_path):
    (tmp_path / "broken.ttl").write_text("this is no turtle", encoding="utf-8")
    done = run("serve", "--port", 0, "--graph", "broken.ttl")
    assert done.returncode == InputError.exit_code
    assert "broken.ttl: does not parse" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [("--graph", "http://127.0.0.1:9/sparql"), ("--limit", "nothing=3"), ("--limit", "slow_slots=-1"), ("--time-limit", 0)],
)
def test_a_wrong_call_is_refused(run, words):
    assert run("serve", "--port", 0, *words).returncode == UsageError.exit_code


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path):
    code = "import sys; sys.modules['uvicorn'] = None; from kg.cli import main; sys.argv = ['mcrc-kg', 'serve']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == UsageError.exit_code
    assert "pip install '.[serve]'" in done.stderr
