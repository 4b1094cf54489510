"""The audit, on a small graph and a text made for it."""

import hashlib

import pytest
from paths import TESTS

from kg.audit import audit, read_source
from kg.engine.store import Embedded
from kg.errors import InputError, NotFoundError
from kg.graph import KnowledgeGraph

CHECKSUM = "6336e8df8cdf8b86f55ea128cfc7bd201271a3f213ea0d90d3651ccd0d5b86ac"


def text_of(engine):
    """A text of 2,000 characters that prints each figure where its passage says."""
    characters = [" "] * 2000
    for row in KnowledgeGraph(engine).ask("passages"):
        if row["start"] is None:
            continue
        parts = (row["printed"] or "x" * (row["end"] - row["start"])).split(" … ")
        characters[row["start"] : row["start"] + len(parts[0])] = parts[0]
        characters[row["end"] - len(parts[-1]) : row["end"]] = parts[-1]
    return "".join(characters)


@pytest.fixture
def small():
    engine = Embedded()
    engine.load_file(TESTS / "good.ttl")
    text = text_of(engine)
    facts = (TESTS / "good.ttl").read_text(encoding="utf-8")
    assert CHECKSUM in facts
    engine = Embedded()
    engine.load_text(facts.replace(CHECKSUM, hashlib.sha256(text.encode()).hexdigest()), "urn:source")
    return KnowledgeGraph(engine), text


def test_a_text_that_prints_every_figure_passes(small):
    graph, text = small
    report = audit(graph, text)
    assert report.problems == ()
    assert {number.status for number in report.numbers} == {"carried"}


@pytest.mark.parametrize("start", [100, 111, 127, 215, 1111, 1307, 1318])
def test_a_changed_digit_is_found_at_its_place(small, start):
    graph, text = small
    assert text[start].isdigit()
    problems = audit(graph, text[:start] + str((int(text[start]) + 1) % 10) + text[start + 1 :], "ohhara-2016").problems
    assert any("the text differs from that of ohhara-2016" in problem for problem in problems)
    assert any("does not contain the printed figure" in problem for problem in problems)


def test_a_number_that_no_fact_carries_is_unexplained(small):
    graph, text = small
    problems = audit(graph, text[:900] + "7.7" + text[903:], "ohhara-2016").problems
    assert "900: the number 7.7 is in no fact" in problems


@pytest.mark.parametrize(
    ("words", "reason"), [("[12,13]", "citation marker"), ("Table 4", "reference to a table"), ("VEGFR-2", "name")]
)
def test_a_number_that_is_no_figure_is_excluded_for_a_reason(small, words, reason):
    graph, text = small
    numbers = audit(graph, text[:900] + words + text[900 + len(words) :], "ohhara-2016").numbers
    assert all(n.status == "excluded" and reason in n.by for n in numbers if 900 <= n.start < 910)


def test_another_edition_is_said_to_differ(small):
    graph, text = small
    assert any("SHA-256" in problem for problem in audit(graph, text[5:], "ohhara-2016").problems)
    assert any("the text ends before" in problem for problem in audit(graph, text[:500], "ohhara-2016").problems)


def test_texts_that_cannot_be_read(tmp_path, run):
    (tmp_path / "empty.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 20.3 mo")
    for name, said in (
        ("empty.txt", "contains no text"),
        ("latin.txt", ":1:4: byte 0xe9 is not UTF-8"),
        ("missing.txt", "cannot be read"),
    ):
        with pytest.raises(InputError, match=said):
            read_source(tmp_path / name)
        result = run("audit", "--source", name)
        assert (result.returncode, said in result.stderr) == (4, True)


def test_the_command_says_in_one_line_that_a_text_is_unknown(run, tmp_path):
    (tmp_path / "other.txt").write_text("A text of 12 words.", encoding="utf-8")
    result = run("audit", "--source", "other.txt")
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (4, "", 1)
    assert "documents with a checksum: ohhara-2016 (" in result.stderr
    assert "--document ID" in result.stderr
    named = run("audit", "--source", "other.txt", "--document", "ohhara-2016")
    assert named.returncode == 1
    assert "the text ends before" in named.stdout
    misspelt = run("audit", "--source", "other.txt", "--document", "ohara-2016")
    assert (misspelt.returncode, "did you mean 'ohhara-2016'?" in misspelt.stderr) == (3, True)


def test_sentences_without_a_fact_are_named(small):
    graph, text = small
    told = "Nothing of this is known to anyone."
    report = audit(graph, text[:1400] + "\n\n" + told + "\n\n" + text[1404 + len(told) :], "ohhara-2016")
    assert (1402, 1402 + len(told)) in report.silent
    assert len(report.silent) < report.sentences


SECOND = """
@prefix mcrc: <https://w3id.org/mcrc-kg/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<urn:second> a mcrc:SourceDocument ; rdfs:label "Second"@en ; <http://purl.org/dc/terms/bibliographicCitation> "Second" ;
  mcrc:checksum "%s" .
<urn:part> rdfs:label "Only part" ; mcrc:ofDocument <urn:second> .
<urn:passage> a mcrc:Passage ; mcrc:inPart <urn:part> ; mcrc:startOffset 5 ; mcrc:endOffset 8 ; mcrc:printed "7.7" .
"""


def test_each_text_is_held_against_its_own_source(small):
    graph, text = small
    other = "That 7.7 is all."
    graph._engine.load_text(SECOND % hashlib.sha256(other.encode()).hexdigest(), "urn:second")
    assert audit(graph, text).problems == ()
    report = audit(graph, other)
    assert report.problems == ()
    assert [number.text for number in report.numbers] == ["7.7"]
    with pytest.raises(InputError, match="no document has this text"):
        audit(graph, "another text altogether")


def test_a_document_without_offsets_is_audited_by_its_figures(small):
    graph, _ = small
    report = audit(graph, "Results: It was 20.3\u2009mo.", "other-2014")
    assert report.problems == ()
    assert [(number.start, number.text, number.status) for number in report.numbers] == [(16, "20.3 mo", "carried")]
    assert audit(graph, "It was 20.4 mo, and 120.3 mo.", "other-2014").problems == (
        "passage:other-2014.results-2: the figure '20.3 mo' is not in the text",
    )


def test_a_document_that_is_not_there(small):
    graph, text = small
    with pytest.raises(NotFoundError, match="did you mean 'other-2014'"):
        audit(graph, text, "other-2015")
