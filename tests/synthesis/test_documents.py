"""Several documents on one trial: which one answers, what is left out and why, and that no pool holds a trial twice."""

import dataclasses

import pytest
from documents import opened, with_abstract
from samples import comparison

import kg
from kg.synthesis.comparison import Side
from kg.synthesis.contrasts import Contrast, best, once, select
from kg.synthesis.effects import from_interval, from_p_value, from_printed_p
from kg.synthesis.meta_analysis import synthesise

TRIBE = ("FOLFOXIRI + bevacizumab", "FOLFIRI + bevacizumab")
BEHIND = "the same trial; loupakis-2014 has precedence over ohhara-2016"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The review and the abstract of TRIBE."""
    return opened(with_abstract(tmp_path_factory.mktemp("facts")))


def rows(graph, document, endpoint="OS"):
    table = graph.compare(*TRIBE, endpoint, document=document).to_table()
    return [row for row in table if row["evidence"] == "direct"]


@pytest.mark.parametrize(
    ("document", "values"),
    [
        ("best", [("loupakis-2014", "0.79", "0.63", "1.00", "95", None, None)]),
        ("loupakis-2014", [("loupakis-2014", "0.79", "0.63", "1.00", "95", None, None)]),
        ("ohhara-2016", [("ohhara-2016", "0.83", None, None, None, 0.654, 1.053)]),
        (
            "all",
            [
                ("loupakis-2014", "0.79", "0.63", "1.00", "95", None, None),
                ("ohhara-2016", "0.83", None, None, None, 0.654, 1.053),
            ],
        ),
    ],
)
def test_figures_are_those_of_the_chosen_document_as_printed(both, document, values):
    names = ("document", "effect_value", "ci_lower", "ci_upper", "ci_level", "computed_lower", "computed_upper")
    assert [tuple(row[name] for name in names) for row in rows(both, document)] == values


def test_what_goes_after_another_document_is_named_with_the_reason(both):
    left = [one for one in both.compare(*TRIBE, "OS").left_out if one.comparison.trial == "TRIBE"]
    assert [(one.comparison.document, one.reason) for one in left] == [("ohhara-2016", BEHIND)]
    assert not [one for one in both.compare(*TRIBE, "OS", document="all").left_out if one.comparison.trial == "TRIBE"]


def test_an_unknown_document_is_refused_with_those_that_there_are(both):
    for ask in (
        lambda: both.compare(*TRIBE, document="tribe"),
        lambda: both.pool("OS", *TRIBE, document="tribe"),
        lambda: both.network(document="tribe"),
        lambda: both.forest(trial="TRIBE", document="tribe"),
        lambda: both.mechanism("cetuximab", document="tribe"),
    ):
        with pytest.raises(kg.NotFoundError, match="no document is called 'tribe'; give best, all, or one of: ") as caught:
            ask()
        assert str(caught.value).endswith("loupakis-2014 (Loupakis et al. 2014), ohhara-2016 (Ohhara et al. 2016)")


def test_a_network_is_that_of_one_document(both):
    assert [edge.studies for edge in both.network("regimens", document="loupakis-2014").edges] == [("TRIBE",)]
    assert both.network().to_table().texts() == both.network(document="all").to_table().texts()


def test_actions_of_drugs_are_those_of_one_document(both):
    assert both.mechanism(document="ohhara-2016").paths == both.mechanism().paths
    with pytest.raises(kg.NotFoundError):
        both.mechanism(document="loupakis-2014")


def test_a_refused_pool_names_the_document_that_has_precedence(both):
    with pytest.raises(kg.DataError, match=f"left out: TRIBE, all patients, .* of ohhara-2016: {BEHIND}"):
        both.pool("OS", *TRIBE)


def test_a_figure_shows_the_best_and_says_that_others_exist(both):
    picture = both.forest(trial="TRIBE")
    assert "0.79 (0.63 to 1.00, 95% CI as printed)" in picture.told
    assert "0.83" not in picture.told
    assert "The same outcomes are also in ohhara-2016" in picture.svg
    every = both.forest(trial="TRIBE", document="all")
    assert "0.79 (0.63 to 1.00, 95% CI as printed)" in every.told
    assert "TRIBE (ohhara-2016), FOLFOXIRI + bevacizumab against " in every.told
    assert "0.83 (0.65 to 1.05, interval computed from P = " in every.told
    assert "The same outcomes are also in" not in every.svg


def asked(*experimental):
    return Contrast(*(Side(name, frozenset(f"urn:{one}" for one in group)) for name, group in (("A", experimental), ("C", "C"))))


def report(document, precedence, **changes):
    return comparison(document=document, precedence=precedence, passage=document, **changes)


LIMITS = {"ci_lower": 0.5, "ci_upper": 0.98, "lower_printed": "0.50", "upper_printed": "0.98"}


def test_the_document_with_precedence_enters_though_another_prints_an_interval():
    kept, (left,) = select([report("review", 8), report("abstract", 2, **LIMITS)], asked("A"))
    assert ([one.document for one in kept], left.reason) == (["abstract"], "the same trial; abstract has precedence over review")
    lacking = {"p_printed": None, "p_value": None}
    kept, left = select([report("review", 8, **LIMITS), report("abstract", 2, **lacking)], asked("A"))
    assert kept == []
    assert {one.comparison.document: one.reason for one in left} == {
        "abstract": "neither interval nor P value printed",
        "review": "the same trial; abstract has precedence over review",
    }


def test_a_report_in_words_does_not_stand_for_one_with_figures():
    words = {"value": None, "printed": None, "p_printed": None, "p_value": None}
    reports = [report("background", 1, **words), report("results", 3), report("review", 8)]
    (kept,), left = select(reports, asked("A"))
    assert kept.document == "results"
    assert {one.comparison.document: one.reason for one in left} == {
        "background": "no effect printed",
        "review": "the same trial; results has precedence over review",
    }
    assert [one.document for one in once(reports)] == ["results"]
    _, (behind,) = best([*reports[:2], report("review", 8, outranked=True)])
    assert behind.reason == "the same trial; results has precedence over review"


def test_of_two_cuts_of_one_document_the_one_with_precedence_enters():
    cuts = [report("a", 3, analysis="primary analysis"), report("a", 1, analysis="updated analysis", value=0.8, printed="0.80")]
    (kept,), (left,) = select(cuts, asked("A"))
    assert kept.printed == "0.80"
    assert left.reason == "the same trial; the updated analysis has precedence over the primary analysis"


def test_only_equal_values_are_called_printed_again():
    kept, left = select([comparison(), comparison(passage="2"), comparison(passage="3", value=0.9, printed="0.9")], asked("A"))
    assert len(kept) == 1
    assert sorted(one.reason for one in left) == [
        "also printed at another place",
        "another value of the same result is printed at another place",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"group": "h", "population": "ITT"}, "the same trial; may share patients with the population 'p'"),
        ({"study": "t", "group": "h", "same": frozenset({"s"})}, "the same trial; may share patients with the population 'p'"),
        ({"group": "h", "wholes": frozenset({"g"})}, "part of another population of this stratum"),
        ({"study": "m", "group": "h", "analyses": frozenset({"s"})}, "pools studies that are already included"),
    ],
)
def test_a_trial_is_held_once_under_any_name_and_population(changes, reason):
    kept, (left,) = select([comparison(), comparison(passage="2", **changes)], asked("A"))
    assert [one.passage for one in kept] == ["1"]
    assert left.reason == reason


def test_populations_without_a_common_patient_both_enter():
    """One is mutant where the other is wild type."""
    other = comparison(group="h", passage="2", apart=frozenset({"g"}))
    assert len(select([comparison(), other], asked("A"))[0]) == 2


def test_two_analyses_of_the_same_studies_do_not_both_enter():
    pools = [comparison(study=name, group=name, passage=name, analyses=frozenset({"x"})) for name in "mn"]
    kept, (left,) = select(pools, asked("A"))
    assert (len(kept), left.reason) == (1, "pools studies that another of these analyses pools")


def test_the_same_trial_under_another_name_is_found_in_the_graph(tmp_path):
    """The graph is not validated: two studies share a registry number."""
    alias = {"study": "GONO", "label": "GONO", "kind": "ClinicalTrial", "registry": "NCT00719797", "passage": "methods-1"}
    population = {
        "population": "GONO-ITT",
        "study": "GONO",
        "label": "GONO, intention to treat",
        "criterion": "intention to treat",
        "condition": "metastatic-colorectal-cancer",
    }
    arms = [
        {"arm": f"GONO-{one}", "study": "GONO", "label": f"GONO, {one}", "regimen": f"{one}-bevacizumab"}
        for one in ("FOLFOXIRI", "FOLFIRI")
    ]
    result = {
        "result": "GONO-OS",
        "experimental_arm": "GONO-FOLFOXIRI",
        "reference_arm": "GONO-FOLFIRI",
        "population": "GONO-ITT",
        "endpoint": "OS",
        "statistic": "hazard-ratio",
        "value": "0.79",
        "ci_lower": "0.63",
        "ci_upper": "1.00",
        "ci_level": "95",
        "passage": "results-3",
    }
    facts = {"study": "GONO", "property": "inLine", "object": "line/first-line", "passage": "methods-1"}
    again = {"study": "TRIBE", "label": "TRIBE", "kind": "ClinicalTrial", "registry": "NCT00719797", "passage": "methods-1"}
    more = {"studies": [alias, again], "populations": [population], "arms": arms, "comparisons": [result], "study-facts": [facts]}
    graph = opened(with_abstract(tmp_path, more))
    with pytest.raises(kg.DataError, match="1 comparison cannot be pooled") as caught:
        graph.pool("OS", *TRIBE, stratum="unselected population", line="first-line")
    assert "the same trial; may share patients with the population" in str(caught.value)


def test_the_best_of_an_outcome_is_what_no_report_outranks():
    one, other = report("a", 1), report("b", 2, outranked=True)
    kept, (left,) = best([other, one])
    assert (kept, left.reason) == ([one], "the same trial; a has precedence over b")
    assert best([dataclasses.replace(other, endpoint="PFS"), one]) == ([dataclasses.replace(other, endpoint="PFS"), one], [])


def test_the_standard_error_uses_the_level_of_the_interval():
    wide, narrow = (comparison(**LIMITS | {"ci_level": level}).effect for level in (95.34, 95.0))
    assert wide.how == "95.34% confidence interval"
    assert wide.standard_error == from_interval(0.7, 0.5, 0.98, 0.9534).standard_error < narrow.standard_error
    unknown = comparison(**LIMITS | {"ci_level": None, "p_printed": None})
    assert unknown.lack == "the level of the interval is not stated"
    assert comparison(**LIMITS | {"interval": "urn:range", "p_printed": None}).lack == "neither interval nor P value printed"


def test_an_interval_of_another_level_is_shown_as_printed_beside_computed_limits():
    one = comparison(**LIMITS | {"ci_level": 95.34, "document": "d"})
    pooled = synthesise([one, dataclasses.replace(one, study="t", trial="U", group="h")], asked("A"))
    row = next(iter(pooled.to_table()))
    assert (row["effect_value"], row["ci_lower"], row["ci_upper"], row["ci_level"]) == ("0.70", "0.50", "0.98", "95.34")
    assert (row["computed_lower"], row["computed_upper"]) == (0.503, 0.975)  # 1.96 instead of 1.99 standard errors
    assert row["computed_from"] == "interval and weight from 95.34% confidence interval"


def test_a_one_sided_p_value_gives_the_error_of_its_two_sided_double():
    assert from_p_value(0.7, 0.01, sides=1).standard_error == pytest.approx(from_p_value(0.7, 0.02).standard_error)
    assert comparison(p_sides=1).effect.how == "P = 0.010, one-sided" == from_printed_p("0.70", "0.010", sides=1).how
    assert comparison(p_sides=1).p == "P = 0.010 (one-sided)"


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "--endpoint", "OS", "--experimental", "anti-EGFR regimen", "--reference", "anti-VEGF regimen"),
        ("compare", "cetuximab", "bevacizumab"),
        ("plot", "forest", "--trial", "CRYSTAL", "-o", "a.svg"),
        ("plot", "network", "-o", "a.svg"),
        ("plot", "mechanism", "cetuximab", "-o", "a.svg"),
    ],
)
def test_the_commands_take_a_document(run, words):
    refused = run(*words, "--document", "nothing")
    assert refused.returncode == 3
    assert "no document is called 'nothing'; give best, all, or one of: " in refused.stderr
    assert "ohhara-2016 (Ohhara et al. 2016)" in refused.stderr
    more = ("--stratum", "all-RAS wild-type population") if words[0] == "pool" else ()
    assert run(*words, *more, "--document", "ohhara-2016").returncode == 0


def test_a_ratio_with_its_interval_stands_for_the_same_ratio_without(graph):
    """FIRE-3, RAS wild type, OS: 0.697 in the document with precedence, 0.70 (0.54 to 0.90) in another one."""
    asked = {"stratum": "all-RAS wild-type population", "line": "first-line"}
    (fire,) = (
        one for one in graph.pool("OS", "anti-EGFR regimen", "anti-VEGF regimen", **asked).studies if one.trial == "FIRE-3"
    )
    assert (fire.digits, fire.limits, fire.document) == ("0.70", ("0.54", "0.90"), "pdq-colon-2025")
    lent = graph.pool("PFS", "anti-EGFR regimen", "anti-VEGF regimen", **asked)
    (fire,) = (one for one in lent.studies if one.trial == "FIRE-3")
    assert (fire.digits, fire.limits, fire.document) == ("0.97", None, "stintzing-2014"), "no interval of another ratio"


def test_what_moved_is_said_with_its_reasons(graph, run):
    words = ["pool", "--endpoint", "OS", "--experimental", "anti-EGFR regimen", "--reference", "anti-VEGF regimen"]
    done = run(*words, "--stratum", "all-RAS wild-type population", "--against", "ohhara-2016", "--format", "csv")
    assert done.returncode == 0, done.stderr
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("ohhara-2016 alone"))
    before, now = (
        graph.pool("OS", *words[4::2], stratum="all-RAS wild-type population", document=document)
        for document in ("ohhara-2016", "best")
    )
    for one in (before, now):
        main = one.pooled.headline
        assert f"HR {main.value:.2f} ({main.lower:.2f} to {main.upper:.2f}), {len(one.studies)} studies" in said
    assert "PARADIGM is new (HR 0.84 (0.72 to 0.98) in watanabe-2023)" in said
    assert "PEAK: HR 0.63, P = 0.058 in ohhara-2016 became HR 0.76 (0.53 to 1.11) in rivera-2017" in said


def reports_of(graph, trial, endpoint="OS", document="best"):
    rows = graph.ask("reported-results", trial=trial, document=document, endpoint=endpoint)
    return [row for row in rows if row["reference_arm"]]


def test_a_later_cut_answers_where_the_article_reports_an_interim_analysis(graph):
    """BEACON: 0.52 at the interim analysis in the abstract of the article, 0.60 at the update in the guideline."""
    triplet = [row for row in reports_of(graph, "BEACON") if "binimetinib" in row["experimental_arm"]]
    assert [(row["effect_value"], row["document"]) for row in triplet] == [("0.60", "pdq-colon-2025")]
    every = [row for row in reports_of(graph, "BEACON", document="all") if "binimetinib" in row["experimental_arm"]]
    assert sorted(row["effect_value"] for row in every) == ["0.52", "0.52", "0.60"]


def test_questions_and_pools_choose_one_report(graph):
    (row,) = (row for row in reports_of(graph, "FIRE-3") if row["population"] == "RAS wild type")
    assert (row["effect_value"], row["ci_lower"], row["document"]) == ("0.70", "0.54", "pdq-colon-2025")
