"""Comparing two things: what was measured, what follows indirectly and only by a common regimen, what is absent; the network."""

import dataclasses
import math
from collections import Counter
from itertools import combinations

import networkx as nx
import pytest
from samples import comparable, comparison

import kg
from kg.ask.catalogue import catalogue
from kg.synthesis.comparison import Side
from kg.synthesis.contrasts import Contrast
from kg.synthesis.indirect import ASSUMPTION, between, compare
from kg.synthesis.memberships import Group

FIRST_LINE = {"stratum": "KRAS wild-type population", "line": "first-line"}
REVIEW = {"document": "ohhara-2016"}  # other documents add trials


def test_an_indirect_estimate_goes_by_one_common_regimen(graph):
    """OPUS: cetuximab with FOLFOX4, PFS HR 0.567, P = 0.0064; PRIME: panitumumab with FOLFOX4, PFS HR 0.80, P = 0.002."""
    found = graph.compare("cetuximab", "panitumumab", **FIRST_LINE, **REVIEW)
    assert found.direct == ()
    pfs = next(one for one in found.indirect if one.endpoint == "PFS")
    assert (pfs.via, pfs.studies, pfs.line) == ("FOLFOX4", "OPUS against PRIME", "first-line")
    errors = (math.log(0.567) / 2.7266, math.log(0.80) / 3.0902)  # normal quantiles of the two P values
    assert pfs.effect.value == pytest.approx(0.567 / 0.80, abs=1e-3)
    assert pfs.effect.standard_error == pytest.approx(math.hypot(*errors), abs=1e-3)
    rows = [row for row in found.to_table() if row["evidence"] == "indirect"]
    assert all(ASSUMPTION in row["remark"] for row in rows)


@pytest.mark.parametrize("asked", [{}, {"stratum": FIRST_LINE["stratum"]}, {"line": "first-line"}, FIRST_LINE], ids=str)
def test_each_stratum_and_line_is_tried(graph, asked):
    """OPUS and PRIME are in KRAS wild type, first line: the same three estimates, whatever restricts the question."""
    found = graph.compare("cetuximab", "panitumumab", **asked, **REVIEW)
    assert {(one.endpoint, one.stratum, one.line) for one in found.indirect} == {
        (endpoint, *FIRST_LINE.values()) for endpoint in ("ORR", "OS", "PFS")
    }
    assert "no study in these documents compared them directly; 3 indirect estimates" in found.answer
    assert FIRST_LINE["stratum"] not in found.gaps


def test_where_nothing_is_known_it_says_so_of_these_documents_only(graph):
    found = graph.compare("cetuximab", "panitumumab", **REVIEW)
    assert found.gaps == ("KRAS exon 2 wild-type population", "all-RAS wild-type population", "unselected population")
    row = next(row for row in found.to_table() if row["evidence"] == "absent")
    assert "no study in these documents compares cetuximab with panitumumab" in row["remark"]


@pytest.mark.parametrize("pair", [("cetuximab", "FOLFIRI"), ("cetuximab", "bevacizumab"), ("panitumumab", "FOLFOX4")])
def test_no_stratum_is_both_compared_and_absent(graph, pair):
    """CRYSTAL's KRAS wild type belongs to the KRAS wild-type population."""
    found = graph.compare(*pair)
    compared = {stratum.label for one in found.direct for stratum in one.strata} | {way.stratum for way in found.indirect}
    assert len(compared) > 1
    assert not compared & set(found.gaps)


def test_an_estimate_stands_in_the_narrowest_stratum_with_the_same_results():
    """Both legs are in a stratum and in a wider one that adds nothing."""
    strata = (Group("urn:narrow", "narrow"), Group("urn:wide", "wide"))
    one, other = comparison("A", strata=strata), comparison("B", study="t", group="h", passage="2", strata=strata)
    asked = Contrast(*(Side(name, frozenset({f"urn:{name}"})) for name in "AB"))
    assert [way.stratum for way in between([one, other], asked).indirect] == ["narrow"]
    more = dataclasses.replace(other, study="u", group="i", passage="3", strata=strata[1:])
    assert [way.stratum for way in between([one, other, more], asked).indirect] == ["narrow", "wide"]


