"""Every canned question: its golden answer, the same in two engines, and the rules that its file keeps."""

import re

import pytest
from goldens import GOLDEN, golden, rows
from paths import TESTS
from rdflib import Literal, URIRef
from tiers import few

import kg
from kg.ask.catalogue import catalogue, question
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
    "shared-targets",
    "survival-without-progression",
    "text-against-tables",
    "trials-without-numbers",
    "what-is-printed",
}


@pytest.mark.parametrize("name", NAMES)
def test_golden_answer(graph, name):
    answer = graph.ask(name)
    assert rows(to_csv(answer)) == golden(name)


@pytest.mark.parametrize("name", few(NAMES, *(name for name in NAMES if name not in LONG)))
def test_same_answer_in_rdflib(plain, name):
    answer = plain.query(question(name).bind({}))
    table = Table(tuple(map(str, answer.vars)), tuple(tuple(row) for row in answer))
    assert rows(to_csv(table)) == golden(name)


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


def calculated(sparql):
    """The variables that a query binds to the result of arithmetic; a condition with arithmetic gives words."""
    parts = [part.partition(" AS ?") for part in re.split(r"BIND\(|SELECT \(|\) \((?=\w+\()", sparql)]
    calculation = re.compile(r"ROUND\(|SUM\(|AVG\(|mcrc:evidenceLevel| [-/*] [?(\d]")
    found = {
        re.match(r"\w+", end).group() for text, _, end in parts if calculation.search(text) and not text.startswith("IF(") and end
    }
    return found | set(re.findall(r"mcrc:evidenceLevel \?(\w+)", sparql))


@pytest.mark.parametrize("name", NAMES)
def test_a_number_that_no_document_prints_is_in_a_column_of_its_own(graph, name):
    columns = set(graph.ask(name).columns)
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
