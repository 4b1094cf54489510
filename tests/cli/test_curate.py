"""The commands of the curator: what they print, and their exit codes."""

import csv
import hashlib
import io
import shutil

import pytest

from kg.resources import facts

TEXT = "Median OS was 25.8 months (HR 0·79, 95% CI 0·63–1·00; p=0·054).\n"


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "paper.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def rows(text):
    return list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_day_of_a_curator(run, paper, tmp_path):
    made = run("curate", "new", "facts/tribe", "--document", "tribe", "--source", paper, "--doi", "10.1/x", "--kind", "article")
    assert (made.returncode, made.stdout) == (0, "facts/tribe/documents.tsv\n")
    assert "next: fill in label, citation in facts/tribe/documents.tsv" in made.stderr
    assert hashlib.sha256(TEXT.encode()).hexdigest() in (tmp_path / "facts/tribe/documents.tsv").read_text()
    parts = run("curate", "template", "parts").stdout
    (tmp_path / "facts/tribe/parts.tsv").write_text(f"{parts}tribe\tresults\tParagraph\tResults\t0\t{len(TEXT)}\t\n")
    words = ("curate", "offsets", "--source", paper, "--facts", "facts")
    header, *found = rows(run(*words, "0.63-1.00").stdout)
    assert header == ["start", "end", "printed", "context", "part"]
    assert found == [["43", "52", "0·63–1·00", found[0][3], "results"]]
    drafted = run(*words, "--rows", "tribe", "p = 0.054", "25.8 months")
    assert rows(drafted.stdout)[1:] == [
        ["tribe", "14-25", "results", "", "", "14", "25", "", "", "25.8 months"],
        ["tribe", "54-61", "results", "", "", "54", "61", "", "", "p=0·054"],
    ]
    assert "25.8 months: 1 place\n" in drafted.stderr


ABSTRACT = (
    "Methods: We assigned 508 patients. The primary end point was progression-free survival.\n"
    "Results: It was 12.1 months, and 9.7 months (hazard ratio, 0.75; 95% CI, 0.62 to 0.90; P=0.003).\n"
)


def test_an_abstract_without_checksum_is_entered_by_sentence(run, tmp_path):
    (tmp_path / "abstract.txt").write_text(ABSTRACT, encoding="utf-8")
    words = (
        "--kind",
        "article-abstract",
        "--year",
        "2014",
        "--label",
        "Loupakis 2014",
        "--citation",
        "NEJM 2014",
        "--pmid",
        "11111111",
    )
    made = run("curate", "new", "tribe", "--document", "tribe-2014", *words)
    assert "next: fill in" not in made.stderr
    parts = run("curate", "template", "parts").stdout
    rows_of_parts = [f"tribe-2014\t{part.lower()}\tParagraph\tAbstract, {part}\t\t\t\n" for part in ("Methods", "Results")]
    (tmp_path / "tribe/parts.tsv").write_text(parts + "".join(rows_of_parts))
    figures = ("progression-free survival", "12.1 months", "hazard ratio, 0.75; 95% CI, 0.62 to 0.90; P=0.003")
    drafted = run("curate", "offsets", "--source", "abstract.txt", "--facts", ".", "--rows", "tribe-2014", *figures)
    assert [row[1] for row in rows(drafted.stdout)[1:]] == ["methods-2", "results-1a", "results-1b"]
    assert "no part" not in drafted.stderr
    (tmp_path / "tribe/passages.tsv").write_text(drafted.stdout, encoding="utf-8")
    facts_of_study = run("curate", "template", "study-facts").stdout
    (tmp_path / "tribe/study-facts.tsv").write_text(
        f"{facts_of_study}tribe-2014\tTRIBE\tprimaryEndpoint\tendpoint/PFS\tmethods-2\t\n"
    )
    checked = run("curate", "check", "tribe")
    assert checked.returncode == 0, checked.stdout
    assert "error" not in checked.stdout
    assert "figures without a result: 2: tribe-2014 results-1a, tribe-2014 results-1b" in checked.stderr


def test_sentences_are_listed_for_any_text(run, tmp_path):
    (tmp_path / "abstract.txt").write_text(ABSTRACT, encoding="utf-8")
    found = rows(run("curate", "offsets", "--source", "abstract.txt", "--sentences", "9.7 months").stdout)
    assert [row[:3] for row in found] == [["part", "sentence", "printed"], ["results", "1", "9.7 months"]]
    unknown = run("curate", "offsets", "--source", "abstract.txt", "--sentences", "--rows", "new", "508")
    assert rows(unknown.stdout)[1][:3] == ["new", "methods-1", "methods"]
    assert "the facts have no part of new called methods: add it to parts.tsv" in unknown.stderr


def test_a_figure_that_is_not_there(run, paper):
    result = run("curate", "offsets", "--source", paper, "0.97", "0.79")
    assert result.returncode == 1
    assert len(rows(result.stdout)) == 2, "the other one is printed"
    assert "not in the text: '0.97'; give a figure as it is printed" in result.stderr


def test_rows_without_parts_say_so(run, paper):
    result = run("curate", "offsets", "--source", paper, "--rows", "tribe", "0.79")
    assert result.returncode == 0
    assert "the facts have no parts of tribe for this text" in result.stderr


def test_the_text_of_another_document(run, paper):
    result = run("curate", "offsets", "--source", paper, "--rows", "ohhara-2016", "0.79")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the text is not the text of ohhara-2016" in result.stderr


def test_two_readings(run, tmp_path):
    one, two = (shutil.copytree(facts() / "ohhara-2016", tmp_path / name) for name in ("one", "two"))
    equal = run("curate", "compare", one, two)
    assert (equal.returncode, equal.stdout) == (0, "")
    assert "cells that differ: 0" in equal.stderr
    (two / "approvals.tsv").unlink()
    text = (two / "arms.tsv").read_text(encoding="utf-8")
    (two / "arms.tsv").write_text(text.replace("\tFOLFIRI", "\tFOLFOX", 1), encoding="utf-8")
    differ = run("curate", "compare", "one", "two")
    assert differ.returncode == 1
    assert "approvals.tsv:2: ohhara-2016 approval-bevacizumab: in the first reading only\n" in differ.stdout
    assert "only in two: 0, cells that differ: 1" in differ.stderr
    table = run("curate", "compare", "one", "two", "--format", "csv")
    assert table.returncode == 1
    assert len(list(csv.DictReader(io.StringIO(table.stdout)))) == len(differ.stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["template"], 0),
        (["template", "arms", "--describe"], 0),
        (["template", "amrs"], 3),
        (["new", "batch", "--document", "a b"], 2),
        (["new", "batch"], 2),
        (["new", "batch", "--document", "a", "--source", "none.txt"], 4),
        (["offsets", "--source", "none.txt", "0.75"], 4),
        (["offsets", "0.75"], 2),
        (["offsets", "--source", "paper.txt", ""], 2),
        (["offsets", "--source", "paper.txt", "--facts", "none", "0.79"], 4),
        (["compare", "none", "none"], 4),
        (["compare", "paper.txt", "paper.txt"], 4),
    ],
)
def test_exit_codes(words, code, run, paper):
    result = run("curate", *words)
    assert result.returncode == code, result.stderr
    assert "a bug" not in result.stderr
    assert (paper.parent / "batch").exists() is False


def test_a_template_goes_into_a_file(run, tmp_path):
    run("curate", "template", "arms", "-o", "arms.tsv")
    assert (
        (tmp_path / "arms.tsv").read_text()
        == run("curate", "template", "arms").stdout
        == "document\tarm\tstudy\tlabel\tregimen\tpassage\n"
    )
