"""Figures: what is drawn, told in words, in the reader's colours, quickly, and the same on every run."""

import xml.etree.ElementTree as ET
from contextlib import suppress
from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from samples import comparison
from tiers import few

import kg
from kg.errors import NoEstimateError
from kg.plots import Block, forest
from kg.plots.forest_axis import DASHED, DOTTED, SOLID
from kg.plots.forest_layout import plan_for
from kg.plots.layout import Line, Shape
from kg.resources import folder
from kg.synthesis.kinds import ADDED, INSTEAD, SUPPORTIVE

SVG = "{http://www.w3.org/2000/svg}"
SIDES = ("anti-EGFR regimen", "anti-VEGF regimen")
RAS = "all-RAS wild-type population"
REVIEW = {"document": "ohhara-2016"}  # other documents add trials and have precedence
MADE = {
    "forest.svg": lambda graph: graph.forest("OS", *SIDES, RAS, **REVIEW),
    "strata.svg": lambda graph: graph.forest("OS", *SIDES),
    "trial.svg": lambda graph: graph.forest(trial="CRYSTAL"),
    "network.svg": lambda graph: graph.network_plot(),
    "mechanism.svg": lambda graph: graph.mechanism_map("cetuximab", "panitumumab"),
    "timeline.svg": lambda graph: graph.timeline(),
}


def texts(picture):
    return [" ".join(node.itertext()).strip() for node in ET.fromstring(picture).iter(f"{SVG}text")]


def text(picture):
    """All words of a picture, in the order in which they are read."""
    return " ".join(texts(picture.svg))


def test_the_numbers_stand_beside_the_bars(graph):
    said = text(MADE["forest.svg"](graph))
    wanted = (
        "FIRE-3 FOLFIRI + cetuximab against FOLFIRI + bevacizumab RAS wild type; first-line",
        "n = 171 / 171 HR 0.70 [0.53, 0.92] interval computed from P = 0.011, not reported",
        "favours FOLFIRI + cetuximab (effect); authors: improved weight 38.7%",
        "Modified Hartung-Knapp pooled effect, computed 0.77 [0.49, 1.21] 95% CI, P = 0.13",
        "Random effects (DL) pooled effect, other method 0.77 [0.63, 0.95] 95% CI, P = 0.013",
        "Prediction interval [0.43, 1.40]",
        "← favours anti-EGFR regimen favours anti-VEGF regimen →",
        "Heterogeneity: Q = 2.67, P = 0.26; τ² = 0.009; I² = 25%",
    )
    assert [words for words in wanted if words not in said] == []


def test_blocks_by_stratum_have_a_diamond_only_where_pooled(graph):
    said = texts(graph.forest("OS", *SIDES, **REVIEW).svg)
    assert "KRAS wild-type population, first-line" in said
    assert "KRAS wild-type population, second-line" in said
    assert said.count("Modified Hartung-Knapp") == 2, "one study alone in second line is not pooled"


def test_what_is_printed_without_an_interval_is_shown_as_such(graph):
    crystal = graph.forest(trial="CRYSTAL", **REVIEW)
    assert "OR 2.07 P < 0.001; no interval can be derived" in text(crystal)
    assert "no effect printed P = 0.02" in text(graph.forest(trial="CALGB/SWOG 80405", **REVIEW))


def intervals(picture, dash):
    """The intervals with lines of this kind, without those of the legend."""
    start, width = plan_for(1040).axis
    lines = [one for one in picture.lay(1040).items if isinstance(one, Line) and one.width > 1 and one.y1 == one.y2]
    sample = 26  # the length of a line of the legend
    return [one for one in lines if one.dash == dash and start <= one.x1 <= one.x2 <= start + width and one.x2 - one.x1 != sample]


