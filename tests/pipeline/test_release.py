"""The files for ontology editors: what they have, equal axioms in every syntax, OWL 2 EL and DL, and a clean report of ROBOT."""

import csv
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from isomorphic import isomorphic
from rdflib import DCTERMS, OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from tiers import needed

from kg.ask.catalogue import catalogue
from kg.errors import DataError, InputError
from kg.namespaces import MCRC, expand
from kg.pipeline.obographs import to_obographs
from kg.pipeline.owlapi import Document
from kg.pipeline.rdfxml import to_rdfxml
from kg.pipeline.reason import view
from kg.pipeline.release import contents, write
from kg.resources import folder

RELEASE = folder("ontology") / "release"
DEFINITION = expand("obo:IAO_0000115")
SOURCE = expand("prov:wasDerivedFrom")
IDENTIFIER = expand("dcterms:identifier")
REFERENCE = expand("dcterms:isReferencedBy")
ROBOT = os.path.join(os.environ.get("MCRC_KG_JAVA", ""), "robot")


@pytest.fixture(scope="module")
def released(built):
    return contents(built)


@pytest.fixture(scope="module")
def obo():
    return json.loads((RELEASE / "mcrc-kg.json").read_text(encoding="utf-8"))["graphs"][0]


@pytest.fixture
def robot():
    """Run ROBOT."""
    if not os.path.isdir(ROBOT):
        pytest.skip("MCRC_KG_JAVA names no folder with ROBOT, as .ci/run makes")
    if not shutil.which("java"):
        pytest.skip("Java is not here")

    def call(*words):
        command = ["java", "-cp", f"{ROBOT}/*", "org.obolibrary.robot.CommandLineInterface", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    return call


@pytest.mark.complete
def test_the_release_is_what_the_facts_give(released, tmp_path):
    needed("owlready2")
    made = write(released, tmp_path)
    assert {path.name for path in made} == {f"mcrc-kg{ending}" for ending in (".ttl", ".owl", ".ofn", ".json")}
    for path in made:
        assert path.read_bytes() == (RELEASE / path.name).read_bytes(), path.name


@pytest.mark.complete
@pytest.mark.parametrize("ending", [".ttl", ".owl", ".ofn"])
def test_the_owl_api_reads_the_release_whole(ending):
    needed("owlready2")
    document = Document(RELEASE / f"mcrc-kg{ending}")
    assert document.imports == 0
    assert len(document) == len(Document(RELEASE / "mcrc-kg.ttl")) > 5000
    assert [(profile.name, profile.violations) for profile in document.profiles()] == [("OWL 2 EL", ()), ("OWL 2 DL", ())]


@pytest.mark.complete
def test_the_axioms_are_those_of_functional_syntax():
    needed("owlready2")
    text = (RELEASE / "mcrc-kg.ofn").read_text(encoding="utf-8")
    axioms = text[text.index("\nOntology(") :]
    for ending in (".ttl", ".ofn"):
        other = Document(RELEASE / f"mcrc-kg{ending}").functional_syntax()
        assert other[other.index("\nOntology(") :] == axioms


def test_rdf_xml_and_turtle_have_the_same_triples():
    assert isomorphic(Graph().parse(RELEASE / "mcrc-kg.owl", format="xml"), Graph().parse(RELEASE / "mcrc-kg.ttl"))


def test_every_statement_for_the_reasoner_is_in_the_release(built, released):
    shown = {one for one in view(built) if not any(isinstance(term, BNode) for term in one)}
    assert {one for one in shown if one not in released and one[1] != REFERENCE} == set()


def test_every_passage_behind_a_statement_is_described(released):
    cited = {*released.objects(None, SOURCE)}
    assert len(cited) > 100
    for passage in cited:
        assert released.value(passage, RDFS.label), passage
        part = released.value(passage, MCRC.inPart)
        assert released.value(part, RDFS.label), passage
        assert released.value(released.value(part, MCRC.ofDocument), expand("dcterms:bibliographicCitation")), passage


def test_a_passage_has_its_place_in_words(released):
    """One in a paragraph and one in a table."""
    labels = {str(released.value(one, RDFS.label)) for one in released.subjects(RDF.type, MCRC.Passage)}
    assert any(label.startswith("Aflibercept, paragraph 1, characters ") for label in labels)
    assert any(label.startswith("Table 3, characters ") for label in labels)


def test_every_individual_has_one_label_and_one_definition_of_its_own(released):
    seen = {}
    for one in released.subjects(RDF.type, OWL.NamedIndividual):
        assert len([*released.objects(one, RDFS.label)]) == 1, one
        (definition,) = released.objects(one, DEFINITION)
        assert seen.setdefault(str(definition), one) == one
        assert str(definition)[0].isupper(), definition
        assert str(definition).endswith("."), definition


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        (
            "arm:FIRE-3-FOLFIRI-cetuximab",
            "The arm of FIRE-3 that received FOLFIRI + cetuximab: 297 patients (KRAS wild type), 199 patients (RAS wild type), "
            "171 patients (RAS wild type), 169 patients (RAS wild type, at least 3 cycles and a scan "
            "after baseline (per protocol)).",
        ),
        (
            "trial:FIRE-3",
            "The phase III clinical trial called FIRE-3, of first-line therapy with FOLFIRI + bevacizumab; FOLFIRI + cetuximab.",
        ),
        ("population:FIRE-3-KRAS-wild-type", "The patients of FIRE-3 selected as KRAS wild type, 592 or 593 in number."),
        ("component:FOLFOX-5-fluorouracil", "The use of 5-fluorouracil in the regimen FOLFOX, bolus and infusional."),
        ("part:ohhara-2016.table-3", "The part of Ohhara et al. 2016 called Table 3."),
    ],
)
def test_a_definition_says_what_the_facts_state(released, name, definition):
    assert str(released.value(expand(name), DEFINITION)) == definition