def test_an_indirect_estimate_says_which_treatment_it_favours(graph):
    """OS: 0.855 / 0.83 is above 1, for death; the response is better with cetuximab."""
    table = graph.compare("cetuximab", "panitumumab", **REVIEW).to_table()
    rows = {row["endpoint"]: row for row in table if row["evidence"] == "indirect"}
    assert {name: rows[name]["favours"] for name in rows} == {"ORR": "cetuximab", "OS": "panitumumab", "PFS": "cetuximab"}
    assert rows["OS"]["computed_value"] == pytest.approx(0.855 / 0.83, abs=1e-3)
    assert rows["OS"]["computed_from"] == "OPUS against PRIME, through FOLFOX4"


def test_what_is_printed_and_what_is_computed_stand_in_columns_of_their_own(graph):
    """FIRE-3 prints HR 0.70, P = 0.011 and no interval; the meta-analysis prints 0.77 (0.63-0.95)."""
    rows = graph.compare("anti-EGFR regimen", "anti-VEGF regimen", "OS", "all-RAS wild-type population", **REVIEW).to_table()
    fire = next(row for row in rows if row["studies"] == "FIRE-3" and row["authors_wording"])
    printed = ("effect_value", "ci_lower", "ci_upper", "p_comparator", "p_value", "favours", "favours_from", "authors_wording")
    assert [fire[name] for name in printed] == ["0.70", None, None, "=", "0.011", "FOLFIRI + cetuximab", "effect", "improved"]
    computed = ("computed_value", "computed_lower", "computed_upper", "computed_from")
    assert [fire[name] for name in computed] == [None, 0.532, 0.922, "interval from P = 0.011"]
    pooled = next(row for row in rows if row["evidence"] == "pooled by the source")
    assert [pooled[name] for name in ("effect_value", "ci_lower", "ci_upper", "ci_level")] == ["0.77", "0.63", "0.95", "95"]
    assert {pooled[name] for name in computed} == {None}
    turned = graph.compare("anti-VEGF regimen", "anti-EGFR regimen", "OS", **REVIEW).to_table()
    there = next(row for row in turned if row["studies"] == "FIRE-3")
    assert (there["effect_value"], there["computed_value"], there["favours"]) == (None, 1.3, "FOLFIRI + cetuximab")
    assert there["computed_from"].startswith("inverse of the printed 0.77; interval from P = ")


def test_a_reading_against_the_p_value_is_marked_in_its_row(graph):
    """PEAK, RAS wild type: P = 0.058, and the authors read a difference."""
    rows = graph.compare("panitumumab", "bevacizumab", "OS", **REVIEW).to_table()
    marked = [(row["studies"], row["population"], row["p_value"]) for row in rows if row["reading_against_p"]]
    assert marked == [("PEAK", "RAS wild type", "0.058")]
    assert "authors: improved, against the P value" in graph.forest(trial="PEAK", **REVIEW).told


def test_a_bound_gives_no_interval(graph):
    """NCIC CO.17 prints HR 0.55, P < 0.001."""
    rows = graph.compare("cetuximab", "no targeted agent", "OS", **REVIEW).to_table()
    one = next(row for row in rows if row["studies"] == "NCIC CO.17" and row["effect_value"] == "0.55")
    assert (one["p_comparator"], one["p_value"], one["computed_lower"]) == ("<", "0.001", None)
    assert "only gives a bound" in one["remark"]


