"""The W3C's list of tests of the SPARQL 1.1 Protocol, by their names, as requests over HTTP.

The requests are written after the Recommendation (21 March 2013), sections 2.1 and 2.2. The endpoint only reads: where the list
wants an update carried out, here it is refused with 403; a malformed one is refused either way.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from rdflib import Graph

G = "http://example.org/protocol/data"  # and a number: a graph with one triple
FORM = "application/x-www-form-urlencoded"
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
TABLES = {
    "application/sparql-results+xml",
    "application/sparql-results+json",
    "text/csv",
    "text/tab-separated-values",
}
GRAPHS = {"application/rdf+xml", "text/turtle", "application/n-triples"}
CLEAR = "CLEAR ALL"


@dataclass(frozen=True)
class Exchange:
    """A request, and what must hold of the answer."""

    holds: Callable
    method: str = "GET"
    params: tuple = ()
    body: bytes | None = None
    kind: str | None = None


def get(holds, *pairs):
    return Exchange(holds, params=pairs)


def form(holds, *pairs, kind=FORM):
    return Exchange(holds, "POST", body=urlencode(pairs).encode(), kind=kind)


def direct(holds, text, *params, kind=QUERY, encoding="utf-8"):
    return Exchange(holds, "POST", params, text.encode(encoding), kind)


def says(value):
    """Status 200 and this truth value."""
    return lambda reply: (reply.status, json.loads(reply.body)["boolean"]) == (200, value)


def comes_as(kinds):
    """Status 200 and one of these media types, of which the body is one."""
    return lambda reply: reply.status == 200 and reply.kind in kinds and reply.body


def triples(reply):
    """A graph that is not empty, in one of the formats of graphs."""
    return reply.status == 200 and reply.kind in GRAPHS and len(Graph().parse(data=reply.body, format=reply.kind))


def status(*wanted):
    return lambda reply: reply.status in wanted


def ask(*parts):
    return "ASK { " + " ".join(parts) + " }"


def graph(number):
    return f"GRAPH <{G}{number}> {{ ?s{number} ?p{number} ?o{number} }}"


def default(number):
    return f"<{G}{number}#it> ?p{number} ?o{number} ."


def none(part):
    return f"FILTER NOT EXISTS {{ {part} }}"


def chosen(kind, *numbers):
    return tuple((f"{kind}-graph-uri", f"{G}{number}") for number in numbers)


refused, bad = status(403), status(*range(400, 500))
both = ask(default(1), default(2), none(default(3)))
named = ask(graph(1), graph(2), none(graph(3)), none(default(1)))
full = ask(default(3), none(default(1)), graph(1), graph(2), none(graph(3)))
INSERT = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"

CASES = {
    "query_get": [get(says(True), ("query", "ASK {}"))],
    "query_post_form": [form(says(True), ("query", "ASK {}"))],
    "query_post_direct": [direct(says(True), "ASK {}")],
    "query_dataset_default_graphs_get": [get(says(True), ("query", both), *chosen("default", 1, 2))],
    "query_dataset_default_graphs_post": [
        form(says(True), ("query", both), *chosen("default", 1, 2)),
        direct(says(True), both, *chosen("default", 1, 2)),
    ],
    "query_dataset_named_graphs_get": [get(says(True), ("query", named), *chosen("named", 1, 2))],
    "query_dataset_named_graphs_post": [
        form(says(True), ("query", named), *chosen("named", 1, 2)),
        direct(says(True), named, *chosen("named", 1, 2)),
    ],
    "query_dataset_full": [
        request(says(True), *words, *chosen("default", 3), *chosen("named", 1, 2))
        for request, words in ((get, [("query", full)]), (form, [("query", full)]), (direct, [full]))
    ],
    "query_multiple_dataset": [
        get(says(True), ("query", f"ASK FROM <{G}1> {{ {default(2)} {none(default(1))} }}"), *chosen("default", 2))
    ],
    "query_content_type_select": [get(comes_as(TABLES), ("query", "SELECT (1 AS ?x) {}"))],
    "query_content_type_ask": [get(comes_as(TABLES), ("query", "ASK {}"))],
    "query_content_type_describe": [get(triples, ("query", f"DESCRIBE <{G}1#it>"))],
    # without BASE relative IRIs resolve against the address of the endpoint (RFC 3986 section 5.1.3)
    "query_content_type_construct": [get(triples, ("query", "CONSTRUCT { <s> <p> 1 } WHERE {}"))],
    "bad_query_method": [Exchange(bad, method, (("query", "ASK {}"),)) for method in ("PUT", "DELETE", "PATCH")],
    "bad_multiple_queries": [
        get(bad, ("query", "ASK {}"), ("query", "SELECT * {}")),
        form(bad, ("query", "ASK {}"), ("query", "SELECT * {}")),
        direct(bad, "ASK {}", ("query", "SELECT * {}")),
    ],
    "bad_query_wrong_media_type": [direct(bad, "ASK {}", kind="text/plain")],
    "bad_query_missing_form_type": [form(bad, ("query", "ASK {}"), kind=None)],
    "bad_query_missing_direct_type": [direct(bad, "ASK {}", kind=None)],
    "bad_query_non_utf8": [direct(bad, "ASK {}", encoding="utf-16", kind=QUERY + "; charset=UTF-16")],
    "bad_query_syntax": [get(bad, ("query", "ASK {")), form(bad, ("query", "ASK {")), direct(bad, "ASK {")],
    "update_post_form": [form(refused, ("update", INSERT))],
    "update_post_direct": [direct(refused, INSERT, kind=UPDATE)],
    "update_base_uri": [direct(refused, "INSERT DATA { <a> <b> <c> }", kind=UPDATE)],
    "update_dataset_default_graph": [direct(refused, INSERT, ("using-graph-uri", G + "1"), kind=UPDATE)],
    "update_dataset_default_graphs": [
        form(refused, ("using-graph-uri", G + "1"), ("using-graph-uri", G + "2"), ("update", INSERT))
    ],
    "update_dataset_named_graphs": [form(refused, ("using-named-graph-uri", G + "1"), ("update", INSERT))],
    "update_dataset_full": [form(refused, ("using-graph-uri", G + "1"), ("using-named-graph-uri", G + "2"), ("update", INSERT))],
    "bad_update_get": [get(bad, ("update", CLEAR))],
    "bad_multiple_updates": [form(bad, ("update", CLEAR), ("update", CLEAR))],
    "bad_update_wrong_media_type": [direct(bad, CLEAR, kind="text/plain")],
    "bad_update_missing_form_type": [form(bad, ("update", CLEAR), kind=None)],
    "bad_update_non_utf8": [direct(bad, CLEAR, encoding="utf-16", kind=UPDATE + "; charset=UTF-16")],
    "bad_update_syntax": [form(bad, ("update", "CLEAR")), direct(bad, "CLEAR", kind=UPDATE)],
    "bad_update_dataset_conflict": [
        form(bad, ("using-graph-uri", G + "1"), ("update", f"DELETE WHERE {{ ?s ?p ?o }} ; WITH <{G}1> DELETE {{}} WHERE {{}}"))
    ],
}


def address(exchange):
    """Path and query of a request."""
    return "/sparql" + ("?" + urlencode(exchange.params) if exchange.params else "")


def send(server, exchange):
    """The answer to a request."""
    headers = {"Content-Type": exchange.kind} if exchange.kind else {}
    return server.ask(exchange.method, address(exchange), exchange.body, **headers)
