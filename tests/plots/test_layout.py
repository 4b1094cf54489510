"""The layout of a forest plot at each width: readable, inside its borders, with a mark for each ratio and words for all."""

import re
from itertools import combinations

import pytest
from matplotlib.text import Text as Drawn
from matplotlib.textpath import TextPath
from samples import comparison
from tiers import few

from kg.plots import Block, forest
from kg.plots.forest_axis import FIRST, OPEN, SECOND
from kg.plots.forest_layout import plan_for
from kg.plots.laid_out import WIDTHS
from kg.plots.layout import LEAST, Dot, Shape, Text, breadth, divided, extent

SIDES = ("anti-EGFR regimen", "anti-VEGF regimen")
MADE = {
    "pool": lambda graph: graph.forest("OS", *SIDES, "all-RAS wild-type population"),
    "drug": lambda graph: graph.forest("OS", drug="cetuximab"),
    "trial": lambda graph: graph.forest(trial="CRYSTAL"),
    "places": lambda graph: graph.forest(trial="PRIME"),
    "strata": lambda graph: graph.forest("ORR", *SIDES),
    "answer": lambda graph: graph.forest_of(graph.ask("head-to-head"), "A title that is too long for one line " * 4),
}
LONG = "Unbrokenlyandinterminablynamed" * 5


def words(layout):
    return [one for one in layout.items if isinstance(one, Text)]


@pytest.fixture(params=few(MADE, "pool", "drug"))
def picture(request, graph):
    return MADE[request.param](graph)


@pytest.mark.parametrize("width", WIDTHS)
def test_text_is_large_enough_and_stands_on_nothing_else(picture, width):
    layout = picture.lay(width)
    shown = words(layout)
    assert min(one.size for one in shown) >= LEAST
    left, top, right, bottom = extent(layout.items)
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= layout.height
    boxes = [extent([one]) for one in shown]
    for (one, a), (other, b) in combinations(zip(shown, boxes, strict=True), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] - 3 <= b[1] or b[3] - 3 <= a[1]
        assert apart, (one.words, other.words)


def test_every_width_has_the_same_marks_and_figures(picture):
    def figures(width):
        return sorted(
            one.words for one in words(picture.lay(width)) if one.bold and one.link and re.match(r"(HR|OR|RR) ", one.words)
        )

    def marks(width):
        return sum(isinstance(one, Dot | Shape) and one.role in (FIRST, SECOND, OPEN) for one in picture.lay(width).items)

    one, *others = WIDTHS
    assert figures(one)
    assert all(figures(one) == figures(other) and marks(one) == marks(other) for other in others)


def test_a_card_begins_with_the_effect_and_then_its_mark(graph):
    items = MADE["pool"](graph).lay(320).items
    place = next(number for number, one in enumerate(items) if isinstance(one, Text) and one.words.startswith("HR "))
    row = items[place : place + 30]
    study = next(one for one in row if isinstance(one, Text) and one.words.startswith("CALGB/SWOG"))
    mark = next(one for one in row if isinstance(one, Shape | Dot))
    assert row[0].y < extent([mark])[1] < extent([mark])[3] < study.y


def test_the_widths_of_words_are_at_least_those_of_the_font(picture):
    for one in words(picture.lay(680))[::7]:
        weight = {"weight": "bold" if one.bold else "normal", "family": "DejaVu Sans"}
        real = TextPath((0, 0), one.words, size=one.size, prop=weight).get_extents().width
        assert real <= breadth(one.words, one.size, one.bold) * 1.01, one.words


def test_the_file_has_the_drawing_of_the_widest_page(picture):
    drawn = [text.get_text() for text in picture.draw().findobj(Drawn) if text.get_text()]
    assert drawn == [one.words for one in words(picture.lay(WIDTHS[-1]))]


def marks_of(**changes):
    """The marks of a comparison, without those of the legend."""
    one = comparison(**changes)
    layout = forest([Block("", (one,))], "t", ("a", "b"), "Ratio").lay(1040)
    start, width = plan_for(1040).axis
    return [item for item in layout.items if isinstance(item, Dot | Shape) and start <= extent([item])[0] <= start + width]


PRINTED = {"ci_lower": 0.5, "ci_upper": 0.98, "lower_printed": "0.50", "upper_printed": "0.98"}
WORSE = {"value": 1.5, "printed": "1.50", "ci_lower": 1.1, "ci_upper": 2.0, "lower_printed": "1.10", "upper_printed": "2.00"}
BOUND = {"p_comparator": "<", "p_printed": "0.001", "p_value": 0.001}


