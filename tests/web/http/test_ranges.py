"""Parts of files and answers by Range, as resuming clients and data frame libraries ask for them (RFC 9110 section 14)."""

import pytest
from tiers import few, needed

CSV = "/q/hazard-ratios.csv"
FILES = [
    CSV,
    "/ontology.ttl",
    "/id/drug/cetuximab.ttl",
    "/static/style.css",
    "/downloads/mcrc-kg-kgx.zip",
    "/sparql?query=SELECT*%7B?s+a+?o%7DORDER+BY+?s+?o+LIMIT+50&format=csv",
]


@pytest.mark.parametrize("path", few(FILES, *(path for path in FILES if not path.startswith("/downloads/"))))
def test_a_file_can_be_read_in_parts(server, path):
    whole = server.made(path)
    size = len(whole.body)
    assert whole.status == 200
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(size)
    parts = {"0-99": slice(0, 100), "100-": slice(100, size), "-7": slice(size - 7, size), "0-9999999": slice(0, size)}
    for text, part in parts.items():
        reply = server.ask(path=path, Range=f"bytes={text}")
        assert (reply.status, reply.body) == (206, whole.body[part]), text
        assert reply.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/{size}"
        assert reply.headers["content-length"] == str(len(reply.body))
        assert reply.headers["etag"] == whole.headers["etag"]
        assert reply.kind == whole.kind


@pytest.mark.parametrize("path", few(FILES, *(path for path in FILES if not path.startswith("/downloads/"))))
def test_a_part_that_is_not_there_is_refused_with_the_length(server, path):
    size = len(server.made(path).body)
    for text in (f"{size}-", "99999999999-", "-0"):
        reply = server.ask(path=path, Range=f"bytes={text}")
        assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{size}"), text


NO_RANGES = [
    "lines=1-2",
    "bytes=5-2",
    "bytes=",
    "bytes=a-b",
    "bytes=-",
    "0-5",
    "bytes=0-1,5-6",
    "bytes=+1-2",
    f"bytes={'9' * 99}-",
]


@pytest.mark.parametrize("text", NO_RANGES)
@pytest.mark.parametrize("path", [CSV, "/static/style.css"])
def test_what_is_no_single_range_of_bytes_gives_the_whole(server, path, text):
    reply = server.ask(path=path, Range=text)
    assert (reply.status, reply.body) == (200, server.ask(path=path).body)


@pytest.mark.parametrize("path", few(FILES, *(path for path in FILES if not path.startswith("/downloads/"))))
def test_a_part_is_given_only_of_the_state_that_the_client_holds(server, path):
    whole = server.made(path)
    tag = whole.headers["etag"]
    assert server.ask(path=path, Range="bytes=0-4", If_Range=tag).status == 206
    for other in ('"other"', f"W/{tag}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        reply = server.ask(path=path, Range="bytes=0-4", If_Range=other)
        assert (reply.status, reply.body) == (200, whole.body), other


@pytest.mark.parametrize("path", few(FILES, *(path for path in FILES if not path.startswith("/downloads/"))))
def test_a_head_request_has_the_headers_of_the_whole(server, path):
    whole, head, part = (
        server.made(path),
        server.ask("HEAD", path),
        server.ask("HEAD", path, Range="bytes=0-4"),
    )
    assert head.body == part.body == b""
    assert head.status == part.status == 200
    for reply in (head, part):
        assert {**reply.headers, "date": ""} == {**whole.headers, "date": ""}


def test_the_answer_that_a_client_holds_is_not_sent_again(server):
    path = FILES[-1]
    tag = server.ask(path=path).headers["etag"]
    for held in (tag, f"W/{tag}", f'"x", {tag}'):
        reply = server.ask(path=path, If_None_Match=held)
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
    assert server.ask(path=path, If_None_Match='"x"').status == 200


def test_pages_and_what_is_not_to_be_kept_have_no_parts(server):
    for path in ("/", "/q/hazard-ratios", "/-/health"):
        reply = server.ask(path=path, Range="bytes=0-1")
        assert reply.status == 200
        assert "accept-ranges" not in reply.headers


@pytest.mark.parametrize("path", [CSV, CSV + "?drug=cetuximab", FILES[-1]])
@pytest.mark.parametrize("read", ["pandas.read_csv", "polars.read_csv", "polars.scan_csv"])
@pytest.mark.complete
def test_data_frame_libraries_read_an_answer_by_its_address(server, read, path):
    lines = server.ask(path=path).text.splitlines()
    library, _, function = read.partition(".")
    frame = getattr(needed(library), function)(server.address + path.removeprefix("/"))
    if function == "scan_csv":
        frame = frame.collect()
    assert list(frame.columns) == lines[0].split(",")
    assert len(frame) == len(lines) - 1
