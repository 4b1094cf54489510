"""The search: kinds, exact names, and the suggestions while typing, which are text and work by keyboard."""

import json
from urllib.parse import urlencode

import pytest
from htmlpage import get
from server import served

from kg.resources import GRAPH_FILE, folder


def hits(site, **asked):
    return json.loads(get(f"{site}/search.json?{urlencode(asked)}").text)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Avastin", "/id/drug/bevacizumab"),
        ("80405 CALGB", "/id/trial/CALGB-SWOG-80405"),
        ("RAS wt", "/id/state/RAS-wild-type"),
        ("OS", "/id/endpoint/OS"),
    ],
)
def test_an_exact_name_leads_to_its_page_and_back_to_all_matches(site, text, page):
    found = get(f"{site}/search?{urlencode({'q': text, 'go': 1})}")
    assert found.address == f"{site}{page}?{urlencode({'searched': text})}"
    back = next(link for link in found.page.links if link.startswith("/search?q="))
    assert f"All matches of “{text}”" in found.text
    assert "Exact matches" in get(site + back).text
    assert "All matches of" not in get(site + page).text  # for a reader who did not search


@pytest.mark.parametrize("text", ["cetuximb", "cetuximab panitumumab", "vemurafenib", "wild type", "Drug"])
def test_what_is_not_the_name_of_one_entity_leads_to_the_hits(site, text):
    found = get(f"{site}/search?{urlencode({'q': text, 'go': 1})}")
    assert found.address.startswith(f"{site}/search?")


def test_a_text_with_two_names_shows_both_and_their_comparison(site):
    page = get(f"{site}/search?q=cetuximab+panitumumab").page
    links = [link for link in page.links if link.startswith(("/id/drug/", "/compare?"))]
    assert sorted(links) == ["/compare?one=cetuximab&other=panitumumab", "/id/drug/cetuximab", "/id/drug/panitumumab"]


def test_hits_are_chosen_by_kind(site, graph):
    page = get(f"{site}/search?q=bevacizumab").page
    every = graph.find("bevacizumab", 501)
    drugs = sum(one.kind == "drug" for one in every)
    assert f"drug {drugs}" in " ".join(page.text.split())
    assert "/search?q=bevacizumab&kind=drug" in page.links
    chosen = get(f"{site}/search?q=bevacizumab&kind=drug").page
    assert len([link for link in chosen.links if link.startswith("/id/")]) == drugs
    assert {one["type"] for one in hits(site, q="bevacizumab", kind="trial")} == {"trial"}
    assert len(hits(site, q="bevacizumab", limit=3)) == 3
    named = get(f"{site}/search?q=Avastin&kind=source").text
    assert "No entity of this kind is named “Avastin”." in named
    for wrong, told in (
        ("kind=nothing", "there is no kind of entity"),
        ("limit=0", "from 1 to 50"),
        ("limit=%C2%B2", "from 1 to 50"),
    ):
        reply = get(f"{site}/search.json?q=a&{wrong}")
        assert reply.status == 400
        assert told in reply.text


@pytest.mark.complete
@pytest.mark.parametrize(("path", "width"), [("/", 390), ("/q", 1280)])
def test_suggestions_work_by_keyboard(site, visit, path, width):
    with visit(site, width=width) as one:
        one.open(path)
        box = one.page.get_by_role("combobox", name="Search drugs")
        box.focus()
        one.page.keyboard.type("bevaciz")
        options = one.page.get_by_role("option")
        options.first.wait_for()
        assert options.first.inner_text().startswith("bevacizumab")
        assert box.get_attribute("aria-expanded") == "true"
        one.page.keyboard.press("ArrowDown")
        assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
        assert options.first.get_attribute("aria-selected") == "true"
        assert one.axe() == []
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        one.page.keyboard.press("Escape")
        assert not options.first.is_visible()
        assert box.input_value() == "bevaciz"
        one.page.keyboard.type("u")
        options.first.wait_for()
        one.page.keyboard.press("ArrowUp")
        assert "All matches" in one.page.locator("[aria-selected=true]").inner_text()
        one.page.keyboard.press("ArrowDown")
        one.page.keyboard.press("ArrowDown")
        one.page.keyboard.press("Enter")
        one.page.wait_for_url("**/id/drug/bevacizumab")
        one.settled()


@pytest.mark.complete
def test_a_similar_name_is_not_suggested_as_if_found(site, visit):
    with visit(site) as one:
        one.open("/")
        one.page.get_by_role("combobox", name="Search drugs").fill("cetuximb")
        one.page.get_by_text("No entity is named “cetuximb”; similar names:").first.wait_for()
        assert one.page.get_by_role("option").first.inner_text().startswith("cetuximab")
        one.page.get_by_role("combobox", name="Search drugs").fill("vemurafenib")
        one.page.get_by_text("No entity has a name like “vemurafenib”.").first.wait_for()
        assert one.page.locator(".suggested").get_by_role("option").count() == 0
        one.settled()


@pytest.mark.complete
def test_the_search_works_without_scripts(site, visit):
    with visit(site, javascript=False) as one:
        one.open("/")
        one.page.get_by_role("searchbox").fill("Erbitux")
        one.page.keyboard.press("Enter")
        one.page.get_by_role("heading", name="cetuximab", level=1).wait_for()
        one.settled()


HOSTILE = """
<https://w3id.org/mcrc-kg/id/source/nasty> {
  <https://w3id.org/mcrc-kg/id/drug/nasty> a <https://w3id.org/mcrc-kg/ontology#Drug> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "nastymab<img src=x onerror=document.title='hit'>" .
}
"""


@pytest.mark.complete
def test_names_with_markup_are_suggested_as_text(tmp_path, visit):
    text = (folder("graph") / GRAPH_FILE).read_text(encoding="utf-8")
    (tmp_path / GRAPH_FILE).write_text(text + HOSTILE, encoding="utf-8")
    with served(tmp_path, "--graph", tmp_path) as server, visit(server.address.rstrip("/")) as one:
        one.open("/")
        one.page.get_by_role("combobox", name="Search drugs").fill("nastymab")
        one.page.get_by_role("option").first.wait_for()
        assert "<img" in one.page.get_by_role("option").first.inner_text()
        assert one.page.locator(".suggested img").count() == 0
        assert "hit" not in one.page.title()
        one.settled()
