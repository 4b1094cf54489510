"""Why the graph says something: down to the place in the source, or to rule and premises."""

import random

import pytest
from documents import opened, review, with_abstract
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import SKOS

import kg
from kg.ask.catalogue import catalogue
from kg.ask.explain import explain
from kg.engine.store import embed
from kg.graph import KnowledgeGraph
from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, expand
from kg.pipeline.build import assemble
from kg.pipeline.rules import infer


@pytest.fixture(scope="module")
def engine(built):
    return embed(built.graphs)


def inferred(built):
    """One triple of each kind: by property, by class for types, by class of the subject for the others."""
    kinds = {}
    for s, p, o in sorted(built.graphs[INFERRED_GRAPH]):
        kinds.setdefault((p, o if p == RDF.type or p == MCRC.evidenceLevel else s.split("/")[-2]), []).append((s, p, o))
    return [random.Random(1).choice(triples) for triples in kinds.values()]


def test_every_rule_has_its_why():
    assert set(catalogue("rules")) == set(catalogue("why")) - {"asserted", "beside", "clash", "contradictions", "graphs", "parts"}


@pytest.mark.complete
def test_every_kind_of_inference_is_led_back_to_stated_facts(built, engine):
    triples = inferred(built)
    assert len(triples) > 45
    for subject, relation, value in triples:
        steps = explain(engine, subject, relation, str(value)).steps
        assert steps[0].because in {f"{r.summary[0].lower()}{r.summary[1:]}" for r in catalogue("rules").values()}, value
        for step, following in zip(steps, (*steps[1:], None), strict=True):
            if not step.because.endswith(("states it", "independently of each other")):
                assert following is not None, f"{step.statement} rests on nothing"
                assert following.depth == step.depth + 1, f"{step.statement} rests on nothing"


def test_the_stated_facts_it_names_suffice(built, engine):
    """Without any other fact, the rules draw the same conclusion."""
    ontology = built.graphs[ONTOLOGY_GRAPH]
    for words in (
        ("drug:bevacizumab", RDF.type, "mcrc:AntiAngiogenicAgent"),
        ("regimen:SOX", "mcrc:includesDrug", "drug:oteracil"),
    ):
        subject, relation, value = (expand(word) or word for word in words)
        kept = Graph()
        for step in KnowledgeGraph(engine).explain(*words).steps:
            if step.because.endswith("states it"):
                kept.add(step.triple)
        assert (subject, relation, value) in infer({ONTOLOGY_GRAPH: ontology, URIRef("urn:kept"): kept})


def test_a_claim_leads_to_results_and_their_places(graph):
    claim = "claim:ohhara-2016.anti-EGFR-better-OS-RAS-wild-type"
    steps = graph.explain(claim).steps
    places = {step.place for step in steps if "hazard ratio 0.63, P = 0.058 type" in step.statement}
    assert "Table 4, characters 44606-44650: HR = 0.63 … P = 0.058" in places
    assert {"supports", "disputes"} <= {word for step in steps if step.depth == 0 for word in step.statement.split()}


class Counting:
    """An engine that counts the queries that it is asked."""

    def __init__(self, engine):
        self.engine, self.queries = engine, 0

    def query(self, sparql):
        self.queries += 1
        return self.engine.query(sparql)


def test_an_explanation_asks_about_many_statements_at_once(engine):
    """Several queries for each statement were 1,070 for the 290 of this claim."""
    counting = Counting(engine)
    steps = explain(counting, expand("claim:ohhara-2016.anti-EGFR-better-OS-RAS-wild-type")).steps
    assert 4 * counting.queries < len(steps)


def test_an_evidence_level_names_the_facts_that_set_it(graph):
    result = next(row for row in graph.ask("evidence-levels", trial="PEAK") if row["computed_level"] == 5)
    said = {step.statement for step in graph.explain(result["result_iri"], "evidence level").steps}
    assert {
        "PEAK conducted as phase II",
        "PEAK has design randomised",
        "PEAK, RAS wild type subset of PEAK, KRAS wild type",
    } <= said
    assert "PEAK primary endpoint progression-free survival" in said
    assert not any(word.startswith("PRIME") for word in said)


def test_a_passage_leads_to_what_it_carries(graph):
    passage = next(row["passage_iri"] for row in graph.ask("actions-of-drug", drug="cetuximab"))
    assert any("cetuximab binds to EGFR" in step.statement for step in graph.explain(passage).steps)


def test_one_value_is_chosen_by_label_or_name(graph):
    by_label = graph.explain("cetuximab", "acts on", "EGFR")
    assert by_label == graph.explain("drug:cetuximab", "mcrc:actsOn", "target:EGFR")
    assert len(graph.explain("bevacizumab", "type").steps) > len(graph.explain("bevacizumab", "a", "drug").steps)


def test_a_definition_is_explained_though_left_out_of_the_whole(graph):
    assert "definition" in str(graph.explain("VEGF-A", str(SKOS.definition)))
    assert "definition" not in str(graph.explain("VEGF-A"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cetuximub",), "cetuximab"),
        (("cetuximab", "acts on", "VEGF-A"), "does not contain this statement"),
        (("drug:none",), "does not contain this statement"),
    ],
)
def test_what_the_graph_does_not_say_is_an_error(graph, words, message):
    with pytest.raises(kg.NotFoundError, match=message):
        graph.explain(*words)