def test_a_study_has_what_is_stated_of_it(released):
    study = expand("trial:FIRE-3")
    assert (study, MCRC.inLine, expand("line:first-line")) in released
    assert (study, IDENTIFIER, Literal("clinicaltrials:NCT00433927")) in released
    assert "III" in str(released.value(study, MCRC.phase))


def test_a_paper_has_one_iri(built, released):
    """The others are its identifiers; together they are all that the study is linked to."""
    linked = view(built)
    assert [*released.objects(expand("trial:FIRE-3"), REFERENCE)] == [URIRef("https://doi.org/10.1016/s1470-2045(14)70330-4")]
    for study in {*linked.subjects(REFERENCE)}:
        papers = {*released.objects(study, REFERENCE)}
        others = {URIRef(str(other)) for paper in papers for other in released.objects(paper, IDENTIFIER)}
        assert papers | others >= {*linked.objects(study, REFERENCE)}
        assert papers.isdisjoint(others)
        assert len({released.value(paper, RDFS.label) for paper in papers}) == len(papers)


def test_a_blank_node_of_two_statements_cannot_be_written_as_a_tree():
    shared = Graph().parse(data="<urn:a> <urn:x:p> _:b . <urn:c> <urn:x:p> _:b . _:b <urn:x:q> 1 .")
    with pytest.raises(InputError, match="give it an IRI"):
        to_rdfxml(shared)


def test_the_catalogue_leads_to_files_that_are_there():
    catalogue = folder("ontology") / "catalog-v001.xml"
    entries = ET.parse(catalogue).getroot().findall("{*}uri")
    assert {e.get("name") for e in entries} >= {"https://w3id.org/mcrc-kg/ontology"}
    assert all((catalogue.parent / e.get("uri")).is_file() for e in entries)


@pytest.mark.complete
def test_a_boolean_range_is_outside_el(released, tmp_path):
    needed("owlready2")
    spoilt = Graph() + released
    spoilt.set((MCRC.primaryEndpointMet, RDFS.range, expand("xsd:boolean")))
    with pytest.raises(DataError, match=r"violates OWL 2 EL.*boolean"):
        write(spoilt, tmp_path)


def test_obo_graphs_have_existential_restrictions_and_definitions():
    limit = "[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ]"
    data = f"""@prefix : <{MCRC}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> .
    <urn:o> a owl:Ontology ; owl:versionIRI <urn:v> . :p a owl:ObjectProperty . :B a owl:Class . :D a owl:Class .
    :A a owl:Class ; rdfs:subClassOf {limit} ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :D {limit} ) ] ."""
    graph = json.loads(to_obographs(Graph().parse(data=data)))["graphs"][0]
    assert graph["edges"] == [{"sub": f"{MCRC}A", "pred": f"{MCRC}p", "obj": f"{MCRC}B"}]
    (definition,) = graph["logicalDefinitionAxioms"]
    assert definition["genusIds"] == [f"{MCRC}D"]
    assert definition["restrictions"] == [{"propertyId": f"{MCRC}p", "fillerId": f"{MCRC}B"}]


