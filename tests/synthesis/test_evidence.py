"""The evidence for a group of patients: who is in it, how the arms differ, and that its numbers are those of the documents."""

from decimal import Decimal

import pytest

from kg.ask.catalogue import catalogue
from kg.errors import NotFoundError
from kg.synthesis.evidence_rows import ONE_ARM, primary
from kg.synthesis.kinds import ADDED, CHEMOTHERAPY, INSTEAD, SUPPORTIVE

DRUGS = ("panitumumab", "bevacizumab")


@pytest.fixture(scope="module")
def first_line(graph):
    """The question that every clinician asks first: RAS wild type, first line."""
    return graph.evidence(biomarker="RAS wt", line="first-line")


@pytest.fixture(scope="module")
def everyone(graph):
    return graph.evidence()


def entries(table, trial, population=None):
    return [one for one in table.entries if one.first.trial == trial and population in (None, one.first.population)]


@pytest.mark.parametrize(
    ("trial", "kind", "contrast"),
    [
        ("CRYSTAL", ADDED, "cetuximab added"),
        ("COIN", ADDED, "cetuximab added"),
        ("AVF2107g", ADDED, "bevacizumab added"),  # against a placebo on the same backbone
        ("TRIBE", CHEMOTHERAPY, "FOLFOXIRI + bevacizumab instead of FOLFIRI + bevacizumab"),
        ("FIRE-3", INSTEAD, "cetuximab instead of bevacizumab"),
        ("ASPECCT", INSTEAD, "panitumumab instead of cetuximab"),
        ("BREAKWATER", INSTEAD, "mFOLFOX6 + encorafenib + cetuximab instead of chemotherapy with or without bevacizumab"),
        ("NCIC CO.17", SUPPORTIVE, "cetuximab"),
        ("CORRECT", SUPPORTIVE, "regorafenib"),  # against placebo
    ],
)
def test_the_arms_of_a_contrast_differ_by_these_drugs(everyone, trial, kind, contrast):
    assert {(one.kind, one.contrast) for one in entries(everyone, trial)} == {(kind, contrast)}


def test_a_result_has_both_medians_their_difference_and_the_printed_interval(first_line):
    [fire] = entries(first_line, "FIRE-3", "RAS wild type")
    [row] = [row for row in first_line.to_table() if row["result_iri"] == fire.outcome("OS").result]
    assert (row["experimental_value"], row["reference_value"], row["unit"]) == ("33.1", "25.0", "mo")
    assert row["computed_difference"] == 8.1
    assert (row["effect_value"], row["ci_lower"], row["ci_upper"], row["computed_lower"]) == ("0.70", "0.54", "0.90", None)
    assert row["favours"] == "FOLFIRI + cetuximab"
    assert row["differing"] >= 1  # the review and the guideline print other figures


def test_what_a_study_missed_is_said_of_the_whole_study(first_line, everyone):
    [part] = entries(first_line, "FIRE-3", "RAS wild type")
    assert primary(part.outcome("ORR")) == "primary endpoint (whole study), not met"
    assert "primary endpoint, met" in {primary(one.outcome("PFS")) for one in entries(everyone, "TAILOR")}


def test_each_difference_is_that_of_the_printed_values(everyone):
    checked = 0
    for row in everyone.to_table():
        if row["computed_difference"] is not None:
            printed = Decimal(row["experimental_value"]) - Decimal(row["reference_value"])
            assert Decimal(str(row["computed_difference"])) == printed, row["result_iri"]
            checked += 1
    assert checked > 100


def test_every_comparison_with_precedence_is_in_the_evidence_for_all_patients(graph, everyone):
    table = everyone.to_table()
    shown = {row["result_iri"] for row in table if row["result_iri"]}
    events = {row["event"] for row in graph.ask("safety")}
    outcomes = {
        (row["population_iri"], row["endpoint"], *sorted((row["experimental_arm"], row["reference_arm"])))
        for row in table
        if row["reference_arm"]
    }
    for row in graph.ask("comparisons"):
        outcome = (row["population_iri"], row["endpoint"], *sorted((row["regimen"], row["against"])))
        assert row["endpoint"] in events or row["result_iri"] in shown or outcome in outcomes, row["result_iri"]


