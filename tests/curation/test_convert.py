"""Tables of version 0.1.0, a few rows as they were released, are written in the shape of today."""

import shutil

import pytest
from paths import TESTS

from kg.curation.convert import convert
from kg.errors import InputError, UsageError
from kg.pipeline.tables import read

OLD = TESTS / "curation" / "version-0.1.0"
GIVEN = {"kind": "review", "year": "2016"}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """What was said, and the rows of each table as the build reads them."""
    folder = tmp_path_factory.mktemp("facts")
    made = convert(OLD, folder / "ohhara-2016", GIVEN)
    return made, {table.name: [row.cells for row in table.rows] for table in read(folder)}


def test_the_build_reads_every_table_that_was_written(converted):
    made, tables = converted
    assert {path.name for path in made.written} == set(tables)
    assert made.missing == made.dropped == ()
    assert {row["document"] for rows in tables.values() for row in rows} == {"ohhara-2016"}


def test_a_fact_about_a_study_is_a_row_with_the_passage_of_the_study(converted):
    _, tables = converted
    rows = [(row["study"], row["property"], row["object"], row["passage"]) for row in tables["study-facts.tsv"]]
    assert ("AVF2107g", "hasDesign", "design/placebo-controlled", "6782-6796") in rows
    assert ("AVF2107g", "inLine", "line/first-line", "6782-6796") in rows
    assert ("AVF2107g", "hasCondition", "disease/metastatic-colorectal-cancer", "6810-6849") in rows
    assert [row[2] for row in rows if row[:2] == ("C-TASK-FORCE", "phase")] == ["phase/I-II"]
    assert [row[1:3] for row in rows if row[0] == "PEAK" and "Endpoint" in row[1]] == [
        ("primaryEndpoint", "endpoint/PFS"),
        ("missedPrimaryEndpoint", "endpoint/PFS"),
    ]
    assert [row[2] for row in rows if row[1] == "analyses"] == ["trial/PRIME"]
    assert "phase" not in tables["studies.tsv"][0]


def test_an_approval_leaves_the_statements(converted):
    _, tables = converted
    assert [row["statement"] for row in tables["statements.tsv"]] == ["s-5813-5860"]
    (approval,) = tables["approvals.tsv"]
    wanted = {"approval": "approval-panitumumab", "drug": "panitumumab", "about": "state/EGFR-expression", "year": "2006"}
    assert wanted.items() <= approval.items()


def test_what_an_empty_cell_meant_is_written(converted):
    _, tables = converted
    assert {row["condition"] for row in tables["populations.tsv"]} == {"metastatic-colorectal-cancer"}
    assert {row["ci_level"] for row in tables["comparisons.tsv"] if row["ci_lower"]} == {"95"}
    assert {row["ci_level"] for row in tables["comparisons.tsv"] if not row["ci_lower"]} == {""}
    assert "not-significant" in {row["authors_reading"] for row in tables["comparisons.tsv"]}
    assert {"label": "reference 8 of Ohhara et al. 2016", "number": "8"}.items() <= tables["references.tsv"][0].items()


@pytest.fixture
def old(tmp_path):
    """A copy of the old folder, to be spoiled."""
    return shutil.copytree(OLD, tmp_path / "old")


def test_what_cannot_be_taken_over_and_what_is_missing_is_said(old, tmp_path):
    (old / "colours.tsv").write_text("colour\nred\n", encoding="utf-8")
    text = (old / "arms.tsv").read_text(encoding="utf-8").splitlines()
    (old / "arms.tsv").write_text("".join(f"{line}\t{n or 'size'}\n" for n, line in enumerate(text)), encoding="utf-8")
    made = convert(old, tmp_path / "new")
    assert made.dropped == ("old/arms.tsv: the column 'size' has no place now", "old/colours.tsv: no table has this name now")
    assert made.missing == ("new/documents.tsv: 'kind' in 1 rows, the first: row 2",)


def test_nothing_is_overwritten(old, tmp_path):
    with pytest.raises(UsageError, match="exists and is not overwritten"):
        convert(OLD, old)
    with pytest.raises(InputError, match="no such folder"):
        convert(tmp_path / "none", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_shape_is_refused(old, tmp_path):
    convert(OLD, tmp_path / "new", GIVEN)
    with pytest.raises(InputError, match="has the column 'document' already"):
        convert(tmp_path / "new", tmp_path / "newer")
    documents = (old / "documents.tsv").read_text(encoding="utf-8")
    (old / "documents.tsv").write_text(documents + "\n".join(documents.splitlines()[1:]).replace("ohhara", "other") + "\n")
    with pytest.raises(InputError, match="has 2 documents"):
        convert(old, tmp_path / "newer")
    (old / "documents.tsv").unlink()
    with pytest.raises(InputError, match=r"has no documents\.tsv"):
        convert(old, tmp_path / "newer")
    assert not (tmp_path / "newer").exists()


def test_the_error_of_an_old_folder_names_the_command(run, old, tmp_path):
    refused = run("validate", "--facts", tmp_path)
    assert refused.returncode == 4
    assert f"mcrc-kg curate convert {old} NEW" in refused.stderr
    made = run("curate", "convert", "old", "new")
    assert made.returncode == 0
    assert "new/study-facts.tsv\n" in made.stdout
    assert "next: fill in new/documents.tsv: 'kind' in 1 rows" in made.stderr