def test_obo_graphs_have_every_individual_and_the_passages_of_axioms(obo, released):
    assert {node["id"] for node in obo["nodes"]} >= {str(one) for one in released.subjects(RDF.type, OWL.NamedIndividual)}
    binds = [one for one in obo["edges"] if one["sub"].endswith("/drug/cetuximab") and one["pred"].endswith("#bindsTo")]
    (edge,) = binds
    assert [one["pred"] for one in edge["meta"]["basicPropertyValues"]] == [str(DCTERMS.source), str(SOURCE)]


@pytest.mark.complete
@pytest.mark.parametrize("ending", [".ttl", ".owl", ".ofn"])
def test_robot_reports_nothing(robot, ending, tmp_path):
    robot("report", "--input", RELEASE / f"mcrc-kg{ending}", "--fail-on", "none", "--output", tmp_path / "report.tsv")
    with (tmp_path / "report.tsv").open(encoding="utf-8") as lines:
        assert [*csv.DictReader(lines, delimiter="\t")] == []


@pytest.mark.complete
def test_robot_finds_what_is_taken_away(robot, released, tmp_path):
    spoilt = Graph() + released
    spoilt.remove((MCRC.Drug, RDFS.label, None))
    (tmp_path / "spoilt.owl").write_text(to_rdfxml(spoilt), encoding="utf-8")
    robot("report", "--input", tmp_path / "spoilt.owl", "--fail-on", "none", "--output", tmp_path / "report.tsv")
    assert "missing_label" in (tmp_path / "report.tsv").read_text(encoding="utf-8")


def types(graph, classes):
    """The classes of every individual, with the classes above them."""
    return {
        (one, above)
        for one, kind in graph.subject_objects(RDF.type)
        if isinstance(one, URIRef) and isinstance(kind, URIRef)
        for above in classes.transitive_objects(kind, RDFS.subClassOf)
        if isinstance(above, URIRef) and above.startswith(MCRC)
    }


@pytest.mark.complete
def test_elk_infers_the_same_types(robot, released, tmp_path):
    """Of the release alone; the rules and HermiT are compared with each other in test_reason.py."""
    given = ("--reasoner", "ELK", "--axiom-generators", "ClassAssertion", "--input", RELEASE / "mcrc-kg.owl")
    robot("reason", *given, "--output", tmp_path / "elk.owl")
    rules = released + Graph().parse(folder("ontology") / "inferred.ttl")
    assert types(Graph().parse(tmp_path / "elk.owl", format="xml"), rules) == types(rules, rules) > types(released, rules)


@pytest.mark.complete
def test_robot_converts_to_the_same_obo_graph(robot, obo, tmp_path):
    """The figures of individuals, which ROBOT leaves out, are set aside, and the order of values."""
    robot("convert", "--input", RELEASE / "mcrc-kg.owl", "--format", "json", "--output", tmp_path / "robot.json")
    theirs = json.loads((tmp_path / "robot.json").read_text(encoding="utf-8"))["graphs"][0]
    figures = {node["id"] for node in obo["nodes"] if node.get("propertyType") == "DATA"}
    for node in [*obo["nodes"], *theirs["nodes"]]:
        values = [one for one in node["meta"].pop("basicPropertyValues", ()) if one["pred"] not in figures]
        node["meta"] |= {"basicPropertyValues": sorted(values, key=str)} if values else {}
    assert obo.keys() == theirs.keys()
    for key, value in theirs.items():
        if isinstance(value, list):
            ours, robots = ({json.dumps(one, sort_keys=True) for one in part} for part in (obo[key], value))
            assert ours == robots, key
        else:
            assert obo[key] == value, key


@pytest.mark.complete
@pytest.mark.parametrize("name", sorted(catalogue("release")))
def test_its_queries_answer_alike_in_two_engines(review_graph, plain_review, name):
    text = catalogue("release")[name].sparql
    ours, theirs = (
        {one for one in answer if one[1] != RDF.type} for answer in (review_graph.query(text), plain_review.query(text).graph)
    )
    assert len(ours) > 50
    assert {tuple(map(str, one)) for one in ours} == {tuple(map(str, one)) for one in theirs}


@pytest.mark.complete
@pytest.mark.parametrize(
    ("name", "rules"),
    [("terminology", set()), ("inferred", {"missing_label", "missing_definition"})],
)
def test_robot_reports_of_the_parts_what_the_page_says(robot, name, rules, tmp_path):
    robot("report", "--input", folder("ontology") / f"{name}.ttl", "--fail-on", "none", "--output", tmp_path / "report.tsv")
    with (tmp_path / "report.tsv").open(encoding="utf-8") as lines:
        found = {row["Rule Name"] for row in csv.DictReader(lines, delimiter="\t")}
    assert found == rules | {f"missing_ontology_{part}" for part in ("title", "description", "license")}
