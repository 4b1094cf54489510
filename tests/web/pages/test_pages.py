"""The face of the site: the first page, the search, the ontology, reasons, passages, what is missing; in a browser too."""

import json
import re
from hashlib import sha256
from html import unescape
from urllib.parse import unquote, urlencode

import pytest
from htmlpage import BROWSER, Outline
from rdflib import URIRef
from server import served

from kg.namespaces import ID, MCRC
from kg.resources import GRAPH_FILE, folder

WIDTHS = [pytest.param(390, id="phone"), pytest.param(1280, id="desktop")]
DARK = [pytest.param(False, id="light"), pytest.param(True, id="dark")]
RESULT = "/id/result/ohhara-2016.CRYSTAL-RAS-wild-type-OS-FOLFIRI-cetuximab-vs-FOLFIRI-table-4"
PASSAGE = "/id/passage/ohhara-2016.10020-10027"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
WHY = "/why?" + urlencode({"subject": "drug:cetuximab", "property": TYPE, "value": str(MCRC.AntiEgfrAgent)})
LOOKED_AT = {
    "home": "/",
    "search": "/search?q=VEGF",
    "drug": "/id/drug/cetuximab",
    "drugs": "/drugs",
    "trials": "/trials?line=first-line&phase=III",
    "trial": "/id/trial/CRYSTAL",
    "result": RESULT,
    "passage": PASSAGE,
    "ontology": "/ontology",
    "class": "/class/AntiVegfAgent",
    "why": WHY,
    "missing": "/id/drug/cetuximub",
}


def shown(server, path, status=200):
    reply = server.ask(path=path, Accept=BROWSER)
    assert reply.status == status, (path, reply.status, reply.text[:300])
    assert reply.kind == "text/html"
    return reply.text


@pytest.mark.parametrize("path", LOOKED_AT.values(), ids=LOOKED_AT)
def test_a_page_has_one_title_and_headings_in_order(server, path):
    text = shown(server, path, 404 if "cetuximub" in path else 200)
    page = Outline(text)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert re.search(r"<title>[^<]+</title>", text)
    assert {"main", "nav", "header", "footer"} <= set(page.tags)


def test_home_counts_what_the_graph_holds(server, graph):
    text = shown(server, "/")
    counts = {row["class"]: row["members"] for row in graph.ask("contents")}
    for name in ("study", "comparative result", "arm result", "claim", "statement", "passage"):
        assert f"<dd>{counts[name]}</dd>" in text
    assert "<svg" in text


@pytest.mark.parametrize(
    ("text", "label", "how"),
    [
        ("cetuximab", "cetuximab", ""),
        ("5-FU", "5-fluorouracil", "alternative name: 5-FU"),
        ("AVF2017g", "AVF2107g", "misprint in a document: AVF2017g"),
        ("NCT00113763", "20020408", "identifier in another database: NCT00113763"),
        ("Avastin", "bevacizumab", "brand name: Avastin"),
        ("FIRE3", "FIRE-3", ""),
        ("CALGB 80405", "CALGB/SWOG 80405", ""),
        ("RAS wt", "RAS wild type", ""),
    ],
)
def test_search_says_how_it_matched(server, text, label, how):
    page = shown(server, f"/search?{urlencode({'q': text})}")
    exact = page[page.index("Exact matches") :]
    assert f">{label}</a>" in exact
    assert how in exact
    hits = json.loads(server.ask(path=f"/search.json?{urlencode({'q': text})}").text)
    assert (hits[0]["label"], hits[0]["match"]) == (label, "exact")
    assert server.ask(path=hits[0]["page"].removeprefix(server.address.rstrip("/")), Accept=BROWSER).status == 200


def test_search_for_what_is_not_there_says_so(server):
    assert "No matching entity" in shown(server, "/search?q=zzzzzzzz")
    page = shown(server, "/search?q=cetuximub")
    assert "cetuximab</a>" in page[page.index("No entity is named “cetuximub”; similar names:") :]
    unknown = shown(server, "/search?q=vemurafenib")
    assert "No matching entity" in unknown
    assert "regorafenib" not in unknown
    words = shown(server, "/search?q=cetuximab+panitumumab")
    assert "Names with these words" in words
    assert json.loads(server.ask(path="/search.json?q=cetuximub").text)[0]["match"] == "similar"
    assert server.ask(path="/search?q=" + "x" * 300, Accept=BROWSER).status == 400


def test_every_class_of_the_ontology_has_its_anchor_and_its_members(server, graph):
    page = Outline(shown(server, "/ontology"))
    for row in graph.ask("contents"):
        if not row["class_iri"].startswith(str(MCRC)):
            continue
        local = row["class_iri"].removeprefix(str(MCRC))
        assert local in page.anchors
        members = {member["member_iri"] for member in graph.ask("members", **{"class": URIRef(row["class_iri"])})}
        text = shown(server, f"/class/{local}")
        unlinked = members - {f"{ID}{link.removeprefix('/id/')}" for link in Outline(text).links}
        assert len(unlinked) <= sum("%" in m for m in members) + max(0, len(members) - 1000)  # the page has the first 1000
    assert {"actsOn", "evidenceLevel"} <= page.anchors
    assert "no class" in shown(server, "/class/Nothing", 404)


def test_why_nests_premises_below_what_they_support(server, graph):
    text = shown(server, WHY)
    for step in graph.explain("cetuximab", "type", "anti-EGFR agent").steps:
        assert step.statement in text
    assert "/id/passage/" in text
    assert "&#39;subject&#39; is missing" in shown(server, "/why", 400)
    assert "does not contain this statement" in shown(
        server, "/why?subject=drug:cetuximab&property=mcrc:actsOn&value=nothing", 404
    )


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/id/drug/cetuximub", "GET", 404), ("/nowhere", "GET", 404), ("/search", "POST", 405), ("/class/Drug", "DELETE", 405)],
)
def test_what_goes_wrong_is_a_page_for_a_browser(server, path, method, status):
    reply = server.ask(method, path, Accept=BROWSER)
    assert (reply.status, reply.kind) == (status, "text/html")
    assert Outline(reply.text).headings[0] == 1
    assert "text/html" not in server.ask(method, path, Accept="application/json").kind