def test_the_command_prints_a_tree_and_a_table(run):
    tree = run("explain", "cetuximab", "type", "anti-EGFR agent")
    assert tree.returncode == 0
    assert "        cetuximab binds to EGFR\n" in tree.stdout
    table = run("explain", "cetuximab", "type", "anti-EGFR agent", "--format", "csv")
    assert table.stdout.startswith("depth,statement,because,place,passage_iri\n0,cetuximab type anti-EGFR agent,")


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The review, and an abstract that states facts of two of its studies in its own words."""
    study = {
        "study": "TRIBE",
        "label": "TRIBE",
        "kind": "ClinicalTrial",
        "registry": "NCT00719797",
        "registry_passage": "methods-3",
    }
    arm = {"arm": "TRIBE-FOLFIRI-bevacizumab", "study": "TRIBE", "label": "TRIBE, FOLFIRI + bevacizumab arm"}
    phase = {"study": "CRYSTAL", "property": "phase", "object": "phase/II", "passage": "methods-1"}
    study["passage"] = "methods-1"
    arm |= {"regimen": "FOLFIRI-bevacizumab", "passage": "methods-1"}
    more = {"studies": [study], "arms": [arm], "study-facts": [phase]}
    return opened(with_abstract(tmp_path_factory.mktemp("facts"), more))


def told(graph, *statement):
    """The reason and the document of the place of each statement that an explanation starts with."""
    steps = [step for step in graph.explain(*statement).steps if step.depth == 0]
    return [(step.because, str(step.passage or "").rpartition("/")[2].partition(".")[0]) for step in steps]


LOUPAKIS, OHHARA = ("Loupakis et al. 2014 states it", "loupakis-2014"), ("Ohhara et al. 2016 states it", "ohhara-2016")


@pytest.mark.parametrize(
    ("statement", "documents"),
    [
        (("TRIBE", "mcrc:primaryEndpoint"), [LOUPAKIS]),
        (("TRIBE", "mcrc:hasDesign"), [LOUPAKIS, OHHARA]),
        (("TRIBE", "mcrc:hasArm", "arm:TRIBE-FOLFIRI-bevacizumab"), [LOUPAKIS, OHHARA]),
        (("TRIBE", "mcrc:hasArm", "arm:TRIBE-FOLFOXIRI-bevacizumab"), [OHHARA]),
        (("arm:TRIBE-FOLFIRI-bevacizumab", "mcrc:assignedRegimen"), [LOUPAKIS, OHHARA]),
        (("arm:TRIBE-FOLFOXIRI-bevacizumab", "mcrc:assignedRegimen"), [OHHARA]),
        (("population:TRIBE-all", "mcrc:hasCondition", "metastatic colorectal cancer"), [OHHARA]),
        (("TRIBE", "mcrc:registryNumber"), [LOUPAKIS]),
        (("CRYSTAL", "mcrc:phase"), [LOUPAKIS, OHHARA]),
        (("result:loupakis-2014.TRIBE-all-OS-abstract", "mcrc:forEndpoint"), [LOUPAKIS]),
    ],
)
def test_each_statement_has_the_document_that_makes_it_with_a_place_there(both, statement, documents):
    assert sorted(set(told(both, *statement))) == documents


def test_a_place_is_never_lent_to_the_words_of_another_document(both):
    for entity in ("TRIBE", "CRYSTAL", "population:TRIBE-all", "result:loupakis-2014.TRIBE-all-OS-abstract"):
        for step in both.explain(entity).steps:
            name = str(step.passage or "").rpartition("/")[2].partition(".")[0]
            expected = {"loupakis-2014": "Loupakis et al. 2014", "ohhara-2016": "Ohhara et al. 2016"}
            assert not name or step.because in {
                f"{expected[name]} {said}" for said in ("states it", "reports this of the same outcome")
            }, step


def test_the_ontology_states_what_no_document_does(both):
    found = told(both, "disease:metastatic-colorectal-cancer", "mcrc:isFormOf", "colorectal cancer")
    assert found == [("the ontology states it", "")]


def test_what_another_document_states_instead_follows(both):
    instead = ("but Loupakis et al. 2014 states this instead", "loupakis-2014")
    assert told(both, "CRYSTAL", "mcrc:phase", "phase III") == [OHHARA, instead]
    assert told(both, "CRYSTAL", "mcrc:phase", "phase:II")[1] == ("but Ohhara et al. 2016 states this instead", "ohhara-2016")
    assert told(both, "TRIBE", "mcrc:hasDesign", "randomised") == [LOUPAKIS, OHHARA]


@pytest.mark.complete
def test_a_level_that_another_document_changes_names_its_fact(both, tmp_path):
    level = "result:ohhara-2016.TRIBE-all-OS-FOLFOXIRI-bevacizumab-vs-FOLFIRI-bevacizumab-text"
    alone = opened(assemble(review(tmp_path)))
    before, after = (one.explain(level, "mcrc:evidenceLevel").steps for one in (alone, both))
    assert [steps[0].statement.rpartition(" ")[2] for steps in (before, after)] == ["2", "3"]
    new = {(step.statement, step.because) for step in after} - {(step.statement, step.because) for step in before}
    assert ("TRIBE primary endpoint progression-free survival", "Loupakis et al. 2014 states it") in new


def test_what_other_documents_report_of_the_outcome_follows(graph):
    """PRIME, KRAS wild type, PFS: the review prints P = 0.002, the primary abstract .02."""
    result = "result:ohhara-2016.PRIME-KRAS-wild-type-PFS-FOLFOX4-panitumumab-vs-FOLFOX4-text"
    said = graph.explain(result).steps
    others = [step for step in said if "reports this of the same outcome" in step.because]
    assert any("P = .02" in step.statement and "Douillard et al. 2010" in step.because for step in others)
    assert all(step.passage for step in others)
    corresponding = graph.query(f"SELECT ?other {{ {result} mcrc:correspondsTo ?other }}")
    assert {str(step.triple[0]) for step in others} == {str(row["other"]) for row in corresponding}
