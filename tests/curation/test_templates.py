"""Templates follow the description of the tables, and a new batch has one table that the build can read."""

import json

import pytest

from kg.curation.templates import describe, header, new_batch, table_names
from kg.errors import InputError, NotFoundError, UsageError
from kg.pipeline.tables import DOCUMENTS, METADATA, read
from kg.resources import facts

TABLES = {table["url"]: table for table in json.loads((facts() / METADATA).read_text(encoding="utf-8"))["tables"]}
WHOLE = {"document": "new", "label": "New 2020", "citation": "New N. A trial. 2020.", "kind": "article", "year": "2020"} | {
    "doi": "10.1/x",
    "sha256": "a" * 64,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_header_is_that_of_the_packaged_table(name):
    columns = [column for column in TABLES[name]["tableSchema"]["columns"] if not column.get("virtual")]
    assert list(header(name)) == list(header(name.removesuffix(".tsv"))) == [column["name"] for column in columns]
    first, *rows = describe(name)
    assert first == ("column", "required", "allowed", "description")
    for row, column in zip(rows, columns, strict=True):
        assert row[0] == column["name"]
        assert row[1] == ("yes" if column.get("required") else "")
        assert row[3] == column["dc:description"]
        assert not any("\t" in cell or "\n" in cell for cell in row)


def test_what_a_column_takes():
    allowed = {row[0]: row[2] for row in describe("studies")}
    assert allowed["status"] == "ongoing"
    assert allowed["study"] == "pattern [A-Za-z0-9][A-Za-z0-9._-]*"
    assert allowed["citations"] == "integer; several are separated by spaces"
    assert allowed["note"] == "string"


def test_the_tables_are_listed_with_what_they_hold():
    assert table_names() == [(name, table["dc:description"]) for name, table in TABLES.items()]


def test_a_table_that_is_not_described():
    with pytest.raises(NotFoundError, match="did you mean 'arms'"):
        header("amrs")
    with pytest.raises(NotFoundError, match="mcrc-kg curate template"):
        header("x" * 1000)


def test_a_new_batch_can_be_read_by_the_build(tmp_path):
    path, missing = new_batch(tmp_path / "facts" / "batch", WHOLE)
    assert (path, missing) == (tmp_path / "facts" / "batch" / DOCUMENTS, [])
    (table,) = read(tmp_path / "facts")
    (row,) = table.rows
    assert {name: row.cells[name] for name in WHOLE} == WHOLE


def test_a_facts_folder_gets_a_subfolder_and_the_empty_cells_are_named(own_facts):
    before = {path: path.read_bytes() for path in own_facts.rglob("*") if path.is_file()}
    path, missing = new_batch(own_facts, {"document": "new"})
    assert path == own_facts / "new" / DOCUMENTS
    assert missing == ["label", "citation", "kind"]
    assert {one: one.read_bytes() for one in own_facts.rglob("*") if one.is_file() and one != path} == before
    with pytest.raises(InputError) as refused:
        read(own_facts)
    assert [line.partition(";")[0] for line in str(refused.value).splitlines()] == [
        f"new/documents.tsv:2:{name}: the cell is empty but needs a value" for name in sorted(missing)
    ]


def test_a_document_is_added_to_a_batch(tmp_path):
    path, _ = new_batch(tmp_path / "batch", WHOLE)
    before = path.read_text(encoding="utf-8")
    assert new_batch(tmp_path / "batch", WHOLE | {"document": "second"}) == (path, [])
    added = path.read_text(encoding="utf-8")
    assert added.startswith(before)
    assert added.count("\n") == before.count("\n") + 1
    path.write_text(before.replace("pmid", "other"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"documents\.tsv: has no column pmid; add it to the first line"):
        new_batch(tmp_path / "batch", WHOLE | {"document": "third", "pmid": "1"})


def test_nothing_is_overwritten(own_facts, tmp_path):
    path, _ = new_batch(tmp_path / "batch", WHOLE)
    text = path.read_bytes()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    for folder, name, said in [
        (own_facts, "ohhara-2016", "has a document ohhara-2016 already"),
        (own_facts / "again", "ohhara-2016", "has a document ohhara-2016 already"),
        (tmp_path / "other", "new-2", "contains other files"),
        (tmp_path / "_batch", "new-2", "ignores folders"),
        (tmp_path / "batch-2", "a b", "--document 'a b' is not allowed"),
        (tmp_path / "batch-2", "", "--document '' is not allowed"),
    ]:
        with pytest.raises(UsageError, match=said):
            new_batch(folder, {"document": name})
    with pytest.raises(UsageError, match="--label has a tab"):
        new_batch(tmp_path / "batch-2", {"document": "new-2", "label": "a\tb"})
    with pytest.raises(UsageError, match="--pmid 'x' is not allowed"):
        new_batch(tmp_path / "batch-2", {"document": "new-2", "pmid": "x"})
    with pytest.raises(InputError, match="is a file"):
        new_batch(path, {"document": "new-2"})
    with pytest.raises(InputError, match="choose another folder, or a shorter name"):
        new_batch(tmp_path / ("n" * 300), {"document": "new-2"})
    assert path.read_bytes() == text
    assert not (tmp_path / "batch-2").exists()
