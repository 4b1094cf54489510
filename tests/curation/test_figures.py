"""Figures in every style of journals are one spelling, and no digit is changed."""

import pytest

from kg.curation.figures import as_printed, folded, is_whole


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("0·844", "0.844"),
        ("HR = 0.75", "hr=0·75"),
        ("P<.001", "P < 0.001"),
        ("p = 0·0219", "P=.0219"),
        ("0·730–0·976", "0.730-0.976"),
        ("0.62 to 0.90", "0.62-0.90"),
        ("0.62\u2009to\u00a0.90", "0.62–0.90"),
        ("11.2\u202fmo", "11.2 mo"),
        ("11.2\nmo", "11.2mo"),
        ("0.\n75", "0.75"),
        ("0.7\u00ad5", "0.75"),
        ("phase Ⅲ", "Phase III"),
        ("hazard\nratio 0.75", "hazard ratio 0.75"),
        ("０．７５", "0.75"),
        ("1% to 3%", "1%–3%"),
    ],
)
def test_two_styles_of_one_figure(printed, typed):
    assert folded(printed).text == folded(typed).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.75", "0.750"),
        ("0.75", "0.57"),
        ("1 234", "1234"),
        ("1,234", "1234"),
        ("10²", "102"),
        ("½", "12"),
        ("12 13", "1213"),
        ("2010. 75", "2010.75"),
        ("10.5", "1.5"),
        ("100.5", ".5"),
        ("0.62 to live", "0.62-live"),
        ("P > 0.05", "P < 0.05"),
        ("P ≤ 0.05", "P < 0.05"),
        ("8.3 mo", "8.3 wk"),
        ("not able", "notable"),
    ],
)
def test_two_figures_stay_two(one, other):
    assert folded(one).text != folded(other).text


def test_each_character_has_its_place():
    text = "HR\u00a00·75,\n95% CI 0.62 to 0.90"
    fold = folded(text)
    assert len(fold.text) == len(fold.starts) == len(fold.ends)
    at = fold.text.index(".75")
    assert text[fold.starts[at] : fold.ends[at + 2]] == "0·75"
    at = fold.text.index(".62-.90")
    assert text[fold.starts[at] : fold.ends[at + 6]] == "0.62 to 0.90"
    assert fold.starts == sorted(fold.starts)


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("PFS 8.3 mo", "8.3", True),
        ("PFS 8.3mo", "8.3", True),
        ("in 2010. Then", "2010", True),
        ("57%", "57", True),
        ("0.71-1.18", "1.18", True),
        ("12,13 and", "12", True),
        ("18.3", "8.3", False),
        ("8.34", "8.3", False),
        ("0·75", "75", False),
        ("0·75", "0", False),
        ("1,234 patients", "1", False),
        ("1,234 patients", "234", False),
        ("IgG1", "1", False),
        ("8.3 months", "8.3 mo", False),
        ("group = 0.02", "p = 0.02", False),
    ],
)
def test_a_figure_is_whole_or_a_part_of_another(text, part, whole):
    start = text.index(part)
    assert is_whole(text, start, start + len(part)) is whole


def test_the_printed_figure_is_that_of_the_column():
    assert as_printed("HR\u2009=\n0·75") == "HR = 0·75"
    assert as_printed("phase Ⅱ") == "phase II"