def test_a_line_stands_for_those_that_overlap_it(graph):
    second = graph.evidence(line="second-line")
    assert entries(second, "VELOUR")
    assert entries(second, "20050181")
    assert not entries(second, "CRYSTAL")


def test_patients_whom_no_biomarker_selected(graph):
    found = graph.evidence(biomarker="unselected population", line="first-line")
    assert entries(found, "AVF2107g")
    assert not any(word in one.first.population for one in found.entries for word in ("wild type", "mutant"))


@pytest.mark.parametrize(
    ("chosen", "trials"),
    [
        ({"patients": "70 years", "line": "first-line"}, {"AVEX"}),
        ({"biomarker": "RAS wild type", "side": "left side of the large bowel", "treatment": "panitumumab"}, {"PARADIGM"}),
        ({"biomarker": "BRAF V600E mutant"}, {"BEACON", "BREAKWATER"}),
        ({"biomarker": "KRAS G12C"}, {"CodeBreaK 300"}),
        ({"biomarker": "MSI-H"}, {"CheckMate 8HW", "KEYNOTE-177"}),
    ],
)
def test_a_selection_finds_these_trials(graph, chosen, trials):
    found = graph.evidence(**chosen)
    assert {one.first.trial for one in found.entries} == trials


def test_the_comparator_is_in_the_reference_arm_of_every_row(graph):
    found = graph.evidence(biomarker="KRAS wild type", treatment="bevacizumab", against="cetuximab")
    assert entries(found, "FIRE-3")
    [fire] = entries(found, "FIRE-3", "RAS wild type")
    [row] = [row for row in found.to_table() if row["result_iri"] == fire.outcome("OS").result]
    assert row["effect_value"] is None  # the printed ratio is that of the other direction
    assert float(row["computed_value"]) == pytest.approx(1 / 0.70, abs=0.005)
    assert row["computed_difference"] == -8.1


def test_values_of_one_arm_are_shown_where_no_study_compared(graph):
    rows = list(graph.evidence(biomarker="HER2-positive").to_table())
    assert {row["contrast_kind"] for row in rows} == {ONE_ARM}
    assert "HERACLES" in {row["trial"] for row in rows}


def test_harm_stands_beside_benefit_and_what_was_fatal_goes_first(graph, everyone):
    [correct] = entries(everyone, "CORRECT")
    assert correct.harms[0].event == "drug-induced liver injury"
    asked = {(row["event"], row["grade"] or "") for row in graph.ask("safety", trial="CORRECT")}
    assert {(one.event, one.grade) for one in correct.harms} == asked
    harms = {one.words: (one.experimental, one.reference) for each in entries(everyone, "CAIRO2") for one in each.harms}
    assert harms["adverse event of any kind, grade 3 or 4"] == ("81", "72")


def test_an_unknown_biomarker_lists_those_that_the_sources_know(graph):
    with pytest.raises(NotFoundError, match=r"no biomarker is called 'KIT'.*BRAF V600E mutant.*unselected population"):
        graph.evidence(biomarker="KIT")


def test_the_numbers_of_studies_are_those_of_the_evidence(graph):
    """What the page counts in one query, the analysis finds for each biomarker and line."""
    counted = graph.answer(catalogue("pages")["studies-by-biomarker"].sparql)
    numbers = {(row["biomarker"] or "unselected population", row["line"]): row["studies"] for row in counted}
    for asked in [("RAS wild type", "first-line"), ("HER2-positive", "salvage-line"), ("unselected population", "second-line")]:
        found = graph.evidence(*asked)
        studies = {one.first.study for one in found.entries} | {row["study_iri"] for row in found.single}
        assert numbers[asked] == len(studies), asked


def test_another_report_of_an_outcome_is_beside_it(everyone):
    """BEACON: the updated ratio of the triplet answers, with that of the first data cut beside it."""
    [entry] = [one for one in entries(everyone, "BEACON") if "binimetinib" in one.contrast]
    overall = entry.outcome("OS")
    assert (overall.printed, [one.printed for one in entry.others[overall.result]]) == ("0.60", ["0.52"])


