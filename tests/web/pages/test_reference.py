"""The reference of the ontology: axioms in Manchester syntax, one file that loads nothing, and the same on the server's page."""

import re

import pytest
from htmlpage import Outline
from markupsafe import escape
from paths import ROOT
from rdflib import OWL, RDF, RDFS, SKOS, XSD, Graph, Literal, URIRef

from kg.ask.manchester import axioms
from kg.namespaces import MCRC, ONTOLOGY_GRAPH, expand
from kg.resources import folder
from kg.web.pages.reference import Reference, anchor, as_file

DEFINITION = expand("obo:IAO_0000115")


@pytest.fixture(scope="module")
def page(graph):
    return as_file(graph)


@pytest.fixture(scope="module")
def ontology(built):
    return built.graphs[ONTOLOGY_GRAPH]


def test_the_committed_file_is_made_from_the_graph(page):
    assert (folder("ontology") / "release" / "reference.html").read_text(encoding="utf-8") == page


def test_every_term_has_a_section_with_its_definition(page, ontology):
    sections = dict(re.findall(r'<section id="([^"]+)">\n(.*?)</section>', page, re.DOTALL))
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.NamedIndividual)
    terms = {one for kind in kinds for one in ontology.subjects(RDF.type, kind) if isinstance(one, URIRef)}
    assert {anchor(str(one)) for one in terms} == sections.keys()
    assert len(sections) == len(terms) > 300
    for term in terms:
        text = sections[anchor(str(term))]
        assert f"<code>{term}</code>" in text
        assert escape(str(ontology.value(term, DEFINITION))) in text, term


def test_the_file_loads_nothing_and_its_links_arrive(page):
    assert not re.search(r"<(script|img|link|iframe)\b|\bsrc=|url\(|@import", page)
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    inside = {href.removeprefix("#") for href in re.findall(r'href="(#[^"]+)"', page)}
    assert inside <= set(anchors)
    files = {href for href in re.findall(r'href="([^"#]+)"', page) if "://" not in href}
    assert files == {f"mcrc-kg{ending}" for ending in (".owl", ".ttl", ".ofn", ".json")}
    assert all((ROOT / "ontology" / "release" / name).is_file() for name in files)


def test_every_class_is_in_the_tree(page, ontology):
    tree = page[page.index('<div class="tree">') : page.index('<h2 id="classes">')]
    named = {one for one in ontology.subjects(RDF.type, OWL.Class) if isinstance(one, URIRef)}
    assert set(re.findall(r'href="#([^"]+)"', tree)) == {anchor(str(one)) for one in named}


def test_notes_and_examples_are_shown():
    graph = Graph()
    graph.add((MCRC.A, RDF.type, OWL.Class))
    graph.add((MCRC.A, SKOS.scopeNote, Literal("Not a <b>B</b>.", lang="en")))
    graph.add((MCRC.A, SKOS.example, Literal("one of them", lang="en")))
    term = Reference(graph).terms[str(MCRC.A)]
    assert (term.notes, term.examples) == (("Not a <b>B</b>.",), ("one of them",))


STATED = f"""@prefix : <{MCRC}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . @prefix xsd: <{XSD}> .
:p rdfs:label "has part" . :B rdfs:label "big thing" . :C a owl:Class . [] a owl:AllDisjointClasses ; owl:members ( :A :C :D ) .
:A owl:equivalentClass [ owl:intersectionOf ( :B [ owl:onProperty :p ; owl:someValuesFrom [ owl:unionOf ( :C :D ) ] ] ) ] ;
  rdfs:subClassOf :B , [ owl:onProperty :p ; owl:hasValue "x" ] , [ owl:onProperty :p ; owl:allValuesFrom :C ] .
:p a owl:FunctionalProperty ; owl:propertyChainAxiom ( :p :q ) ; rdfs:range xsd:string .
"""


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (
            MCRC.A,
            [
                "EquivalentTo: 'big thing' and ('has part' some (mcrc:C or mcrc:D))",
                "SubClassOf: 'big thing'",
                "SubClassOf: 'has part' only mcrc:C",
                "SubClassOf: 'has part' value \"x\"",
                "DisjointWith: mcrc:C, mcrc:D",
            ],
        ),
        (MCRC.p, ["SubPropertyChain: 'has part' o mcrc:q", "Range: xsd:string", "Characteristics: Functional"]),
        (MCRC.C, ["DisjointWith: mcrc:A, mcrc:D"]),
        (MCRC.B, []),
    ],
)
def test_axioms_in_manchester_syntax(term, expected):
    assert [str(one) for one in axioms(Graph().parse(data=STATED), term)] == expected


def test_no_axiom_of_the_ontology_is_left_without_words(ontology):
    terms = {*ontology.subjects(RDF.type, OWL.Class), *ontology.subjects(RDF.type, OWL.ObjectProperty)}
    found = [str(one) for term in terms for one in axioms(ontology, term)]
    assert len(found) > 200
    assert [one for one in found if "only in the files" in one] == []


def test_the_page_of_the_server_shows_the_same_axioms(server):
    text = server.ask(path="/ontology", Accept="text/html").text
    assert "participates in</a> <b>value</b>" in text
    assert "/ontology#participatesIn" in Outline(text).links
