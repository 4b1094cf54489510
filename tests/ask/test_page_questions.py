"""The questions behind the pages and the linked data: standard SPARQL, so another engine answers them alike."""

from collections import Counter
from itertools import islice

import pytest
from rdflib import BNode, Graph, URIRef
from samples import comparable
from tiers import few

from kg.ask.catalogue import catalogue
from kg.namespaces import ID, MCRC, ONTOLOGY_GRAPH

SHELVES = ("pages", "pages/cards", "pages/summaries", "web")
ASKED = [(shelf, name) for shelf in SHELVES for name in sorted(catalogue(shelf))]
LONG = {("pages", "beside"), ("pages", "result"), ("pages", "rests-on-passage")}
KINDS = 3  # of things that a question is asked about, where it has something to say of so many
THINGS = "SELECT DISTINCT ?thing WHERE { ?thing a ?class } ORDER BY ?thing"


@pytest.fixture(scope="module")
def samples(review_graph):
    """Some things of every kind, a class, and a graph, by kind."""
    found = {}
    for row in review_graph.query(THINGS):
        if str(row["thing"]).startswith(ID):
            found.setdefault(row["thing"].removeprefix(ID).partition("/")[0], []).append(URIRef(row["thing"]))
    return found | {"class": [MCRC.AntiEgfrAgent], "graph": [ONTOLOGY_GRAPH]}


def bound(graph, asked, samples):
    """The texts to ask: as it stands where it needs no value, else about things of some kinds of which it tells something."""
    if not asked.parameters or asked.parameters[0].default is not None:
        return [asked.bind({})]
    (name, *_) = (parameter.name for parameter in asked.parameters)
    found = (first(lambda few: told(graph.query(asked.bind({name: few}))), things) for things in samples.values())
    texts = [asked.bind({name: thing}) for thing in islice((thing for thing in found if thing is not None), KINDS)]
    assert all(told(graph.query(text)) for text in texts)
    return texts


def first(tell, things):
    """The first thing of which something is told, or None: it is asked about more and more of them at once, then about halves."""
    begin, size = 0, 1
    while begin < len(things) and not tell(things[begin : begin + size]):
        begin, size = begin + size, 2 * size
    things = things[begin : begin + size]
    while len(things) > 1:
        half = things[: len(things) // 2]
        things = half if tell(half) else things[len(half) :]
    return things[0] if things else None


def told(answer):
    """How much an answer tells."""
    return answer if isinstance(answer, bool) else len(answer)


@pytest.mark.parametrize(("shelf", "name"), few(ASKED, *(one for one in ASKED if one not in LONG)))
def test_it_answers_alike_in_two_engines(review_graph, plain_review, samples, shelf, name):
    texts = bound(review_graph, catalogue(shelf)[name], samples)
    assert texts, "nothing is known that this question tells anything of"
    for text in texts:
        here, there = review_graph.query(text), plain_review.query(text)
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
