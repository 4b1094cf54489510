"""An answer without rows claims silence only where readers looked, and otherwise says what else there is."""

import re

import pytest

from kg.ask.catalogue import questions
from kg.ask.query_hints import terms
from kg.ask.results import Table
from kg.errors import NotFoundError, QueryWarning
from kg.namespaces import ID, MCRC, expand

MCRC_PREFIX = f"PREFIX mcrc: <{MCRC}> "
READ = "ohhara-2016 was read for"


def silent(graph, **values):
    return {(row["entity"], row["reporting_item"]) for row in graph.ask("not-reported", **values)}


def test_what_readers_did_not_find_is_an_answer(graph):
    assert ("FIRE-3", "follow-up duration") in silent(graph, thing="FIRE-3")
    subclass = {("panitumumab", "antibody subclass or isotype")}
    assert silent(graph, thing="panitumumab", reporting_item="immunoglobulin subclass") == subclass
    assert len(silent(graph, reporting_item="follow-up duration")) == 52, "the review states no follow-up of any study"
    assert silent(graph, thing="FIRE-3", document="prager-2023") == set()


@pytest.mark.parametrize(
    ("thing", "item"),
    [
        ("NCIC CO.17", "quality-of-life findings"),
        ("20020408", "subsequent therapy or crossover"),
        ("AVEX", "patient age"),
        ("E3200", "dose or schedule"),
        ("ramucirumab", "antibody subclass or isotype"),
        ("regorafenib", "route of administration"),
        ("COIN", "primary tumour side"),
        ("PANERB", "subsequent therapy or crossover"),
        ("trials of panitumumab after cetuximab resistance", "subsequent therapy or crossover"),
    ],
)
def test_what_the_review_says_is_not_called_silent(graph, thing, item):
    assert silent(graph, thing=thing, reporting_item=item) == set()


def test_at_least_two_readers_looked_for_each(graph):
    found = graph.ask("not-reported")
    assert len(found) > 700
    assert {row["readers"] for row in found} == {2}
    assert {row["document"] for row in found} == {"ohhara-2016"}


def test_search_finds_the_items_by_other_words(graph):
    for words, item in {
        "sidedness": "tumour-side",
        "follow-up": "follow-up",
        "amphiregulin": "EGFR-ligands",
        "isotype": "antibody-subclass",
    }.items():
        assert expand(f"item:{item}") in [name.entity for name in graph.find(words)]


def test_an_explanation_says_that_readers_looked(graph):
    steps = graph.explain("unreported:ohhara-2016.trial.FIRE-3.follow-up").steps
    assert {step.because for step in steps} == {"readers looked for it in Ohhara et al. 2016, independently of each other"}
    assert "FIRE-3: follow-up duration not reported number of readers 2" in {step.statement for step in steps}


def test_silence_is_said_only_where_it_is_a_fact(graph):
    assert f"{READ} follow-up duration of FIRE-3 by two readers and does not report it" in graph.explain_empty(
        "analyses", trial="FIRE-3"
    )
    assert graph.explain_empty("approvals", drug="regorafenib")[0] == (
        f"{READ} regulatory approval of regorafenib by two readers and does not report it"
    )
    # tipiracil is in the graph, but nobody read the review for it
    first, *rest = graph.explain_empty("adverse-events", agent="tipiracil")
    assert first == "nothing in the graph matches these values; this does not mean that the documents are silent"
    assert not [one for one in rest if READ in one]
    # and what one document does not report says nothing of another
    assert not [one for one in graph.explain_empty("analyses", trial="FIRE-3", document="prager-2023") if READ in one]


def test_another_question_is_named_with_the_rows_that_it_has(graph):
    assert len(graph.ask("adverse-events", agent="FOLFIRI + ramucirumab")) == 0
    told = " ".join(graph.explain_empty("adverse-events", agent="FOLFIRI + ramucirumab"))
    number = len(graph.ask("safety", regimen="FOLFIRI + ramucirumab"))
    assert f"safety --regimen 'FOLFIRI + ramucirumab' ({number} rows)" in told
    assert READ not in told, "serious adverse events are reported as a comparison"