def test_values_of_arms_are_there_where_no_comparison_is(graph):
    """BEACON: the response rates of both combinations are printed, and no comparison of the newest report has them."""
    found = graph.evidence(biomarker="BRAF V600E mutant")
    values = {(row["regimen"], row["endpoint"], row["printed"]) for row in found.single if row["trial"] == "BEACON"}
    assert {("encorafenib + binimetinib + cetuximab", "ORR", "26.8"), ("encorafenib + cetuximab", "ORR", "19.5")} <= values
    compared = {(one.group, one.endpoint) for entry in found.entries for one in entry.results}
    assert not {(str(row["population_iri"]), row["endpoint"]) for row in found.single} & compared


def test_a_study_and_pair_of_arms_has_one_direction(everyone):
    ways = {}
    for one in everyone.entries:
        ways.setdefault((one.first.study, frozenset(one.first.pair)), set()).add(one.first.pair)
    assert all(len(pairs) == 1 for pairs in ways.values())


def test_studies_without_a_stated_line_are_named(graph):
    found = graph.evidence(biomarker="MSI-H", line="first-line")
    assert "CheckMate 8HW" in found.unlined.values()
    assert not entries(found, "CheckMate 8HW")
    assert entries(graph.evidence(biomarker="MSI-H"), "CheckMate 8HW")


def test_harm_of_studies_without_comparison_is_there(graph):
    rows = [row for row in graph.evidence(biomarker="HER2-positive").to_table() if row["section"] == "harm"]
    assert ("DESTINY-CRC01", "9.3") in {(row["trial"], row["experimental_value"]) for row in rows}


def test_harm_in_another_population_says_so_in_the_rows_too(everyone):
    """The interim analysis of toxicity of CAIRO2 has its own population, which is not that of the comparisons."""
    rows = [row for row in everyone.to_table() if row["trial"] == "CAIRO2" and row["experimental_value"] == "81"]
    assert {(row["population"], row["population_iri"]) for row in rows} == {
        (entries(everyone, "CAIRO2")[0].harms[0].population, None)
    }
    assert not {row["population"] for row in rows} & {one.first.population for one in entries(everyone, "CAIRO2")}
    harms = [one for entry in entries(everyone, "PARADIGM") for one in entry.harms]
    assert {one.population for one in harms} - {"", "RAS wild type, left-sided primary tumour, as treated"}


def test_harm_follows_the_direction_of_the_comparison(graph):
    """Asked the other way round, the values of both arms change places, and what is said of a drug stays."""
    ways = [graph.evidence(treatment=one, against=other) for one, other in (DRUGS, DRUGS[::-1])]
    one, other = (
        {
            harm.words: (harm.experimental, harm.reference)
            for entry in entries(way, "PARADIGM")
            for harm in entry.harms
            if harm.compared
        }
        for way in ways
    )
    assert one
    assert {words: values[::-1] for words, values in one.items()} == other


def test_what_is_said_of_another_arm_is_no_harm_of_these_arms(graph, everyone):
    treated = {(row["trial"], row["statement"]): row["treatment"] for row in graph.ask("safety") if row["kind"] == "words"}
    for entry in everyone.entries:
        arms = (entry.first.experimental, entry.first.reference)
        given = {drug.label for arm in arms for drug in arm.drugs} | {part for arm in arms for part in arm.label.split(" + ")}
        for one in entry.harms:
            if one.statement:
                named = treated[entry.first.trial, one.statement]
                assert named in given | {arm.label for arm in arms}, (entry.first.trial, one.statement)


def test_reports_in_the_other_direction_are_turned(everyone):
    """CECOG and PRODIGE 18 have reports in both directions; each report beside a result has the direction of the result."""
    for entry in everyone.entries:
        for result, others in entry.others.items():
            [own] = [one for one in entry.results if one.result == result]
            assert {one.pair for one in others} <= {own.pair}


def test_the_side_has_short_names(graph):
    left = [graph.evidence(side=words) for words in ("left", "left-sided", "left side of the large bowel")]
    assert {len(one.entries) for one in left} == {len(left[0].entries)} != {0}
