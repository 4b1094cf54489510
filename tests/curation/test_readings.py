"""Two readings are compared by the keys of their tables: every difference is listed once, with its place in both."""

import shutil
from functools import partial

import pytest
from linear import grows_linearly

from kg.curation.readings import compare_readings
from kg.curation.templates import header
from kg.errors import InputError
from kg.resources import facts


@pytest.fixture
def readings(tmp_path):
    """Two copies of the packaged batch."""
    return [shutil.copytree(facts() / "ohhara-2016", tmp_path / name) for name in ("one", "two")]


def lines(path):
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def change(path, function):
    path.write_text("".join(function(lines(path))), encoding="utf-8")


def cell(path, row, column, text):
    """Replace one cell; the text that was there."""
    table = [line.rstrip("\n").split("\t") for line in lines(path)]
    at = table[0].index(column)
    before, table[row - 1][at] = table[row - 1][at], text
    path.write_text("".join("\t".join(row) + "\n" for row in table), encoding="utf-8")
    return before


def test_equal_readings(readings):
    result = compare_readings(*readings)
    assert result.equal
    assert result.tables == len(list(readings[0].glob("*.tsv")))
    assert result.shared == sum(len(lines(path)) - 1 for path in readings[0].glob("*.tsv"))


def test_the_order_of_rows_columns_and_line_ends_does_not_matter(readings):
    change(readings[1] / "arms.tsv", lambda rows: [rows[0], *reversed(rows[1:])])
    change(readings[1] / "counts.tsv", lambda rows: [row.replace("\n", "\r\n") for row in rows])
    change(readings[1] / "passages.tsv", lambda rows: ["\t".join(reversed(row.rstrip("\n").split("\t"))) + "\n" for row in rows])
    change(readings[1] / "actions.tsv", lambda rows: [rows[0], *reversed(rows[1:])])  # which has no key
    assert compare_readings(*readings).equal


def test_a_cell_that_differs_is_named_by_both_places(readings):
    old = cell(readings[1] / "counts.tsv", 5, "participants", "9999")
    change(readings[1] / "counts.tsv", lambda rows: [rows[0], rows[4], *rows[1:4], *rows[5:]])
    (only,) = compare_readings(*readings).differences
    assert (only.kind, str(only.place), str(only.other)) == ("cell", "counts.tsv:5:participants", "counts.tsv:2:participants")
    assert (only.first, only.second) == (old, "9999")
    key = " ".join(lines(readings[0] / "counts.tsv")[4].split("\t")[:2])
    assert str(only) == (f"counts.tsv:5:participants: {key}: '{old}' in the first reading, '9999' in the second (its row 2)")


def test_rows_and_tables_that_one_reader_has(readings):
    change(readings[0] / "arms.tsv", lambda rows: rows[:3] + rows[4:])
    (readings[1] / "approvals.tsv").unlink()
    result = compare_readings(*readings)
    assert result.count("second only") == 1
    assert result.count("first only") == len(lines(readings[0] / "approvals.tsv")) - 1
    shown = [str(one) for one in result.differences]
    name = lines(readings[1] / "arms.tsv")[3].split("\t")[1]
    assert f"arms.tsv:4: ohhara-2016 {name}: in the second reading only" in shown
    assert shown[0].startswith("approvals.tsv:2: ohhara-2016 ")


def test_a_name_that_differs_is_a_row_of_each(readings):
    cell(readings[1] / "arms.tsv", 4, "arm", "another")
    result = compare_readings(*readings)
    assert (result.count("first only"), result.count("second only"), result.count("cell")) == (1, 1, 0)


def test_rows_of_one_name_are_compared_in_their_order(readings):
    for reading in readings:
        change(reading / "arms.tsv", lambda rows: [*rows, rows[1]])
    assert compare_readings(*readings).equal
    change(readings[0] / "arms.tsv", lambda rows: [*rows, rows[1]])
    assert [one.kind for one in compare_readings(*readings).differences] == ["first only"]


def test_folders_of_batches(readings, tmp_path):
    for number, reading in enumerate(readings):
        shutil.move(reading, tmp_path / f"facts{number}" / "batch")
    cell(tmp_path / "facts1" / "batch" / "arms.tsv", 2, "label", "another")
    (only,) = compare_readings(tmp_path / "facts0", tmp_path / "facts1").differences
    assert str(only.place) == "batch/arms.tsv:2:label"


def test_two_files_of_one_table_under_other_names(readings, tmp_path):
    one, two = (shutil.copy(reading / "arms.tsv", tmp_path / f"arms-{number}.tsv") for number, reading in enumerate(readings))
    assert compare_readings(one, two).equal
    cell(two, 3, "regimen", "none")
    (only,) = compare_readings(one, two).differences
    assert (str(only.place), str(only.other)) == ("arms-0.tsv:3:regimen", "arms-1.tsv:3:regimen")


def test_a_column_that_one_reader_has(readings):
    change(readings[1] / "arms.tsv", lambda rows: [row.rpartition("\t")[0] + "\n" for row in rows])
    (only,) = compare_readings(*readings).differences
    assert str(only) == "arms.tsv:1:passage: the column: in the first reading only"


def test_readings_that_cannot_be_compared(readings, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "own.tsv").write_text("a\tb\n1\t2\n")
    arms, counts = readings[0] / "arms.tsv", readings[1] / "counts.tsv"
    for first, second, said in [
        (arms, readings[1], "a file and a folder; give two files"),
        (readings[0], tmp_path / "none", "none: no such file or folder"),
        (readings[0], tmp_path / ("n" * 300), "no such file or folder"),
        (tmp_path / "empty", readings[1], "empty: has no table"),
        (arms, counts, "is the table arms.tsv and .* is counts.tsv"),
        (tmp_path / "own.tsv", arms, "own.tsv: the table is not described"),
    ]:
        with pytest.raises(InputError, match=said):
            compare_readings(first, second)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("document\tstudy\n", "arms.tsv:1:arm: the column is missing; add it; it names the rows"),
        ("document\tarm\nx\n", "arms.tsv:2: the row has 1 cells but the header has 2"),
        ("", "arms.tsv: the file is empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_its_place(text, said, readings):
    (readings[1] / "arms.tsv").write_text(text)
    with pytest.raises(InputError) as refused:
        compare_readings(*readings)
    assert said in str(refused.value)


def test_the_time_grows_with_the_number_of_rows(tmp_path):
    def prepared(size):
        names = header("arms")
        rows = [[f"d{number % 7 if name == 'document' else number}" for name in names] for number in range(size)]
        first, second = (tmp_path / f"arms-{size}-{one}.tsv" for one in "ab")
        for path, order in ((first, rows), (second, rows[::-1])):
            path.write_text("".join("\t".join(row) + "\n" for row in [names, *order]))
        return partial(compare_readings, first, second)

    grows_linearly("the comparison", prepared, 32_000)
