"""Every canned question: its golden answer, the same in two engines, and the rules that its file keeps."""

import os
import re

import pytest
from goldens import GOLDEN, golden, rows
from paths import TESTS
from rdflib import Literal, URIRef
from tiers import few

import kg
from kg.ask.catalogue import catalogue, question
from kg.ask.filters import Filters
from kg.ask.results import Table, to_csv

NAMES = sorted(catalogue())
# those that take rdflib long
LONG = {
    "about",
    "arms-against-totals",
    "comparisons-against-drug",
    "comparisons-printed-twice",
    "contradictions",
    "corroboration",
    "facts-per-study",
    "fractions-recomputed",
    "head-to-head",
    "links",
    "names",
    "safety",
    "shared-targets",
    "studies",
    "survival-without-progression",
    "targeted-agents",
    "text-against-tables",
    "trial-overview",
    "trials-without-numbers",
    "what-is-printed",
}

# rdflib is asked about the review, which is quick, but for questions that compare documents, and about one entity where that
# takes long; with MCRC_KG_EVERY_EXAMPLE about everything in all documents
EVERY = bool(os.environ.get("MCRC_KG_EVERY_EXAMPLE"))
OF_DOCUMENTS = {"analyses", "contradictions", "corroboration"}
ONE = {
    "contradictions": {"trial": "TREE-1/2"},
    "corroboration": {"trial": "PRIME"},
    "targeted-agents": {"drug": "cetuximab"},
    "what-is-printed": {"trial": "PRIME"},
}


@pytest.mark.parametrize("name", NAMES)
def test_golden_answer(answer, name):
    assert rows(to_csv(answer(name))) == golden(name)


@pytest.mark.parametrize("name", few(NAMES, *(name for name in NAMES if name not in LONG)))
def test_same_answer_in_rdflib(request, name):
    engines = ("graph", "plain") if EVERY or name in OF_DOCUMENTS else ("review_graph", "plain_review")
    graph, plain = map(request.getfixturevalue, engines)
    given = {} if EVERY else ONE.get(name, {})
    values = {one.name: graph.term(one, given[one.name]) for one in question(name).parameters if one.name in given}
    answer = plain.query(question(name).bind(values))
    table = Table(tuple(map(str, answer.vars)), tuple(tuple(row) for row in answer))
    expected = rows(to_csv(graph.ask(name, **given)))
    assert rows(to_csv(Filters(merges=question(name).merges).of(table))) == expected != []


def test_no_golden_answer_without_its_question():
    assert sorted(path.stem for path in GOLDEN.glob("*.csv")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_file_keeps_the_rules(name):
    item = question(name)
    assert sum(not re.match(r" *#|PREFIX", line) for line in item.sparql.splitlines()) <= 40
    assert item.summary
    assert len(item.description) > 30, "say what it answers and what not to conclude"
    assert item.tags
    assert "ORDER BY" in item.sparql
    assert item.view in {"table", "forest", "network", "count"}
    marked = set(re.findall(r"# param: (\w+)", item.sparql))
    assert marked == {parameter.name for parameter in item.parameters}


# P values that are no test of one comparison of arms
NO_TEST = {"survival-without-progression", "what-is-printed"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_TEST])
def test_an_interval_comes_with_its_level_and_a_p_value_with_its_sides(answer, name):
    """A limit of 97.5% or a one-sided P must not pass for a usual one."""
    columns = set(answer(name).columns)
    assert not {"ci_lower", "ci_upper"} & columns or "ci_level" in columns
    assert not {"p", "p_value"} & columns or "p_sides" in columns


def calculated(sparql):
    """The variables that a query binds to the result of arithmetic; a condition with arithmetic gives words."""
    parts = [part.partition(" AS ?") for part in re.split(r"BIND\(|SELECT \(|\) \((?=\w+\()", sparql)]
    calculation = re.compile(r"ROUND\(|SUM\(|AVG\(|mcrc:evidenceLevel| [-/*] [?(\d]")
    found = {
        re.match(r"\w+", end).group() for text, _, end in parts if calculation.search(text) and not text.startswith("IF(") and end
    }
    return found | set(re.findall(r"mcrc:evidenceLevel \?(\w+)", sparql))


@pytest.mark.parametrize("name", NAMES)
def test_a_number_that_no_document_prints_is_in_a_column_of_its_own(answer, name):
    columns = set(answer(name).columns)
    assert [one for one in calculated(question(name).sparql) & columns if not one.startswith("computed_")] == []


