"""SERVICE at the server: an allowed endpoint that fails is 502 with its name, SILENT makes it empty, no other host is asked."""

import json
import socket
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from server import served
from standin import StandIn, serving

JSON = "application/sparql-results+json"
ROWS = {"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": "http://example.org/there"}}]}}
REDIRECTS = ("301", "302", "303", "307", "308")
ERRORS = ("400", "401", "404", "429", "500", "503")
BROKEN = ("page", "nothing", "untyped", "boolean", "broken", "short", "hangup")


class Elsewhere(StandIn):
    """A host that no query may reach; it keeps what it was asked."""

    asked: ClassVar[list[str]] = []

    def answer(self):
        self.asked.append(self.path)
        self.reply(JSON, json.dumps(ROWS).encode())

    def do_GET(self):  # noqa: N802 - the name that the standard library calls
        self.answer()


class Endpoint(StandIn):
    """An endpoint that fails in the way that its path says."""

    elsewhere = ""

    def answer(self):
        self.body()
        how = self.path.removeprefix("/")
        whole = json.dumps(ROWS).encode()
        if how in REDIRECTS:
            self.send_response(int(how))
            self.send_header("Location", self.elsewhere)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif how in ERRORS:
            self.reply("text/plain", b"the endpoint is ill", int(how))
        elif how == "untyped":
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)
        elif how == "short":
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.send_header("Content-Length", str(len(whole) + 1000))
            self.end_headers()
            self.wfile.write(whole[:-6])
            self.close_connection = True
        elif how == "hangup":
            self.close_connection = True
        else:
            replies = {
                "page": ("text/html", b"<p>hello</p>"),
                "nothing": (JSON, b""),
                "boolean": (JSON, b'{"head": {}, "boolean": true}'),
                "broken": (JSON, whole[:-5]),
                "rows": (JSON, whole),
            }
            self.reply(*replies[how])


@pytest.fixture(scope="module")
def elsewhere():
    with serving(Elsewhere) as address:
        yield address


@pytest.fixture(scope="module")
def there(elsewhere):
    Endpoint.elsewhere = f"{elsewhere}/sparql"
    with serving(Endpoint) as address:
        yield address


@pytest.fixture(scope="module")
def down():
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/sparql"


@pytest.fixture(scope="module")
def silent():
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"


@pytest.fixture(scope="module")
def federated(tmp_path_factory, there, down, silent):
    allowed = [f"{there}/{how}" for how in (*REDIRECTS, *ERRORS, *BROKEN, "rows")] + [down, silent]
    words = [word for iri in allowed for word in ("--allow-service", iri)]
    with served(tmp_path_factory.mktemp("federated"), "--time-limit", 3, *words) as one:
        yield one


def rows(reply):
    assert reply.status == 200, reply.text
    return json.loads(reply.body)["results"]["bindings"]


def test_an_endpoint_that_answers(federated, there):
    assert rows(federated.query(f"SELECT * {{ SERVICE <{there}/rows> {{ ?s ?p ?o }} }}")) == ROWS["results"]["bindings"]


@pytest.mark.parametrize("how", [*REDIRECTS, *ERRORS, *BROKEN])
def test_an_endpoint_that_fails_is_named(federated, there, how):
    for query in (
        "SELECT * {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
        "ASK {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
        "CONSTRUCT {{ ?s ?p 1 }} WHERE {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
    ):
        reply = federated.query(query.format(f"{there}/{how}"))
        if how == "short" and query.startswith("ASK"):  # for which the engine reads on without end
            assert reply.status == 504
            continue
        assert (reply.status, reply.kind) == (502, "text/plain"), (query, reply.text)
        assert f"{there}/{how}: " in reply.text
    told = json.loads(federated.query(f"SELECT * {{ SERVICE <{there}/{how}> {{ ?s ?p ?o }} }}", Accept=JSON).body)
    assert told["status"] == 502
    assert there in told["detail"]


@pytest.mark.parametrize("how", [*REDIRECTS, *ERRORS, *BROKEN])
def test_an_endpoint_that_fails_is_empty_with_silent(federated, there, how):
    """The pattern then has one solution that binds nothing (SPARQL 1.1 Federated Query section 2.3)."""
    query = f"SELECT ?x ?s {{ VALUES ?x {{ 1 2 }} SERVICE SILENT <{there}/{how}> {{ ?s ?p ?o }} }}"
    found = rows(federated.query(query))
    assert sorted(row["x"]["value"] for row in found) == ["1", "2"]
    assert not any("s" in row for row in found)


def test_an_endpoint_that_is_down(federated, down):
    reply = federated.query(f"SELECT * {{ SERVICE <{down}> {{ ?s ?p ?o }} }}")
    assert reply.status == 502
    assert down in reply.text
    assert rows(federated.query(f"SELECT * {{ SERVICE SILENT <{down}> {{ ?s ?p ?o }} }}")) == [{}]


def test_an_endpoint_that_never_answers_meets_the_time_limit(federated, silent):
    reply = federated.query(f"SELECT * {{ SERVICE <{silent}> {{ ?s ?p ?o }} }}")
    assert reply.status == 504
    assert rows(federated.query("SELECT (1 AS ?x) {}")), "the server goes on"


@pytest.mark.parametrize("silently", ["", "SILENT "])
@pytest.mark.parametrize("how", REDIRECTS)
def test_a_redirect_leads_nowhere_else(federated, there, elsewhere, how, silently):
    """An endpoint on the list may not choose another host to be asked."""
    federated.query(f"SELECT * {{ SERVICE {silently}<{there}/{how}> {{ ?s ?p ?o }} }}")
    assert Elsewhere.asked == []
    assert urlsplit(elsewhere).port != urlsplit(there).port


def test_one_silent_block_does_not_silence_another(federated, there, down):
    query = f"SELECT * {{ SERVICE SILENT <{down}> {{ ?s ?p ?o }} SERVICE <{there}/500> {{ ?s ?p ?o }} }}"
    reply = federated.query(query)
    assert reply.status == 502
    assert f"{there}/500" in reply.text
    broken = f"SELECT * {{ SERVICE SILENT <{there}/rows> {{ ?s ?p ?o }} SERVICE <{there}/broken> {{ ?s ?p ?o }} }}"
    assert federated.query(broken).status == 502


def test_the_word_silent_elsewhere_in_a_query_silences_nothing(federated, there):
    query = f'SELECT * {{ BIND("SILENT" AS ?word) SERVICE <{there}/broken> {{ ?s ?p ?o }} }}'
    assert federated.query(query).status == 502
