"""Compressed answers, as the client takes them (RFC 9110 sections 8.4 and 12.5.3)."""

import asyncio
import gzip
from urllib.parse import quote

import pytest
from server import served
from tiers import few

from kg.web.http.compression import CODINGS, Compression
from kg.web.http.response_memory import FullError, MemoryBudget, Reservation

FOREST = "/plot/forest."
QUERY = "application/sparql-query"
CSV = "/q/hazard-ratios.csv"
EVERYTHING = "/sparql?format=json&query=" + quote("SELECT * { ?s ?p ?o }")
SHRINKING = [
    "/",
    "/ontology.ttl",
    "/q/hazard-ratios",
    CSV,
    "/static/style.css",
    "/static/icon.svg",
    "/plot/forest.svg?trial=CRYSTAL",
    EVERYTHING,
]


def plain(reply):
    coding = reply.headers.get("content-encoding")
    if coding == "br":
        return pytest.importorskip("brotli").decompress(reply.body)
    return gzip.decompress(reply.body) if coding == "gzip" else reply.body


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", SHRINKING)
def test_long_texts_are_compressed_and_the_same(server, path, coding):
    whole, reply = server.ask(path=path), server.ask(path=path, Accept_Encoding=coding)
    if len(whole.body) < 1024:
        assert "content-encoding" not in reply.headers
        return
    assert reply.headers["content-encoding"] == coding
    assert plain(reply) == whole.body
    assert len(reply.body) < 0.6 * len(whole.body)
    assert reply.kind == whole.kind
    for each in (whole, reply):
        assert "Accept-Encoding" in each.headers["vary"]
    assert "accept-ranges" not in reply.headers, "the parts that are given out are those of the plain bytes"


def test_a_query_by_post_is_compressed_too(server):
    reply = server.ask("POST", "/sparql", "SELECT * { ?s ?p ?o } LIMIT 500", Content_Type=QUERY, Accept_Encoding="gzip")
    assert reply.headers["content-encoding"] == "gzip"
    assert b'"bindings"' in plain(reply)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP ; Q=0.5", "gzip"),
        ("deflate, gzip;q=1.0, *;q=0", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("gzip;q=2x", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.2, gzip;q=0.5, br;q=0.1", "gzip"),
        ("zstd", None),
        ("deflate", None),
        ("", None),
        ("*", next(iter(CODINGS))),
        ("br, gzip", next(iter(CODINGS))),
        ("gzip;q=1, br;q=0.9", "gzip"),
    ],
)
def test_the_client_says_which_coding(server, accept, coding):
    reply = server.ask(path=CSV, Accept_Encoding=accept)
    assert (reply.status, reply.headers.get("content-encoding")) == (200, coding)
    assert plain(reply) == server.ask(path=CSV).body


def test_a_client_that_takes_nothing_is_told(server):
    for accept in ("*;q=0", "identity;q=0", "identity;q=0, deflate"):
        assert server.ask(path=CSV, Accept_Encoding=accept).status == 406


def test_a_client_that_takes_no_plain_bytes_gets_none(server):
    for path in ("/-/health", "/plot/forest.png?trial=CRYSTAL"):
        reply = server.ask(path=path, Accept_Encoding="gzip, identity;q=0", Range="bytes=0-1")
        assert (reply.status, reply.headers["content-encoding"]) == (200, "gzip")
        assert plain(reply) == server.ask(path=path).body


@pytest.mark.parametrize(
    "path",
    few(
        ["/-/health", FOREST + "png?trial=CRYSTAL", FOREST + "pdf?trial=CRYSTAL", "/downloads/mcrc-kg-kgx.zip"],
        "/-/health",
        FOREST + "png?trial=CRYSTAL",
    ),
)
def test_what_is_short_or_compressed_already_stays_as_it_is(server, path):
    reply = server.made(path, Accept_Encoding="br, gzip")
    assert reply.status == 200
    assert "content-encoding" not in reply.headers


@pytest.mark.parametrize("path", [CSV, "/ontology.ttl", "/static/style.css", "/q/hazard-ratios"])
def test_each_coding_has_its_tag_and_each_tag_is_understood(server, path):
    tags = {}
    for coding in ("identity", *CODINGS):
        reply = server.ask(path=path, Accept_Encoding=coding)
        tags[coding] = reply.headers["etag"]
        for held in (tags[coding], f"W/{tags[coding]}", f'"other", {tags[coding]}'):
            same = server.ask(path=path, Accept_Encoding=coding, If_None_Match=held)
            assert (same.status, same.body, same.headers["etag"]) == (304, b"", tags[coding])
            assert "Accept-Encoding" in same.headers["vary"]
        assert server.ask(path=path, Accept_Encoding=coding, If_None_Match=tags["identity"]).status == 304
    assert len(set(tags.values())) == len(tags)
    assert server.ask(path=path, If_None_Match=tags["gzip"]).status == 200, (
        "the client does not take what it would be told to use"
    )


def test_a_part_is_one_of_the_plain_bytes(server):
    whole = server.ask(path=CSV)
    reply = server.ask(path=CSV, Accept_Encoding="gzip", Range="bytes=10-19")
    assert (reply.status, reply.body) == (206, whole.body[10:20])
    assert "content-encoding" not in reply.headers
    tag = server.ask(path=CSV, Accept_Encoding="gzip").headers["etag"]
    assert server.ask(path=CSV, Accept_Encoding="gzip", Range="bytes=10-19", If_Range=tag).body == whole.body


@pytest.mark.parametrize("path", [CSV, "/", "/static/style.css", EVERYTHING])
def test_a_head_request_has_the_same_headers(server, path):
    head, whole = (server.ask(method, path, Accept_Encoding="gzip") for method in ("HEAD", "GET"))
    assert head.body == b""
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
    assert head.headers["content-length"] == str(len(whole.body))


@pytest.mark.complete
def test_a_long_file_is_compressed_as_it_is_read(server):
    path = "/downloads/mcrc-kg.nq"
    whole, reply = server.made(path), server.ask(path=path, Accept_Encoding="gzip")
    assert len(whole.body) > 1 << 20
    assert plain(reply) == whole.body
    assert len(reply.body) < len(whole.body) / 4


def test_a_compressed_answer_counts_for_what_it_is_when_it_is_sent(tmp_path):
    """The plain bytes count while there are any, the compressed ones while a slow client takes them."""
    with served(tmp_path, "--limit", "answers_limit=4") as one:
        assert one.ask(path=EVERYTHING, Accept_Encoding="gzip").status == 503, "7 MB do not fit, however short they get"
    budget = MemoryBudget(8 << 20)
    seen = []

    async def app(scope, receive, send):
        scope["state"]["reservation"].hold(4 << 20)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]})
        await send({"type": "http.response.body", "body": b"x" * (4 << 20)})
        seen.append(budget.taken)

    async def send(message):
        seen.append(budget.taken)

    scope = {
        "type": "http",
        "method": "GET",
        "headers": [(b"accept-encoding", b"gzip")],
        "state": {"reservation": Reservation(budget)},
    }
    asyncio.run(Compression(app)(scope, None, send))
    assert seen == [4 << 20, 0, 0]
    with pytest.raises(FullError):
        Reservation(budget).hold(9 << 20)