def test_a_computed_interval_is_dashed_and_a_printed_one_is_solid(graph):
    computed = graph.forest(trial="FIRE-3", **REVIEW)
    assert "interval computed, not reported" in texts(computed.svg), "in the legend"
    assert "interval computed from P = 0.011, not reported" in computed.told
    drawn = sum(one.lack is None for one in graph.pool("OS", *SIDES, RAS, **REVIEW).studies)
    pooled = MADE["forest.svg"](graph)
    assert [len(intervals(pooled, dash)) for dash in (DASHED, DOTTED)] == [drawn, 1], "and the prediction interval is dotted"
    limits = {"ci_lower": 0.5, "ci_upper": 0.98, "lower_printed": "0.50", "upper_printed": "0.98"}
    printed = forest([Block("", (comparison(**limits),))], "t", ("a", "b"), "Ratio")
    assert [len(intervals(printed, dash)) for dash in (SOLID, DASHED)] == [1, 0]
    assert "95% CI as printed" in printed.told
    assert "HR 0.70 [0.50, 0.98] 95% CI as printed; P = 0.010" in text(printed)
    assert "interval as printed" in texts(printed.svg)
    turned = forest([Block("", (comparison(**limits).turn(),))], "t", ("a", "b"), "Ratio")
    assert len(intervals(turned, DASHED)) == 1
    assert "interval computed from 95% CI of the inverse ratio, not reported" in text(turned)
    assert "printed interval of the inverse ratio, not reported" in turned.told


def test_a_bound_has_no_interval(graph):
    only = forest([Block("", (comparison(p_comparator="<", p_printed="0.001"),))], "t", ("a", "b"), "Ratio")
    assert intervals(only, DASHED) == intervals(only, SOLID) == []
    assert "HR 0.70 P < 0.001; no interval can be derived" in text(only)


def test_each_row_says_line_direction_and_what_the_authors_call_it(graph):
    told = graph.forest("OS", drug="cetuximab", **REVIEW).told
    assert (
        "NCIC CO.17, cetuximab + best supportive care against best supportive care, KRAS wild type, salvage-line or "
        "third-line: 0.55, P < 0.001, favours cetuximab + best supportive care (effect), authors: significant"
    ) in told


@pytest.mark.parametrize("name", MADE)
def test_it_is_told_in_words_and_follows_the_reader_s_colours(graph, name):
    picture = MADE[name](graph)
    root = ET.fromstring(picture.svg)
    assert root.find(f"{SVG}title").text == picture.title
    assert root.find(f"{SVG}desc").text == picture.told
    assert root.get("role") == "img"
    assert "prefers-color-scheme: dark" in picture.svg
    for fixed in ("#000000", "#fefefe"):
        assert fixed not in picture.svg
    assert picture._repr_svg_() == picture.svg


def test_what_tests_a_drug_is_not_pooled_and_says_what_it_was_compared_with(graph):
    picture = graph.forest("OS", drug="cetuximab", **REVIEW)
    said = texts(picture.svg)
    assert {"FIRE-3", "FOLFIRI + cetuximab against FOLFIRI", "← favours cetuximab", "favours the comparator →"} <= set(said)
    assert not any(word in text for text in said for word in ("Random effects", "Heterogeneity"))
    added, instead, supportive = (text(picture).index(f"OS (hazard ratio), {kind}") for kind in (ADDED, INSTEAD, SUPPORTIVE))
    assert added < text(picture).index("CRYSTAL") < instead < text(picture).index("FIRE-3") < supportive
    assert supportive < text(picture).index("NCIC CO.17")


@pytest.mark.parametrize(
    ("made", "parts", "again"),
    [
        (lambda graph: graph.forest(trial="FIRE-3", **REVIEW), True, False),
        (lambda graph: graph.forest("OS", drug="regorafenib"), False, False),
        (lambda graph: graph.forest_of(graph.ask("head-to-head"), "Head to head"), True, True),
    ],
    ids=["a subset", "one row", "a meta-analysis"],
)
def test_a_picture_says_which_rows_share_patients(graph, made, parts, again):
    said = " ".join(texts(made(graph).svg))
    assert ("part of a wider one" in said, "patients of its trials" in said) == (parts, again)


def test_without_a_ratio_there_is_no_axis_that_would_look_like_no_effect(graph):
    with pytest.raises(NoEstimateError, match=r"no ratio is printed, .* In words: OS, added to the comparator: CAIRO2") as caught:
        graph.forest(trial="CAIRO2", **REVIEW)
    assert "all patients, first-line: no effect printed, no P value printed, favours CapeOX + bevacizumab (printed)" in str(
        caught.value
    )
    assert {"1", "← favours FOLFIRI + cetuximab", "favours FOLFIRI →"} <= set(texts(graph.forest(trial="CRYSTAL").svg))


