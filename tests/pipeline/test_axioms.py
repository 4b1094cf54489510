"""The axioms say something, say it alike in the open and the closed world, and can be explained."""

import os

import pytest
from justifications import Justifier
from rdflib import OWL, RDF, RDFS, SH, SKOS, BNode, Graph, URIRef
from rdflib.collection import Collection
from tiers import needed

from kg.errors import DataError
from kg.namespaces import MCRC, contract, expand
from kg.pipeline.build import ontology
from kg.pipeline.reason import classify, view
from kg.pipeline.validate import shapes
from kg.resources import folder

# a necessary condition that a shape checks only for drugs in use: the actions are facts, which other facts may do without
CHECKED_IN_USE = {  # by a constraint in SPARQL, with the start of its message
    "mcrc:actsOn": "the drug must act on a target, or be cytotoxic, supportive or a placebo",
    "mcrc:atLocus": "the variant has no gene, because",
}
TRIAL = expand("trial:FIRE-3")


@pytest.fixture(scope="module")
def terms():
    return ontology()


@pytest.fixture(scope="module")
def shown(built_review):
    """The facts of the review: HermiT reads those of all documents in test_reason.py."""
    return view(built_review)


@pytest.fixture(scope="module")
def found():
    return Graph().parse(folder("ontology") / "inferred.ttl")


def necessary(terms):
    """The necessary conditions: class, property, and the class or datatype of a value."""
    for name, condition in terms.subject_objects(RDFS.subClassOf):
        if isinstance(condition, BNode):
            yield name, terms.value(condition, OWL.onProperty), terms.value(condition, OWL.someValuesFrom)


def required():
    """What shapes require of every member of a class: class, property, and the class or datatype of a value."""
    shelf = shapes()
    for shape, target in shelf.subject_objects(SH.targetClass):
        parts = list(shelf.objects(shape, SH.property))
        present = {shelf.value(part, SH.path) for part in parts if shelf.value(part, SH.minCount)}
        for part in parts:
            path, kind = shelf.value(part, SH.path), shelf.value(part, SH["class"]) or shelf.value(part, SH.datatype)
            if isinstance(path, URIRef) and path in present and kind:
                yield target, path, kind


def conditions(terms):
    """The defined classes with the parts of their definitions."""
    for name, definition in terms.subject_objects(OWL.equivalentClass):
        yield name, list(Collection(terms, terms.value(definition, OWL.intersectionOf)))


def test_what_a_class_requires_a_shape_checks(terms):
    """A condition on a class is checked for it or for each of its primitive subclasses."""
    checked = set(required())
    defined = set(terms.subjects(OWL.equivalentClass))
    assert len(list(necessary(terms))) > 30
    messages = [str(one) for one in shapes().objects(None, SH.message)]
    assert all(any(one.startswith(start) for one in messages) for start in CHECKED_IN_USE.values())
    for name, relation, kind in necessary(terms):
        narrower = set(terms.subjects(RDFS.subClassOf, name)) - defined
        whole = (name, relation, kind) in checked
        parts = narrower and all((one, relation, kind) in checked for one in narrower)
        assert whole or parts or contract(relation) in CHECKED_IN_USE, (contract(name), contract(relation))


def test_what_a_shape_requires_the_class_requires(terms):
    """Provenance is an annotation, because it annotates axioms too, and OWL 2 DL knows no conditions on annotations."""
    stated = set(necessary(terms))
    kinds = {OWL.ObjectProperty, OWL.DatatypeProperty}
    for name, relation, kind in required():
        if kinds & set(terms.objects(relation, RDF.type)):
            wider = terms.transitive_objects(name, RDFS.subClassOf)
            values = set(terms.transitive_subjects(RDFS.subClassOf, kind))
            assert any((one, relation, value) in stated for one in wider for value in values), (
                contract(name),
                contract(relation),
            )


def test_the_example_of_a_class_is_a_member_of_it(built, terms):
    """By its label, or by its name where it has none. A class can be without members as long as no document names one."""
    kinds, labels = {}, {}
    for graph in built.graphs.values():
        for one, kind in graph.subject_objects(RDF.type):
            kinds.setdefault(kind, set()).add(one)
        labels |= {one: str(label) for one, label in graph.subject_objects(RDFS.label)}
    for name in terms.subjects(RDF.type, OWL.Class):
        if isinstance(name, URIRef):
            members = {labels.get(one, contract(one)) for one in kinds.get(name, ()) if isinstance(one, URIRef)}
            examples = {str(one) for one in terms.objects(name, SKOS.example)}
            assert examples, contract(name)
            assert examples <= members or not members, (contract(name), examples - members)


