"""Pooling from the graph: the meta-analysis of the review is met, and what must not be pooled is refused with its reason."""

import csv
import dataclasses
import io
import math
from itertools import product
from statistics import NormalDist

import pytest
from samples import arm, comparison

import kg
from kg.synthesis.comparison import Side
from kg.synthesis.contrasts import Contrast, select
from kg.synthesis.effects import from_p_value, half_unit, p_range
from kg.synthesis.interpretation import interpretation
from kg.synthesis.pooling import pool

CONTRAST = {"experimental": "anti-EGFR regimen", "reference": "anti-VEGF regimen"}
# what the review reports: other documents add trials and have precedence
REVIEW = CONTRAST | {"document": "ohhara-2016"}


def test_the_meta_analysis_of_the_review_is_met(graph):
    """For the same three trials it prints OS HR = 0.77 (95%CI: 0.63-0.95), P = 0.016, and PFS HR = 0.92 (0.71-1.18)."""
    overall = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW)
    assert [s.trial for s in overall.studies] == ["CALGB/SWOG 80405", "FIRE-3", "PEAK"]
    one = overall.pooled.random
    assert [round(x, 2) for x in (one.value, one.lower, one.upper)] == [0.77, 0.63, 0.95]
    allowed = allowed_by_rounding([("0.63", "0.058"), ("0.70", "0.011"), ("0.90", "0.40")])
    assert min(allowed) < 0.016 < max(allowed), "the printed P value lies within what rounding of the inputs allows"
    assert min(allowed) < one.p_value < max(allowed)
    other = graph.pool("PFS", stratum="all-RAS wild-type population", **REVIEW).pooled.random
    assert [round(x, 2) for x in (other.lower, other.upper)] == [0.71, 1.18]
    assert abs(other.value - 0.92) < 0.006


def test_the_main_result_of_few_studies_is_the_modified_hartung_knapp_interval(graph):
    """Calculated here from HR 0.90, P = 0.40; HR 0.70, P = 0.011; HR 0.63, P = 0.058; Student's quantile for 2 is exact."""
    found = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW)
    logs = [math.log(ratio) for ratio in (0.90, 0.70, 0.63)]
    errors = [-log / NormalDist().inv_cdf(1 - p / 2) for log, p in zip(logs, (0.40, 0.011, 0.058), strict=True)]
    fixed = [error**-2 for error in errors]
    q = sum(w * log**2 for w, log in zip(fixed, logs, strict=True)) - sum(
        map(math.prod, zip(fixed, logs, strict=True))
    ) ** 2 / sum(fixed)
    tau2 = (q - 2) / (sum(fixed) - sum(w**2 for w in fixed) / sum(fixed))
    weights = [1 / (error**2 + tau2) for error in errors]
    mean = sum(map(math.prod, zip(weights, logs, strict=True))) / sum(weights)
    spread = sum(w * (log - mean) ** 2 for w, log in zip(weights, logs, strict=True)) / 2
    half = 0.95 / math.sqrt(2 * 0.975 * 0.025) * math.sqrt(max(1, spread) / sum(weights))
    main = found.pooled.headline
    assert main is found.pooled.modified
    assert [main.value, main.lower, main.upper] == pytest.approx([math.exp(mean + x) for x in (0, -half, half)], rel=1e-6)
    assert found.headline == "HR 0.77 (95% CI 0.49 to 1.21), modified Hartung-Knapp, 3 studies"
    assert found.footnote.endswith("0.77 (95% CI 0.63 to 0.95)")
    assert [row["study"] for row in found.to_table()][3] == "modified Hartung-Knapp"


def test_the_interpretation_is_read_from_the_graph(graph):
    found = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW)
    assert found.interpretation == (
        "Interpret with caution: all studies contribute a subset of their patients: CALGB/SWOG 80405 (RAS wild type), FIRE-3 "
        "(RAS wild type) and PEAK (RAS wild type); the primary endpoint was missed by CALGB/SWOG 80405 (OS), FIRE-3 (ORR) and "
        "PEAK (PFS); a phase before III is stated for PEAK (II)."
    )
    main = next(row for row in found.to_table() if row["study"] == found.interval)
    assert main["remark"] == f"{found.headline}. {found.interpretation}"


