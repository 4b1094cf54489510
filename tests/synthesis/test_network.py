"""Comparing two things: what was measured, what follows indirectly and only by a common regimen, what is absent; the network."""

import dataclasses
import math
from collections import Counter

import networkx as nx
import pytest
from samples import comparable, comparison

import kg
from kg.ask.catalogue import catalogue
from kg.synthesis.comparison import Side
from kg.synthesis.contrasts import Contrast
from kg.synthesis.indirect import ASSUMPTION, compare

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


def test_no_indirect_way_where_the_strata_differ(graph):
    found = graph.compare("cetuximab", "panitumumab", **REVIEW)
    assert found.indirect == ()
    assert "KRAS wild-type population" in found.gaps
    row = next(row for row in found.to_table() if row["evidence"] == "absent")
    assert "no study compares cetuximab with panitumumab in this stratum" in row["remark"]
    assert "give a wider stratum to search more broadly" in row["remark"]


def test_both_directions_say_the_same(graph):
    one, other = (graph.compare(*pair, **FIRST_LINE) for pair in (("cetuximab", "bevacizumab"), ("bevacizumab", "cetuximab")))
    assert len(one.direct) == len(other.direct) > 0
    for a, b in zip(one.direct, other.direct, strict=True):
        assert a.passage == b.passage
        assert a.turned != b.turned
        if a.lack is None:
            assert a.effect.value == pytest.approx(1 / b.effect.value)
    assert "inverse of the printed ratio" in str(other.to_table().texts())


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
    assert [float(row[name]) for name in ("value", "lower", "upper")] == pytest.approx([0.77, 0.63, 0.95], abs=0.005)


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
    assert rows["cetuximab", "panitumumab"]["compared"] == "indirect only"
    mutant = graph.network(by="regimens", stratum="RAS-mutant population", **REVIEW).to_table()
    assert {row["compared"] for row in mutant} == {"direct", "indirect only"}
    apart = graph.network(by="regimens", **REVIEW).to_table()
    assert "absent" in {row["compared"] for row in apart}


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
def test_the_queries_behind_answer_alike_in_two_engines(graph, plain, name):
    asked = catalogue("synthesis")[name]
    here, there = graph.query(asked.bind({})), plain.query(asked.bind({}))
    assert tuple(map(str, there.vars)) == here.columns
    assert Counter(map(comparable, here.rows)) == Counter(map(comparable, there))


def test_the_command(run):
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
    assert run("compare", "cetuximab", "cetuximab").returncode == 1
    assert run("compare", "cetuximab", "nothing").returncode == 3
