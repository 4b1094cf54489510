"""Figures in a browser at the widths of a phone, a tablet and a screen."""

import re
from urllib.parse import urlencode

POOL = {
    "endpoint": "OS",
    "experimental": "anti-EGFR regimen",
    "reference": "anti-VEGF regimen",
    "stratum": "all-RAS wild-type population",
}
# the place of each filled mark on a phone, and the size of each visible text, in pixels
MARKS = "[...document.querySelectorAll('svg.laid-1 :is(.first, .second, .soft).full')].map(one => one.getBoundingClientRect())"
SIZES = """[...document.querySelectorAll('svg.drawn')].filter(one => one.checkVisibility()).flatMap(svg =>
    [...svg.querySelectorAll('text')].map(one =>
        parseFloat(getComputedStyle(one).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"""
WIDE = "document.documentElement.scrollWidth"


def test_one_width_of_a_forest_plot_is_shown_and_the_others_are_hidden_from_all(site, visit):
    """On a phone marks and effects are seen without scrolling sideways; no text is under 11 pixels at any width."""
    with visit(site) as one:
        one.open(f"/pool?{urlencode(POOL)}")
        for width, shown in ((320, 1), (390, 1), (768, 2), (1280, 3)):
            one.page.set_viewport_size({"width": width, "height": 800})
            assert one.page.evaluate(WIDE) <= width
            assert [number for number in (1, 2, 3) if one.page.locator(f"svg.laid-{number}").is_visible()] == [shown], width
            assert min(one.page.evaluate(SIZES)) >= 11
            assert one.page.get_by_role("group", name=re.compile("^OS, anti-EGFR")).count() == 1, "also for a screen reader"
            if width == 390:
                boxes = one.page.evaluate(MARKS)
                assert len(boxes) >= 4
                assert all(0 < box["left"] < box["right"] < width and box["height"] > 5 for box in boxes)
        one.settled()


def test_a_wide_figure_keeps_its_text_and_says_that_it_scrolls(site, visit):
    with visit(site, width=390) as one:
        one.open("/network?stratum=KRAS+wild-type+population")
        assert one.page.evaluate(WIDE) <= 390
        assert one.page.get_by_text("Scroll sideways to see the whole figure").is_visible()
        assert one.page.evaluate("(box => box.scrollWidth > box.clientWidth)(document.querySelector('.picture'))")
        assert min(one.page.evaluate(SIZES)) >= 11
        one.settled()
