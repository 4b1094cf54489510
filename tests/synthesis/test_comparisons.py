"""Comparisons of some populations: they are the same as in a list of all comparisons."""

import pytest
from rdflib import URIRef

from kg.namespaces import MCRC, expand
from kg.synthesis.comparisons import compared_arms, comparisons, side
from kg.synthesis.memberships import BATCH, populations, populations_at, within


@pytest.fixture(scope="module")
def every(graph):
    return comparisons(graph.query)


def test_some_populations_are_read_as_they_stand_among_all(graph, every):
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
    assert set(populations(graph.query, [(one, other)])) == direct
    found = populations(graph.query, [(one, None), (None, one)])
    assert found == {each.group: {each.study} for each in every if each.group in around}


@pytest.mark.parametrize("stratum", [None, "", str(MCRC.KrasWildTypePopulation)])
@pytest.mark.parametrize("line", [None, str(expand("line:first-line"))])
def test_populations_of_a_stratum_and_line_are_those_of_their_comparisons(graph, every, stratum, line):
    found = within(graph.query, {each.group: {each.study} for each in every}, stratum, line)
    assert found == {each.group for each in every if each.within(stratum, line)}
    assert found


@pytest.mark.parametrize("line", [None, str(expand("line:first-line"))])
def test_the_compared_arms_are_those_of_all_comparisons(graph, every, line):
    def arms(found):
        return {(one.study, one.trial, one.group, one.population, *one.pair, one.experimental.targeted, one.strata, one.lines,
                 one.analyses, one.arms_of_study) for one in found if one.within(None, line)}  # fmt: skip

    found = compared_arms(graph.query, line)
    assert arms(found) == arms(every)
    assert len(found) == len(arms(found))


def test_the_populations_of_passages_are_those_of_the_comparisons_printed_there(graph, every):
    passages = {one.passage for one in every[::5]}
    assert populations_at(graph.query, passages) == {one.group for one in every if one.passage in passages}


def test_no_population_is_read_where_none_was_compared(graph):
    assert comparisons(graph.query, populations(graph.query, [(frozenset(), frozenset())])) == []


INSIDE = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?narrow ?wide { ?narrow rdfs:subClassOf+ ?wide FILTER(?narrow != ?wide) }"""


def test_a_stratum_comes_before_those_that_contain_it(graph, every):
    inside = {(row["narrow"], row["wide"]) for row in graph.query(INSIDE)}
    several = {one.strata for one in every if len(one.strata) > 1}
    assert several
    for strata in several:
        pairs = [(later.iri, earlier.iri) for place, earlier in enumerate(strata) for later in strata[place + 1 :]]
        assert not inside & set(pairs)
