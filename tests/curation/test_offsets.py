"""Every place of a figure in a text is found at its offsets, in linear time, and its row is drafted."""

from functools import partial
from pathlib import Path

import pytest
from linear import grows_linearly

from kg.curation.offsets import LONGEST, PASSAGES, Part, checksum, drafted, listed, occurrences, part_at, parts_of, source_text
from kg.curation.templates import header
from kg.errors import DataError, InputError, UsageError
from kg.pipeline.tables import read
from kg.resources import facts

LANCET = (
    "Findings: OS HR 0·844 [95% CI 0·730–0·976]; p=0·0219. 𝛼 In 2010.\n75 patients had 11.2\u2009mo; P<.001, later P < 0.001."
)


def found(text, *figures):
    return [(one.start, text[one.start : one.end]) for one in occurrences(text, figures)]


def test_a_figure_is_found_in_the_style_of_the_journal():
    assert found(LANCET, "HR 0.844") == [(13, "HR 0·844")]
    assert found(LANCET, "0.730-0.976") == [(30, "0·730–0·976")]
    assert [text for _, text in found(LANCET, "P < 0.001")] == ["P<.001", "P < 0.001"]
    assert [text for _, text in found(LANCET, "75", "2010", "11.2 mo")] == ["2010", "75", "11.2\u2009mo"]
    assert found(LANCET, "0.8", "844", "0.0", "219") == []


def test_offsets_count_code_points():
    assert LANCET[occurrences(LANCET, ["2010"])[0].start - 5] == "𝛼"  # which is two units in UTF-16


def test_a_roman_numeral_that_is_one_character_is_not_cut():
    assert found("the phase Ⅱ study", "phase II") == [(4, "phase Ⅱ")]
    assert found("the phase Ⅱ study", "phase I") == []


def printed_text(table):
    """A text with each printed figure of a document where its passage says, as far as one leaves room for the next."""
    rows = [row for row in table.rows if row.values["printed"] and " … " not in row.values["printed"]]
    text = [" "] * (max(row.values["end"] for row in rows) + 1)
    for row in sorted(rows, key=lambda row: row.values["start"] - row.values["end"]):
        text[row.values["start"] : row.values["end"]] = row.values["printed"].ljust(row.values["end"] - row.values["start"])
    return "".join(text), rows


def test_the_figures_of_the_packaged_facts_are_found_where_their_passages_say():
    text, rows = printed_text(next(table for table in read(facts()) if table.name == "passages.tsv"))
    places = {(one.start, one.end) for one in occurrences(text, [row.values["printed"] for row in rows])}
    wanted = {
        (row.values["start"], row.values["end"])
        for row in rows
        if text[row.values["start"] : row.values["end"]] == row.values["printed"]
    }
    assert len(wanted) > 400
    # where a row of a table leaves no space between two cells, two figures are one number
    assert len(wanted - places) < 10


@pytest.mark.parametrize("figure", ["0.844", "P < 0.001", "2010", "x" * 100])
def test_the_context_is_one_line_of_at_most_60_characters(figure):
    text = f"{LANCET} {'x' * 100}"
    contexts = [one.context for one in occurrences(text, [figure])]
    assert contexts
    assert all(len(one) <= 60 and one.isprintable() and len(one.splitlines()) == 1 for one in contexts)


@pytest.mark.parametrize("figure", ["", " ", "\u00ad", "1" * (LONGEST + 1)])
def test_a_figure_that_cannot_be_searched_is_refused(figure):
    with pytest.raises(UsageError, match="figure"):
        occurrences(LANCET, [figure])


@pytest.fixture
def batch(tmp_path):
    """Facts with a document that has the text, and two parts; its other cells are still empty."""
    folder = tmp_path / "facts" / "b"
    folder.mkdir(parents=True)
    names = header("documents")
    cells = {"document": "lancet", "sha256": checksum(LANCET)}
    (folder / "documents.tsv").write_text("\t".join(names) + "\n" + "\t".join(cells.get(name, "") for name in names) + "\n")
    names = header("parts")
    rows = [
        ("lancet", "two", "", "", "53", "120", ""),
        ("lancet", "one", "", "", "0", "52", ""),
        ("other", "x", "", "", "0", "9", ""),
    ]
    (folder / "parts.tsv").write_text("".join("\t".join(row) + "\r\n" for row in [names, *rows]))
    return folder


