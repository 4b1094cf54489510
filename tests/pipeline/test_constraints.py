"""The shapes evaluated as sets, against pySHACL: all of them on each failing example, each component of SHACL Core by itself."""

import os
from functools import cache

import pytest
from paths import TESTS
from pyshacl import validate as pyshacl_validate
from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.plugins.sparql import processor
from tiers import few

import kg
from kg.engine.store import Embedded
from kg.errors import DataError
from kg.pipeline import validate
from kg.pipeline.constraints import has_targets, remaining, violations
from kg.pipeline.validate import check, check_files, complete, report, shapes

BAD = sorted((TESTS / "bad").glob("*.ttl"))
# every sixth: pySHACL takes seconds for each; the SHACL engines of test_shacl_engines.py read the others
SOME = BAD if os.environ.get("MCRC_KG_EVERY_EXAMPLE") else BAD[::6]
FEW = 10_000 if os.environ.get("MCRC_KG_EVERY_EXAMPLE") else 10  # members of each class in the graph that pySHACL reads
PREBOUND = [
    TESTS / "bad" / name for name in ("arm-without-printed-drug.ttl", "comparison-drops-a-value.ttl", "row-of-other-trial.ttl")
]
PREFIXES = """
@prefix : <urn:x:> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
DATA = """
:sub rdfs:subClassOf :C .
:none a :C . :one a :C ; :p 1 ; :q 2 . :two a :C ; :p 1, 2 ; :q 2 . :three a :C ; :p 1, 2, 3 .
:below a :sub ; :p -1 . :same a :C ; :p 2 ; :q 2 . :decimal a :C ; :p 1.5 ; :q 1 . :far a :C ; :p 7 ; :q 9, 5 .
:text a :C ; :p "one" ; :q "two" . :ill a :C ; :p "abc"^^xsd:integer .
:zeros a :C ; :p "01"^^xsd:integer ; :q "1.50"^^xsd:decimal . :iri a :C ; :p :one, :q ; :q :one . :other a :C ; :p :nothing .
:up a :C ; :p :one, :text, :three . :upper a :C ; :p :two .
"""
# what pySHACL refuses to compare, or compares otherwise than the specification says
ODD = """
[] a :C ; :p [ a :sub ], 3 . _:b a :C ; :p _:b . :tagged a :C ; :p "one"@en . :typed a :C ; :p "x"^^:type .
:big a :C ; :p "99999999999999999999"^^xsd:integer . :long a :C ; :p "0.1234567890123456789012"^^xsd:decimal .
:date a :C ; :p "2020-01-01"^^xsd:date ; :q "2019-01-01"^^xsd:date .
"""
COMPONENTS = [
    "sh:minCount 1",
    "sh:minCount 2",
    "sh:minCount 0",
    "sh:maxCount 1",
    "sh:maxCount 0",
    "sh:class :C",
    "sh:class :sub",
    "sh:in ( 1 2.0 'one' :one )",
    "sh:in ( 'one'@en '1' )",
    "sh:in ()",
    "sh:datatype xsd:integer",
    "sh:datatype xsd:decimal",
    "sh:datatype xsd:string",
    "sh:minInclusive 1",
    "sh:minExclusive 1",
    "sh:maxInclusive 1.5",
    "sh:maxExclusive 2",
    "sh:minInclusive 'one'",
    "sh:lessThan :q",
    "sh:lessThanOrEquals :q",
    "sh:disjoint :q",
    "sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:integer ; sh:severity sh:Warning",
]
COMPARED = ("Inclusive", "Exclusive", "lessThan")
PATHS = ["[ sh:inversePath :p ]", "( :p :q )", "[ sh:alternativePath ( :p :q ) ]", "( [ sh:inversePath :p ] :p )"]

pytestmark = pytest.mark.usefixtures("_files_are_read_once")


def engine(turtle):
    """The data in an engine, with what the rules add."""
    data = Embedded.united()
    data.load_text(PREFIXES + turtle, "urn:x:data")
    complete(data)
    return data


@pytest.fixture(scope="module")
def data():
    return engine(DATA)


@pytest.fixture(scope="module")
def odd():
    return engine(DATA + ODD)


@pytest.fixture(scope="module")
def plain(data):
    return data.union()


def theirs(data, required, are_valid=False, **options):
    """The findings of pySHACL, which checks the shapes themselves too, unless a test has done so: that takes longest."""
    _, found, text = pyshacl_validate(data, shacl_graph=required, inference="none", meta_shacl=not are_valid, **options)
    assert isinstance(found, Graph), text
    return {
        (found.value(n, SH.focusNode), path(found.value(n, SH.resultPath)), str(m), found.value(n, SH.resultSeverity))
        for n in found.subjects(RDF.type, SH.ValidationResult)
        for m in found.objects(n, SH.resultMessage)
    }


def ours(data, required):
    return {(one.focus, path(one.path), one.message, one.severity) for one in violations(required, data)}


def path(node):
    """A path; those that are not one property are blank nodes, which the report copies."""
    return None if isinstance(node, BNode) else node


def shape(parts, name="S"):
    return Graph().parse(data=f"{PREFIXES}:{name} a sh:NodeShape ; sh:targetClass :C ; {parts} .", format="turtle")


def test_no_shape_of_this_package_is_left_to_pyshacl():
    assert not has_targets(remaining(shapes()))


def test_the_shapes_are_valid_shacl():
    conforms, _, text = pyshacl_validate(Graph(), shacl_graph=shapes(), inference="none", meta_shacl=True)
    assert conforms, text


@pytest.fixture(scope="module")
def all_shapes():
    """The shapes of this package, which ``test_the_shapes_are_valid_shacl`` checks.

    rdflib keeps the parsed query of a constraint, which pySHACL hands over as text for each focus node.
    """
    parse, translate = processor.parseQuery, processor.translateQuery
    once = cache(lambda text, base, prefixes: translate(parse(text), base, dict(prefixes)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processor, "parseQuery", lambda text: text)
        patch.setattr(processor, "translateQuery", lambda text, base, prefixes: once(text, base, tuple(prefixes.items())))
        yield shapes()


@pytest.mark.parametrize("example", few(sorted({*SOME, *PREBOUND}), *BAD[::12], *PREBOUND), ids=lambda path: path.stem)
def test_failing_example_has_the_findings_of_pyshacl(example, all_shapes):
    given = Embedded.united()
    given.load_file(example)
    complete(given)
    assert ours(given, all_shapes) == theirs(given.union(), all_shapes, are_valid=True) != set()


def named(nodes):
    """The IRIs, which alone can be given to pySHACL as focus nodes."""
    return sorted(one for one in nodes if isinstance(one, URIRef))


@pytest.mark.complete
def test_the_graph_of_the_review_has_the_findings_of_pyshacl(all_shapes, reviewed):
    plain = reviewed.union()
    classes = {*all_shapes.objects(None, SH.targetClass)}
    members = {one for kind in classes for one in named(plain.subjects(RDF.type, kind))[:FEW]}
    assert len(members) > 2 * len(classes)
    assert ours(reviewed, all_shapes) == theirs(plain, all_shapes, are_valid=True, focus_nodes=[*members]) == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_component(component, data, odd):
    required = shape(f"sh:property [ sh:path :p ; sh:message 'wrong' ; {component} ]")
    assert not has_targets(remaining(required))
    given = data if any(one in component for one in COMPARED) else odd
    found = ours(given, required)
    assert found == theirs(given.union(), required)
    assert found or component == "sh:minCount 0"


@pytest.mark.parametrize("component", ["sh:minInclusive 1", "sh:maxExclusive 2", "sh:lessThan :p", "sh:minInclusive 'one'"])
def test_what_cannot_be_compared_is_a_violation(component, odd):
    found = {one.focus for one in violations(shape(f"sh:property [ sh:path :p ; sh:message 'wrong' ; {component} ]"), odd)}
    assert {URIRef("urn:x:tagged"), URIRef("urn:x:typed"), URIRef("urn:x:iri")} <= found
    assert any(isinstance(one, BNode) for one in found)


@pytest.mark.parametrize("way", PATHS)
@pytest.mark.parametrize("component", ["sh:minCount 2", "sh:maxCount 1", "sh:class :sub", "sh:in ( :one 2 )"])
def test_path(way, component, data, plain):
    required = shape(f"sh:property [ sh:path {way} ; sh:message 'wrong' ; {component} ]")
    assert not has_targets(remaining(required))
    assert ours(data, required) == theirs(plain, required) != set()


def test_alternatives(data, plain):
    first = "[ sh:path :p ; sh:maxCount 1 ; sh:minCount 1 ]"
    required = shape(f"sh:or ( {first} [ sh:path :q ; sh:minCount 1 ] ) ; sh:message 'neither'")
    assert not has_targets(remaining(required))
    assert ours(data, required) == theirs(plain, required) != set()


@pytest.mark.parametrize(
    "parts",
    [
        "sh:property [ sh:path :p ; sh:message 'wrong' ; sh:pattern '^o' ]",
        "sh:property [ sh:path :p ; sh:minCount 2 ]",  # its message is worded by pySHACL
        "sh:property [ sh:path :p ; sh:message 'wrong' ; sh:datatype xsd:date ]",
        "sh:property [ sh:path :p ; sh:message 'wrong' ; sh:minCount 2 ; sh:property [ sh:path :q ; sh:minCount 1 ] ]",
        "sh:targetNode :nowhere ; sh:property [ sh:path :p ; sh:message 'wrong' ; sh:minCount 2 ]",
        "sh:not [ sh:path :p ; sh:minCount 1 ] ; sh:message 'some'",
        "sh:closed true ; sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> :p )",
        "sh:or ( [ sh:path :p ; sh:minCount 1 ] [ sh:not [ sh:path :q ; sh:minCount 1 ] ] ) ; sh:message 'neither'",
        "sh:property [ sh:path :p ; sh:message 'wrong' ; sh:minCount 2 ; sh:deactivated true ]",
    ],
)
def test_a_shape_with_anything_else_is_left_to_pyshacl(parts, data, plain, monkeypatch):
    required = shape(parts)
    required += shape("sh:property [ sh:path :q ; sh:message 'mine' ; sh:minCount 1 ]", "T")
    assert has_targets(remaining(required))
    assert {message for _, _, message, _ in ours(data, required)} == {"mine"}
    monkeypatch.setattr(validate, "shapes", lambda: required)
    found = sorted((one.subject, one.severity) for one in report(data).findings)
    assert found == sorted((str(focus), "error") for focus, _, _, _ in theirs(plain, required))


def test_shapes_that_are_not_valid_are_an_error(data, monkeypatch):
    monkeypatch.setattr(validate, "shapes", lambda: shape("sh:property [ sh:path :p ; sh:minCount 'many' ]"))
    with pytest.raises(DataError, match="the shapes are not valid"):
        report(data)


def test_a_copy_is_validated_and_the_graph_stays_as_it_was():
    graph = kg.open()
    before = len(graph.as_rdflib())
    assert graph.validate().conforms
    assert len(graph.as_rdflib()) == before


def test_facts_without_their_ontology_are_validated_with_it(built):
    assert check(built).findings == check_files([TESTS / "good.ttl"]).findings == ()
