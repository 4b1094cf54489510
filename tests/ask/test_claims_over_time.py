"""The review against other documents: which figures differ, what a changed or retracted one changes, how claims stand."""

import csv
import shutil
from collections import defaultdict

import pytest

from kg.engine.store import embed
from kg.graph import KnowledgeGraph
from kg.pipeline.build import assemble
from kg.pipeline.validate import check
from kg.resources import facts

REVIEW = "ohhara-2016"
# trial, endpoint, figure, what the review prints, and what another document does
SLIPS = {
    ("PRIME", "PFS", "p_value", "0.002", "douillard-2010", ".02"),
    ("VELOUR", "OS", "p_value", "0.032", "van-cutsem-2012", ".0032"),
    ("TRIBE", "PFS", "effect_value", "0.77", "loupakis-2014", "0.75"),
    ("TRIBE", "PFS", "p_value", "0.006", "loupakis-2014", "0.003"),
    ("TRIBE", "OS", "effect_value", "0.83", "loupakis-2014", "0.79"),
    ("SPIRITT", "PFS", "median", "9.4", "hecht-2015", "9.2"),
    ("phase II study of FOLFIRI with or without gefitinib", "ORR", "proportion", "47.9", "santoro-2008", "45.1"),
    ("phase II study of FOLFIRI with or without gefitinib", "ORR", "proportion", "45.1", "santoro-2008", "47.9"),
}
RETRACTED, CHANGED = "watanabe-2023", "van-cutsem-2012"
YEARS = (2010, 2016, 2023, None)


def pairs(graph):
    return {tuple(row.values()) for row in graph.ask("corroboration").to_dicts()}


def of_review(graph):
    for row in graph.ask("corroboration", document=REVIEW).to_dicts():
        own, other = ("a", "b") if row["document_a"] == REVIEW else ("b", "a")
        if row[f"document_{own}"] == REVIEW:
            figures = row[f"value_{own}"], row[f"document_{other}"], row[f"value_{other}"]
            yield (row["trial"], row["endpoint"], row["figure"], *figures), row


def test_the_slips_of_the_review_are_found_with_both_places(graph):
    found = dict(of_review(graph))
    assert set(found) >= SLIPS
    for slip in SLIPS:
        row = found[slip]
        assert row["agreement"] == "differs"
        assert row["place_a"]
        assert row["place_b"]
        assert row["passage_a_iri"] != row["passage_b_iri"]


def test_a_final_analysis_supersedes_the_review(graph):
    """PEAK, RAS wild type: 41.3 months became 36.9, HR 0.63 became 0.76; the PFS is another analysis."""
    found = {(key[1:], row["agreement"]) for key, row in of_review(graph) if key[0] == "PEAK"}
    assert (("OS", "median", "41.3", "rivera-2017", "36.9"), "superseded") in found
    assert (("OS", "effect_value", "0.63", "rivera-2017", "0.76"), "superseded") in found
    assert (("PFS", "effect_value", "0.65", "rivera-2017", "0.68"), "other analysis") in found


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The facts with another P value in one document, and with another document retracted."""
    folder = tmp_path_factory.mktemp("changed") / "facts"
    shutil.copytree(facts(), folder)
    for table in ("comparisons", "passages"):
        edit(folder / "publications" / f"{table}.tsv", CHANGED, ".0032", ".0042")
    edit(folder / "primary" / "documents.tsv", RETRACTED, "\t\n", "\tretracted\n")
    built = assemble(folder)
    assert check(built).conforms
    return KnowledgeGraph(embed(built.graphs))


def edit(path, document, old, new):
    """Replace text in the one row of a document that has it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (row,) = (number for number, line in enumerate(lines) if line.startswith(f"{document}\t") and old in line)
    lines[row] = lines[row].replace(old, new)
    path.write_text("".join(lines), encoding="utf-8")


@pytest.mark.complete
def test_a_changed_figure_changes_its_own_rows_alone(graph, changed):
    columns = graph.ask("corroboration").columns
    a, b = (columns.index(f"document_{side}") for side in "ab")
    rest = {row for row in pairs(graph) if RETRACTED not in (row[a], row[b])}
    moved = rest ^ pairs(changed)
    assert moved
    assert all(CHANGED in (row[a], row[b]) and "p_value" in row for row in moved)
    assert {row[columns.index("trial")] for row in moved} == {"VELOUR"}


