"""Queries without declarations: the prefixes of the graph are known wherever they are asked, and places of errors stay right."""

import json
import warnings
from urllib.parse import parse_qs, urlencode

import pytest
from linear import grows_linearly
from rdflib import Literal
from standin import StandIn, serving

import kg
from kg.ask.language_tags import untagged
from kg.ask.results import Table
from kg.engine.parse_errors import undeclared
from kg.errors import QueryWarning
from kg.namespaces import PREFIXES

LABEL = "SELECT ?label { drug:cetuximab a mcrc:Drug ; rdfs:label ?label }"
EMPTY = 'SELECT ?thing { ?thing a mcrc:Endpoint ; rdfs:label ?label FILTER(?label = "overall survival") }'
BROKEN = "SELECT * { ?s a mcrc:Drug ; ; }}"


@pytest.fixture(scope="module", params=["memory", "store", "remote"])
def opened(request):
    if request.param == "memory":
        return request.getfixturevalue("graph")
    if request.param == "remote":
        return kg.open(f"{request.getfixturevalue('site')}/sparql")
    return kg.open(request.getfixturevalue("review_store"))


def test_the_prefixes_of_the_graph_need_no_declaration(opened):
    assert opened.query(LABEL).to_dicts() == [{"label": "cetuximab"}]
    assert opened.query(f"PREFIX a: <urn:a>\n{LABEL}").to_dicts() == [{"label": "cetuximab"}]
    assert opened.query("ASK { GRAPH ?g { ?x a owl:Class ; skos:example ?y } }") is True


def test_a_declaration_in_the_query_comes_first(opened):
    assert len(opened.answer(f"PREFIX drug: <urn:none/> {LABEL}")) == 0
    assert opened.query(f"PREFIX drug: <{PREFIXES['mcrc']}> SELECT ?x {{ ?x a drug:Drug }} LIMIT 1").rows


def test_an_error_is_at_its_place_in_the_text_of_the_user(opened):
    for text, place in ((BROKEN, "1:33"), (f"\n\n  {BROKEN}", "3:35"), ("SELECT * { ?s a mcrc:Drug ; a no:Drug }", "1:38")):
        with pytest.raises((kg.InputError, kg.OutsideError), match=f"error at {place}: ") as found:
            opened.query(text)
        known = "these need no declaration: analysis, arm, " in str(found.value)
        assert known == ("no:Drug" in text)


def test_the_endpoint_knows_the_prefixes_and_says_so(server):
    reply = server.query(LABEL, Accept="text/csv")
    assert (reply.status, reply.body.split()) == (200, [b"label", b"cetuximab"])
    refused = server.query("SELECT * { ?s a no:Drug }")
    assert refused.status == 400
    assert b"does not declare 'no:'" in refused.body
    told = server.ask("GET", "/sparql", Accept="text/turtle").body.decode()
    assert told.count("sh:prefix ") + told.count("shacl#prefix>") == len(PREFIXES)


def test_only_the_prefixes_in_use_are_declared_for_another_endpoint():
    asked = []

    class Endpoint(StandIn):
        def answer(self):
            (query,) = parse_qs(self.body())["query"]
            asked.append(query)
            self.reply("application/sparql-results+json", json.dumps({"head": {}, "boolean": True}).encode())

    query = "PREFIX rdfs: <urn:mine/> ASK { ?s a mcrc:Drug ; rdfs:x 'owl:Class' } # skos:x"
    with serving(Endpoint) as address:
        assert kg.open(address).answer(query) is True
    assert asked == [f"PREFIX mcrc: <{PREFIXES['mcrc']}> {query}"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ASK { ?s a a:b ; c:d <e:f> } # g:h", {"a", "c"}),
        ("PREFIX a: <x:> ASK { a:b a:c 'd:e' ; :f ?g }", {""}),
        ("ASK { ?s ?p ?o", set()),
    ],
)
def test_the_prefixes_without_declaration(query, found):
    assert undeclared(query) == found


# --- labels have a language tag


@pytest.mark.parametrize(
    "query",
    [
        EMPTY,
        EMPTY.replace('?label = "overall survival"', '"overall survival" = ?label'),
        EMPTY.replace('?label = "overall survival"', '?label IN ("x", "overall survival")'),
        'ASK { ?thing a mcrc:Endpoint ; rdfs:label "overall survival" }',
        'SELECT * { ?thing a mcrc:Endpoint ; rdfs:label ?x VALUES ?x { "overall survival" } }',
        "CONSTRUCT { ?s ?p ?o } { ?s a mcrc:Endpoint ; rdfs:label 'overall survival' ; ?p ?o }",
    ],
)
def test_a_label_without_language_tag_gets_a_hint(graph, query):
    (hint,) = graph.hints(query, graph.answer(query))
    assert hint.startswith('"overall survival" equals no label')
    assert 'write "overall survival"@en, or compare STR(?label)' in hint
    with pytest.warns(QueryWarning, match="overall survival"):
        graph.query(query)


@pytest.mark.parametrize(
    "query",
    [
        EMPTY.replace('survival"', 'survival"@en'),
        EMPTY.replace("?label =", "STR(?label) ="),
        EMPTY.replace("overall survival", "no such label"),
        EMPTY.replace('?label = "overall survival"', 'CONTAINS(?label, "overall survival") && ?label = ?thing'),
        'SELECT * { VALUES (?x ?as) { (mcrc:Drug "overall survival") } ?x a ?as }',
        'SELECT * { ?x skos:notation "XS" }',
        'SELECT * { ?x skos:notation "OS" ; a mcrc:Drug }',
    ],
)
def test_other_queries_get_no_hint(graph, query):
    with warnings.catch_warnings(action="error"):
        answer = graph.query(query)
    assert graph.hints(query, answer) == []


def test_the_hint_is_shown_by_the_command_and_on_the_page(run, server):
    done = run("query", EMPTY)
    assert done.returncode == 0
    assert 'write "overall survival"@en' in done.stderr
    page = server.ask("GET", "/query?" + urlencode({"query": EMPTY, "format": "table"}))
    assert (page.status, "&#34;overall survival&#34;@en" in page.text) == (200, True)


@pytest.mark.complete
@pytest.mark.parametrize("text", ['"a" ', "= 'x' ", "VALUES ", 'IN ("a" ', "(", '"\\"', "a:b "])
def test_the_time_for_a_hint_grows_no_faster_than_the_query(text):
    def prepared(size):
        query = text * (size // len(text))
        return lambda: list(untagged(query, Table(("x",), ()), lambda _: Table(("text",), ((Literal("a"),),))))

    grows_linearly(text, prepared, 200_000)
