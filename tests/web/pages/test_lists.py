"""The lists with facets: their rows and counts are those of the graph, and an address that says too much is told what helps."""

import csv
import io
import json
from html import unescape
from urllib.parse import urlencode

import pytest
from htmlpage import get

from kg.web.pages.listings import LISTINGS, NOT_STATED


def rows(site, name, **values):
    """The rows of a list as its CSV file has them."""
    answer = get(f"{site}/{name}.csv?{urlencode(values)}")
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("name", [one.name for one in LISTINGS])
def test_each_facet_counts_the_rows_that_its_link_shows(site, name):
    page = get(f"{site}/{name}").page
    every = rows(site, name)
    assert f"{len(every)} {name}" in page.text
    links = [link for link in page.links if link.startswith(f"/{name}?") and "sort=" not in link]
    assert links
    for link in links[:: max(1, len(links) // 6)]:
        shown = get(site + link)
        number = len(list(csv.DictReader(io.StringIO(get(site + link.replace("?", ".csv?")).text))))
        assert 0 < number <= len(every)
        assert f"{number} of {len(every)} {name}" in shown.page.text


def test_the_lists_have_what_the_questions_have(site, graph):
    assert {row["entity_iri"] for row in rows(site, "trials")} == {row["study_iri"] for row in graph.ask("studies")}
    assert {row["short_name"] for row in rows(site, "sources")} == {row["document"] for row in graph.ask("documents")}
    inhibitors = {row["name"] for row in rows(site, "drugs", kind="kinase inhibitor")}
    assert {"regorafenib", "erlotinib", "encorafenib"} <= inhibitors
    assert not {"cetuximab", "aflibercept"} & inhibitors
    assert {row["name"] for row in rows(site, "biomarkers", drug="panitumumab", kind="locus")} >= {"KRAS exon 2", "NRAS exon 4"}


def test_a_line_without_a_number_is_in_the_lines_that_it_includes(site):
    """VELOUR is in second-line or later therapy, and so is 20050181."""
    found = {row["name"]: row["line"] for row in rows(site, "trials", line="second-line")}
    assert {"20050181", "BEACON", "VELOUR"} <= set(found)
    assert found["BEACON"] == "second-line or later"
    assert "FIRE-3" not in found


def test_choices_narrow_together(site):
    """RAS wild type, first line, phase III, with an anti-EGFR agent in an arm."""
    values = {"line": "first-line", "phase": "III", "population": "RAS wild type", "class": "anti-EGFR agent"}
    found = {row["name"] for row in rows(site, "trials", **values)}
    assert {"CRYSTAL", "FIRE-3", "PRIME"} <= found
    assert "PEAK" not in found  # phase II
    page = get(f"{site}/trials?{urlencode(values)}").page
    assert f"{len(found)} of " in page.text
    without = urlencode({name: value for name, value in values.items() if name != "phase"})
    assert f"/trials?{without}" in page.links


def test_what_is_not_stated_can_be_chosen(site):
    found = rows(site, "trials", phase=NOT_STATED)
    assert found
    assert {row["phase"] for row in found} == {""}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("line=tenth-line", "No trials have 'tenth-line' as line of therapy; its values: first-line, "),
        ("lines=first-line", "This page has no parameter 'lines'; its parameters: class, design, drug, "),
        ("line=first-line&line=third-line", "'line' is given twice"),
    ],
)
def test_a_wrong_choice_gets_a_page_that_helps(site, query, told):
    answer = get(f"{site}/trials?{query}")
    assert answer.status == 400
    assert told in unescape(answer.text)
    assert "/trials?line=first-line" in answer.page.links
    assert get(f"{site}/trials.csv?{query}").status == 400


def test_markup_in_an_address_is_text(site):
    answer = get(f"{site}/drugs?{urlencode({'kind': '<b>x</b>'})}")
    assert answer.status == 400
    assert "<b>x</b>" not in answer.text
    assert "<b>x</b>" in unescape(answer.text)


def test_the_json_has_the_same_rows(site):
    found = json.loads(get(f"{site}/drugs.json?target=EGFR").text)
    assert [one["name"] for one in found] == [row["name"] for row in rows(site, "drugs", target="EGFR")]
    assert get(f"{site}/drugs.xml").status == 404


def test_a_case_does_not_matter(site):
    assert rows(site, "drugs", target="egfr") == rows(site, "drugs", target="EGFR")


@pytest.mark.parametrize("name", [one.name for one in LISTINGS])
def test_each_heading_sorts_the_list_on_the_server(site, name):
    """Each heading is a link to the list in its order, which says so, has all rows, and leads to the other order."""
    page = get(f"{site}/{name}").page
    links = dict.fromkeys(link for link in page.links if link.startswith(f"/{name}?sort="))
    assert len(links) == 1 + len(next(one for one in LISTINGS if one.name == name).columns)
    for link in links:
        answer = get(site + link)
        assert answer.status == 200, link
        assert 'aria-sort="ascending"' in answer.text
        assert f"{link}%3Adesc" in answer.page.links
    link = f"/{name}?sort=name%3Adesc"
    assert 'aria-sort="descending"' in get(site + link).text
    names = [row["name"] for row in rows(site, name, sort="name:desc")]
    texts = [text for text in names if not text.isdigit()]  # a study that is named by a number goes before the texts
    assert texts == sorted(texts, key=str.casefold, reverse=True)
    assert sorted(names) == sorted(row["name"] for row in rows(site, name))


def test_numbers_are_sorted_by_value_and_what_is_not_stated_goes_last(site):
    """cetuximab is in more than nine studies: 10 goes before 9; the file has the order of the page."""
    found = rows(site, "drugs", sort="study:desc")
    numbers = [len(list(filter(None, row["study"].split("; ")))) for row in found]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > 9 > numbers[-1]
    years = [row["year"] for row in rows(site, "sources", sort="year")]
    stated = [year for year in years if year]
    assert stated == sorted(stated)
    assert years == stated + [""] * (len(years) - len(stated))


def test_the_order_and_the_choices_keep_each_other(site):
    page = get(f"{site}/trials?{urlencode({'phase': 'III', 'sort': 'line'})}").page
    assert f"/trials?{urlencode({'phase': 'III', 'sort': 'line:desc'})}" in page.links
    assert f"/trials.csv?{urlencode({'phase': 'III', 'sort': 'line'})}" in page.links
    assert f"/trials?{urlencode({'sort': 'line'})}" in page.links  # without the phase
    assert f"/trials?{urlencode({'phase': 'III', 'line': 'first-line', 'sort': 'line'})}" in page.links


def test_an_unknown_column_or_order_is_told_the_columns(site):
    answer = get(f"{site}/drugs?sort=colour")
    assert answer.status == 400
    assert "has no column 'colour'; its columns are name, brand_name, kind, " in unescape(answer.text)
    assert "Sort is COLUMN, COLUMN:asc or COLUMN:desc, not 'kind:up'" in unescape(get(f"{site}/drugs?sort=kind:up").text)