OTHERS = {
    "rounding": lambda graph: graph.forest("OS", "panitumumab", "no targeted agent"),
    "arms": lambda graph: graph.forest(trial="SOFT"),
    "drug": lambda graph: graph.forest("OS", drug="cetuximab"),
    "title": lambda graph: graph.forest_of(graph.ask("hazard-ratios"), "A title that is too long for one line " * 4),
    "population": lambda graph: graph.forest("OS", drug="bevacizumab"),
    "places": lambda graph: graph.forest(trial="PRIME"),
    "pools": lambda graph: graph.forest("PFS", "bevacizumab", "no targeted agent"),
    "regimens": lambda graph: graph.network_plot("regimens"),
}


@pytest.mark.parametrize("name", few({**MADE, **OTHERS}, *MADE))
def test_no_word_leaves_the_picture(graph, name):
    drawn = {**MADE, **OTHERS}[name](graph).draw()
    page, renderer = drawn.bbox, FigureCanvasAgg(drawn).get_renderer()
    for text in drawn.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent(renderer)
            inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
            assert inside, (text.get_text(), box.extents, page.extents)


@pytest.mark.parametrize("name", ["timeline.svg", "network.svg"])
def test_no_words_stand_on_others(graph, name):
    """Names on the spokes of a network are tilted, and the numbers of its lines may meet; its other words are clear of all."""
    drawn = MADE[name](graph).draw()
    renderer = FigureCanvasAgg(drawn).get_renderer()
    shown = [text for text in drawn.findobj(Text) if text.get_text() and text.get_visible() and not text.get_text().isdigit()]
    boxes = {text: text.get_window_extent(renderer) for text in shown}
    for one in shown:
        others = (other for other in shown if other is not one and (other.get_rotation() == 0 or one.get_fontsize() == 7.5))
        if one.get_rotation() == 0:
            assert not [other.get_text() for other in others if boxes[one].overlaps(boxes[other])], one.get_text()


def test_the_years_of_the_axis_are_apart(graph):
    years = [text for text in MADE["timeline.svg"](graph).draw().findobj(Text) if text.get_text().isdigit()]
    boxes = sorted((text.get_window_extent() for text in years), key=lambda box: box.x0)
    assert len(boxes) > 5
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_the_sides_that_a_ratio_favours_follow_the_counted_event(graph):
    """Below 1 is better where the event is death, above 1 where it is a response."""
    one, two = SIDES
    for endpoint, below, above in (("OS", one, two), ("ORR", two, one)):
        said = texts(graph.forest(endpoint, *SIDES).svg)
        assert {f"← favours {below}", f"favours {above} →"} <= set(said)
    assert f"← favours {one}" in texts(graph.forest("ORR", two, one).svg)


def test_a_ratio_printed_the_other_way_round_is_marked_and_named(graph):
    said = text(graph.forest("ORR", "FOLFIRI", "panitumumab"))
    assert "OR 0.18 (inverse of the printed 5.50) P < 0.0001; no interval can be derived" in said


def test_a_test_of_non_inferiority_gives_no_interval(graph):
    said = text(graph.forest(trial="SOFT", **REVIEW))
    assert "HR 1.04 P = 0.015 (non-inferiority); no interval can be derived" in said


def test_arms_are_named_where_a_trial_has_several(graph):
    said = graph.forest(trial="phase II study of FOLFIRI plus ganitumab or conatumumab")
    assert "FOLFIRI + ganitumab against FOLFIRI" in said.told


def test_an_error_that_rounding_leaves_open_is_marked(graph):
    assert "± interval computed from P = 0.31, not reported" in text(graph.forest("PFS", *SIDES, RAS))


def test_digits_stand_as_printed(graph):
    """OPUS prints 0.855, and COIN 1.04; nothing rounds them again."""
    said = texts(graph.forest("OS", "cetuximab", "no targeted agent", "KRAS wild-type population", "first-line").svg)
    assert any(words.startswith("HR 0.855 [") for words in said)