def test_both_directions_say_the_same(graph):
    one, other = (graph.compare(*pair, **FIRST_LINE) for pair in (("cetuximab", "bevacizumab"), ("bevacizumab", "cetuximab")))
    assert len(one.direct) == len(other.direct) > 0
    for a, b in zip(one.direct, other.direct, strict=True):
        assert a.passage == b.passage
        assert a.turned != b.turned
        if a.lack is None:
            assert a.effect.value == pytest.approx(1 / b.effect.value)
    assert "inverse of the printed 0." in str(other.to_table().texts())


def test_the_arms_of_one_study_are_no_legs_of_an_indirect_way():
    """Of three arms, two have one control, whose patients would count twice."""
    one, other = comparison("A"), comparison("B", passage="2")
    sides = [Side(name, frozenset({f"urn:{name}"})) for name in "AB"]
    found = compare([one, other], Contrast(*sides))
    assert found.indirect == ()
    assert {left.reason for left in found.left_out} == {
        "the study compares both treatments with the same control, which would count twice"
    }
    apart = compare([one, dataclasses.replace(other, study="t", group="h")], Contrast(*sides))
    assert len(apart.indirect) == 1


def test_a_study_with_both_in_one_arm_is_named(graph):
    left = {str(one) for one in graph.compare("capecitabine", "bevacizumab").left_out}
    assert any(text.startswith("AVEX") and "belongs to both capecitabine and bevacizumab" in text for text in left)


def test_what_the_source_pooled_stands_apart(graph):
    rows = graph.compare("anti-EGFR regimen", "anti-VEGF regimen", "OS", **REVIEW).to_table()
    (row,) = [row for row in rows if row["evidence"] == "pooled by the source"]
    assert [float(row[name]) for name in ("effect_value", "ci_lower", "ci_upper")] == pytest.approx([0.77, 0.63, 0.95], abs=0.005)


def test_what_two_drugs_share(graph):
    assert "EGFR" in graph.compare("cetuximab", "panitumumab").shared
    assert graph.compare("bevacizumab", "cetuximab").shared == ()


def test_a_thing_is_not_compared_with_itself_nor_with_what_nobody_was_given(graph):
    with pytest.raises(kg.DataError, match="there is nothing to compare"):
        graph.compare("cetuximab", "cetuximab")
    with pytest.raises(kg.DataError, match="no arm of any study receives"):
        graph.compare("cetuximab", "VEGF pathway")
    with pytest.raises(kg.NotFoundError):
        graph.compare("cetuximab", "nothing at all")


def test_the_network_tells_direct_from_indirect_from_absent(graph):
    rows = {(row["treatment"], row["other_treatment"]): row for row in graph.network(**REVIEW).to_table()}
    assert rows["bevacizumab", "cetuximab"]["compared"] == "direct"
    assert rows["bevacizumab", "cetuximab"]["by"] == "CALGB/SWOG 80405; FIRE-3"
    assert rows["cetuximab", "panitumumab"]["compared"] == "indirect"
    assert rows["cetuximab", "panitumumab"]["by"] == "OPUS against PRIME, through FOLFOX4"
    assert rows["bevacizumab", "regorafenib"]["compared"] == "absent", "a path in the network alone is no comparison"
    apart = graph.network(by="regimens").to_table()
    assert "absent" in {row["compared"] for row in apart}


@pytest.mark.complete
@pytest.mark.parametrize("where", [{}, FIRST_LINE], ids=str)
def test_the_network_and_the_comparison_of_two_drugs_agree(graph, where):
    found = graph.network(**where)
    rows = {frozenset((row["treatment"], row["other_treatment"])): row["compared"] for row in found.to_table()}
    drugs = {name for name, iri in found.things.items() if "/id/drug/" in iri}
    nodes = sorted({"no targeted agent", *drugs} & set().union(*rows))
    assert len(nodes) > 3
    for pair in combinations(nodes, 2):
        known = graph.compare(*pair, **where)
        kind = "direct" if any(not one.analyses for one in known.direct) else "indirect" if known.indirect else "absent"
        assert rows[frozenset(pair)] == kind, pair


