"""Pooling: the figures of metafor on a published data set, the meta-analysis of the review, and what is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Literal

import kg
from kg.effects import EffectSize
from kg.results import Table
from kg.synthesis import pool, select

# Colditz et al., JAMA 271 (1994) 698-702, the example of metafor: cases and others, vaccinated and not
BCG = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
]  # fmt: skip


def relative_risk(a, b, c, d):
    log = math.log((a / (a + b)) / (c / (c + d)))
    return EffectSize(log, math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)), "counts")


@pytest.fixture(scope="module")
def bcg():
    return [relative_risk(*row) for row in BCG]


def test_dersimonian_laird_as_metafor_prints_it(bcg):
    """metafor, dat.bcg, method = "DL": tau^2 0.3088, I^2 92.12%, Q 152.2330, estimate -0.7141, se 0.1787, -1.0644 to -0.3638."""
    found = pool(bcg)
    assert (round(found.tau2, 4), round(found.i2, 2), round(found.q, 4)) == (0.3088, 92.12, 152.2330)
    assert [round(math.log(x), 4) for x in (found.random.value, found.random.lower, found.random.upper)] == [
        -0.7141,
        -1.0644,
        -0.3638,
    ]


def test_fixed_effect_as_metafor_prints_it(bcg):
    """metafor, dat.bcg, method = "FE" (or "EE"): estimate -0.4303, se 0.0405, -0.5097 to -0.3509."""
    one = pool(bcg).fixed
    assert [round(math.log(x), 4) for x in (one.value, one.lower, one.upper)] == [-0.4303, -0.5097, -0.3509]


def test_paule_mandel_as_metafor_prints_it(bcg):
    """metafor, dat.bcg, method = "PM": tau^2 0.3181, estimate -0.7150."""
    found = pool(bcg, "PM")
    assert (round(found.tau2, 4), round(math.log(found.random.value), 4)) == (0.3181, -0.7150)


def test_hartung_knapp_and_prediction_follow_their_formulas(bcg):
    """Recomputed here from the weights, apart from the module."""
    found = pool(bcg)
    weights = [1 / (one.standard_error**2 + found.tau2) for one in bcg]
    mean = sum(w * one.log for w, one in zip(weights, bcg, strict=True)) / sum(weights)
    spread = sum(w * (one.log - mean) ** 2 for w, one in zip(weights, bcg, strict=True)) / 12
    t = 2.1788128296634177  # 97.5% quantile of t with 12 degrees of freedom
    assert math.log(found.hartung_knapp.upper) == pytest.approx(mean + t * math.sqrt(spread / sum(weights)), abs=1e-9)
    assert math.log(found.prediction[0]) == pytest.approx(mean - t * math.sqrt(found.tau2 + 1 / sum(weights)), abs=1e-9)


effects = st.builds(lambda log, error: EffectSize(log, error, ""), st.floats(-2, 2), st.floats(0.05, 1))


@settings(deadline=None)
@given(st.lists(effects, min_size=2, max_size=8))
def test_what_holds_for_any_studies(studies):
    found = pool(studies)
    assert min(s.value for s in studies) * 0.999 <= found.random.value <= max(s.value for s in studies) * 1.001
    assert sum(found.weights_fixed) == pytest.approx(100)
    assert sum(found.weights_random) == pytest.approx(100)
    assert found.tau2 >= 0
    assert 0 <= found.i2 < 100.0001
    assert found.random.upper / found.random.lower >= found.fixed.upper / found.fixed.lower * 0.999999
    backwards = pool([EffectSize(-s.log, s.standard_error, "") for s in studies])
    assert backwards.random.value == pytest.approx(1 / found.random.value)


def test_equal_studies_have_no_heterogeneity():
    found = pool([EffectSize(-0.3, 0.2, "")] * 3)
    assert (found.tau2, found.i2) == (0, 0)
    assert found.random.value == pytest.approx(found.fixed.value)
    assert len(found.leave_one_out) == 3


@pytest.mark.parametrize(("studies", "message"), [([], "nothing is left"), ([EffectSize(0.1, 0.1, "")], "it takes two")])
def test_too_few_studies(studies, message):
    with pytest.raises(kg.DataError, match=message):
        pool(studies)


def test_an_unknown_method():
    with pytest.raises(kg.UsageError, match="choose one of DL, PM"):
        pool([EffectSize(0.1, 0.1, "")] * 2, "REML")


CONTRAST = {"experimental": "anti-EGFR regimen", "reference": "anti-VEGF regimen"}


def test_the_meta_analysis_of_the_review_is_met(graph):
    """For the same three trials it prints OS HR = 0.77 (95%CI: 0.63-0.95), P = 0.016, and PFS HR = 0.92 (0.71-1.18)."""
    overall = graph.pool("OS", stratum="all-RAS wild-type population", **CONTRAST)
    assert [s.label for s in overall.studies] == ["CALGB/SWOG 80405", "FIRE-3", "PEAK"]
    one = overall.pooled.random
    assert [round(x, 2) for x in (one.value, one.lower, one.upper)] == [0.77, 0.63, 0.95]
    assert 0.007 < one.p_value < 0.020
    other = graph.pool("PFS", stratum="all-RAS wild-type population", **CONTRAST).pooled.random
    assert [round(x, 2) for x in (other.lower, other.upper)] == [0.71, 1.18]
    assert abs(other.value - 0.92) < 0.006


def test_what_is_left_out_has_its_reason(graph):
    found = graph.pool("OS", stratum="all-RAS wild-type population", **CONTRAST)
    reasons = {(one.label, one.population): one.reason for one in found.left_out}
    assert reasons["PEAK", "RAS wild type"] == "printed at another place too"
    assert reasons["PEAK", "KRAS wild type"] == "another population stratum"
    assert reasons["CAIRO2", "KRAS wild type"] == "both arms hold an agent of one kind"


def test_no_patient_counts_twice(graph):
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert all(s.population != "RAS wild type" for s in found.studies)
    assert "a subset of patients who are in already" in {one.reason for one in found.left_out}


def test_two_comparisons_of_one_study_do_not_both_enter():
    """Two arms against one control: the control's patients would count twice."""
    columns = ("study", "group", "trial", "population", "experimental_arm", "reference_arm", "statistic", "value", "printed",
               "ci_lower", "ci_upper", "p_comparator", "p_value", "hypothesis", "place", "passage", "in_stratum", "in_line",
               "mixed", "wholes", "analyses", "lines")  # fmt: skip
    one = (
        "s",
        "g",
        "T",
        "p",
        "A",
        "C",
        "HR",
        0.7,
        "0.70",
        0.5,
        0.9,
        "=",
        0.01,
        "",
        "Table 1",
        "1",
        True,
        True,
        False,
        "",
        "",
        "x",
    )
    two = ("s", "g", "T", "p", "B", "C", "HR", 0.8, "0.8", 0.6, 1.1, "=", 0.1, "", "Table 1", "2", True, True, False, "", "", "x")
    cells = [tuple(Literal(cell) for cell in row) for row in (one, two)]
    studies, left = select(Table(columns, tuple(cells)))
    assert [study.experimental for study in studies] == ["A"]
    assert [row.reason for row in left] == ["shares patients with another comparison of its study"]


