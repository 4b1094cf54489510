"""HTTP/1.1 as clients speak it, byte by byte: targets, half-closed connections, methods, preflights, long headers, hosts."""

import json
import socket
import threading
from urllib.parse import quote

import pytest
from server import served, until

from kg.errors import UsageError
from kg.web.app import routes
from kg.web.pages.site import site
from kg.web.server import host_of, listen

HEALTH = b"GET /-/health HTTP/1.1\r\nHost: x\r\n"
SLOW = "/sparql?query=" + quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")


def told(server, *parts, shut=False, wait=30.0):
    """What the server sends to these bytes until it closes; ``shut`` closes the client's side for writing after them."""
    with socket.create_connection(server.host, timeout=wait) as client:
        for part in parts:
            client.sendall(part)
        if shut:
            client.shutdown(socket.SHUT_WR)
        heard = b""
        while data := client.recv(65536):
            heard += data
    return heard


def paths():
    """An address for every route of the application."""
    values = {
        "{path:path}": "drug/cetuximab",
        "{name}": "hazard-ratios",
        "{version}": "0.2.0",
        "{kind}": "forest",
        "{form}": "svg",
    }
    for route in routes(site()):
        path = route.path if route.name != "static" else "/static/style.css"
        for name, value in values.items():
            path = path.replace(name, value)
        yield path.replace("{", "").replace("}", "")


# --- request targets (RFC 9112 section 3.2)


