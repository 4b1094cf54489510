"""What is written is read back equal, by the engine's parser and by another one, or is refused with the reason: every format."""

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.engine.oxigraph import FORMATS, Oxigraph
from kg.errors import FormatError

RESULTS = [name for name, one in FORMATS.items() if not one.graph]
GRAPHS = [name for name, one in FORMATS.items() if one.graph]
XML = "{http://www.w3.org/2005/sparql-results#}"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
STRING, LANGUAGE = XSD + "string", RDF + "langString"
SUBJECT, PROPERTY = ox.NamedNode("http://example.org/s"), ox.NamedNode("http://example.org/p")
RDFLIB = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "nq": "nquads", "trig": "trig"}

ODD = "\x00\x01\x08\t\n\x0b\x0c\r\x1f \"'\\<>&]{}|^`\x7f\x85\xa0\u2028\u2029\ufeff\ufffd\ufffe\uffff\U0001f9ec\U0010ffff"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=12)
LOCALS = st.text(st.sampled_from("abZ019-_.~:/?#=&;,'()@!$*+é漢\u0301\u00b7\u00d7\U00010000"), max_size=8)
IRIS = st.builds(
    "{}{}".format, st.sampled_from(["http://example.org/", "http://example.org/#", "urn:x:", "tag:a,2000:", RDF]), LOCALS
).filter(lambda iri: iri.count("#") < 2 and "@" not in iri)
TAGS = st.sampled_from(["en", "de-ch", "zh-hant-tw", "x-private"])
LITERALS = st.one_of(
    st.builds(ox.Literal, TEXTS),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXTS, TAGS),
    st.builds(lambda text, iri: ox.Literal(text, datatype=ox.NamedNode(iri)), TEXTS, IRIS.filter(lambda iri: RDF not in iri)),
    st.builds(ox.Literal, st.integers(-(10**6), 10**6)),
    st.builds(ox.Literal, st.booleans()),
)
DIRECTED = st.builds(
    lambda text, way: ox.Literal(text, language="ar", direction=way),
    TEXTS,
    st.sampled_from([ox.BaseDirection.LTR, ox.BaseDirection.RTL]),
)
PLAIN = st.one_of(LITERALS, IRIS.map(ox.NamedNode), st.just(ox.BlankNode("b0")))
TERMS = st.one_of(
    PLAIN, DIRECTED, st.builds(ox.Triple, IRIS.map(ox.NamedNode), IRIS.map(ox.NamedNode), st.one_of(LITERALS, DIRECTED))
)


def loaded(predicate, term):
    engine = Oxigraph({"ex": "http://example.org/"})
    triple = ox.Triple(SUBJECT, predicate, term)
    engine.load_text(ox.serialize([triple], format=ox.RdfFormat.N_TRIPLES), "urn:g")
    return engine


def written(engine, query, form):
    """The document in a format, or None where it is refused with a reason and with the formats that can hold it."""
    try:
        document = engine.document(query, [form])
    except FormatError as error:
        refused = str(error)
    else:
        assert document.form == form
        return document.body
    assert f"cannot be written as {FORMATS[form].media_type}: " in refused
    others = refused.partition("the available formats are ")[2]
    assert "(json)" in others or "(ttl)" in others
    assert f"({form})" not in others
    return None


def same(one, other):
    """Whether two terms are equal; a blank node has another name in each document."""
    if isinstance(one, ox.BlankNode):
        return isinstance(other, ox.BlankNode)
    return one == other


def described(term):
    """A term as the kind, the text, and the language or datatype that JSON and XML write."""
    if isinstance(term, ox.NamedNode):
        return ("uri", term.value, None, None)
    if isinstance(term, ox.BlankNode):
        return ("bnode", "", None, None)
    if isinstance(term, ox.Triple):
        return ("triple", described(term.subject), described(term.predicate), described(term.object))
    datatype = None if term.language or term.datatype.value == STRING else term.datatype.value
    return ("literal", term.value, term.language, datatype)


def from_json(value):
    if value["type"] == "triple":
        inner = value["value"]
        return ("triple", *(from_json(inner[name]) for name in ("subject", "predicate", "object")))
    text = "" if value["type"] == "bnode" else value["value"]
    return (value["type"], text, value.get("xml:lang"), value.get("datatype"))


