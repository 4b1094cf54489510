"""Pooling from the graph: the meta-analysis of the review is met, and what must not be pooled is refused with its reason."""

import dataclasses

import pytest

import kg
from kg.comparisons import Arm, Comparison, Side
from kg.synthesis import Contrast, select

CONTRAST = {"experimental": "anti-EGFR regimen", "reference": "anti-VEGF regimen"}


def test_the_meta_analysis_of_the_review_is_met(graph):
    """For the same three trials it prints OS HR = 0.77 (95%CI: 0.63-0.95), P = 0.016, and PFS HR = 0.92 (0.71-1.18)."""
    overall = graph.pool("OS", stratum="all-RAS wild-type population", **CONTRAST)
    assert [s.trial for s in overall.studies] == ["CALGB/SWOG 80405", "FIRE-3", "PEAK"]
    one = overall.pooled.random
    assert [round(x, 2) for x in (one.value, one.lower, one.upper)] == [0.77, 0.63, 0.95]
    assert 0.007 < one.p_value < 0.020
    other = graph.pool("PFS", stratum="all-RAS wild-type population", **CONTRAST).pooled.random
    assert [round(x, 2) for x in (other.lower, other.upper)] == [0.71, 1.18]
    assert abs(other.value - 0.92) < 0.006


def test_what_is_left_out_has_its_reason(graph):
    found = graph.pool("OS", stratum="all-RAS wild-type population", **CONTRAST)
    reasons = {(one.comparison.trial, one.comparison.population): one.reason for one in found.left_out}
    assert reasons["PEAK", "RAS wild type"] == "printed at another place too"
    assert reasons["PEAK", "KRAS wild type"] == "another population stratum"
    assert reasons["CAIRO2", "KRAS wild type"] == "both arms hold an agent of one kind"


def test_no_patient_counts_twice(graph):
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert all(s.population != "RAS wild type" for s in found.studies)
    assert "a subset of patients who are in already" in {one.reason for one in found.left_out}


def arm(regimen):
    return Arm(f"urn:{regimen}", regimen, None, (), frozenset())


def comparison(experimental="A", reference="C", **changes):
    """A comparison that may be pooled, unless changed."""
    plain = Comparison(
        "s", "T", "g", "p", "OS", arm(experimental), arm(reference), "Table 1", "1", "HR", 0.7, "0.70",
        p_comparator="=", p_value=0.01, p_printed="0.01",
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def asked(*experimental):
    sides = [Side(name, frozenset(f"urn:{one}" for one in group)) for name, group in (("ours", experimental), ("theirs", ("C",)))]
    return Contrast(*sides)


def test_two_comparisons_of_one_study_do_not_both_enter():
    """Two arms against one control: the control's patients would count twice."""
    kept, left = select([comparison(), comparison("B", printed="0.8", value=0.8, passage="2")], asked("A", "B"))
    assert [one.experimental.label for one in kept] == ["A"]
    assert [one.reason for one in left] == ["shares patients with another comparison of its study"]


def test_a_comparison_printed_the_other_way_round_is_turned():
    (kept,), _ = select([comparison("C", "A", value=0.8, printed="0.80")], asked("A"))
    assert kept.effect.value == pytest.approx(1 / 0.8)
    assert kept.effect.how == "P = 0.01, turned round"
    assert (kept.experimental.label, kept.reference.label) == ("A", "C")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": None}, "no effect printed"),
        ({"value": 0.0}, "a ratio lies above 0"),
        ({"p_value": None}, "neither interval nor P value printed"),
        ({"p_comparator": "<", "p_value": 0.0001}, "only bounds the standard error"),
        ({"ci_lower": 0.8, "ci_upper": 0.9}, "must hold the ratio between them"),
        ({"hypothesis": "non-inferiority"}, "tests non-inferiority"),
    ],
)
def test_what_cannot_enter_says_why(changes, reason):
    kept, (left,) = select([comparison(**changes)], asked("A"))
    assert kept == []
    assert reason in str(left)


def test_hazard_and_odds_ratios_do_not_mix():
    other = comparison(study="t", group="h", trial="U", statistic="OR")
    with pytest.raises(kg.DataError, match="HR and OR do not pool"):
        select([comparison(), other], asked("A"))


def test_a_printed_p_value_is_held_against_the_printed_interval():
    """0.77 (0.63-0.95): rounding allows P values from 0.007 to 0.025."""
    limits = {
        "ci_lower": 0.63,
        "ci_upper": 0.95,
        "lower_printed": "0.63",
        "upper_printed": "0.95",
        "printed": "0.77",
        "value": 0.77,
    }
    assert comparison(p_value=0.016, **limits).p_agrees
    assert comparison(p_value=0.3, **limits).p_agrees is False
    assert comparison(p_value=0.05, p_comparator="<", **limits).p_agrees
    assert comparison(p_value=0.001, p_comparator="<", **limits).p_agrees is False
    assert comparison().p_agrees is None


def test_without_a_stratum_different_strata_are_refused(graph):
    with pytest.raises(kg.DataError, match=r"of different strata.*choose one with --stratum"):
        graph.pool("OS", **CONTRAST)


def test_different_lines_are_refused(graph):
    with pytest.raises(kg.DataError, match=r"different lines of therapy \(first-line; second-line\); choose one with --line"):
        graph.pool("OS", stratum="KRAS wild-type population", **CONTRAST)
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert ("SPIRITT", "another line of therapy") in {(one.comparison.trial, one.reason) for one in found.left_out}


def test_an_odds_ratio_that_is_not_printed_is_not_made_up(graph):
    with pytest.raises(kg.DataError, match="1 comparison cannot be pooled"):
        graph.pool("ORR", stratum="all-RAS wild-type population", **CONTRAST)


def test_the_command(run):
    words = ["--endpoint", "OS", "--experimental", CONTRAST["experimental"], "--reference", CONTRAST["reference"]]
    done = run("pool", *words, "--stratum", "all-RAS wild-type population", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "random effects (DL),pooled,0.771,0.628,0.946,P = 0.0128" in done.stdout
    assert "left out: PEAK, KRAS wild type, Table 3: another population stratum" in done.stderr
    assert run("pool", "--endpoint", "overal survival", *words[2:]).returncode == 3


def test_sides_may_be_drugs(graph):
    found = graph.pool("OS", "cetuximab", "bevacizumab", stratum="KRAS wild-type population", line="first-line")
    assert [one.trial for one in found.studies] == ["CALGB/SWOG 80405", "FIRE-3"]
    with pytest.raises(kg.DataError, match="no arm of any study is given 'EGFR'"):
        graph.pool("OS", "EGFR", "bevacizumab")


def test_each_study_is_left_out_once(graph):
    table = graph.pool("OS", stratum="all-RAS wild-type population", **CONTRAST).to_table()
    assert [row["study"] for row in table if row["study"].startswith("random effects without")] == [
        f"random effects without {name}" for name in ("CALGB/SWOG 80405", "FIRE-3", "PEAK")
    ]
