"""The quality gates of the ontology: robot report, ODK, OOPS!, FOOPS! and FIBO rules as queries of our own, and the house's.

Each rule fails on its example in ``gates/bad``, passes its near miss in ``gates/near``, and finds nothing in our ontology.
"""

import re

import pytest
from gates.run import LEVELS, load, rules
from paths import TESTS
from rdflib import Graph, URIRef

from kg.engine.store import embed
from kg.namespaces import MCRC, ONTOLOGY_GRAPH
from kg.resources import folder

HERE = TESTS / "gates"
RULES = rules()


@pytest.fixture(scope="module")
def ours():
    return load(sorted(path for path in folder("ontology").glob("*.ttl") if path.stem != "inferred"))


@pytest.mark.parametrize("name", RULES)
def test_our_ontology_passes(ours, name):
    assert ours.query(RULES[name][1]).rows == ()


@pytest.mark.parametrize("name", RULES)
def test_the_rule_finds_its_failing_example_and_nothing_else(name):
    path = HERE / "bad" / f"{name}.ttl"
    wanted = re.search(r"# offending: (.*)", path.read_text(encoding="utf-8"))[1].split()
    found = {str(row[0]) for row in load([path]).query(RULES[name][1]).rows}
    assert len(found) == len(set(wanted))
    for term in wanted:
        end = term.strip("<>") if term.startswith("<") else re.split(r"[:]", term, maxsplit=1)[-1]
        assert any(one.endswith(end) for one in found), (term, found)
    assert load([HERE / "good.ttl"]).query(RULES[name][1]).rows == ()
    if (HERE / "near" / f"{name}.ttl").exists():
        assert load([HERE / "near" / f"{name}.ttl"]).query(RULES[name][1]).rows == ()


def test_every_rule_says_its_level_and_origin():
    for name, (header, text) in RULES.items():
        assert header["level"] in LEVELS, name
        assert header["origin"], name
        assert header["summary"], name
        assert not re.search(r"\b(SERVICE|INSERT|DELETE)\b", text), name


def test_every_example_belongs_to_a_rule():
    assert {path.stem for part in ("bad", "near") for path in (HERE / part).glob("*.ttl")} <= set(RULES)


def test_the_gates_see_a_definition_that_is_taken_away(built):
    spoilt = Graph() + built.graphs[ONTOLOGY_GRAPH]
    spoilt.remove((MCRC.Drug, URIRef("http://purl.obolibrary.org/obo/IAO_0000115"), None))
    rows = embed({ONTOLOGY_GRAPH: spoilt}).query(RULES["robot-missing-definition"][1]).rows
    assert {str(row[0]) for row in rows} == {str(MCRC.Drug)}