def test_a_missing_thing_names_the_nearest(server):
    assert 'href="/id/drug/cetuximab"' in shown(server, "/id/drug/cetuximub", 404)


def test_a_copy_of_the_source_shows_passages_in_their_context(tmp_path, graph):
    """With a text of one's own making, whose checksum a copy of the graph names."""
    text = ("Before <b>it</b> & more. " * 500)[:10020] + "29.6 mo" + " after it." * 100
    told = next(row for row in graph.ask("documents") if row["document"] == "ohhara-2016")
    data = (folder("graph") / GRAPH_FILE).read_text(encoding="utf-8")
    (tmp_path / GRAPH_FILE).write_text(data.replace(told["sha256"], sha256(text.encode()).hexdigest()), encoding="utf-8")
    (tmp_path / "own.txt").write_text(text, encoding="utf-8")
    with served(tmp_path, "--graph", tmp_path, "--source", tmp_path / "own.txt") as server:
        page = shown(server, PASSAGE)
    assert "<mark>29.6 mo</mark>" in page
    link = next(link for link in Outline(page).links if link.startswith("https://doi.org/10.4251/"))
    assert unquote(link.partition("#:~:text=")[2]).endswith("-,29.6 mo,-after it. after it.")
    assert "&lt;b&gt;it&lt;/b&gt; &amp; more" in page
    before = re.search(r"<blockquote.*?>(.*?)<mark>", page, re.DOTALL)[1]
    assert len(unescape(before)) <= 302


def test_another_text_is_refused(run, tmp_path):
    (tmp_path / "other.txt").write_text("Not it.", encoding="utf-8")
    done = run("serve", "--port", "0", "--source", "other.txt")
    assert done.returncode == 4
    assert "not the text that the offsets refer to" in done.stderr


def test_without_a_copy_a_passage_says_how_to_see_it(server):
    assert "--source FILE" in shown(server, PASSAGE)


NASTY = """
<https://w3id.org/mcrc-kg/id/source/nasty> {
  <https://w3id.org/mcrc-kg/id/drug/nasty> a <https://w3id.org/mcrc-kg/ontology#Drug> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "<script>hit()</script>\\"'><img src=x onerror=hit()>" ;
    <http://www.w3.org/2000/01/rdf-schema#comment> "</main><script>hit()</script>" ;
    <http://www.w3.org/2004/02/skos/core#exactMatch> <javascript:hit()> , <data:text/html,hit> ;
    <https://w3id.org/mcrc-kg/ontology#actsOn> <https://w3id.org/mcrc-kg/id/target/EGFR> .
  <javascript:hit()> <http://www.w3.org/2004/02/skos/core#notation> "<script>hit()</script>" ;
    <http://www.w3.org/2000/01/rdf-schema#label> "<script>hit()</script>" .
}
"""


def test_what_a_hostile_graph_says_is_text(tmp_path):
    text = (folder("graph") / GRAPH_FILE).read_text(encoding="utf-8")
    (tmp_path / GRAPH_FILE).write_text(text + NASTY, encoding="utf-8")
    paths = [
        "/id/drug/nasty",
        "/id/target/EGFR",
        "/search?q=script",
        "/class/Drug",
        "/why?subject=drug:nasty",
        "/ontology",
        "/",
        "/drugs",
    ]
    with served(tmp_path, "--graph", tmp_path) as server:
        for path in paths:
            reply = server.ask(path=path, Accept=BROWSER)
            page = Outline(reply.text)
            assert {*page.scripts} == {"/static/search.js", "/static/tables.js"}, path
            assert not [link for link in page.links if re.match(r"(?i)\s*(javascript|data):", link)], path
        assert "&lt;script&gt;" in shown(server, "/id/drug/nasty")


@pytest.mark.complete
@pytest.mark.parametrize("dark", DARK)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LOOKED_AT)
def test_pages_are_sound_for_everyone(site, visit, name, width, dark):
    with visit(site, width=width, dark=dark) as one:
        one.open(LOOKED_AT[name])
        assert one.axe() == []
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        one.picture(f"{name}-{width}{'-dark' if dark else ''}")
        if name == "missing":
            assert all("404" in complaint for complaint in one.complaints)
        else:
            one.settled()


@pytest.mark.complete
def test_it_is_used_by_keyboard_alone(site, visit):
    with visit(site) as one:
        one.open("/")
        keyboard = one.page.keyboard
        keyboard.press("Tab")
        assert one.page.evaluate("document.activeElement.textContent") == "Skip to the content"
        keyboard.press("Enter")
        assert one.page.evaluate("document.activeElement.id") == "main"
        keyboard.press("Tab")
        keyboard.type("FIRE-3")
        keyboard.press("Enter")
        one.page.wait_for_url("**/id/trial/FIRE-3?searched=FIRE-3")
        one.page.get_by_role("link", name="All matches of “FIRE-3”").focus()
        assert one.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        keyboard.press("Enter")
        one.page.wait_for_url("**/search?q=FIRE-3")
        one.page.get_by_role("link", name="FIRE-3", exact=True).first.press("Enter")
        one.page.wait_for_url("**/id/trial/FIRE-3")
        box = one.page.get_by_role("region", name="Comparisons, the first rows")
        box.focus()
        assert one.page.evaluate("document.activeElement.className") == "scroll"
        one.settled()