def test_nothing_of_a_retracted_document_counts(graph, changed):
    asked = {"endpoint": "OS", "experimental": "anti-EGFR regimen", "reference": "anti-VEGF regimen",
             "stratum": "all-RAS wild-type population"}  # fmt: skip
    trials = [{one.trial for one in which.pool(**asked).studies} for which in (graph, changed)]
    assert trials[1] == {"CALGB/SWOG 80405", "FIRE-3", "PEAK"}
    assert trials[0] == trials[1] | {"PARADIGM"}
    assert RETRACTED not in {row["document"] for row in changed.ask("reported-results", document="best").to_dicts()}
    assert "PARADIGM" in {row["evidence"] for row in graph.ask("claims").to_dicts()}
    assert "PARADIGM" not in {row["evidence"] for row in changed.ask("claims").to_dicts()}
    status = {row["document"]: row["status"] for row in changed.ask("documents").to_dicts()}
    assert (status[RETRACTED], status[CHANGED]) == ("retracted", None)


def significant(row):
    """By the printed figures alone: the interval, else the P value; None where the document prints neither."""
    if row["level"] is not None and row["level"] >= 95:
        return not row["lower"] <= 1 <= row["upper"]
    if row["p"] is not None:
        return row["p"] < 0.05 or (row["sign"] != "=" and row["p"] == 0.05)
    return None


def test_the_rule_reads_the_figures(graph):
    """The direction of each line of evidence by rule, worked out from the printed figures of its result."""
    asked = """SELECT ?expected ?direction ?treated ?better ?lower ?upper ?level ?p ?sign ?sides WHERE {
      ?line mcrc:meetsExpectation ?e ; mcrc:citesResult ?r ; mcrc:direction/skos:notation ?direction .
      ?e mcrc:expectedDifference ?expected ; mcrc:expectedTreatment ?t . ?r mcrc:experimentalArm|mcrc:referenceArm ?arm .
      ?arm mcrc:assignedRegimen ?regimen . FILTER(?regimen = ?t || EXISTS { ?regimen mcrc:includesDrug ?t })
      BIND(STR(?arm) AS ?treated) OPTIONAL { ?r mcrc:favoursArm ?better }
      OPTIONAL { ?r mcrc:ciLower ?lower ; mcrc:ciUpper ?upper ; mcrc:ciLevel ?level }
      OPTIONAL { ?r mcrc:pValue ?p ; mcrc:pComparator ?sign }
      OPTIONAL { ?r mcrc:pSides ?sides } }"""
    checked = 0
    for row in graph.query(asked).to_dicts():
        found = significant(row)
        if found is None or row["sides"] == 1:
            continue
        seen = "no" if not found else "better" if str(row["better"]) == row["treated"] else "worse"
        others = {"not better": ("no", "worse"), "none": ("no",)}.get(row["expected"], ())
        supports = seen == row["expected"] or seen in others
        assert row["direction"] == ("supports" if supports else "inconclusive" if seen == "no" else "disputes"), row
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("until", YEARS)
def test_the_standing_of_a_claim_follows_from_its_lines(graph, until):
    rows = graph.ask("claims", **({} if until is None else {"until": until})).to_dicts()
    sides = defaultdict(lambda: {"supports": set(), "disputes": set(), "inconclusive": set()})
    for row in rows:
        sides[row["claim_iri"]]
        if row["direction"]:
            sides[row["claim_iri"]][row["direction"]].add(row["evidence"])
    for row in rows:
        one = sides[row["claim_iri"]]
        numbers = len(one["supports"]), len(one["disputes"])
        assert (row["computed_supporting"], row["computed_disputing"]) == numbers
        only = {(True, False): "supports", (False, True): "disputes"}.get((numbers[0] > 0, numbers[1] > 0), "leaves open")
        assert row["computed_standing"] == only


def test_evidence_of_later_documents_comes_with_its_year(graph):
    """SUNLIGHT, of 2023, supports bevacizumab in any line; PARADIGM supports anti-EGFR therapy in RAS wild type."""
    by_year = {until: {row["evidence"] for row in graph.ask("claims", until=until).to_dicts()} for until in (2016, 2023)}
    assert not {"SUNLIGHT", "PARADIGM"} & by_year[2016]
    assert {"SUNLIGHT", "PARADIGM"} <= by_year[2023]
    authors = {row["direction"] for row in graph.ask("claims", until=2010).to_dicts() if row["by"] == "authors"}
    assert authors == set(), "the review is of 2016"


def test_the_command(run):
    done = run("ask", "claims", "--until", "2016", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert {row["computed_standing"] for row in csv.DictReader(done.stdout.splitlines())} == {"supports", "leaves open"}
