"""What an attacker would try: smuggled requests, foreign hosts, answers as markup, words and numbers without end."""

import json
import socket
import time
from urllib.parse import quote

import pytest
from server import resident, served, until

from kg.web.http.security_headers import SECURITY

QUERY = b"ASK{}"
POST = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
SMUGGLED = b"GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BIG = "SELECT * WHERE { ?s ?p ?o . ?o ?q ?r } LIMIT 40000"


def told(server, sent):
    """All that comes back to some bytes."""
    got = b""
    with socket.create_connection(server.host, timeout=20) as client:
        try:
            client.sendall(sent)
            while data := client.recv(1 << 16):
                got += data
        except ConnectionError:
            pass
    return got


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nASK{}\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 60\r\n\r\nASK{}",
        b"Content-Length: 5, 60\r\n\r\nASK{}",
        b"Content-Length: +5\r\n\r\nASK{}",
        b"Content-Length: 0x5\r\n\r\nASK{}",
        b"Content-Length : 5\r\n\r\nASK{}",
        b"Transfer-Encoding: xchunked\r\n\r\n5\r\nASK{}\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n5\r\nASK{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n5\r\nASK{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nASK{}\r\n0\r\n\r\n",
        b"X: a\r\n\x00: b\r\nContent-Length: 5\r\n\r\nASK{}",
    ],
)
def test_where_a_body_ends_is_never_in_doubt(server, framing):
    got = told(server, POST + framing + SMUGGLED)
    assert got.split(b" ", 2)[1] in (b"400", b"501")
    assert got.count(b"HTTP/1.1 ") == 1, "what follows is not read as a request"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:99999", "[::1", "x/y", "<fuzz>", "x@y", "a b"])
@pytest.mark.parametrize("path", ["/sparql/", "//evil.example/..", "/ontology/", "/%2f%2fevil.example/", "/id//evil.example/"])
def test_no_host_and_no_path_sends_a_client_elsewhere(server, host, path):
    got = told(server, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()).decode()
    head = got.partition("\r\n\r\n")[0].lower()
    assert "HTTP/1.1 5" not in got
    for line in head.splitlines():
        if line.startswith("location:"):
            goal = line.partition(":")[2].strip()
            assert goal.startswith("/")
            assert not goal.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "path", ["/id/x%0d%0aSet-Cookie:%20a=b", "/examples/%0aX:y", "/ontology/%0d%0a%0d%0a<script>", "/%0d%0aX: y"]
)
def test_no_path_becomes_a_header(server, path):
    reply = server.ask(path=path.replace(" ", "%20"))
    assert reply.status == 404
    assert not {"set-cookie", "x"} & set(reply.headers)
    assert reply.kind == "text/plain"


@pytest.mark.parametrize(
    "path", ["/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/id/..%2f..%2fetc%2fpasswd"]
)
def test_no_path_leads_to_another_file(server, path):
    reply = server.ask(path=path)
    assert reply.status == 404
    assert "import" not in reply.text


SCRIPT = "http://www.w3.org/1999/xhtmlscript"


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv", "ttl", "nt", "rdf", "jsonld", "nq", "trig"])
def test_no_answer_runs_as_a_script(server, form):
    row = "SELECT ('<script>alert(1)</script>' AS ?x) {}"
    graph = f"CONSTRUCT {{ <urn:x> <{SCRIPT}> '<script>alert(1)</script>' }} WHERE {{}}"
    reply = server.query(graph if form in ("ttl", "nt", "rdf", "jsonld", "nq", "trig") else row, params=[("format", form)])
    assert reply.status == 200
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "html" not in reply.kind
    assert "javascript" not in reply.kind
    rules = dict(rule.strip().split(" ", 1) for rule in reply.headers["content-security-policy"].split(";"))
    assert rules["script-src"] == "'self'", "where a browser shows RDF/XML, script elements in it stay text"


def test_what_was_asked_is_not_told_back_as_markup(server):
    reply = server.query("<script>alert(1)</script>", Accept="text/html,*/*")
    assert reply.status == 400
    assert reply.kind == "text/plain"


