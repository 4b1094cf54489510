"""Where HTML plugs in: the page of a thing, of what is missing, of a problem, and the page that a browser is sent to."""

import asyncio

import pytest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from kg.web.app import create_app
from kg.web.endpoint.service import Pages

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def entity(request, iri):
    told = await request.app.state.service.run(request.app.state.service.graph.describe, iri)
    return HTMLResponse(f"<h1>{iri}</h1> {len(told)} statements")


async def missing(request, iri):
    return HTMLResponse(f"nothing of {iri}", 404)


async def wrong(request, status, text):
    return HTMLResponse(f"<p>{status}: {text}</p>", status)


async def front(request):
    return HTMLResponse(f"{len(request.app.state.service.graph.questions)} questions")


PAGES = Pages([Route("/", front)], entity=entity, missing=missing, problem=wrong, query="/query")


@pytest.fixture(scope="module")
def visit():
    """The status, headers and body that the application answers with, without a network."""
    app = create_app(pages=PAGES)
    loop = asyncio.new_event_loop()
    started, ended = asyncio.Event(), asyncio.Event()

    async def receive():
        if started.is_set():
            await ended.wait()
            return {"type": "lifespan.shutdown"}
        return {"type": "lifespan.startup"}

    async def send(message):
        started.set()

    task = loop.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send))
    loop.run_until_complete(asyncio.wait_for(started.wait(), 30))

    def call(path, accept=BROWSER, method="GET"):
        return loop.run_until_complete(asyncio.wait_for(asked(app, path, accept, method), 30))

    yield call
    ended.set()
    loop.run_until_complete(task)
    loop.close()


async def asked(app, path, accept, method):
    sent = []

    async def receive():
        if not received:
            received.append(1)
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    received = []
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {
        "headers": [(b"accept", accept.encode()), (b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app({**scope, "scheme": "http", "root_path": "", "http_version": "1.1"}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]).decode()


def test_a_browser_gets_the_page_of_a_thing_and_others_its_triples(visit):
    status, headers, body = visit("/id/drug/cetuximab")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>https://w3id.org/mcrc-kg/id/drug/cetuximab</h1>" in body
    assert headers["vary"] == "Accept"
    assert 'rel="alternate"; type="text/turtle"' in headers["link"]
    assert visit("/id/drug/cetuximab", "text/turtle")[1]["etag"] != headers["etag"]
    assert visit("/id/drug/cetuximab.ttl")[1]["content-type"].startswith("text/turtle")


def test_what_is_missing_has_its_page(visit):
    assert visit("/id/drug/nothing")[::2] == (404, "nothing of https://w3id.org/mcrc-kg/id/drug/nothing")
    assert visit("/id/drug/nothing", "text/turtle")[1]["content-type"].startswith("text/plain")


def test_a_problem_has_its_page(visit):
    assert visit("/no/such/address")[::2] == (404, "<p>404: there is no page at this address</p>")
    assert visit("/sparql?query=nonsense")[1]["content-type"].startswith("text/plain"), "the endpoint speaks to programs"


def test_a_browser_at_the_endpoint_is_sent_to_the_query_page(visit):
    status, headers, _ = visit("/sparql")
    assert (status, headers["location"]) == (303, "/query")
    assert visit("/sparql", "text/turtle")[0] == 200


def test_further_routes_have_the_graph_and_the_headers(visit):
    status, headers, body = visit("/")
    assert (status, body.split()[1]) == (200, "questions")
    assert "content-security-policy" in headers