def test_rows_lead_to_their_passages_and_results(graph):
    links = {node.get("href") for node in ET.fromstring(MADE["forest.svg"](graph).svg).iter(f"{SVG}a")}
    studies = graph.pool("OS", *SIDES, RAS, **REVIEW).studies
    assert links == {iri for study in studies for iri in (study.passage, study.result)}


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow():
    limits = {"ci_lower": 0.01, "ci_upper": 90.0}
    wide = comparison(trial="WIDE", population="a population with a name that is too long to stand on one line here", **limits)
    narrow = comparison(p_printed="0.001")
    one, two = (forest([Block("", rows)], "t", ("a", "b"), "Ratio").lay(1040).items for rows in ((narrow,), (narrow, wide)))
    triangles = [[item for item in items if isinstance(item, Shape) and len(item.points) == 3] for items in (one, two)]
    assert [len(found) for found in triangles] == [0, 2]
    axis = plan_for(1040).axis
    assert {min(found.points)[0] for found in triangles[1]} == {axis[0], sum(axis) - 7}


@pytest.mark.parametrize(
    ("form", "start"), few([(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")], (".svg", b"<?xml"))
)
@pytest.mark.parametrize("name", MADE)
def test_the_same_bytes_twice_in_every_format(graph, name, form, start):
    picture = MADE[name](graph)
    assert picture.to_bytes(form).startswith(start)
    assert picture.to_bytes(form) == picture.to_bytes(form)


@pytest.mark.complete
def test_every_trial_with_a_comparison_is_drawn(graph):
    trials = {row["study_iri"] for row in graph.ask("reported-results") if row["reference_arm"]}
    assert len(trials) > 25
    drawn = 0
    for trial in sorted(trials):
        with suppress(NoEstimateError):
            assert graph.forest(trial=trial).svg
            drawn += 1
    assert drawn > 20


@pytest.mark.parametrize("endpoint", ["OS", "PFS", "ORR"])
@pytest.mark.parametrize("sides", [SIDES, SIDES[::-1], ("cetuximab", "FOLFOX4"), ("panitumumab", "bevacizumab")])
def test_every_endpoint_of_a_pair_is_drawn_with_each_result_once(graph, endpoint, sides):
    try:
        told = graph.forest(endpoint, *sides).told
    except NoEstimateError as words:  # without a ratio
        told = str(words)
    rows = [row for part in told.split(". ") for row in part.split("; ")]
    assert len(rows) == len(set(rows))


def test_bad_calls(graph, tmp_path):
    with pytest.raises(kg.UsageError, match=r"\.svg, \.png, \.pdf"):
        graph.timeline().to_bytes(".bmp")
    assert graph.timeline().save(tmp_path / "x.PNG").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(kg.UsageError, match="give a trial; or"):
        graph.forest("OS")
    with pytest.raises(kg.UsageError, match="give a trial; or"):
        graph.forest("OS", *SIDES, trial="CRYSTAL")
    with pytest.raises(kg.DataError, match="no comparison to draw"):
        graph.forest(trial="HERACLES")
    with pytest.raises(kg.DataError, match="no comparison to draw"):
        graph.forest("OS", "ramucirumab", "regorafenib alone")
    with pytest.raises(kg.InputError, match="cannot be written"):
        graph.timeline().save(tmp_path / "nowhere" / "x.svg")


COMMANDS = {
    "forest.svg": [
        "forest",
        "--endpoint",
        "OS",
        "--experimental",
        SIDES[0],
        "--reference",
        SIDES[1],
        "--stratum",
        RAS,
        "--document",
        "ohhara-2016",
    ],
    "mechanism.svg": ["mechanism", "cetuximab", "panitumumab"],
    "network.svg": ["network"],
    "timeline.svg": ["timeline"],
}


@pytest.mark.parametrize("name", few(COMMANDS, "timeline.svg"))
def test_the_pictures_of_the_documentation_are_current(run, tmp_path, name):
    done = run("plot", *COMMANDS[name], "-o", name)
    assert done.returncode == 0, done.stderr
    kept = folder("ontology").parent / "docs" / "img" / name
    assert set(texts((tmp_path / name).read_bytes())) == set(texts(kept.read_bytes()))


def test_an_unknown_picture(run):
    assert run("plot", "pie", "-o", "x.svg").returncode == 2