def test_a_pool_without_its_strongest_study_says_so(graph):
    """AVF2107g prints HR 0.66, P < 0.001: at the bound its standard error is the greatest that is possible."""
    found = graph.pool("OS", "anti-VEGF regimen", "no targeted agent", line="first-line", document="ohhara-2016")
    assert [one.trial for one in found.studies] == ["AVEX", "NO16966"]
    (bounded,) = found.bounded
    assert bounded.trial == "AVF2107g"
    assert bounded.effect.standard_error == pytest.approx(-math.log(0.66) / NormalDist().inv_cdf(0.9995), rel=1e-9)
    assert "This leaves out AVF2107g (HR 0.66, P < 0.001), the strongest of the studies; with it at the bound" in found.headline
    expected = pool([*(one.effect for one in found.studies), bounded.effect]).headline
    assert found.at_bounds.headline == expected
    assert "only one age group was enrolled by AVEX (aged 70 years and older)" in found.interpretation
    row = next(row for row in found.to_table() if row["study"] == "modified Hartung-Knapp with AVF2107g")
    assert row["computed_value"] == pytest.approx(expected.value, abs=5e-4)
    assert row["computed_from"] == "2 studies, and P < 0.001 of AVF2107g taken as its bound"


def test_a_bound_is_taken_only_where_nothing_else_is_known():
    exact = comparison()
    assert exact.bounded is None
    bound = comparison(p_comparator="<", p_value=0.001, p_printed="0.001")
    assert bound.lack is not None
    assert bound.bounded.effect.how == "P < 0.001, at its bound"
    assert comparison(p_comparator="<", p_printed="0.001", hypothesis="non-inferiority").bounded is None
    limits = {"ci_lower": 0.5, "ci_upper": 0.98, "lower_printed": "0.50", "upper_printed": "0.98"}
    assert comparison(p_comparator="<", p_printed="0.001", **limits).bounded is None


def test_what_limits_no_study_is_not_made_up():
    assert interpretation([comparison()]).startswith("The documents state no subset, missed primary endpoint")
    assert interpretation([comparison(phases=("III",))]).startswith("The documents state no subset")
    assert "a phase before III is stated for T (I and II)" in interpretation([comparison(phases=("I", "II"))])


def test_a_pool_of_subsets_never_has_level_1(graph):
    rows = graph.ask("evidence-levels", document="all").to_dicts()
    pooled = [row for row in rows if "meta-analysis" in row["trial"] and row["subset"] == "yes"]
    assert {row["population"] for row in pooled} >= {"RAS wild type"}
    assert {row["computed_level"] for row in pooled} == {2}


def allowed_by_rounding(printed):
    """The pooled P values at all corners to which rounding may have moved ratios and P values."""
    corners = [[(float(r) + a * half_unit(r), float(p) + b * half_unit(p)) for a in (-1, 1) for b in (-1, 1)] for r, p in printed]
    return [pool([from_p_value(*corner) for corner in choice]).random.p_value for choice in product(*corners)]


def test_the_meta_analysis_of_the_source_does_not_count_beside_its_studies(graph):
    found = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW)
    (one,) = [left for left in found.left_out if left.comparison.analyses]
    assert one.reason == "pools studies that are already included"


def test_unselected_populations_and_no_targeted_agent_can_be_named(graph):
    found = graph.pool(
        "OS", "bevacizumab", "no targeted agent", stratum="unselected population", line="first-line", document="ohhara-2016"
    )
    assert [one.trial for one in found.studies] == ["AVEX", "NO16966"]
    assert ("AVF2107g", "P < 0.001 only gives a bound for the standard error; it cannot be derived") in {
        (left.comparison.trial, left.reason) for left in found.left_out
    }


def test_a_stratum_that_is_none(graph):
    with pytest.raises(
        kg.NotFoundError, match="no stratum is called 'cetuximab'; the strata are KRAS exon 2 mutant population, "
    ):
        graph.pool("OS", stratum="cetuximab", **CONTRAST)


def test_a_refusal_names_what_there_is_and_what_was_left_out(graph):
    with pytest.raises(kg.DataError, match="available: FIRE-3, RAS wild type\nleft out: ") as caught:
        graph.pool("ORR", stratum="all-RAS wild-type population", **REVIEW)
    assert "no effect printed" in str(caught.value)


def test_cautions_are_said(graph):
    said = graph.pool("PFS", stratum="all-RAS wild-type population", **REVIEW).cautions
    assert said == [
        "CALGB/SWOG 80405, RAS wild type: rounding of ratio and P value makes the standard error uncertain by a factor of 2.9"
    ]


def test_a_wider_stratum_that_only_a_narrower_one_fills_is_named(graph):
    narrower = "all pooled studies are in the all-RAS wild-type population, which is part of the requested stratum"
    assert narrower in graph.pool("OS", stratum="KRAS exon 2 wild-type population", **REVIEW).cautions
    assert narrower not in graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW).cautions