def test_the_part_is_that_of_the_document_with_this_text(batch):
    assert parts_of(batch.parent, LANCET) == {"lancet": [Part("one", 0, 52), Part("two", 53, 120)]}
    assert parts_of(batch.parent, LANCET + " ") == {}
    parts = parts_of(batch.parent, LANCET, "lancet")["lancet"]
    assert [part_at(parts, *place) for place in [(0, 1), (51, 52), (51, 53), (52, 54), (53, 54), (130, 131)]] == [
        *("one", "one", "", "", "two", "")
    ]
    rows = list(listed(occurrences(LANCET, ["0.844", "75"]), parts))
    assert rows[0] == ("start", "end", "printed", "context", "part")
    assert [row[4] for row in rows[1:]] == ["one", "two"]


def test_drafted_rows_are_rows_of_the_table(batch, tmp_path):
    parts = parts_of(batch.parent, LANCET, "lancet")["lancet"]
    rows = list(drafted(occurrences(LANCET, ["11.2 mo", "0.844", "0·844"]), parts, "lancet"))
    assert rows[0] == PASSAGES == header("passages")
    assert rows[1:] == [
        ("lancet", "16-21", "one", "", "", "16", "21", "", "", "0·844"),
        ("lancet", "81-88", "two", "", "", "81", "88", "", "", "11.2 mo"),
    ]
    (batch / "passages.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    (batch / "parts.tsv").unlink()
    with pytest.raises(InputError) as refused:
        read(batch.parent)
    assert "passages.tsv" not in str(refused.value), "only what the curator has not filled in is refused"


def test_a_document_with_another_text_is_refused(batch):
    with pytest.raises(DataError, match=r"not the text of lancet: its SHA-256 is .*, b/documents\.tsv has"):
        parts_of(batch.parent, "another text", "lancet")
    assert parts_of(batch.parent, "another text", "new") == {}


@pytest.mark.parametrize(
    ("table", "text", "place"),
    [
        ("parts.tsv", "document\tpart\tstart\tend\nlancet\tone\t-1\t5\n", "b/parts.tsv:2:start: '-1' is not an offset"),
        ("parts.tsv", "document\tpart\tstart\tend\nlancet\tone\t0\n", "b/parts.tsv:2: the row has 3 cells"),
        ("parts.tsv", "document\tpart\tstart\n", "b/parts.tsv:1:end: the column is missing; add it"),
        ("documents.tsv", "document\tdocument\n", "b/documents.tsv:1:document: the column occurs twice"),
        ("documents.tsv", "", "b/documents.tsv: the file is empty"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_place(table, text, place, batch):
    (batch / table).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        parts_of(batch.parent, LANCET)
    assert place in str(refused.value)


def test_a_source_without_text(tmp_path):
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfHR 0.75\r\n")
    assert source_text(tmp_path / "marked.txt") == "HR 0.75\r\n"
    for name, said in [("empty.txt", "contains no text"), ("no.txt", "cannot be read")]:
        with pytest.raises(InputError, match=said):
            source_text(Path(tmp_path / name))


HOSTILE = ["0.", "1-", " ", "12 to ", "1,", "1", "0.\n", "\u00ad", "to ", "a", "1 ", "0.7\n", "Ⅱ"]
FIGURES = ["1" * LONGEST, "1-" * (LONGEST // 2), "0.7", "a b", "1,1", "II", "12 to 12"]


@pytest.mark.complete
@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_the_time_grows_with_the_length_of_the_text(unit):
    grows_linearly(repr(unit), lambda size: partial(occurrences, unit * (size // len(unit)), FIGURES), 80_000)
