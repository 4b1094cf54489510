"""Many documents: a trial is in two more, and every answer of the review stays; only the answers that they concern change."""

import shutil

import pytest
from goldens import rows
from second import FIRST, TRIAL, UPDATE, add_documents

from kg.ask.catalogue import catalogue
from kg.ask.results import Table, to_csv
from kg.engine.store import embed
from kg.graph import KnowledgeGraph
from kg.pipeline.build import assemble
from kg.pipeline.validate import check
from kg.resources import facts

REVIEW = "ohhara-2016"
# what two more documents on one trial change when no document is chosen: new rows, or the row of a better document
CHANGED = {
    "analyses", "arm-values", "claims", "comparisons", "confidence-intervals", "contents", "contradictions", "corroboration",
    "coverage", "documents", "evidence-levels", "facts-per-study", "hazard-ratios-against-medians", "medians", "names",
    "p-values-against-wording", "passages", "populations", "primary-endpoints", "reported-results", "statements", "studies",
    "studies-of-disease", "survival-without-progression", "what-is-printed",
}  # fmt: skip
# of these, what is new in the answers about the review alone: its figures are compared with those of the others
COMPARED = {"corroboration"}
# the level of a result of the review rests on what any document states of the design; evidence-levels says which
SHARED = {
    "claims": {"computed_standing", "computed_supporting", "computed_disputing"},
    "comparisons": {"computed_level"}, "drugs-against-target": {"trials"},
    "evidence-levels": {"computed_level", "phase", "randomised", "premises"},
}  # fmt: skip
# lines of therapy, the number of arms of a study, and so the level of its results, are those that any document states
STATED = {"line_of_therapy", "may_be_line", "arms", "computed_arms", "computed_level"}
# the results of any document are evidence for or against the claims of the review
DISPUTED = "disputed-claims"
CHOSEN = sorted(name for name, one in catalogue().items() if any(p.type == "mcrc:EvidenceScope" for p in one.parameters))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The facts of the review alone."""
    made = tmp_path_factory.mktemp("review") / "facts"
    shutil.copytree(facts() / REVIEW, made / REVIEW)
    shutil.copy(facts() / "csv-metadata.json", made)
    return made


@pytest.fixture(scope="module")
def alone(folder):
    return KnowledgeGraph(embed(assemble(folder).graphs))


@pytest.fixture(scope="module")
def assembled(alone, folder):
    add_documents(folder)
    return assemble(folder)


@pytest.fixture(scope="module")
def both(assembled):
    return KnowledgeGraph(embed(assembled.graphs))


@pytest.fixture(scope="module")
def before(alone):
    """The answers about the review alone."""
    return {name: rows(to_csv(alone.ask(name))) for name in catalogue()}


def without(columns, answer, shared=True):
    """An answer without some of its columns, as its header and its rows; or also without the rows of no document.

    Of the evidence for a claim, that which its authors name; a claim for which they name none may have evidence by rule.
    """
    header, found = answer
    kept = [position for position, name in enumerate(header) if name not in columns]
    chosen = (row for row in found.elements() if shared or row[header.index("document")])
    if "by" in header:
        chosen = (row for row in chosen if row[header.index("by")] == "authors")
    return [header[i] for i in kept], sorted(str([row[i] for i in kept]) for row in chosen)


def column(answer, name):
    header, found = answer
    return {row[header.index(name)] for row in found}


def test_the_documents_are_valid_but_for_what_they_contradict(assembled):
    assert not [finding for finding in check(assembled).findings if finding.severity == "error"]


def same(before, name, graph, stated=frozenset()):
    """Assert that the answer about the review is as it is where there is no other document, but for some columns."""
    answer = rows(to_csv(graph.ask(name, document=REVIEW)))
    if name in COMPARED:
        assert all(REVIEW in row for row in answer[1])
    elif name == DISPUTED:
        known, now = (column(one, "claim_iri") for one in (before[name], answer))
        assert known <= now <= column(before["claims"], "claim_iri")
    else:
        # remarks on shared entities have no document, nor have studies of which no document gives a total
        left_out, shared = SHARED.get(name, set()) | stated, name not in ("remarks", "enrolment")
        assert without(left_out, answer, shared) == without(left_out, before[name], shared)


@pytest.mark.parametrize("name", CHOSEN)
def test_the_answer_about_the_review_stays(before, both, name):
    same(before, name, both)


@pytest.mark.parametrize("name", CHOSEN)
def test_the_answer_about_the_review_is_the_same_in_the_packaged_graph(before, graph, name):
    same(before, name, graph, STATED)


def test_a_claim_is_there_whatever_its_evidence(before, both, graph):
    for one in (both, graph):
        assert column(rows(to_csv(one.ask("claims", document=REVIEW))), "claim_iri") == column(before["claims"], "claim_iri")


def test_only_the_answers_that_the_documents_concern_change(before, both):
    assert {name for name in catalogue() if rows(to_csv(both.ask(name))) != before[name]} == CHANGED


@pytest.mark.parametrize("name", sorted(CHANGED - {"contents", "names", "coverage", "passages", "documents"}))
def test_nothing_about_another_trial_changes(before, both, name):
    header, found = rows(to_csv(both.ask(name)))
    _, known = before[name]
    said = header.index("trial" if "trial" in header else "evidence")
    assert {row[said] for row in (found - known) + (known - found)} == {TRIAL}


@pytest.mark.parametrize("name", CHOSEN)
def test_each_row_is_of_the_document_that_was_chosen(both, name):
    answer = both.ask(name, document=UPDATE)
    if "document" in answer.columns and name not in ("remarks", "studies-of-disease"):
        assert {row["document"] for row in answer} <= {UPDATE, None}


def test_a_study_is_one_row_whatever_number_of_documents(both):
    studies = [row for row in both.ask("studies") if row["trial"] == TRIAL]
    assert [(row["phase"], row["line_of_therapy"], row["document"]) for row in studies] == [
        ("III", "first-line", f"{FIRST}, {REVIEW}, {UPDATE}")
    ]
    (population,) = both.ask("populations", trial=TRIAL)
    assert population["document"] == f"{FIRST}, {REVIEW}"


def test_the_best_results_are_the_newest_cut_of_survival_and_the_primary_one_of_progression(both):
    best = {(row["endpoint"], row["effect"], row["document"]) for row in both.ask("comparisons", trial=TRIAL) if row["effect"]}
    assert best == {("OS", "HR 0.80", UPDATE), ("PFS", "HR 0.75", FIRST), ("ORR", "OR 1.64", REVIEW)}


def test_no_row_joins_the_endpoints_of_two_documents(both):
    """The first report and the review have a benefit in PFS only, the update in OS."""
    found = both.ask("survival-without-progression", document="all")
    assert {(row["document"], str(row["p_gained"]), str(row["p_missed"])) for row in found if row["trial"] == TRIAL} == {
        (FIRST, "= 0.003", "= 0.054"),
        (REVIEW, "= 0.006", "= 0.125"),
    }


def test_places_and_cuts_are_those_of_each_document(both):
    found = {
        (row["document"], row["place"], row["endpoint"], row["effect_value"], row["ci_lower"], row["ci_level"], row["analysis"])
        for row in both.ask("reported-results", trial=TRIAL)
        if row["effect_value"] and row["endpoint"] != "ORR"
    }
    assert found == {
        (REVIEW, "text", "OS", "0.83", None, None, None),
        (REVIEW, "text", "PFS", "0.77", None, None, None),
        (FIRST, "Abstract", "OS", "0.79", "0.63", "95", "TRIBE, primary analysis"),
        (FIRST, "Abstract", "PFS", "0.75", "0.62", "95", "TRIBE, primary analysis"),
        (UPDATE, "Abstract", "OS", "0.80", "0.65", "95", "TRIBE, update"),
    }


def test_corroboration_judges_each_pair_of_figures(both):
    found = {
        (row["endpoint"], row["figure"], row["document_a"], row["value_a"], row["document_b"], row["value_b"], row["agreement"])
        for row in both.ask("corroboration", trial=TRIAL)
        if row["experimental_arm"] == "FOLFOXIRI + bevacizumab"
    }
    assert found == {
        ("OS", "median", UPDATE, "29.8", FIRST, "31.0", "superseded"),
        ("OS", "median", UPDATE, "29.8", REVIEW, "31.0", "superseded"),
        ("OS", "median", FIRST, "31.0", REVIEW, "31.0", "equal"),
        ("OS", "effect_value", UPDATE, "0.80", FIRST, "0.79", "superseded"),
        ("OS", "effect_value", UPDATE, "0.80", REVIEW, "0.83", "differs"),
        ("OS", "effect_value", FIRST, "0.79", REVIEW, "0.83", "differs"),
        ("OS", "ci_lower", UPDATE, "0.65", FIRST, "0.63", "superseded"),
        ("OS", "ci_upper", UPDATE, "0.98", FIRST, "1.00", "superseded"),
        ("OS", "p_value", UPDATE, "0.03", FIRST, "0.054", "superseded"),
        ("OS", "p_value", UPDATE, "0.03", REVIEW, "0.125", "differs"),
        ("OS", "p_value", FIRST, "0.054", REVIEW, "0.125", "differs"),
        ("PFS", "median", FIRST, "12.14", REVIEW, "12.1", "rounds to"),
        ("PFS", "effect_value", FIRST, "0.75", REVIEW, "0.77", "differs"),
        ("PFS", "p_value", FIRST, "0.003", REVIEW, "0.006", "differs"),
    }


def test_contradictions_are_side_by_side(both):
    (row,) = both.ask("contradictions", trial=TRIAL)
    assert (row["property"], row["value_a"], row["document_a"], row["value_b"], row["document_b"]) == (
        "primary endpoint", "progression-free survival", FIRST, "overall survival", UPDATE,
    )  # fmt: skip
    assert not both.ask("contradictions", document=REVIEW).rows


def test_a_level_says_which_document_it_rests_on(both):
    (row,) = [row for row in both.ask("evidence-levels", trial=TRIAL, document=FIRST) if row["endpoint"] == "overall survival"]
    assert f"phase III ({FIRST})" in row["premises"]
    assert f"overall survival ({UPDATE})" in row["premises"]


def test_the_documents_and_their_cuts_are_listed(both):
    found = [(row["document"], row["kind"], row["results"], row["studies"]) for row in both.ask("documents")]
    assert found == [(FIRST, "article abstract", 6, 1), (UPDATE, "article abstract", 3, 1), (REVIEW, "review", 520, 50)]
    assert [(row["kind"], row["follow_up"], row["document"]) for row in both.ask("analyses")] == [
        ("update", "48.1 mo", UPDATE),
        ("primary", None, FIRST),
    ]


def test_a_document_has_its_short_name(both):
    assert str(both.resolve(FIRST)).endswith(f"/source/{FIRST}")
    assert to_csv(both.ask("passages", document=FIRST)) == to_csv(both.ask("passages", document="First report, 2014"))


@pytest.mark.parametrize("name", ["analyses", "contradictions", "corroboration", "documents", "evidence-levels"])
def test_rdflib_gives_the_same_answers_about_several_documents(both, name):
    """Of these the packaged graph has no rows, or rows of one document only."""
    plain = both.as_rdflib()
    answer = plain.query(both.bound(name, **({} if name == "documents" else {"trial": TRIAL})))
    table = Table(tuple(map(str, answer.vars)), tuple(tuple(row) for row in answer))
    assert rows(to_csv(table)) == rows(to_csv(both.ask(name, **({} if name == "documents" else {"trial": TRIAL}))))


def test_a_figure_without_a_cut_has_that_of_an_equal_figure_of_an_older_document(graph):
    """The review repeats the first report, which no document says is a cut; the update is later than the report."""
    compared = graph.ask("corroboration", trial=TRIAL)
    rows = [row for row in compared if "pdq-colon-2025" not in (row["document_a"], row["document_b"])]
    median = {
        (row["document_a"], row["document_b"]): row["agreement"]
        for row in rows
        if (row["endpoint"], row["figure"], row["experimental_arm"]) == ("OS", "median", "FOLFOXIRI + bevacizumab")
    }
    assert median == {
        ("loupakis-2014", "asco-post-2015"): "superseded",
        ("loupakis-2014", REVIEW): "equal",
        (REVIEW, "asco-post-2015"): "superseded",
    }
    effects = [row for row in rows if (row["endpoint"], row["value_a"]) == ("OS", "0.83")]
    assert [row["agreement"] for row in effects] == ["differs"]  # no other document prints 0.83


def test_the_interval_of_an_arm_is_not_that_of_the_effect(graph):
    answer = graph.ask("what-is-printed", trial=TRIAL, document="all")
    printed = {row["document"]: row["interval"] for row in answer if row["endpoint"] == "overall survival"}
    assert any(row["ci_lower"] for row in graph.ask("arm-values", trial=TRIAL, endpoint="OS", document="asco-post-2015"))
    assert printed == {"loupakis-2014": "yes", "pdq-colon-2025": "yes", REVIEW: "no", "asco-post-2015": "no"}


def test_how_a_component_is_given_is_said_by_the_document_of_the_row(graph):
    given = {(row["document"], row["how_given"]) for row in graph.ask("components-of-regimen") if row["component"] == "TAS-102"}
    assert given == {("prager-2023", ""), (REVIEW, "oral")}
