"""Sentences are numbered by section as a reader numbers them, in linear time, and rows by sentence are drafted."""

from functools import partial

import pytest
from linear import grows_linearly

from kg.curation.offsets import PASSAGES, occurrences
from kg.curation.sentences import (
    drafted_by_sentence,
    listed_by_sentence,
    part_of,
    parts_by_heading,
    sentences,
    taken,
    without_text,
)
from kg.curation.templates import header, new_batch

ABSTRACT = """BACKGROUND
The combination was tried, e.g. by the GONO group.
METHODS
We assigned 508 patients (1:1). The primary end point was PFS.

RESULTS
Median PFS was 12.1 months, vs. 9.7 months with FOLFIRI (hazard ratio, 0.75; P = 0.
003).[3] 65% of patients had a response (P=0.006). OS was 31.0 v. 25.8 months.

CONCLUSIONS: It improved the outcome. (Funded by others.)
"""


def numbered(text):
    return [(one.section, one.number, " ".join(text[one.start : one.end].split())) for one in sentences(text)]


def test_sentences_begin_anew_in_each_section():
    assert [(section, number) for section, number, _ in numbered(ABSTRACT)] == [
        *(("Background", 1), ("Methods", 1), ("Methods", 2), ("Results", 1), ("Results", 2), ("Results", 3)),
        *(("Conclusions", 1), ("Conclusions", 2)),
    ]
    assert [text for section, _, text in numbered(ABSTRACT) if section == "Results"] == [
        "Median PFS was 12.1 months, vs. 9.7 months with FOLFIRI (hazard ratio, 0.75; P = 0. 003).[3]",
        "65% of patients had a response (P=0.006).",
        "OS was 31.0 v. 25.8 months.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", [("", 1), ("", 2), ("", 3), ("", 4)]),
        ("Findings: A rose. Interpretation: B fell.", [("Findings", 1), ("Interpretation", 1)]),
        ("PURPOSE To see. RESULTS Seen. Results were good.", [("Purpose", 1), ("Results", 1), ("Results", 2)]),
        ("We saw the\nresults: they rose.", [("", 1)]),
        ("Methods\nDr. Smith et al. had arm A. No. 3 too.", [("Methods", 1), ("Methods", 2)]),
        ("A line that\ngoes on.\n\nAnother.", [("", 1), ("", 2)]),
        ("no full stop\n\nAnd none", [("", 1), ("", 2)]),
        ("(One.) «Two.» mFOLFOX6 is lower. 𝛼", [("", 1), ("", 2)]),
        ("Abstract\nBackground: One.", [("Background", 1)]),
        ("", []),
        (" \n", []),
        ("Results", []),
    ],
)
def test_where_a_sentence_ends(text, expected):
    assert [(section, number) for section, number, _ in numbered(text)] == expected


@pytest.fixture
def batch(tmp_path):
    """A batch with a document without checksum that has one part and one passage."""
    path, _ = new_batch(tmp_path / "facts" / "tribe", {"document": "tribe"})
    for table, cells in (
        ("parts", {"part": "abstract-results", "label": "Abstract, Results"}),
        ("passages", {"passage": "abstract-results-1a", "part": "abstract-results"}),
    ):
        names = header(table)
        row = [{"document": "tribe", **cells}.get(name, "") for name in names]
        path.with_name(f"{table}.tsv").write_text("\t".join(names) + "\n" + "\t".join(row) + "\n")
    return path.parent


def test_rows_have_the_part_of_the_facts_and_names_that_are_free(batch):
    facts = batch.parent
    assert without_text(facts, "tribe")
    assert not without_text(facts, "other")
    parts = parts_by_heading(facts, "tribe")
    assert part_of("Results", parts) == "abstract-results"
    assert (part_of("Methods", parts), part_of("", parts)) == ("methods", "abstract")
    found = occurrences(ABSTRACT, ["12.1", "0.75", "65%", "508"])
    first, *rows = drafted_by_sentence(found, ABSTRACT, parts, "tribe", taken(facts, "tribe"))
    assert first == PASSAGES
    assert [row[1:3] + row[5:] for row in rows] == [
        ("methods-1", "methods", "", "", "1", "", "508"),
        ("abstract-results-1b", "abstract-results", "", "", "1", "", "12.1"),
        ("abstract-results-1c", "abstract-results", "", "", "1", "", "0.75"),
        ("abstract-results-2", "abstract-results", "", "", "2", "", "65%"),
    ]


def test_a_file_that_a_shell_has_opened_has_no_names(batch):
    assert taken(batch.parent, "tribe") == {"abstract-results-1a"}
    (batch / "passages.tsv").write_text("")
    assert taken(batch.parent, "tribe") == set()


def test_a_place_is_listed_with_its_words():
    first, row = listed_by_sentence(occurrences(ABSTRACT, ["25.8"]), ABSTRACT, {})
    assert first == ("part", "sentence", "printed", "context")
    assert row[:3] == ("results", "3", "25.8")
    assert "OS was" in row[3]


HOSTILE = [". ", "\n", "\n\n", "a.\n", ".)", "[1", "Results", "Results\n", "e.g. ", "A", " ", ".[", "0.\n"]


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_the_time_grows_with_the_text(unit):
    grows_linearly(repr(unit), lambda size: partial(sentences, (unit * size)[:size]), 80_000)