def test_what_only_lacks_an_interval_is_named_beside_the_pool(graph):
    said = graph.pool("OS", "bevacizumab", "no targeted agent", line="first-line", document="ohhara-2016").cautions
    assert "not pooled, because no confidence interval is printed or can be derived: AVF2107g" in said


def test_what_is_left_out_has_its_reason(graph):
    found = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW)
    reasons = {(one.comparison.trial, one.comparison.population): one.reason for one in found.left_out}
    assert reasons["PEAK", "RAS wild type"] == "also printed at another place"
    assert reasons["PEAK", "KRAS wild type"] == "another population stratum"
    assert reasons["CAIRO2", "KRAS wild type"] == "an arm belongs to both anti-EGFR regimen and anti-VEGF regimen"


def test_no_patient_counts_twice(graph):
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert all(s.population != "RAS wild type" for s in found.studies)
    assert "part of another population of this stratum" in {one.reason for one in found.left_out}


def asked(*experimental):
    sides = [Side(name, frozenset(f"urn:{one}" for one in group)) for name, group in (("ours", experimental), ("theirs", ("C",)))]
    return Contrast(*sides)


def test_two_comparisons_of_one_study_do_not_enter():
    """Two arms against one control: the control's patients would count twice, and nothing says which to take."""
    kept, left = select([comparison(), comparison("B", printed="0.8", value=0.8, passage="2")], asked("A", "B"))
    assert kept == []
    assert [one.reason for one in left] == ["shares its patients with another comparison of the study"] * 2


def test_of_two_places_the_one_with_an_interval_enters():
    limits = {"ci_lower": 0.5, "ci_upper": 0.98, "lower_printed": "0.50", "upper_printed": "0.98"}
    kept, left = select([comparison(printed="0.700"), comparison(passage="2", **limits)], asked("A"))
    assert [one.effect.how for one in kept] == ["95% confidence interval"]
    assert [one.reason for one in left] == ["also printed at another place"]


def test_a_comparison_printed_the_other_way_round_is_turned():
    (kept,), _ = select([comparison("C", "A", value=0.8, printed="0.80")], asked("A"))
    assert kept.effect.value == pytest.approx(1 / 0.8)
    assert kept.effect.how == "P = 0.010, inverted"
    assert (kept.experimental.label, kept.reference.label) == ("A", "C")
    assert kept.ratio == pytest.approx(1.25)
    assert kept.shown == "1.25 (inverse of the printed 0.80)"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": None}, "no effect printed"),
        ({"value": 0.0, "printed": "0.0"}, "a ratio must be above 0"),
        ({"p_printed": None}, "neither interval nor P value printed"),
        ({"p_comparator": "<", "p_printed": "0.0001"}, "only gives a bound for the standard error"),
        ({"ci_lower": 0.8, "ci_upper": 0.9}, "is not a confidence interval of"),
        ({"hypothesis": "non-inferiority"}, "tests non-inferiority"),
        ({"value": 1.01, "printed": "1.01", "p_printed": "0.998"}, "are rounded too much to derive a standard error"),
    ],
)
def test_what_cannot_enter_says_why(changes, reason):
    kept, (left,) = select([comparison(**changes)], asked("A"))
    assert kept == []
    assert reason in str(left)


def test_a_p_value_of_non_inferiority_gives_no_error():
    """It tests another hypothesis than that of no effect, wherever the comparison is shown."""
    assert "no standard error can be derived" in comparison(hypothesis="non-inferiority").lack


def test_a_p_value_is_held_against_the_printed_rates():
    """62% of 297 and 58% of 295, OR = 1.18: Woolf's error is 0.168; P = 0.18, if two-sided, says 0.123."""
    arms = {"experimental": arm("A", 62.0, 297), "reference": arm("C", 58.0, 295)}
    one = dataclasses.replace(comparison(statistic="OR", value=1.18, printed="1.18", p_printed="0.18"), **arms)
    assert "disagrees with the printed rates" in one.lack
    assert dataclasses.replace(one, p_printed="0.32").lack is None


def test_hazard_and_odds_ratios_do_not_mix():
    other = comparison(study="t", group="h", trial="U", statistic="OR")
    with pytest.raises(kg.DataError, match="HR and OR cannot be pooled together"):
        select([comparison(), other], asked("A"))


