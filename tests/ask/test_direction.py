"""Which arm a comparison favours, what shows it, and how the authors word it."""

import pytest

NAMES = ("trial", "population", "endpoint", "experimental_arm")
RAS = "RAS wild type"


@pytest.fixture(scope="module")
def rows(graph):
    """The comparisons of the review in its text, by trial, population, endpoint and experimental arm."""
    answer = graph.ask("reported-results", document="ohhara-2016")
    compared = [row for row in answer if row["reference_arm"] and str(row["place"]) == "text"]
    return {tuple(str(row[name]).partition(" (pro")[0].partition(" (after")[0] for name in NAMES): row for row in compared}


@pytest.mark.parametrize(
    ("key", "favours", "shown_by"),
    [
        # a hazard ratio below 1
        (("CRYSTAL", "KRAS wild type", "OS", "FOLFIRI + cetuximab"), "FOLFIRI + cetuximab", "effect"),
        # above 1
        (("PICCOLO", "KRAS wild type, fluorouracil-resistant", "OS", "irinotecan + panitumumab"), "irinotecan alone", "effect"),
        # a significant result of harm, stated in words
        (("CAIRO2", "all patients", "PFS", "CapeOX + bevacizumab + cetuximab"), "CapeOX + bevacizumab", "printed"),
        # a higher rate of an adverse event is worse
        (("TRIBE", "all patients", "neutropenia (grade 3 or 4)", "FOLFOXIRI + bevacizumab"), "FOLFIRI + bevacizumab", "printed"),
        # a longer median
        (("CAIRO2", "KRAS wild type", "PFS", "CapeOX + bevacizumab + cetuximab"), "CapeOX + bevacizumab + cetuximab", "values"),
        # a higher rate of adverse events, without a verdict
        (
            (
                "phase II study of FOLFIRI with or without gefitinib",
                "all patients",
                "adverse event of any kind (grade 3 or 4)",
                "FOLFIRI + gefitinib",
            ),
            "FOLFIRI",
            "values",
        ),
        # a ratio below 1, of which the sentence says that there is no improvement
        (("TRIBE", "all patients", "OS", "FOLFOXIRI + bevacizumab"), "neither", "printed"),
        # no figure, and the sentence denies a difference
        (("EPIC", "all patients", "OS", "irinotecan + cetuximab"), "neither", "printed"),
    ],
)
def test_a_comparison_says_which_arm_it_favours(rows, key, favours, shown_by):
    found = rows[key]
    assert (str(found["favours"]), str(found["favours_from"])) == (favours, shown_by)


def test_a_test_of_non_inferiority_favours_nothing(rows):
    tested = [row for row in rows.values() if str(row["hypothesis"]) == "non-inferiority"]
    assert tested
    assert {row["favours"] for row in tested} == {None}


def test_a_direction_is_always_explained(rows):
    assert all((row["favours"] is None) == (row["favours_from"] is None) for row in rows.values())
    for row in rows.values():
        assert str(row["favours"]) in {str(row["experimental_arm"]), str(row["reference_arm"]), "neither", "None"}


@pytest.mark.parametrize(
    ("key", "reading", "wording"),
    [
        (("EPIC", "all patients", "PFS", "irinotecan + cetuximab"), None, "improved"),
        (("NCIC CO.17", "all patients", "OS", "cetuximab + best supportive care"), None, "improved"),
        (("CAIRO2", "KRAS wild type", "ORR", "CapeOX + bevacizumab + cetuximab"), None, "higher"),
        (("RAISE", "all patients", "serious adverse event", "FOLFIRI + ramucirumab"), None, "similar"),
        (("BICC-C", "all patients", "PFS", "FOLFIRI + bevacizumab"), "not significant", "trend"),
        (("PEAK", RAS, "OS", "FOLFOX + panitumumab"), "significant", "improved"),
        (("CAIRO2", "all patients", "PFS", "CapeOX + bevacizumab + cetuximab"), "significant", "significant"),
    ],
)
def test_the_words_of_the_authors_stand_beside_their_verdict(rows, key, reading, wording):
    found = rows[key]
    assert [None if found[name] is None else str(found[name]) for name in ("authors_reading", "authors_wording")] == [
        reading,
        wording,
    ]


def test_a_verdict_that_the_p_value_contradicts_is_marked(rows):
    marked = {key[:3] for key, row in rows.items() if row["reading_against_p"] is not None}
    assert {("PEAK", RAS, "OS"), ("BICC-C", "all patients", "PFS")} <= marked
    assert ("CRYSTAL", "KRAS wild type", "OS") not in marked


def test_a_direction_is_explained_by_its_premises(graph):
    said = str(graph.explain("result:ohhara-2016.CRYSTAL-KRAS-wild-type-OS-FOLFIRI-cetuximab-vs-FOLFIRI-text"))
    assert "favours arm" in said
