"""The pages and pictures are those of the ontology: made anew they come out the same, and every link leads somewhere."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from gates.run import LEVELS, load, rules
from paths import ROOT
from rdflib import OWL, RDFS, Graph

from kg.resources import folder

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
PICTURES = ["class-tree.svg", "inferred-moves.svg"]
SVG = "{http://www.w3.org/2000/svg}"


def made(script, target):
    """What a script of the documentation writes into a folder."""
    subprocess.run([sys.executable, "-W", "error", DOCS / script, target], check=True)
    return {path.name: path.read_text(encoding="utf-8") for path in target.iterdir()}


def test_the_pages_are_made_from_the_ontology(tmp_path):
    pages = made("terms.py", tmp_path)
    assert set(pages) == {"ontology.md", "terms.md"}
    for name, text in pages.items():
        assert text == (DOCS / name).read_text(encoding="utf-8"), f"{name}: run python docs/terms.py"


def test_the_links_are_counted_from_the_tables(tmp_path):
    pages = made("links.py", tmp_path)
    assert set(pages) == {"linking.md"}
    assert pages["linking.md"] == (DOCS / "linking.md").read_text(encoding="utf-8"), "run python docs/links.py"
    assert " pairs of an entity and an identifier" in pages["linking.md"]


@pytest.mark.complete
def test_what_moved_is_computed(tmp_path):
    pages = made("moved.py", tmp_path)
    assert set(pages) == {"synthesis.md"}
    assert pages["synthesis.md"] == (DOCS / "synthesis.md").read_text(encoding="utf-8"), "run python docs/moved.py"
    assert "PARADIGM is new" in pages["synthesis.md"]


def test_the_pictures_are_drawn_from_the_ontology(tmp_path):
    pictures = made("draw.py", tmp_path)
    assert sorted(pictures) == PICTURES
    for name, text in pictures.items():
        assert text == (DOCS / "img" / name).read_text(encoding="utf-8"), f"{name}: run python docs/draw.py"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_what_it_shows_and_stays_inside_its_frame(name):
    root = ET.parse(DOCS / "img" / name).getroot()
    assert root.get("aria-labelledby").split() == [root.find(f"{SVG}title").get("id"), root.find(f"{SVG}desc").get("id")]
    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text
    width, height = float(root.get("width")), float(root.get("height"))
    for box in root.findall(f"{SVG}rect"):
        x, y, w, h = (float(box.get(end)) for end in ("x", "y", "width", "height"))
        assert x >= 0 <= y
        assert x + w <= width
        assert y + h <= height


def test_the_pictures_name_every_class_and_every_individual_that_moves():
    drawn = {name: " ".join(text.text.strip() for text in ET.parse(DOCS / "img" / name).iter(f"{SVG}text")) for name in PICTURES}
    terms = Graph().parse(folder("ontology") / "terms.ttl")
    shown = Graph().parse(folder("ontology") / "release" / "mcrc-kg.ttl")
    inferred = Graph().parse(folder("ontology") / "inferred.ttl")
    for term in set(terms.subjects(RDFS.subClassOf)):
        assert str(terms.value(term, RDFS.label)) in drawn["class-tree.svg"]
    for term in set(terms.subjects(OWL.equivalentClass)):
        assert str(terms.value(term, RDFS.label)) in drawn["inferred-moves.svg"]
        for one in inferred.subjects(None, term):
            if (one, RDFS.subClassOf, term) not in inferred:
                assert str(shown.value(one, RDFS.label)) in drawn["inferred-moves.svg"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_link_to_a_file_leads_to_one(page):
    text = page.read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="([^"]+)"', text))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, fragment = target.partition("#")
        if "://" in target:
            continue
        assert not path or (page.parent / path).exists(), target
        assert path or fragment in anchors, target


def test_the_page_tells_the_number_of_rules_and_what_ours_find():
    page = (DOCS / "ontology.md").read_text(encoding="utf-8")
    published = {name: rule for name, rule in rules().items() if not name.startswith("house-")}
    house = len(rules()) - len(published)
    assert re.search(
        rf"contains {len(rules())} rules.*: {len(published)} follow .*; {house} are rules of this project", page, re.DOTALL
    )
    ours = load(folder("ontology") / f"{name}.ttl" for name in ("terms", "terminology"))
    found = dict.fromkeys(LEVELS, 0)
    for header, text in published.values():
        found[header["level"]] += len(ours.query(text).rows)
    assert f"| mcrc-kg | 0.2.0 | {' | '.join(str(found[level]) for level in LEVELS)} |" in page