def test_what_may_be_wrong_with_the_values_is_said(graph):
    assert len(graph.ask("arm-values", trial="CRYSTAL", endpoint="DCR")) == 0
    told = graph.explain_empty("arm-values", trial="CRYSTAL", endpoint="DCR")
    assert f"without --endpoint the answer has {len(graph.ask('arm-values', trial='CRYSTAL'))} rows" in told
    assert "similar names for --trial: CRYSTAL RAS analysis, pooled analysis of CRYSTAL and OPUS" in told


def test_the_questions_and_items_that_headers_name_exist(graph):
    known = questions()
    items = {
        str(row["item"]).removeprefix(f"{ID}item/")
        for row in graph.query(f"{MCRC_PREFIX}SELECT ?item {{ ?item a mcrc:ReportingItem }}")
    }
    for one in known.values():
        assert set(one.see) <= set(known) - {one.name}, one.name
        assert set(one.items) <= items, one.name
    assert sum(bool(one.see) for one in known.values()) > 20


def test_no_description_says_that_an_empty_answer_is_silence():
    for one in questions().values():
        assert not re.search(
            r"no document (states|mentions|reports|names)[^;.]*(missing|No rows)|(No rows|missing)[^.]*, no document",
            one.description,
        ), one.name


@pytest.mark.parametrize(
    ("query", "name", "nearest"),
    [
        ("SELECT ?x { ?x mcrc:hasEndpoint ?y }", "mcrc:hasEndpoint is not a term", "mcrc:forEndpoint"),
        ("SELECT ?x { ?x a mcrc:Trials }", "mcrc:Trials is not a term", "mcrc:TrialArm"),
        ("SELECT (COUNT(*) AS ?n) { ?x mcrc:pvalue ?y }", "mcrc:pvalue is not a term", "mcrc:pValue (P value)"),
        (f"SELECT ?x {{ ?x ?p <{MCRC}drug> }}", "mcrc:drug is not a term", "mcrc:Drug"),
        (f"PREFIX d: <{ID}drug/> ASK {{ d:cetuximub ?p ?o }}", "drug:cetuximub is not an entity", "drug:cetuximab (cetuximab)"),
        ("SELECT ?x { ?x mcrc:hazardRatio ?y }", "mcrc:hazardRatio is not a term", "statistic:hazard-ratio"),
    ],
)
def test_a_name_that_does_not_exist_is_said_with_the_nearest(graph, query, name, nearest):
    with pytest.warns(QueryWarning) as told:
        graph.query(MCRC_PREFIX + query)
    (only,) = [str(one.message) for one in told]
    assert only.startswith(name)
    assert nearest in only


def test_nothing_is_said_about_queries_whose_names_exist(graph):
    for one in questions().values():
        if one.endpoint is None:
            assert graph.hints(one.sparql, Table((), ())) == []
    texts = "FILTER(STR(?x) != 'mcrc:absent' && STRSTARTS(STR(?x), STR(mcrc:))) } # mcrc:absent"
    strings = f"{MCRC_PREFIX}SELECT ?x {{ ?x a mcrc:Drug . {texts}"
    assert graph.hints(strings, graph.query(strings)) == []


def test_the_terms_of_a_query_are_read_with_its_own_prefixes():
    assert terms("PREFIX mcrc: <urn:x:> SELECT * { ?s mcrc:a ?o }") == ()
    assert terms(f"BASE <{MCRC}> PREFIX : <{ID}drug/> SELECT * {{ ?s <{MCRC}actsOn> :x ; a mcrc:Drug }}") == (
        MCRC.actsOn,
        expand("drug:x"),
        MCRC.Drug,
    )


def test_numbers_that_group_concat_does_not_join_are_no_absence(graph):
    query = f"{MCRC_PREFIX}SELECT (GROUP_CONCAT({{}}) AS ?refs) {{{{ ?s mcrc:citesReference ?n }}}}"
    with pytest.warns(QueryWarning, match=r"refs is empty: .* write GROUP_CONCAT\(STR\(\?n\)\)"):
        graph.query(query.format("DISTINCT ?n; separator=', '"))
    joined = graph.query(query.format("STR(?n)"))
    assert re.search(r"\b87\b", str(joined.rows[0][0]))


def test_an_unknown_item_names_the_nearest(graph):
    with pytest.raises(NotFoundError, match="follow-up duration"):
        graph.ask("not-reported", reporting_item="follow up")