def test_every_comparison_of_a_study_is_in_the_network_once(graph):
    """Against the canned question: pairs of arms, meta-analyses aside."""
    found = graph.network(by="regimens")
    drawn = {(study, *sorted((edge.one, edge.other))) for edge in (*found.edges, *found.within) for study in edge.studies}
    pooled = {row["trial"] for row in graph.ask("studies") if "meta-analysis" in row["kind"]}
    reported = {
        (row["trial"], *sorted((row["experimental_arm"], row["reference_arm"])))
        for row in graph.ask("reported-results")
        if row["reference_arm"] and row["trial"] not in pooled
    }
    assert drawn == reported


def test_a_regimen_in_which_a_targeted_drug_may_be_chosen_is_not_without_one(graph):
    """BREAKWATER compares with chemotherapy with or without bevacizumab, CodeBreaK 300 with TAS-102 or regorafenib."""
    found = graph.network()
    plain = {study for edge in found.edges if "no targeted agent" in (edge.one, edge.other) for study in edge.studies}
    assert not plain & {"BREAKWATER", "CodeBreaK 300", "KEYNOTE-177"}
    assert "TAS-102 or regorafenib" in found.things
    side = graph.compare("cetuximab", "no targeted agent").direct
    assert not {one.trial for one in side} & {"BREAKWATER"}


def test_a_population_with_a_biomarker_state_is_not_unselected(graph):
    """BEACON: a BRAF mutation; it is in no class of populations."""
    strata = {edge.strata for edge in graph.network().edges if "BEACON" in edge.studies}
    assert strata == {("BRAF V600E mutant population",)}
    unselected = graph.network(stratum="unselected population")
    assert not {study for edge in unselected.edges for study in edge.studies} & {"BEACON", "BREAKWATER", "KEYNOTE-177"}


def test_a_trial_of_three_arms_is_marked(graph):
    marked = {study for edge in graph.network().edges for study in edge.multi_arm}
    assert "phase II study of FOLFIRI plus ganitumab or conatumumab" in marked
    assert "FIRE-3" not in marked


def test_it_is_a_networkx_graph(graph):
    found = graph.network().to_networkx()
    assert nx.has_path(found, "aflibercept", "panitumumab")
    with pytest.raises(kg.UsageError, match="drugs, regimens"):
        graph.network(by="arms")
    with pytest.raises(kg.DataError, match="there is no comparison in this stratum"):
        graph.network(stratum="all-RAS wild-type population", line="third-line")


@pytest.mark.parametrize("name", sorted(catalogue("synthesis")))
def test_the_queries_behind_answer_alike_in_two_engines(review_graph, plain_review, name):
    asked = catalogue("synthesis")[name]
    here, there = review_graph.query(asked.bind({})), plain_review.query(asked.bind({}))
    assert here.rows
    assert tuple(map(str, there.vars)) == here.columns
    assert Counter(map(comparable, here.rows)) == Counter(map(comparable, there))


def test_the_command(run, graph):
    done = run(
        "compare",
        "cetuximab",
        "panitumumab",
        "--stratum",
        FIRST_LINE["stratum"],
        "--line",
        "first-line",
        "--document",
        "ohhara-2016",
        "--format",
        "csv",
    )
    assert done.returncode == 0, done.stderr
    assert "indirect,OPUS against PRIME" in done.stdout
    assert "targets and pathways of both: EGFR, " in done.stderr
    assert done.stderr.startswith("cetuximab against panitumumab: no study in these documents compared them directly; 3 indirect")
    number = len(graph.compare("cetuximab", "panitumumab", **FIRST_LINE, **REVIEW).left_out)
    assert f"{number} comparisons were left out; --left-out lists them with the reason" in done.stderr
    listed = run("compare", "cetuximab", "panitumumab", "--line", "first-line", "--left-out").stderr
    assert "left out: CRYSTAL, " in listed
    assert run("compare", "cetuximab", "cetuximab").returncode == 1
    assert run("compare", "cetuximab", "nothing").returncode == 3