def test_no_class_is_defined_by_a_label_of_the_study(terms):
    """Design and line are what the source calls a study; a class follows from what the study does."""
    for name, parts in conditions(terms):
        used = {terms.value(part, OWL.onProperty) for part in parts}
        assert not used & {MCRC.hasDesign, MCRC.inLine, MCRC.topic}, contract(name)


def test_no_domain_or_range_gives_a_second_reason_for_a_type(terms):
    """Every use of such a property would be one more justification; state the class with dcam:domainIncludes or rangeIncludes."""
    genera = {part for _, parts in conditions(terms) for part in parts if isinstance(part, URIRef)}
    related = set()
    for genus in genera:
        related |= {*terms.transitive_objects(genus, RDFS.subClassOf), *terms.transitive_subjects(RDFS.subClassOf, genus)}
    assert {MCRC.Drug, MCRC.Regimen, MCRC.Study} <= related
    for end in (RDFS.domain, RDFS.range):
        assert {contract(p) for p, reach in terms.subject_objects(end) if reach in related} == set()


def about_a_trial(shown):
    spoken = Graph() + shown
    statement = expand("statement:spoken")
    spoken.add((statement, RDF.type, MCRC.Statement))
    spoken.add((statement, RDF.type, OWL.NamedIndividual))
    spoken.add((statement, MCRC.isAbout, TRIAL))
    return spoken


@pytest.mark.complete
def test_a_statement_about_a_trial_is_consistent(shown):
    needed("owlready2")
    assert classify(about_a_trial(shown)).unsatisfiable == ()


@pytest.mark.complete
def test_a_range_that_excludes_trials_is_not(shown):
    needed("owlready2")
    spoilt = about_a_trial(shown)
    spoilt.add((MCRC.isAbout, RDFS.range, expand("prov:Entity")))
    with pytest.raises(DataError, match="the ontology is inconsistent"):
        classify(spoilt)


@pytest.fixture(scope="module")
def justifier():
    needed("owlready2")
    return Justifier(folder("ontology") / "release" / "mcrc-kg.owl")


@pytest.mark.complete
def test_the_type_of_a_trial_has_few_justifications(justifier):
    """The example of the documentation; the source states the action of cetuximab on the EGFR twice: it binds, it inhibits."""
    justifications = justifier.of(TRIAL, MCRC.AntiEgfrAgainstAntiVegfTrial, 50)
    assert len(justifications) == 2
    actions = [{word for axiom in one for word in ("bindsTo", "inhibits") if f"{word}> <" in axiom} for one in justifications]
    assert sorted(map(sorted, actions)) == [["bindsTo"], ["bindsTo", "inhibits"]]
    assert all("domain" not in axiom.lower() for one in justifications for axiom in one)


@pytest.mark.complete
def test_a_defined_class_can_be_explained(justifier, terms, found):
    """As many justifications as the source has facts: aflibercept captures three ligands and binds to them as well.

    Every sixth class, as HermiT takes seconds for each; the rules explain members of all in tests/ask/test_explain.py.
    """
    for name in sorted(terms.subjects(OWL.equivalentClass))[:: 1 if os.environ.get("MCRC_KG_EVERY_EXAMPLE") else 6]:
        member = min(found.subjects(RDF.type, name))
        assert 1 <= len(justifier.of(member, name, 7)) <= 6, (contract(name), contract(member))


@pytest.mark.complete
def test_one_domain_and_one_range_multiply_them(shown, tmp_path):
    needed("owlready2")
    spoilt = Graph() + shown
    spoilt.add((MCRC.bindsTo, RDFS.domain, MCRC.Drug))
    spoilt.add((MCRC.comparesDrug, RDFS.range, MCRC.Drug))
    path = tmp_path / "spoilt.ttl"
    spoilt.serialize(path, format="turtle")
    assert len(Justifier(path).of(TRIAL, MCRC.AntiEgfrAgainstAntiVegfTrial, 5)) == 5
