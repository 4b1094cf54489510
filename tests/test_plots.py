"""Forest plots: what is drawn, told in words, and the same on every run."""

import xml.etree.ElementTree as ET

import pytest

import kg
from kg.effects import EffectSize
from kg.plots import forest
from kg.synthesis import Study, Synthesis, pool

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ("favours one", "favours other")


@pytest.fixture(scope="module")
def found(graph):
    return graph.pool("OS", "anti-EGFR regimen", "anti-VEGF regimen", "all-RAS wild-type population")


def texts(picture):
    return [" ".join(node.itertext()).strip() for node in ET.fromstring(picture).iter(f"{SVG}text")]


def test_the_numbers_stand_beside_the_bars(found):
    said = texts(forest(found, "A title", WORDS))
    for text in (
        "FIRE-3",
        "0.70 [0.53, 0.92]",
        "Random effects",
        "0.77 [0.63, 0.95]",
        "[0.42, 1.40]",
        "← favours one",
        "A title",
    ):
        assert text in said
    assert any(text.startswith("Heterogeneity: Q = 2.67") for text in said)


def test_it_is_told_in_words_and_follows_the_reader_s_colours(found):
    picture = forest(found, "A <title>", WORDS)
    root = ET.fromstring(picture)
    assert root.find(f"{SVG}title").text == "A <title>"
    assert "PEAK, RAS wild type: 0.63 (0.39 to 1.02)" in root.find(f"{SVG}desc").text
    assert root.get("role") == "img"
    assert b"prefers-color-scheme: dark" in picture
    assert b"#000000" not in picture


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow(found):
    wide = Study("WIDE", "a population with a long name", "first-line", "a", "b", "", "", EffectSize(0.0, 3.0, "counts"))
    studies = (*found.studies, wide)
    drawn = forest(Synthesis(studies, (), pool([s.effect for s in studies])), "t", WORDS)
    assert "a population with a lon…" in texts(drawn)
    markers = ET.fromstring(drawn).findall(f".//{SVG}use")
    assert len(markers) > len(ET.fromstring(forest(found, "t", WORDS)).findall(f".//{SVG}use")) + 2


@pytest.mark.parametrize(("form", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_the_same_bytes_twice_in_every_format(found, form, start):
    one, two = forest(found, "t", WORDS, form=form), forest(found, "t", WORDS, form=form)
    assert one.startswith(start)
    assert one == two


def test_an_unknown_format(found):
    with pytest.raises(kg.UsageError, match=r"\.svg, \.png, \.pdf"):
        forest(found, "t", WORDS, form=".bmp")


def test_the_picture_of_the_readme_is_current(run, tmp_path):
    from kg.resources import folder

    words = ["--endpoint", "OS", "--experimental", "anti-EGFR regimen", "--reference", "anti-VEGF regimen"]
    done = run("plot", "forest", *words, "--stratum", "all-RAS wild-type population", "-o", "forest.svg")
    assert done.returncode == 0, done.stderr
    kept = folder("ontology").parent / "docs" / "img" / "forest.svg"
    assert set(texts((tmp_path / "forest.svg").read_bytes())) == set(texts(kept.read_bytes()))
    assert run("plot", "pie", *words, "-o", "x.svg").returncode == 2