def test_a_printed_p_value_is_held_against_the_printed_interval():
    """0.77 (0.63-0.95): what rounding of the three figures allows holds 0.016 and not 0.3."""
    limits = {"ci_lower": 0.63, "ci_upper": 0.95, "lower_printed": "0.63", "upper_printed": "0.95"}
    limits |= {"printed": "0.77", "value": 0.77}
    assert comparison(p_printed="0.016", **limits).p_agrees
    assert comparison(p_printed="0.3", **limits).p_agrees is False
    assert comparison(p_printed="0.05", p_comparator="<", **limits).p_agrees
    assert comparison(p_printed="0.001", p_comparator="<", **limits).p_agrees is False
    assert comparison().p_agrees is None


def test_a_corner_of_rounding_is_no_contradiction():
    """0.80 (0.80-0.95): half a digit below, the ratio would lie outside its own interval."""
    assert p_range("0.80", "0.80", "0.95")[1] < 1


def test_without_a_stratum_different_strata_are_refused(graph):
    with pytest.raises(
        kg.DataError, match=r"belong to different strata \(KRAS exon 2 wild-type population; .*choose one with --stratum"
    ):
        graph.pool("OS", "cetuximab", "no targeted agent", line="first-line")


def test_different_lines_are_refused(graph):
    with pytest.raises(kg.DataError, match=r"different lines of therapy \(first-line; second-line\); choose one with --line"):
        graph.pool("OS", stratum="KRAS wild-type population", **CONTRAST)
    found = graph.pool("OS", stratum="KRAS wild-type population", line="first-line", **CONTRAST)
    assert ("SPIRITT", "another line of therapy, or a line that is not stated as precisely") in {
        (one.comparison.trial, one.reason) for one in found.left_out
    }


def test_a_difference_is_no_ratio():
    one = comparison(statistic="RD", value=7.7, printed="7.7", ci_lower=1.5, ci_upper=13.9)
    assert (one.lack, one.ratio, one.digits) == ("a difference is printed, not a ratio", None, "7.7")
    assert one.turn().digits == "-7.7"


def test_a_meta_analysis_that_names_no_study_is_left_out(graph):
    left = {
        (one.comparison.document, one.reason)
        for one in graph.pool("OS", line="first-line", stratum="all-RAS wild-type population", **CONTRAST).left_out
    }
    assert ("ottaiano-2018", "pools studies that its document does not name") in left


def test_an_odds_ratio_that_is_not_printed_is_not_made_up(graph):
    with pytest.raises(kg.DataError, match="1 comparison cannot be pooled"):
        graph.pool("ORR", stratum="all-RAS wild-type population", **REVIEW)


def test_the_command(run):
    words = ["--endpoint", "OS", "--experimental", CONTRAST["experimental"], "--reference", CONTRAST["reference"]]
    done = run("pool", *words, "--stratum", "all-RAS wild-type population", "--document", "ohhara-2016", "--format", "csv")
    assert done.returncode == 0, done.stderr
    rows = {row["study"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    numbers = ("effect_value", "computed_value", "computed_lower", "computed_upper", "computed_p", "computed_from")
    assert [rows["random effects (DL)"][name] for name in numbers] == ["", "0.771", "0.628", "0.946", "0.0128", "3 studies"]
    assert [rows["FIRE-3"][name] for name in ("effect_value", "ci_lower", "computed_lower", "computed_from")] == [
        "0.70", "", "0.532", "interval and weight from P = 0.011"]  # fmt: skip
    assert done.stderr.startswith("HR 0.77 (95% CI 0.49 to 1.21), modified Hartung-Knapp, 3 studies.\n")
    assert "Interpret with caution: " in done.stderr
    assert "left out: PEAK, KRAS wild type, Table 3 of ohhara-2016: another population stratum" in done.stderr
    assert run("pool", "--endpoint", "overal survival", *words[2:]).returncode == 3


def test_sides_may_be_drugs(graph):
    found = graph.pool("OS", "cetuximab", "bevacizumab", stratum="KRAS wild-type population", line="first-line")
    assert [(one.trial, one.document) for one in found.studies] == [
        ("CALGB/SWOG 80405", "venook-2014"),
        ("FIRE-3", "pdq-colon-2025"),
    ]
    with pytest.raises(kg.DataError, match="no arm of any study receives 'EGFR'"):
        graph.pool("OS", "EGFR", "bevacizumab")


def test_each_study_is_left_out_once(graph):
    table = graph.pool("OS", stratum="all-RAS wild-type population", **REVIEW).to_table()
    assert [row["study"] for row in table if " without " in row["study"]] == [
        f"modified Hartung-Knapp without {name}" for name in ("CALGB/SWOG 80405", "FIRE-3", "PEAK")
    ]