@pytest.mark.parametrize(
    ("changes", "form", "role", "filled"),
    [
        ({**PRINTED, "favours": "A"}, Shape, FIRST, True),
        ({**WORSE, "favours": "C"}, Dot, SECOND, True),
        ({**PRINTED, "ci_upper": 1.1, "upper_printed": "1.10", "favours": "A"}, Shape, OPEN, True),
        ({**PRINTED, "favours": "neither"}, Shape, OPEN, True),
        ({**BOUND, "favours": "A"}, Shape, FIRST, False),
        ({**BOUND, "value": 1.5, "printed": "1.50", "favours": "C"}, Dot, SECOND, False),
        ({**BOUND, "hypothesis": "non-inferiority", "favours": "A"}, Shape, OPEN, False),
    ],
)
def test_form_and_colour_say_which_arm_is_favoured(changes, form, role, filled):
    (mark,) = marks_of(**changes)
    assert (type(mark), mark.role, mark.filled) == (form, role, filled)


def test_the_forms_differ_without_colour():
    square, bar = (extent(marks_of(**{**PRINTED, "favours": favoured})) for favoured in ("A", "neither"))
    assert square[2] - square[0] > 2 * (bar[2] - bar[0])
    assert square[3] - square[1] < bar[3] - bar[1]


def test_a_result_without_a_ratio_has_words_and_no_mark():
    rows = (comparison(value=None, printed=None), comparison(**PRINTED))
    layout = forest([Block("", rows)], "t", ("a", "b"), "Ratio").lay(1040)
    start, width = plan_for(1040).axis
    marks = [one for one in layout.items if isinstance(one, Dot | Shape) and start <= extent([one])[0] <= start + width]
    assert len(marks) == 1
    order = [one.words for one in words(layout)]
    assert order.index("HR 0.70 [0.50, 0.98]") < order.index("no effect printed"), "results with a ratio come first"


def test_the_interval_that_includes_1_is_said_so():
    crossing = {**PRINTED, "ci_upper": 1.1, "upper_printed": "1.10", "favours": "A", "favours_from": "effect"}
    told = forest([Block("", (comparison(**crossing),))], "t", ("a", "b"), "Ratio").told
    assert "favours A (effect), the interval includes 1" in told
    assert "includes 1" not in forest([Block("", (comparison(**PRINTED, favours="A"),))], "t", ("a", "b"), "Ratio").told


def test_groups_in_which_the_same_side_is_better_share_an_axis():
    death = Block("one", (comparison(event="undesired", **PRINTED),))
    response = Block("two", (comparison(event="desired", **{**PRINTED, "value": 9.0, "printed": "9.0", "ci_upper": 15.0}),))
    ticks = [{one.words for one in words(forest(some, "t", ("a", "b"), "Ratio").lay(1040)) if re.fullmatch(r"[\d.]+", one.words)}
             for some in ([death], [response], [death, response])]  # fmt: skip
    assert "10" not in ticks[0]
    assert "10" in ticks[1]
    assert ticks[2] == ticks[0] | ticks[1]


def test_any_name_fits():
    wild = comparison(trial=LONG, population=LONG, experimental=LONG, document=LONG, **PRINTED)
    for width in WIDTHS:
        layout = forest([Block(LONG, (wild,), remark=LONG)], LONG, (LONG, LONG), "Ratio", LONG).lay(width)
        left, _, right, _ = extent(layout.items)
        assert 0 <= left <= right <= width


def test_what_belongs_together_is_not_divided():
    assert divided("interval computed from P = 0.011", 130, 11) == ["interval computed", "from P = 0.011"]
    assert divided("", 100, 11) == []


@pytest.mark.parametrize(
    ("trial", "document", "said"),
    [("FIRE-3", "ohhara-2016", "n = 171 / 171"), ("CRYSTAL", "ohhara-2016", "population: n = 666"), ("BREAKWATER", "best", "")],
)
def test_the_number_of_patients_is_that_of_the_result_or_of_the_population(graph, trial, document, said):
    """As analysed, where the result gives it, else as enrolled, which the words distinguish; nothing where neither is known."""
    shown = " ".join(one.words for one in words(graph.forest(trial=trial, document=document).lay(320)))
    assert said in shown if said else "n = " not in shown