def from_xml(element):
    kind = element.tag.removeprefix(XML)
    if kind == "triple":
        return ("triple", *(from_xml(part[0]) for part in element))
    text = "" if kind == "bnode" else element.text or ""
    return (kind, text, element.get("{http://www.w3.org/XML/1998/namespace}lang"), element.get("datatype"))


def from_rdflib(term):
    if isinstance(term, rdflib.URIRef):
        return ("uri", str(term), None, None)
    if isinstance(term, rdflib.BNode):
        return ("bnode", "", None, None)
    datatype = None if term.language or term.datatype in (None, rdflib.XSD.string) else str(term.datatype)
    return ("literal", str(term), term.language, datatype)


def of_rdf_1_2(term):
    return isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction is not None)


@pytest.fixture(autouse=True)
def _literals_as_they_are(monkeypatch):
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


@settings(max_examples=150, deadline=None)
@given(TERMS)
@example(ox.Literal("\x01"))
@example(ox.Literal("a\rb\r\nc\n"))
@example(ox.Literal("\ufffe"))
@example(ox.Literal(""))
@example(ox.Literal("a", language="ar", direction=ox.BaseDirection.RTL))
@example(ox.Triple(SUBJECT, PROPERTY, ox.Literal("\r")))
def test_a_row_is_read_back_equal_or_refused(term):
    engine = loaded(PROPERTY, term)
    query = "SELECT ?o WHERE { GRAPH <urn:g> { ?s ?p ?o } }"
    for form in RESULTS:
        body = written(engine, query, form)
        if body is None:
            assert form == "xml"
            continue
        if form != "csv":  # which keeps the text of a value alone
            (solution,) = ox.parse_query_results(body, format=FORMATS[form].writer)
            assert same(term, solution["o"]), form
        if form == "json":
            (row,) = json.loads(body)["results"]["bindings"]
            assert from_json(row["o"]) == described(term)
        elif form == "xml":
            (binding,) = ElementTree.fromstring(body).iter(f"{XML}binding")
            assert from_xml(binding[0]) == described(term)
        elif form == "csv" and not isinstance(term, ox.BlankNode):
            rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
            assert rows == [["o"], [str(term) if isinstance(term, ox.Triple) else term.value]]
        elif form == "tsv" and not of_rdf_1_2(term):
            head, cell, end = body.decode().split("\n")
            assert (head, end) == ("?o", "")
            assert "\t" not in cell
            (found,) = rdflib.Graph().parse(data=f"<urn:s> <urn:p> {cell} .", format="turtle").objects()
            assert from_rdflib(found) == described(term)


@settings(max_examples=150, deadline=None)
@given(IRIS, TERMS)
@example("http://example.org/1", ox.Literal("x"))
@example("http://example.org/", ox.Literal("x"))
@example(RDF + "li", ox.Literal("x"))
@example("http://example.org/p", ox.Literal("\x01"))
@example("http://example.org/p", ox.Literal("a\rb\r\nc\n"))
@example("http://example.org/p", ox.Triple(SUBJECT, PROPERTY, ox.Literal("x")))
@example("http://www.w3.org/2000/xmlns/a", ox.Literal("x"))
def test_a_triple_is_read_back_equal_or_refused(predicate, term):
    engine = loaded(ox.NamedNode(predicate), term)
    query = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <urn:g> { ?s ?p ?o } }"
    for form in GRAPHS:
        body = written(engine, query, form)
        if body is None:
            assert form in ("rdf", "jsonld")
            continue
        (quad,) = ox.parse(body, format=FORMATS[form].writer)
        assert quad.predicate.value == predicate, form
        assert same(term, quad.object), form
        if form == "rdf":
            ElementTree.fromstring(body)
        if not of_rdf_1_2(term) and b"\\." not in body:  # rdflib reads neither RDF 1.2 nor a point at the end of a prefixed name
            found = rdflib.Dataset(default_union=True).parse(data=body, format=RDFLIB[form])
            ((_, property_, value),) = {quad[:3] for quad in found.quads()}
            assert (str(property_), from_rdflib(value)) == (predicate, described(term)), form