def test_any_word_as_a_method_is_counted_as_one(server):
    for number in range(30):
        server.ask(f"X{number}", "/sparql")
    text = server.ask(path="/-/metrics").text
    assert 'method="other",status="405"' in text
    assert 'method="X' not in text


def test_the_log_obeys_no_client(server):
    server.ask(path="/" + quote("\x9b31m\u2028\x1b[2J\n{}"))
    assert until(lambda: "31m" in server.log.read_text())
    (line,) = [line for line in server.log.read_text().split("\n") if "31m" in line]
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["path"].endswith("{}")


@pytest.mark.complete
@pytest.mark.parametrize(
    "query",
    [
        f"ASK {{ <urn:{'x' * 900_000}> ?p ?o }}",
        f"ASK {{ ?s ?p '{'x' * 900_000}' }}",
        "SELECT * { " + "?s ?p ?o . " * 50_000 + "}",
        "SELECT * { " + "OPTIONAL { ?s ?p ?o } " * 30_000 + "}",
        "SELECT * { " + "{} UNION " * 60_000 + "{} }",
        "ASK { VALUES ?x { " + "1 " * 300_000 + "} }",
        "ASK { FILTER(1 IN (" + "1," * 300_000 + "1)) }",
        "ASK { ?s " + "<urn:x>/" * 90_000 + "<urn:x> ?o }",
        "ASK { ?s " + "^" * 190 + "(" * 150 + "<urn:x>" + ")*" * 150 + " ?o }",
        "PREFIX x: <urn:x> " * 40_000 + "ASK {}",
        "SELECT (GROUP_CONCAT(?x; separator='" + "y" * 100_000 + "') AS ?z) { ?a ?b ?x }",
        "CONSTRUCT { " + "?s ?p ?o , [] . " * 3_000 + "} WHERE { ?s ?p ?o }",
    ],
    ids=lambda query: query[:24],
)
def test_huge_queries_end_in_an_answer_or_a_sentence(server, query):
    started = time.monotonic()
    reply = server.ask("POST", "/sparql", query.encode(), timeout=40, Content_Type="application/sparql-query")
    assert reply.status in (200, 400, 413, 429, 500, 503, 504, 507)
    assert "internal error" not in reply.text
    assert time.monotonic() - started < 30
    assert server.query("ASK {}").status == 200


POOLED = "/pool.csv?endpoint=OS&experimental=cetuximab&reference=bevacizumab&stratum=KRAS+wild-type+population&line=first-line"


@pytest.mark.complete
def test_long_answers_that_nobody_takes_do_not_fill_the_memory(tmp_path):
    with served(tmp_path, "--limit", "answers_limit=40", "--limit", "write_time=20") as one:
        whole = one.query(BIG)
        assert whole.status == 200
        assert len(whole.body) > 4 << 20
        # what draws is loaded once the server answers, and is no answer that nobody takes
        assert one.ask(path="/plot/forest.svg?trial=CRYSTAL").status == 200
        assert one.ask(path=POOLED).status == 200
        before = resident(one.process.pid)
        ask = f"GET /sparql?query={quote(BIG)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        clients = [socket.socket() for _ in range(24)]
        heads = []
        try:
            for client in clients:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.settimeout(60)
                client.connect(one.host)
                client.sendall(ask)
            heads = [client.recv(15) for client in clients]
            assert heads.count(b"HTTP/1.1 200 OK") <= (40 << 20) / len(whole.body) + 1
            assert any(b" 503" in head for head in heads)
            assert resident(one.process.pid) < before + 200
        finally:
            for client in clients:
                client.close()
        assert until(lambda: one.query(BIG).status == 200), "the room is given back"


def test_the_headers_are_on_what_was_never_a_request(server):
    got = told(server, b"\x16\x03\x01\r\n\r\n")
    for name, value in SECURITY.items():
        assert f"{name.lower()}: {value}".encode().lower() in got.lower()