def test_calculations_are_recognised():
    assert calculated("BIND(ROUND(100.0 * ?a / ?b) / 10 AS ?share)") == {"share"}
    assert calculated("SELECT (SUM(?n) AS ?all) ?other") == {"all"}
    assert calculated("?result mcrc:evidenceLevel ?level .") == {"level"}
    assert calculated('BIND(IF(?a - ?b > 1, "yes", "no") AS ?same)') == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_with_a_default_matches_its_header(graph, name):
    for parameter in question(name).parameters:
        if parameter.default is not None:
            assert graph.bound(name, **{parameter.name: parameter.default})
            assert re.search(
                rf"VALUES \?\w+ \{{ {re.escape(parameter.default)} \}} # param: {parameter.name}\b", question(name).sparql
            )


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_review_table_comes_back_as_printed(graph, number):
    """Cell by cell against a copy typed from the printed table."""
    expected = (TESTS / "tables" / f"table-{number}.csv").read_text(encoding="utf-8")
    assert to_csv(graph.ask("review-table", table=number)) == expected


def answers(graph, name, columns, **params):
    """The values of some columns of an answer, row by row."""
    return {tuple(row[column] for column in columns.split()) for row in graph.ask(name, **params)}


def test_survival_without_progression_is_complete(graph):
    columns = "trial population gained p_gained missed p_missed"
    found = answers(graph, "survival-without-progression", columns, document="ohhara-2016")
    assert ("20020408", "KRAS wild type", "PFS", "< 0.0001", "OS", "") in found, "no P value for OS, called not significant"
    assert ("PEAK", "RAS wild type", "PFS", "= 0.029", "OS", "= 0.058") in found, "only in Table 4"
    assert ("FIRE-3", "RAS wild type", "OS", "= 0.011", "PFS", "= 0.54") in found, "only in Table 4"
    assert ("FIRE-3", "KRAS wild type", "OS", "= 0.017", "PFS", "= 0.55") in found


def test_p_values_against_wording_has_sentences_without_a_verdict(graph):
    found = answers(graph, "p-values-against-wording", "trial endpoint authors_reading p_value agree document")
    assert ("VELOUR", "objective response rate", None, "0.0001", None, "ohhara-2016") in found
    assert ("PEAK", "overall survival", "significant", "0.058", "no", "ohhara-2016") in found


def test_safety_has_words_rates_and_comparisons(graph):
    """TRIBE's events are in words and as comparisons; adverse-events says what it leaves out."""
    found = answers(graph, "safety", "event kind treatment favours authors_reading", regimen="FOLFOXIRI + bevacizumab")
    for event in ("neutropenia", "diarrhea", "stomatitis"):
        assert (event, "comparison", "FOLFOXIRI + bevacizumab", "FOLFIRI + bevacizumab", "significant") in found
    worded = answers(graph, "adverse-events", "event", agent="FOLFOXIRI + bevacizumab")
    assert worded == {("neutropenia",), ("diarrhea",), ("stomatitis",)}
    assert "safety" in graph.ask("adverse-events", agent="FOLFOXIRI + bevacizumab").notes[0]
    assert {kind for (kind,) in answers(graph, "safety", "kind", trial="RAISE")} == {"rate", "comparison"}
    assert ("drug-induced liver injury", "words") in answers(graph, "safety", "event kind", drug="regorafenib")
    assert answers(graph, "safety", "event", event="hypertension") == {("hypertension",)}
    assert ("cetuximab",) not in answers(graph, "safety", "treatment", drug="bevacizumab")


def test_what_is_printed_lists_what_is_not(graph):
    """PRIME: no response rate in RAS wild type; the other figures are in the text, in Table 4, or in both."""
    found = answers(graph, "what-is-printed", "population endpoint effect printed_in", trial="PRIME", document="ohhara-2016")
    assert ("RAS wild type", "objective response rate", "no", "nowhere") in found
    assert ("RAS wild type", "progression-free survival", "yes", "tables") in found
    assert ("KRAS wild type", "overall survival", "yes", "text, tables") in found


def test_what_is_printed_counts_what_a_better_document_gives_too(graph):
    """PRIME, KRAS wild type: another document has the best survival, the review the best response; it prints survival too."""
    columns = "population endpoint document arm_values effect interval p_value printed_in"
    best, review = (
        {row for row in answers(graph, "what-is-printed", columns, trial="PRIME", document=chosen) if row[2] == "ohhara-2016"}
        for chosen in ("best", "ohhara-2016")
    )
    assert ("KRAS wild type", "overall survival", "ohhara-2016", "yes", "yes", "no", "yes", "text, tables") in best
    assert best <= review


def test_direct_and_indirect_action_on_a_target(graph):
    found = answers(graph, "drugs-against-target", "drug how", target="VEGFR-2")
    direct = {(drug, "direct") for drug in ("fruquintinib", "ramucirumab", "regorafenib")}
    assert found == {("bevacizumab", "indirect"), *direct}


@pytest.mark.parametrize(
    ("name", "key"), [("studies", ["study_iri"]), ("primary-endpoints", ["study_iri", "primary_endpoint", "met"])]
)
def test_one_row_for_each_study(graph, name, key):
    """A trial may have two primary endpoints, of which each is a row, whatever the number of documents that name it."""
    found = [tuple(row[column] for column in key) for row in graph.ask(name)]
    assert len(found) == len(set(found))


