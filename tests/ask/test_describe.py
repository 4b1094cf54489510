"""The description of an entity: all of its statements, and the first of those that refer to it."""

from collections import Counter

import pytest
from rdflib import RDF, URIRef

from kg.ask.catalogue import catalogue
from kg.ask.describe import FIRST, Description
from kg.engine.store import Embedded
from kg.graph import KnowledgeGraph
from kg.namespaces import MCRC


@pytest.mark.parametrize("name", ["drug:cetuximab", "trial:CRYSTAL", "endpoint:stomatitis", "mcrc:actsOn", "line:third-line"])
def test_a_description_has_the_rows_of_the_question_about(graph, name):
    found = graph.describe(name)
    assert Counter(found.rows) == Counter(graph.ask("about", entity=name).rows)
    assert found.left_out == {}
    assert found.remark == ""


def test_what_a_description_leaves_out_is_counted(graph):
    found, every = graph.describe("mcrc:Passage"), graph.ask("about", entity="mcrc:Passage")
    assert set(found.rows) < set(every.rows)
    assert sum(found.left_out.values()) == len(every) - len(found)
    assert list(found.left_out) == ["type"]
    assert str(len(every) - len(found)) in found.remark
    own = [row for row in found.to_dicts() if row["direction"] == "says"]
    assert own == [row for row in every.to_dicts() if row["direction"] == "says"]


@pytest.mark.parametrize(("many", "left_out"), [(FIRST, {}), (FIRST + 1, {"type": 1})])
def test_the_first_statements_of_a_property_are_read(many, left_out):
    engine = Embedded()
    engine.add(URIRef("urn:g"), [(URIRef(f"urn:{number}"), RDF.type, MCRC.Drug) for number in range(many)])
    engine.add(URIRef("urn:g"), [(MCRC.Drug, RDF.type, URIRef("urn:class"))])
    found = KnowledgeGraph(engine).describe("mcrc:Drug")
    assert isinstance(found, Description)
    assert found.left_out == left_out
    assert len(found) == FIRST + 1


@pytest.mark.parametrize(("shelf", "name"), [("describe", "incoming"), ("pages", "pointing-first")])
def test_the_queries_read_as_many_as_the_module_says(shelf, name):
    assert f"LIMIT {FIRST} }}" in catalogue(shelf)[name].sparql
