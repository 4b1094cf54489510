"""Tables in a browser: sorting, filtering, their boxes that scroll, and P values in one form."""

import re

import pytest
from htmlpage import get

TRIAL = "/id/trial/CRYSTAL"
PAIR = "/compare?one=cetuximab&other=bevacizumab"
BOX = "Results of studies that compared both treatments"
P = re.compile(r"P [<>=≤≥] \d+\.\d+( \(.*\))?")


def column(box, head):
    """The texts of a column of a table; nothing for an empty cell."""
    heads = [one.strip() for one in box.locator("thead th").all_inner_texts()]
    at = heads.index(head) + 1
    return ["" if one in ("no value", "none") else one for one in box.locator(f"tbody td:nth-child({at})").all_inner_texts()]


def value(text):
    sign, number = re.fullmatch(r"P ([<=>]) ([\d.]+)", text).groups()
    return float(number), "<=>".index(sign)


@pytest.mark.parametrize("path", [TRIAL, "/q/reported-results?trial=CRYSTAL", "/q/hazard-ratios", "/q/comparisons?document=all"])
def test_p_values_have_one_form(site, path):
    page = get(site + path).page
    at = [(table, [cell.text for cell in table[0]].index("P")) for table in page.tables if "P" in [one.text for one in table[0]]]
    found = [row[number].text for table, number in at for row in table[1:]]
    assert {text for text in found if text not in ("no value", "not printed") and not P.fullmatch(text)} == set()
    assert any(P.fullmatch(text) for text in found)
    assert not [head for table in page.tables for head in table[0] if head.text in ("P is", "p comparator")]


@pytest.mark.complete
@pytest.mark.parametrize(("width", "dark"), [(390, False), (768, True), (1280, False)])
def test_a_table_is_sorted_by_keyboard(site, visit, width, dark):
    with visit(site, width=width, dark=dark) as one:
        one.open(PAIR)
        box = one.page.get_by_role("region", name=BOX)
        before = column(box, "P")
        head = box.get_by_role("columnheader", name="P", exact=True)
        head.get_by_role("button", name="P", exact=True).focus()
        one.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        said = [value(text) for text in column(box, "P") if text]
        assert said == sorted(said)
        assert len(said) > 3
        assert "" not in column(box, "P")[: len(said)]
        one.page.get_by_text("Sorted by P, ascending; empty cells are last.").wait_for(state="attached")
        one.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert [value(text) for text in column(box, "P") if text] == sorted(said, reverse=True)
        assert column(box, "P")[-1] == ""
        one.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") is None
        assert column(box, "P") == before
        assert one.axe() == []
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        one.settled()


@pytest.mark.complete
def test_a_table_is_filtered_by_words(site, visit):
    with visit(site) as one:
        one.open(PAIR)
        rows = one.page.get_by_role("region", name=BOX).locator("tbody tr")
        every = rows.count()
        one.page.get_by_label(f"Filter rows of: {BOX}").fill("pfs KRAS")
        shown = [row.inner_text() for row in rows.all() if row.is_visible()]
        assert 0 < len(shown) < every
        assert all("PFS" in text and "KRAS" in text for text in shown)
        assert one.page.get_by_text(f"{len(shown)} of {every} rows").is_visible()
        one.page.get_by_label(f"Filter rows of: {BOX}").fill("")
        assert all(row.is_visible() for row in rows.all())
        one.settled()


@pytest.mark.complete
@pytest.mark.parametrize(
    ("path", "sorted_here", "filtered"),
    [("/q/medians?endpoint=OS", False, True), ("/q/passages", False, False), ("/tables/3", False, False)],
)
def test_there_is_one_way_to_sort_and_only_a_whole_table_is_filtered(site, visit, path, sorted_here, filtered):
    with visit(site) as one:
        one.open(path)
        assert (one.page.locator("button.sort").count() > 0) == sorted_here
        assert (one.page.locator(".table-filter").count() > 0) == filtered
        one.settled()


@pytest.mark.complete
def test_without_scripts_there_are_no_dead_controls(site, visit):
    with visit(site, javascript=False) as one:
        one.open(PAIR)
        assert one.page.locator("button.sort, .table-filter").count() == 0
        one.settled()


@pytest.mark.complete
@pytest.mark.parametrize("width", [390, 1280])
def test_a_wide_table_scrolls_in_its_box_with_its_first_column_in_view(site, visit, width):
    with visit(site, width=width) as one:
        one.open("/q/hazard-ratios")
        box = one.page.locator("main .scroll").first
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        assert "gradient" in box.evaluate("box => getComputedStyle(box).backgroundImage")
        box.evaluate("box => { box.scrollLeft = 300 }")
        left, first = box.evaluate(
            "box => [box.getBoundingClientRect().left, box.querySelector('td').getBoundingClientRect().left]"
        )
        assert abs(left - first) <= 1
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        one.settled()
