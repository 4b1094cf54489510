"""Which endpoints a query would ask: no query gets past the allow-list, and none is refused for a word alone."""

import pyoxigraph as ox
import pytest

from kg.engine.federation import check, may_federate, named
from kg.errors import InputError, RefusedError


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> SELECT * { SERVICE :x { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> SELECT * { SERVICE:x { ?s ?p ?o } }",
        "SELECT * { VALUES ?e { <http://127.0.0.1:9/> } SERVICE ?e { ?s ?p ?o } }",
        "SELECT * { VALUES ?e { <http://127.0.0.1:9/> } SERVICE?e{ ?s ?p ?o } }",
        "SELECT * { ?s ?p 1SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p 1.SERVICESILENT<http://127.0.0.1:9/>{ ?s ?p ?o } }",
        "SELECT * { ?s ?p 'a # no comment' . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { # comment\nSERVICE <http://allowed.example/evil> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE <http://allowed.example> { ?s ?p ?o } } } }",
        "BASE <http://allowed.example/> SELECT * { SERVICE <sparql> { ?s ?p ?o } }",
    ],
)
def test_a_service_that_is_not_on_the_list_is_refused(query):
    with pytest.raises(RefusedError, match="SERVICE"):
        check(query, ["http://allowed.example/sparql"])


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("SELECT * { SERVICE <http://a.example/sparql> { ?s ?p ?o } }", ("http://a.example/sparql",)),
        ("PREFIX a: <http://a.example/> SELECT * { SERVICE SILENT a:sparql { ?s ?p ?o } }", ("http://a.example/sparql",)),
        ("SELECT * { ?s ?p ?o.SERVICE<http://a.example/sparql>{ ?s ?p ?o } }", ("http://a.example/sparql",)),
        ("SELECT * { ?service ex:service 'SERVICE <x>' # SERVICE <y>\n}", ()),
        ('SELECT * { ?s ?p """SERVICE <x> " \\""" """ ; <http://e.example/SERVICE> "a\\" SERVICE <x>" }', ()),
    ],
)
def test_the_word_alone_is_no_service(query, asked):
    assert check(query, ["http://a.example/sparql"]) == asked


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX service: <http://e.example/> SELECT * { ?s service:of ?o ; a service:Thing }",
        "PREFIX webservice: <http://e.example/> SELECT * { webservice:a ?p ?o }",
        'SELECT * { ?s ?p "a"@service, "b"@en-service }',
        "PREFIX service: <http://e.example/> SELECT * FROM service:g { ?s ?p ?o }",
        "PREFIX service: <http://e.example/> SELECT * { GRAPH service:g { ?s ?p ?o } }",
        "PREFIX service: <http://e.example/> DESCRIBE service:x { ?s ?p ?o }",
        "SELECT ?service $SERVICE { ?service ?SERVICE _:service }",
        "# SERVICE <http://127.0.0.1:9/> {}\nASK {}",
    ],
)
@pytest.mark.parametrize("allowed", [(), ("http://allowed.example/sparql",)], ids=["none allowed", "one allowed"])
def test_a_prefix_a_language_and_a_variable_may_have_this_name(query, allowed):
    assert check(query, allowed) == ()
    ox.Store().query(query)  # and each of them parses


@pytest.mark.parametrize(
    "query",
    [
        # a keyword glued to the prefix of its endpoint, as the engine's parser reads it
        "PREFIX foo: <http://127.0.0.1:9/> SELECT * { servicefoo:x { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> SELECT * { service:x { ?s ?p ?o } }",
        "PREFIX foo: <http://127.0.0.1:9/> SELECT * { servicesilentfoo:x { ?s ?p ?o } }",
        "PREFIX foo: <http://127.0.0.1:9/> SELECT * { ?s ?p trueservicefoo:x { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> PREFIX silent: <http://allowed.example/> SELECT * { SERVICE silent:sparql { ?s ?p ?o } }",
        # one prefix twice
        "PREFIX a: <http://allowed.example/> PREFIX a: <http://127.0.0.1:9/> SELECT * { SERVICE a:sparql { ?s ?p ?o } }",
        # less-than, which could be the beginning of an IRI
        "PREFIX : <http://127.0.0.1:9/> SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE:x#>\n{ ?x ?y ?z } }",
        'PREFIX : <http://127.0.0.1:9/> SELECT * { ?a ?b ?c FILTER(?a<?b#>"""\n)SERVICE:x{ ?x ?y ?z } #"""\n}',
        "PREFIX : <http://127.0.0.1:9/> SELECT * { ?a ?b ?c FILTER(?a<?b+'''>''')SERVICE:x{ ?x ?y ?z } #'''\n}",
    ],
)
def test_what_the_engine_could_read_in_another_way_is_refused_where_something_is_allowed(query):
    with pytest.raises(RefusedError):
        check(query, ["http://allowed.example/sparql"])
    assert may_federate(query)


def test_an_iri_in_a_filter_is_no_comparison():
    query = """SELECT * { SERVICE <http://a.example/sparql> { ?s ?p ?o FILTER(?p = <http://e.example/it's#a>) } }"""
    assert check(query, ["http://a.example/sparql"]) == ("http://a.example/sparql",)


def test_many_services_are_named_once():
    one = "PREFIX a: <http://a.example/> SELECT * {" + "SERVICE a:sparql { }" * 8000 + "}"
    assert check(one, ["http://a.example/sparql"]) == ("http://a.example/sparql",)
    assert named(one) == ("a:sparql",)


@pytest.mark.parametrize("mark", ["{}", "()", "[]"])
def test_deep_nesting_is_refused_before_the_engine_reads_it(mark):
    deep = "SELECT * " + mark[0] * 201 + mark[1] * 201
    with pytest.raises(InputError, match="nests more than 200"):
        check(deep, ())
    assert check("SELECT * { ?s ?p " + "[] ." * 300 + " }", ()) == ()
