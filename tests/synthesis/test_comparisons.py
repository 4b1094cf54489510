"""Comparisons of some populations: they are the same as in a list of all comparisons."""

import pytest
from rdflib import URIRef

from kg.synthesis import comparisons as module
from kg.synthesis.comparisons import comparisons, side
from kg.synthesis.memberships import BATCH, populations


@pytest.fixture(scope="module")
def every(graph):
    return comparisons(graph.query)


@pytest.mark.parametrize("few", [0, 1000])  # all rows are read and chosen from, or the populations are asked for in turn
def test_some_populations_are_read_as_they_stand_among_all(graph, every, monkeypatch, few):
    monkeypatch.setattr(module, "FEW", few)
    chosen = set(sorted({one.group for one in every})[::2])
    assert len(chosen) > BATCH
    expected = [one for one in every if one.group in chosen]
    assert comparisons(graph.query, chosen) == expected
    endpoint = next(URIRef(row["endpoint_iri"]) for row in graph.query(OS))
    assert comparisons(graph.query, chosen, endpoint=endpoint) == [one for one in expected if one.endpoint == "OS"]


OS = """PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?endpoint_iri { ?endpoint_iri a mcrc:Endpoint ; skos:notation ?short FILTER(STR(?short) = "OS") }"""


def test_the_populations_of_two_sides_are_those_whose_arms_received_them(graph, every):
    one, other = (side(graph.query, name, str(graph.resolve(name))).regimens for name in ("cetuximab", "bevacizumab"))
    direct = {each.group for each in every if each.experimental.regimen in one and each.reference.regimen in other}
    around = {each.group for each in every if one & set(each.pair)}
    assert direct
    assert direct < around
    assert populations(graph.query, [(one, other)]) == direct
    assert populations(graph.query, [(one, None), (None, one)]) == around


def test_no_population_is_read_where_none_was_compared(graph):
    assert comparisons(graph.query, populations(graph.query, [(frozenset(), frozenset())])) == []