@pytest.mark.parametrize("scheme", [b"http", b"HTTP", b"https"])
def test_a_whole_address_is_a_target_and_its_host_wins(server, scheme):
    heard = told(server, b"GET " + scheme + b"://kg.example.org:81/sparql HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert b"sd:endpoint <http://kg.example.org:81/sparql>" in heard


@pytest.mark.parametrize("target", [b"http://x", b"http://x/", b"http://x/-/health", b"http://x/sparql?query=ASK%7B%7D"])
def test_whole_addresses_name_what_their_paths_name(server, target):
    assert told(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("target", [b"http:///sparql", b"http://a@b/sparql", b"http://[::1/sparql", b"ftp://x/sparql", b"sparql"])
def test_a_target_of_another_kind_names_nothing(server, target):
    assert told(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_options_asks_about_the_whole_server(server):
    heard = told(server, b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 204 ")
    assert b"allow: GET, HEAD, POST, OPTIONS" in heard.lower().replace(b"get, head, post, options", b"GET, HEAD, POST, OPTIONS")


# --- methods


@pytest.mark.parametrize("path", sorted(set(paths())))
def test_options_says_what_is_allowed_at_every_address(server, path):
    reply = server.ask("OPTIONS", path)
    assert (reply.status, reply.body) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(reply.headers["allow"].split(", "))
    if path != "/sparql":
        refused = server.ask("DELETE", path)
        assert refused.status == 405
        assert set(refused.headers["allow"].split(", ")) == set(reply.headers["allow"].split(", "))


@pytest.mark.parametrize(
    "path", ["/", "/sparql", "/ontology", "/id/drug/cetuximab", "/q/hazard-ratios.csv", "/robots.txt", "/nothing"]
)
def test_head_has_the_headers_of_get_and_no_body(server, path):
    head, whole = server.ask("HEAD", path), server.ask("GET", path)
    if path == "/sparql":  # the names of its blank nodes are new each time
        del head.headers["etag"], whole.headers["etag"]
    assert (head.status, head.body) == (whole.status, b"")
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
    assert head.headers["content-length"] == str(len(whole.body))


def test_a_head_request_counts_no_bytes(server):
    known = len(server.log.read_text())
    before = server.metric("mcrc_kg_answer_bytes_total")
    size = len(server.ask(path="/-/metrics").body)
    server.ask("HEAD", "/about?head")
    server.ask("HEAD", "/ontology")
    assert until(lambda: '"/ontology"' in server.log.read_text()[known:])
    lines = [json.loads(line) for line in server.log.read_text()[known:].splitlines() if line.startswith("{")]
    assert [line["bytes"] for line in lines if line.get("method") == "HEAD" and line["path"] == "/ontology"] == [0]
    assert server.metric("mcrc_kg_answer_bytes_total") - before < 3 * size


# --- preflights


def preflight(server, names):
    return server.ask(
        "OPTIONS", "/sparql", Origin="https://x", Access_Control_Request_Method="POST", Access_Control_Request_Headers=names
    )


@pytest.mark.parametrize(
    "name",
    [
        "accept",
        "accept-language",
        "authorization",
        "cache-control",
        "content-type",
        "dnt",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "pragma",
        "range",
        "x-requested-with",
        "x-anything",
        "sparql-client",
    ],
)
def test_a_browser_may_send_any_header(server, name):
    reply = preflight(server, f"content-type,{name}")
    assert reply.status == 204
    assert name in reply.headers["access-control-allow-headers"].split(", ")
    assert "Access-Control-Request-Headers" in reply.headers["vary"]


def test_what_is_no_name_of_a_header_is_not_told_back(server):
    reply = preflight(server, "accept, <script>, a b, x:y, \u00e9, " + "z" * 5000)
    assert reply.headers["access-control-allow-headers"] == "accept"
    assert "Content-Type" in preflight(server, "").headers["access-control-allow-headers"]


def test_a_browser_may_read_what_its_page_needs(server):
    exposed = server.ask(path="/-/health").headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Content-Range", "Accept-Ranges", "Retry-After", "Link", "Content-Encoding", "Content-Length"} <= set(exposed)


# --- connections


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_client_that_closes_its_side_after_the_request_gets_its_answer(server, version):
    heard = told(server, b"GET /q/hazard-ratios HTTP/" + version + b"\r\nHost: x\r\n\r\n", shut=True)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body.rstrip().endswith(b"</html>")


def test_a_client_that_closes_its_side_gets_all_answers_to_what_it_sent(server):
    assert told(server, (HEALTH + b"\r\n") * 5, shut=True).count(b"HTTP/1.1 200 ") == 5


@pytest.mark.complete
def test_a_client_that_closes_its_side_gets_a_late_answer(tmp_path):
    with served(tmp_path, "--time-limit", 3) as one:
        heard = told(one, f"GET {SLOW} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), shut=True)
    while heard.startswith(b"HTTP/1.1 100 "):
        heard = heard.partition(b"\r\n\r\n")[2]
    assert heard.startswith(b"HTTP/1.1 504 ")


def test_a_half_request_is_not_answered(server):
    assert told(server, HEALTH, shut=True) == b""
    assert told(server, b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nASK", shut=True) == b""


def test_the_query_of_a_client_that_is_gone_is_ended(tmp_path):
    with served(tmp_path, "--time-limit", 60) as one:
        with socket.create_connection(one.host) as client:
            client.sendall(f"GET {SLOW} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert until(lambda: 'state="slow"} 1' in one.ask(path="/-/metrics").text)
        assert until(lambda: 'state="slow"} 0' in one.ask(path="/-/metrics").text, 20)


def test_requests_that_come_together_are_answered_in_their_order(server):
    heard = told(
        server,
        HEALTH
        + b"\r\nHEAD /robots.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
        + HEALTH
        + b"Connection: close\r\n\r\n",
    )
    assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404", b"200"]
    assert b"Disallow" not in heard


@pytest.mark.parametrize("value", [b"close", b"Close", b"TE, close"])
def test_the_connection_closes_when_the_client_says_so(server, value):
    heard = told(server, HEALTH + b"Connection: " + value + b"\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in heard.lower()


def test_a_client_of_the_first_version_is_answered(server):
    heard = told(server, b"GET /-/health HTTP/1.0\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert heard.endswith(b"\r\n\r\nok\n")


def test_a_body_is_awaited_when_the_client_asks_whether_to_send_it(server):
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 6\r\n"
    with socket.create_connection(server.host, timeout=20) as client:
        client.sendall(head + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ASK {}")
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 200 ")
    refused = told(server, head.replace(b"Length: 6", b"Length: 9999999") + b"Expect: 100-continue\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 413 ")


# --- long headers


@pytest.mark.parametrize("size", [100_000, 1000, 33_000, 1], ids=lambda size: f"{size} bytes a packet")
@pytest.mark.parametrize("line", [b"X: " + b"y" * 100_000 + b"\r\n", b"X: y\r\n" * 20_000], ids=["one line", "many lines"])
def test_long_headers_are_refused_however_they_come(server, line, size):
    whole = HEALTH + line + b"\r\n"
    size = max(size, len(whole) // 200)
    heard = b""
    with socket.create_connection(server.host, timeout=20) as client:

        def send():
            try:
                for start in range(0, len(whole), size):
                    client.sendall(whole[start : start + size])
            except OSError:
                pass  # the server need not hear the rest

        sender = threading.Thread(target=send)
        sender.start()
        while data := client.recv(65536):
            heard += data
        sender.join()
    assert heard.startswith(b"HTTP/1.1 431 ")


def test_long_headers_after_another_request_are_refused(server):
    heard = told(server, HEALTH + b"\r\n" + HEALTH + b"X: " + b"y" * 60_000 + b"\r\n\r\n")
    assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"200", b"431"]


def test_headers_below_the_limit_are_heard(server):
    assert told(server, HEALTH + b"X: " + b"y" * 32_000 + b"\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")


# --- where to listen


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "127.1", "0x7f.1", "1.2.3", "999.1.1.1", "127.0.0.1:80", "http://x", "a b", "[::1", "::1]", "[]", "*", "-"],
)
def test_what_is_no_address_is_not_listened_at(text):
    with pytest.raises(UsageError, match="--host is an IP address or a name"):
        host_of(text)


def test_the_command_refuses_it_before_it_serves(run):
    for text in ("", "0"):
        done = run("serve", "--host", text, "--port", 0)
        assert done.returncode == 2
        assert "--host is an IP address or a name" in done.stderr


@pytest.mark.parametrize("text", ["::", "0.0.0.0", "localhost", "kg.example.org", "my_host", "[::1]", "::1", "127.0.0.2"])
def test_addresses_and_names_are_taken(text):
    assert host_of(text) == text.strip("[]")


@pytest.mark.parametrize(("text", "address"), [("[::1]", "::1"), ("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")])
def test_an_address_in_brackets_and_a_name_are_listened_at(text, address):
    if address == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with listen(host_of(text), 0) as listener:
        assert listener.getsockname()[0] == address


def test_a_server_at_an_address_in_brackets_answers(tmp_path):
    with served(tmp_path, "--host", "[::1]") as one:
        assert one.address.startswith("http://[::1]:")
        assert one.ask(path="/-/health").status == 200
