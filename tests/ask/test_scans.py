"""Questions about the whole graph, written so that a store on disk reads each property once: the same answer."""

import re

import pytest

import kg
from kg.ask.catalogue import catalogue
from kg.engine.scans import by_scans
from kg.engine.store import Embedded

SCANNED = [name for name in catalogue() if catalogue()[name].scans]


@pytest.mark.parametrize("name", SCANNED)
def test_the_answer_by_scans_is_the_same(graph, name):
    sparql = catalogue()[name].sparql
    scanned = by_scans(sparql)
    assert scanned.count("SELECT * {") > sparql.count("SELECT * {")
    assert graph.answer(scanned).rows == graph.answer(sparql).rows


@pytest.mark.parametrize("name", SCANNED)
def test_an_optional_part_that_begins_with_a_look_up_has_no_scans(name):
    """The engine would evaluate the rest of the part, with its scans, for each row."""
    assert not re.search(r"OPTIONAL \{ \?\w+ \S+ \?\w+ (?:\. )?(?:OPTIONAL|[{?])", by_scans(catalogue()[name].sparql))


QUERIES = {
    "several values": ("SELECT * { ?s ex:p ?a , ?b ; ex:q ?c . ?c ex:r 0.5 }", 4),
    "a closure stays": ("SELECT * { ?s a/rdfs:subClassOf* ex:A ; ex:p ?b }", 1),
    "a path of given length": ("SELECT * { ?s (^ex:p|ex:q)/ex:r ?b }", 1),
    "labels and classes stay": ("SELECT * { ?s a ?k ; ex:p ?b OPTIONAL { ?b rdfs:label ?l } }", 1),
    "a filter stays": (
        "SELECT * { ?s ex:p ?a FILTER NOT EXISTS { ?a ex:q ?b FILTER(?b IN (1, 2)) } FILTER(?a != 1) ?a ex:r ?c }",
        2,
    ),
    "one graph stays": ("SELECT * { GRAPH ?g { ?s ex:p ?a } ?a ex:q ?b }", 1),
    "expressions stay": ("SELECT * { ?s ex:p ?a BIND(EXISTS { ?a ex:q ?b } AS ?c) VALUES ?a { 1 } }", 1),
    "blank nodes stay": ("SELECT * { ?s ex:p [ ex:q ?a ] }", 0),
    "literals with a type stay": ('SELECT * { ?s ex:p "1"^^ex:t . ?s ex:q "a"@en }', 0),
    "subselects": ("SELECT ?a { { SELECT ?a { ?s ex:p ?a } GROUP BY ?a HAVING (COUNT(*) > 1) } ?a ex:q ?b } ORDER BY ?a", 2),
    "other forms stay": ("CONSTRUCT { ?s ex:p ?a } WHERE { ?s ex:p ?a }", 0),
}  # fmt: skip


@pytest.mark.parametrize(("sparql", "count"), QUERIES.values(), ids=QUERIES)
def test_which_patterns_are_read_as_a_whole(sparql, count):
    prefixes = "PREFIX ex: <urn:> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    scanned = by_scans(prefixes + sparql)
    assert scanned.count("{ SELECT * {") == count
    engine = Embedded()
    engine.load_text("@prefix : <urn:> . :s :p :a , :b ; :q :c . :a :q :b . :b :q 1 . :c :r 0.5 . :t :p :a .", "urn:g")
    if not sparql.startswith("CONSTRUCT"):
        assert sorted(map(str, engine.query(scanned).rows)) == sorted(map(str, engine.query(prefixes + sparql).rows))


def test_a_store_on_disk_is_asked_so_and_nothing_else(review_store, review_graph, monkeypatch):
    asked = []
    monkeypatch.setattr(Embedded, "query", lambda self, sparql, query=Embedded.query: asked.append(sparql) or query(self, sparql))
    stored, plain = kg.open(review_store), catalogue()["comparisons"].sparql
    wanted = review_graph.ask("comparisons").rows
    assert stored.ask("comparisons").rows == wanted
    assert asked == [plain, by_scans(plain)]
    trial = stored.ask("comparisons", trial="CRYSTAL")
    assert 0 < len(trial) < len(wanted)
    assert by_scans(plain) not in asked[2:]
