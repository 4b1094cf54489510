"""``/llms.txt`` and ``/llms-full.txt`` as a site serves them."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from kg.ask.briefing import llms_full_txt, llms_txt
from kg.ask.schema import schema


def test_a_crawler_is_told_what_to_leave_alone(site):
    with urlopen(site + "/robots.txt") as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert {"User-agent: *", "Disallow: /sparql"} <= set(answer.read().decode().splitlines())


@pytest.mark.parametrize(("path", "write"), [("/llms.txt", llms_txt), ("/llms-full.txt", llms_full_txt)])
def test_the_texts_are_served_and_kept(site, graph, path, write):
    with urlopen(site + path) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "max-age" in answer.headers["Cache-Control"]
        text, tag = answer.read().decode(), answer.headers["ETag"]
    assert text == write(schema(graph.query))
    with pytest.raises(HTTPError) as again:
        urlopen(Request(site + path, headers={"If-None-Match": tag}))
    with again.value as unchanged:
        assert unchanged.code == 304


def test_the_addresses_in_it_answer(site):
    for path in (
        "/sparql?query=ASK%7B%7D",
        "/id/drug/cetuximab",
        "/ontology.ttl",
        "/.well-known/void",
        "/query",
        "/llms-full.txt",
    ):
        with urlopen(site + path) as answer:
            assert answer.status == 200
