"""Whole ways through the site in a real browser, as a reader goes them."""

import re

import pytest

from kg.namespaces import ID

A4 = 718  # pixels that a page of A4 leaves between margins of 1 cm


@pytest.mark.complete
def test_from_a_name_to_the_place_of_a_number(site, visit, graph):
    """Search, drug, forest plot, place; the number in the picture is that of its place."""
    with visit(site) as one:
        one.open("/")
        one.page.get_by_role("combobox", name="Search drugs").fill("panitumumab")
        one.page.keyboard.press("Enter")
        one.page.wait_for_url("**/id/drug/panitumumab?searched=panitumumab")
        one.page.get_by_text("Forest plot", exact=True).click()
        forest = one.page.get_by_role("region", name="OS: comparisons with panitumumab in the experimental arm")
        link = forest.get_by_role("link", name=re.compile(r"^20050181 \(")).first
        place = link.get_attribute("href")
        link.click()
        one.page.wait_for_url("**/id/passage/*")
        assert one.page.url == site + place
        rows = [row for row in graph.ask("comparisons-with-drug", drug="panitumumab") if row["passage_iri"] == ID + place[4:]]
        (shown,) = {row["effect"] for row in rows}
        number = shown.removeprefix("HR ")
        assert number in one.page.get_by_role("main").inner_text()
        one.page.get_by_role("main").get_by_role("link", name=re.compile("20050181")).first.click()
        one.page.wait_for_url("**/id/result/*")
        assert number in one.page.locator(".big-number").inner_text()
        one.settled()


@pytest.mark.complete
@pytest.mark.parametrize(
    "path", ["/id/drug/panitumumab", "/id/trial/CRYSTAL", "/q/hazard-ratios?drug=cetuximab", "/tables/4", "/claims"]
)
def test_a_page_can_be_printed(site, visit, path):
    """On paper nothing scrolls: no column may stand beyond the margin, and what only helps on a screen is not there."""
    with visit(site, width=A4) as one:
        one.open(path)
        one.page.emulate_media(media="print")
        assert one.page.evaluate("document.documentElement.scrollWidth") <= A4
        wide = (
            "[...document.querySelectorAll('table, svg.drawn')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
        )
        assert one.page.evaluate(f"{wide}.map(one => one.outerHTML.slice(0, 120))") == []
        assert not one.page.locator("form.search").first.is_visible()
        assert not any(box.is_visible() for box in one.page.locator(".table-filter").all())
        assert not one.page.locator(".tools").first.is_visible()
        assert one.page.pdf(format="A4").startswith(b"%PDF")
        one.settled()