def test_enrolment_marks_the_total(graph):
    found = answers(graph, "enrolment", "trial counted participants population")
    assert ("CRYSTAL", "total", 1198, "all patients") in found
    assert ("CRYSTAL", "subgroup", 666, "KRAS wild type") in found
    assert ("FIRE-3", "arm", 297, "KRAS wild type") in found
    assert ("PACCE", "no total recorded", None, None) in found
    assert ("CORRECT", "total", 760, "all patients (progression after all approved standard therapies)") in found
    assert not {row for row in found if row[0] == "CRYSTAL" and row[1] == "no total recorded"}


def test_head_to_head_has_the_values_of_both_arms(graph):
    found = answers(graph, "head-to-head", "trial population experimental_value reference_value unit favours", endpoint="OS")
    assert ("FIRE-3", "KRAS wild type", "28.7", "25.0", "mo", "FOLFIRI + cetuximab") in found


def test_trial_overview(graph):
    found = graph.ask("trial-overview", trial="PRIME")
    facts = {(row["section"], row["study"], row["item"], row["value"]) for row in found}
    assert ("1 design", "PRIME", "phase", "III") in facts
    assert ("1 design", "PRIME", "line of therapy", "first-line") in facts
    assert ("2 participants", "PRIME", "total", "1183") in {row for row in facts if row[2] == "total"}
    assert ("7 registry and papers", "PRIME", "registry number", "clinicaltrials:NCT00364013") in facts
    assert "PRIME RAS analysis" in {row["study"] for row in found}, "a later analysis is under its trial"
    printed = graph.ask("trial-overview", trial="PRIME", document="ohhara-2016")
    (row,) = (row for row in printed if (row["item"], row["population"], row["p"]) == ("OS", "RAS wild type", "= 0.009"))
    assert (row["experimental_value"], row["reference_value"], row["effect"]) == ("25.8", "20.2", "HR 0.77")
    assert row["favours"] == "FOLFOX4 + panitumumab"
    missed = {(row["item"], row["value"]) for row in graph.ask("trial-overview", trial="FIRE-3") if row["section"][0] == "3"}
    assert missed == {("primary endpoint", "objective response rate"), ("not met", "objective response rate")}
    assert "5 safety" in {row["section"] for row in graph.ask("trial-overview", trial="TRIBE")}


def test_drug_overview(graph):
    found = graph.ask("drug-overview", drug="regorafenib")
    facts = {(row["section"], row["item"], row["value"]) for row in found}
    assert ("2 action", "inhibits", "VEGFR-2") in facts
    assert ("4 trials", "line of therapy", "salvage-line") in facts
    assert any(section == "6 safety" and "liver injury" in value for section, _, value in facts if value)
    (row,) = (row for row in found if row["item"] == "OS")
    assert (row["trial"], row["effect"], row["favours"]) == ("CORRECT", "HR 0.77", "regorafenib alone")


def test_parameters_by_label_alias_prefixed_name_and_iri(graph):
    iri = "https://w3id.org/mcrc-kg/id/drug/5-fluorouracil"
    answers = {
        to_csv(graph.ask("regimens-with-drug", drug=name)) for name in ("5-FU", "fluorouracil", "drug:5-fluorouracil", iri)
    }
    assert len(answers) == 1
    assert len(graph.ask("reported-results", trial="AVF2017g")) > 0, "a misprint finds its trial"


@pytest.mark.parametrize(
    "value",
    ['x" } INSERT { ?a ?b ?c } #', "> } DROP ALL #", "\\u003e", "\n}", "drug:cetuximab> <urn:x", "' OR 1=1", "‮", "<script>"],
)
def test_hostile_values_change_nothing(graph, value):
    with pytest.raises(kg.KgError):
        graph.ask("actions-of-drug", drug=value)
    bound = question("actions-of-drug").bind({"drug": Literal(value)})
    assert len(graph.query(bound)) == 0


def test_an_iri_with_a_forbidden_character_is_refused():
    with pytest.raises(kg.UsageError, match="not an IRI"):
        question("actions-of-drug").bind({"drug": URIRef("urn:x> } #")})


def test_unknown_question_names_the_nearest(graph):
    with pytest.raises(kg.NotFoundError, match="hazard-ratios"):
        graph.ask("hazard-ratio")


def test_unknown_entity_names_the_nearest(graph):
    with pytest.raises(kg.NotFoundError, match="cetuximab"):
        graph.ask("actions-of-drug", drug="cetuximub")


def test_an_entity_of_another_class_is_not_accepted(graph):
    with pytest.raises(kg.NotFoundError):
        graph.ask("actions-of-drug", drug="CRYSTAL")


def test_unknown_parameter_names_those_that_exist(graph):
    with pytest.raises(kg.UsageError, match="--drug"):
        graph.ask("actions-of-drug", medicine="cetuximab")


def test_value_outside_the_choices(graph):
    with pytest.raises(kg.UsageError, match="1, 2, 3, 4"):
        graph.ask("review-table", table=5)
