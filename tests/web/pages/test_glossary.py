"""The glossary: definitions as the ontology has them, on their page and beside headings, by mouse, keyboard and touch."""

import pytest
from htmlpage import get
from rdflib import RDFS, Literal, Namespace

from kg.web.pages.glossary import COLUMNS

ASKED = {
    *("hazard-ratio", "odds-ratio", "confidence-interval", "p-value", "population", "ras-wild-type", "kras-exon-2"),
    *("line-of-therapy", "overall-survival", "progression-free-survival", "objective-response-rate", "disease-control-rate"),
    *("superiority", "non-inferiority", "evidence-level", "computed", "favours-arm", "stratum", "analysis-of-a-study"),
    *("primary-endpoint", "subset-of", "best-supportive-care"),
}
OBO = Namespace("http://purl.obolibrary.org/obo/")
PAIR = "/compare?one=cetuximab&other=bevacizumab"


def test_the_glossary_has_the_terms_of_the_pages_and_the_columns(site):
    page = get(f"{site}/glossary").page
    assert ASKED | {*COLUMNS.values()} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_a_meaning_is_the_definition_of_the_ontology(site, plain):
    text = " ".join(get(f"{site}/glossary").page.text.split())
    for label in ("overall survival", "RAS wild type", "hazard ratio", "best supportive care", "population"):
        (definition,) = {plain.value(one, OBO.IAO_0000115) for one in plain.subjects(RDFS.label, Literal(label, lang="en"))} - {
            None
        }
        assert f"{definition}" in text
    assert "States the number" not in text  # what a property does is no meaning for a reader


def test_each_meaning_is_once_on_a_page(site):
    page = get(site + PAIR).page
    meanings = [one for one in page.ids if one.startswith("meaning-")]
    assert {"meaning-p-value", "meaning-population", "meaning-favours-arm"} <= set(meanings)
    assert len(meanings) == len(set(meanings))
    assert "/glossary#p-value" in page.links
    assert "meaning-" not in get(f"{site}/downloads").text


@pytest.mark.complete
@pytest.mark.parametrize(("width", "javascript"), [(390, False), (1280, True)])
def test_a_meaning_opens_by_keyboard_and_mouse_within_the_window(site, visit, width, javascript):
    with visit(site, width=width, javascript=javascript) as one:
        one.open(PAIR)
        button = one.page.get_by_role("columnheader", name="population", exact=True).first.get_by_role(
            "button", name="Meaning of"
        )
        meaning = one.page.locator("#meaning-population")
        button.focus()
        one.page.keyboard.press("Enter")
        assert "A set of participants" in meaning.inner_text()
        box = meaning.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        one.page.keyboard.press("Escape")
        assert not meaning.is_visible()
        button.click()
        assert meaning.is_visible()
        if javascript:
            assert one.axe() == []
        one.settled()


@pytest.mark.complete
@pytest.mark.parametrize(("width", "dark"), [(390, True), (768, False), (1280, False)])
def test_the_glossary_can_be_used_by_everybody(site, visit, width, dark):
    with visit(site, width=width, dark=dark) as one:
        one.open("/glossary")
        assert one.axe() == []
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        one.settled()
