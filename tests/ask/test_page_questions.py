"""The questions behind the pages and the linked data: standard SPARQL, so another engine answers them alike."""

from collections import Counter

import pytest
from rdflib import BNode, Graph, URIRef
from samples import comparable
from tiers import few

from kg.ask.catalogue import catalogue
from kg.namespaces import ID, MCRC, ONTOLOGY_GRAPH

SHELVES = ("pages", "pages/summaries", "web")
ASKED = [(shelf, name) for shelf in SHELVES for name in sorted(catalogue(shelf))]
# those that take rdflib long
LONG = {
    ("pages", "beside"),
    ("pages", "facts"),
    ("pages", "level"),
    ("pages", "result"),
    ("pages", "rests-on-passage"),
    ("pages/summaries", "claim"),
    ("pages/summaries", "discrepancy"),
    ("pages/summaries", "drug"),
    ("pages/summaries", "endpoint"),
}
KINDS = 3  # of things that a question is asked about, where it has something to say of so many
THINGS = "SELECT DISTINCT ?thing WHERE { ?thing a ?class } ORDER BY ?thing"


@pytest.fixture(scope="module")
def samples(graph):
    """Some things of every kind, a class, and a graph, by kind."""
    found = {}
    for row in graph.query(THINGS):
        if str(row["thing"]).startswith(ID):
            found.setdefault(row["thing"].removeprefix(ID).partition("/")[0], []).append(URIRef(row["thing"]))
    return found | {"class": [MCRC.AntiEgfrAgent], "graph": [ONTOLOGY_GRAPH]}


def bound(graph, asked, samples):
    """The texts to ask: as it stands where it needs no value, else about things of some kinds of which it tells something."""
    if not asked.parameters or asked.parameters[0].default is not None:
        return [asked.bind({})]
    texts = []
    for things in samples.values():
        tried = (asked.bind({asked.parameters[0].name: thing}) for thing in things)
        texts += [text for text in tried if told(graph.query(text))][:1]
    return texts[:KINDS]


def told(answer):
    """How much an answer tells."""
    return answer if isinstance(answer, bool) else len(answer)


@pytest.mark.parametrize(("shelf", "name"), few(ASKED, *(one for one in ASKED if one not in LONG)))
def test_it_answers_alike_in_two_engines(graph, plain, samples, shelf, name):
    texts = bound(graph, catalogue(shelf)[name], samples)
    assert texts, "nothing is known that this question tells anything of"
    for text in texts:
        here, there = graph.query(text), plain.query(text)
        if isinstance(here, bool):
            assert there.askAnswer == here
        elif isinstance(here, Graph):
            assert len(here) == len(there.graph)
            assert set(map(comparable, ground(here))) == set(map(comparable, ground(there.graph)))
        else:
            assert tuple(map(str, there.vars)) == here.columns
            assert Counter(map(comparable, here.rows)) == Counter(map(comparable, there))


def ground(graph):
    """The triples without blank nodes."""
    return (triple for triple in graph if not any(isinstance(term, BNode) for term in triple))
