"""The W3C's SPARQL suites, and how their answers are read.

``MCRC_KG_W3C`` names the folder that ``tests/w3c/fetch.py`` made; without it only the reading is tested.
"""

import os
from pathlib import Path

import pytest
from w3c.endpoint import endpoint
from w3c.manifests import BASE, SUITES, manifest
from w3c.run import PASSED, listed, run, surprises
from w3c.solutions import Solutions, literal, plain, read_csv, read_json, read_tsv, read_xml, same

FOLDER = os.environ.get("MCRC_KG_W3C", "")
here = pytest.mark.skipif(not FOLDER, reason="MCRC_KG_W3C names no folder with the W3C suites, as tests/w3c/fetch.py makes")
# how many tests of a suite pass at least, so that a suite read as empty does not look right
LEAST = {"1.0": 400, "1.1": 420, "1.2": 4, "RDF4J": 100}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with endpoint(Path(FOLDER), tmp_path_factory.mktemp("w3c")) as one:
        yield one


@pytest.mark.complete
@here
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_ends_as_listed(client, suite):
    outcomes = list(run(Path(FOLDER), suite, client))
    assert not (wrong := list(surprises(outcomes))), "\n".join(wrong)
    assert len({one.test for one in outcomes if one.ending == PASSED}) >= LEAST[suite]


@pytest.mark.complete
@here
def test_each_protocol_test_of_the_w3c_is_among_ours():
    from w3c.protocol import CASES

    address = BASE + "testcases-sparql-1.1-w3c/protocol/manifest.ttl"
    names = {str(one).rpartition("#")[2] for one in manifest(Path(FOLDER), address).subjects(unique=True) if "#" in str(one)}
    assert names == set(CASES)


def test_a_failure_is_listed_once_with_its_reason():
    assert all(ending != PASSED and reason for ending, reason in listed().values())


def row(**terms):
    return Solutions(frozenset(terms), [terms])


NODES = [{"a": ("bnode", "x"), "b": ("bnode", "y")}, {"a": ("bnode", "y"), "b": ("bnode", "x")}]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (row(a=literal("1.0", "http://www.w3.org/2001/XMLSchema#decimal")), row(a=literal("1")), False),
        (row(a=literal("a", language="EN")), row(a=literal("a", language="en")), True),
        (row(a=("iri", "a")), row(b=("iri", "a")), False),
        (row(a=("bnode", "x"), b=("bnode", "y")), row(a=("bnode", "p"), b=("bnode", "q")), True),
        (row(a=("bnode", "x"), b=("bnode", "y")), row(a=("bnode", "p"), b=("bnode", "p")), False),
        (row(a=("bnode", "x"), b=("bnode", "x")), row(a=("bnode", "p"), b=("bnode", "q")), False),
        (Solutions(frozenset("ab"), NODES), Solutions(frozenset("ab"), NODES[::-1]), True),
        (Solutions(frozenset("ab"), NODES), Solutions(frozenset("ab"), NODES[:1] * 2), False),
        (True, False, False),
    ],
)
def test_two_answers_are_the_same(one, other, equal):
    assert same(one, other) is equal


def test_the_order_counts_where_it_is_given():
    one, other = ({"a": ("iri", "x")}, {"a": ("iri", "y")})
    assert same(Solutions(frozenset("a"), [one, other]), Solutions(frozenset("a"), [other, one]))
    assert not same(Solutions(frozenset("a"), [one, other], ordered=True), Solutions(frozenset("a"), [other, one]))
    assert same(Solutions(frozenset("a"), [one, one]), Solutions(frozenset("a"), [one]), lax=True)


def test_the_formats_are_read_alike(server):
    query = 'SELECT ?a ?b ?c { VALUES (?a ?b ?c) { (1.50 "x\\t\\"y\\"\\n"@en UNDEF) (<urn:a> "" 2e0) } }'
    bodies = {form: server.query(query, params=[("format", form)]).body for form in ("json", "xml", "tsv", "csv")}
    answer = read_json(bodies["json"])
    assert len(answer.rows) == 2
    assert same(answer, read_xml(bodies["xml"]))
    assert same(answer, read_tsv(bodies["tsv"]))
    assert same(plain(answer), read_csv(bodies["csv"]))
