"""The page of the evidence for a group of patients: what it shows, its address, its files, and its errors."""

import csv
import io
import json
import re
from urllib.parse import urlencode

import pytest
from htmlpage import get

from kg.namespaces import BASE

ASKED = {"biomarker": "RAS wild type", "line": "first-line"}
PATIENTS = f"/evidence?{urlencode(ASKED)}"


def test_the_first_question_of_a_clinician_has_a_page(site, graph):
    answer = get(site + PATIENTS)
    found = graph.evidence(**ASKED)
    assert answer.status == 200
    for entry in found.entries:
        for one in entry.results:
            assert {one.result.replace(BASE, "/"), one.passage.replace(BASE, "/")} & set(answer.page.links), one.result
        assert entry.contrast in answer.page.text
    assert answer.page.selected["biomarker"] == "RAS wild type"
    for words in ("33.1 mo against 25.0 mo", "(+8.1 mo)", "primary endpoint (whole study), not met", "not reported"):
        assert words in answer.page.text, words


def test_the_files_have_the_rows_of_the_page(site, graph):
    texts = {form: get(f"{site}/evidence.{form}?{urlencode(ASKED)}").text for form in ("csv", "json")}
    rows = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert len(rows) == len(graph.evidence(**ASKED).to_table())
    assert [row["trial"] for row in rows] == [row["trial"] for row in json.loads(texts["json"])]


def test_an_outcome_without_comparison_leads_to_the_values_of_its_arms(site):
    """BEACON: response rates are printed of both combinations, no comparison of them is."""
    page = get(f"{site}/evidence?{urlencode({'biomarker': 'BRAF V600E mutant'})}").page
    assert "values of its arms" in page.text
    assert "#single" in page.links
    assert "26.8" in page.text
    assert "The graph has no adverse event of the studies" not in page.text, "BEACON has some, in its row"


def test_what_an_interval_includes_depends_on_the_statistic(site):
    """A difference has no effect at 0, a ratio at 1: RD 5.6 (1.0-10.3) of PARADIGM includes neither."""
    text = get(f"{site}/evidence?{urlencode({'biomarker': 'RAS wild type', 'treatment': 'panitumumab'})}").page.text
    [cell] = re.findall(r"curative resection rate(.*?)in watanabe-2023", text, re.DOTALL)[:1]
    assert "RD 5.6" in cell
    assert "the interval includes" not in cell
    ratio = get(
        f"{site}/evidence?{urlencode({'biomarker': 'RAS wild type', 'treatment': 'cetuximab', 'against': 'bevacizumab'})}"
    )
    assert "numerically better: FOLFIRI + cetuximab" in ratio.page.text
    assert "the interval includes 1" in ratio.page.text


def test_another_name_of_a_biomarker_is_the_same_page(site):
    assert "FIRE-3" in get(f"{site}/evidence?{urlencode({**ASKED, 'biomarker': 'RAS wt'})}").page.text


def test_without_patients_the_page_counts_the_studies(site, graph):
    page = get(f"{site}/evidence").page
    [row] = [row for row in page.rows if row[0].text == "HER2-positive"]
    assert [cell.text for cell in row[1:]].count("none") >= 1
    link = next(link for cell in row for link in cell.links)
    assert get(site + link).status == 200


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"biomarker": "KIT"}, 404, "no biomarker is called 'KIT'"),
        ({"line": "ninth-line"}, 404, "ninth-line"),
        ({"age": "70"}, 400, "no parameter 'age'"),
        ({"biomarker": "HER2-positive", "line": "first-line"}, 200, "No population of the documents"),
        ({"biomarker": "RAS wild type", "patients": "<script>alert(1)</script>"}, 200, "No population"),
        ({"patients": "x" * 301}, 400, "more than 300 characters"),
    ],
)
def test_what_is_not_there_gets_a_page_that_says_what_helps(site, query, status, words):
    answer = get(f"{site}/evidence?{urlencode(query)}")
    assert answer.status == status
    assert words in answer.page.text
    assert "<script>alert" not in answer.text
    assert "biomarker" in answer.page.options


def test_a_hundred_parameters_are_refused(site):
    answer = get(f"{site}/evidence?" + "&".join(f"a{number}=1" for number in range(100)))
    assert answer.status == 400


def test_an_unknown_format_is_refused(site):
    assert get(f"{site}/evidence.xlsx?{urlencode(ASKED)}").status == 404


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_selector_and_its_answer_fit_every_screen(site, visit, width):
    with visit(site, width=width) as one:
        one.page.goto(site + "/")
        one.page.select_option("#field-biomarker", "RAS wild type")
        one.page.select_option("#field-line", "first-line")
        one.page.get_by_role("button", name="Show the evidence").press("Enter")
        one.page.wait_for_url("**/evidence?**")
        assert one.page.get_by_role("heading", name="cetuximab instead of bevacizumab").is_visible()
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        top = one.page.locator("table.evidence .direction").first.bounding_box()["y"]
        if width == 1280:
            assert top < 1500
            assert one.page.evaluate("document.documentElement.scrollHeight") <= 3000
        assert one.axe() == []
        one.settled()


def test_the_evidence_prints(site, visit):
    with visit(site, width=1280) as one:
        one.page.goto(site + PATIENTS)
        one.page.emulate_media(media="print")
        table = one.page.locator("table.evidence").first
        assert table.is_visible()
        assert not one.page.locator("form.search").first.is_visible()


def test_without_scripts_the_selector_works(site, visit):
    with visit(site, width=390, javascript=False) as one:
        one.page.goto(site + PATIENTS)
        one.page.get_by_text("More conditions").click()
        one.page.select_option("#field-against", "bevacizumab")
        one.page.get_by_role("button", name="Show the evidence").click()
        assert one.page.get_by_role("heading", name="panitumumab instead of bevacizumab").is_visible()


def test_a_row_names_the_recorded_discrepancies_of_its_result(site):
    """One interval of FIRE-3 is printed with two ratios in RAS mutant tumours; OS in RAS wild type has no discrepancy."""
    asked = {"biomarker": "RAS mutant", "treatment": "cetuximab", "against": "bevacizumab"}
    cells = cells_with(get(f"{site}/evidence?{urlencode(asked)}").page, "HR 1.028")
    assert cells
    for cell in cells:
        assert "discrepancy(value)" in cell.text
        [link] = [link for link in cell.links if "RAS-mutant-interval" in link]
        assert "One interval is printed with two ratios" in get(site + link).page.text
    plain = cells_with(get(site + PATIENTS).page, "33.1 mo against 25.0 mo")
    assert plain
    assert not [cell for cell in plain if "discrepancy" in cell.text]


def cells_with(page, words):
    """The cells of all tables of a page that contain these words."""
    return [cell for table in page.tables for row in table for cell in row if words in cell.text]