def test_without_a_stratum_different_strata_are_refused(graph):
    with pytest.raises(kg.DataError, match=r"of different strata.*choose one with --stratum"):
        graph.pool("OS", **CONTRAST)


def test_different_lines_are_refused(graph):
    with pytest.raises(kg.DataError, match=r"different lines of therapy \(first-line; second-line\); choose one with --line"):
        graph.pool("OS", stratum="KRAS wild-type population", **CONTRAST)
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert ("SPIRITT", "another line of therapy") in {(one.label, one.reason) for one in found.left_out}


def test_an_odds_ratio_that_is_not_printed_is_not_made_up(graph):
    with pytest.raises(kg.DataError, match="1 comparison cannot be pooled"):
        graph.pool("ORR", stratum="all-RAS wild-type population", **CONTRAST)


def test_the_command(run):
    words = ["--endpoint", "OS", "--experimental", CONTRAST["experimental"], "--reference", CONTRAST["reference"]]
    done = run("pool", *words, "--stratum", "all-RAS wild-type population", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "random effects,pooled,0.771,0.628,0.946,P = 0.0128" in done.stdout
    assert "left out: PEAK, KRAS wild type, Table 3: another population stratum" in done.stderr
    assert run("pool", "--endpoint", "overal survival", *words[2:]).returncode == 3
