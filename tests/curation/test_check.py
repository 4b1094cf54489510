"""A batch outside the checkout is checked as the build checks it, and only its own files are spoken of."""

import pytest
from rdflib import RDFS, URIRef

from kg.ask.catalogue import catalogue
from kg.curation.check import check_batch
from kg.curation.templates import header
from kg.engine.store import embed
from kg.errors import DataError, InputError
from kg.graph import KnowledgeGraph
from kg.namespaces import ID
from kg.pipeline.build import assemble
from kg.pipeline.tables import read
from kg.pipeline.validate import check

# an abstract whose text is not kept: its passages are found by sentence
TABLES = {
    "documents": [
        {
            "label": "Loupakis et al. 2014",
            "citation": "Loupakis F, et al. N Engl J Med 2014; 371: 1609-18.",
            "kind": "article-abstract",
            "year": "2014",
            "doi": "10.1000/tribe",
            "pmid": "11111111",
        }
    ],
    "parts": [{"part": "results", "kind": "Paragraph", "label": "Abstract, Results"}],
    "passages": [
        {"passage": "results-1a", "part": "results", "sentence": "1", "printed": "12.1 months"},
        {"passage": "results-1b", "part": "results", "sentence": "1", "printed": "9.7 months"},
    ],
    "arm-results": [
        {
            "result": "TRIBE-all-PFS-FOLFOXIRI-bevacizumab-abstract",
            "arm": "TRIBE-FOLFOXIRI-bevacizumab",
            "population": "TRIBE-all",
            "endpoint": "PFS",
            "statistic": "median",
            "value": "12.1",
            "unit": "mo",
            "passage": "results-1a",
        }
    ],
}


def write(folder, tables):
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        names = header(table)
        lines = [names, *([{"document": "tribe-2014", **row}.get(name, "") for name in names] for row in rows)]
        (folder / f"{table}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    return folder


@pytest.fixture
def abstract(tmp_path):
    """A batch with one abstract, beside nothing."""
    return write(tmp_path / "outside" / "tribe", TABLES)


@pytest.fixture(scope="module")
def build(tmp_path_factory, review):
    """The review and that abstract."""
    return assemble(review, write(tmp_path_factory.mktemp("outside") / "tribe", TABLES))


def spoil(batch, table, old, new):
    path = batch / f"{table}.tsv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_abstract_without_text_is_valid_and_its_unused_figure_is_named(abstract, review):
    checked = check_batch(abstract, review)
    assert [str(finding) for finding in checked.report.findings] == [
        "tribe/passages.tsv:3:printed: warning: passage:tribe-2014.results-1b: no fact refers to this passage"
    ]
    assert checked.rows == {"documents": 1, "parts": 1, "passages": 2, "arm-results": 1}
    assert (checked.unused, checked.elsewhere) == (("tribe-2014 results-1b",), ())


def test_the_label_of_a_passage_by_sentence(build):
    passage = URIRef(f"{ID}passage/tribe-2014.results-1a")
    labels = [str(label) for graph in build.graphs.values() for label in graph.objects(passage, RDFS.label)]
    assert labels == ["Abstract, Results, sentence 1: 12.1 months"]


def test_what_is_asked_of_a_passage_has_its_sentence_in_place_of_offsets(build):
    engine = embed(build.graphs)
    graph = KnowledgeGraph(engine)
    rows = list(graph.ask("passages", document=URIRef(f"{ID}source/tribe-2014")))
    assert [(row["place"], row["start"], row["printed"]) for row in rows] == [
        ("Abstract, Results, sentence 1", None, "12.1 months"),
        ("Abstract, Results, sentence 1", None, "9.7 months"),
    ]
    known = {row["source_iri"].rpartition("/")[2]: row["sha256"] for row in graph.ask("documents")}
    assert known["tribe-2014"] is None
    for name, kind, thing, said in (
        (
            "passage",
            "passage",
            "tribe-2014.results-1a",
            "Sentence 1 of a part of Loupakis et al. 2014: Abstract, Results. Printed",
        ),
        ("part", "part", "tribe-2014.results", "Part of Loupakis et al. 2014; facts were taken from 2 passages in it."),
    ):
        ((sentence,),) = engine.query(catalogue("pages/summaries")[name].bind({"thing": URIRef(f"{ID}{kind}/{thing}")})).rows
        assert str(sentence).startswith(said)
    found = engine.query(catalogue("pages")["passages-of-part"].bind({"thing": URIRef(f"{ID}part/tribe-2014.results")})).rows
    assert [str(row[2]) for row in found] == ["1", "1"]


def test_a_wrong_value_is_found_and_what_a_mistake_does_to_others_is_elsewhere(abstract, review):
    spoil(abstract, "arm-results", "\t12.1\t", "\t12.2\t")
    spoil(abstract, "documents", "11111111", "27672422")
    checked = check_batch(abstract, review)
    assert {str(f.place) for f in checked.report.errors} == {"tribe/arm-results.tsv:2:value", "tribe/documents.tsv:2:doi"}
    assert {f.place.file for f in checked.elsewhere} == {"ohhara-2016/documents.tsv"}


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        ("documents", "11111111", "27672422", "documents.tsv:2:doi: error: source:tribe-2014: the document ohhara-2016 has"),
        ("documents", "10.1000/tribe", "10.4251/wjgo.v8.i9.642", "has the same DOI or PubMed identifier"),
        ("documents", "11111111\t\t\t\t", f"11111111\t\t\t{'0' * 64}\t", ":2:sha256: error: source:tribe-2014: a checksum"),
        ("passages", "\t1\t\t12.1", "\t\t\t12.1", "passages.tsv:2:part: error: passage:tribe-2014.results-1a: the"),
        ("passages", "\t1\t\t12.1", "\t1\tresults\t12.1", "the passage needs one kind of place only"),
        ("passages", "\t\t\t1\t\t12.1", "\t5\t16\t\t\t12.1", ":2:start: error: passage:tribe-2014.results-1a: offsets need"),
    ],
)
def test_a_mistake_is_found_at_its_cell(table, old, new, said, abstract, review):
    spoil(abstract, table, old, new)
    found = [str(finding) for finding in check_batch(abstract, review).report.errors]
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        ("documents", "Loupakis et al. 2014\t", '"Loupakis et al. 2014"\t', "tribe/documents.tsv:2:label: the cell '\""),
        ("documents", "Loupakis et al. 2014\t", "Loupakis\u2019 trial\t", "has the typographic quotation mark \u2019; write '"),
        ("documents", "article-abstract", "abstract", "tribe/documents.tsv:2:kind: 'abstract' is not allowed here; "),
        ("documents", "\t2014\t", "\t14\t", "tribe/documents.tsv:2:year: '14' is not a valid integer"),
        ("passages", "\t1\t\t12.1", "\t0\t\t12.1", "tribe/passages.tsv:2:sentence: '0' is not a valid integer"),
        ("passages", "results-1a", "results 1a", "tribe/passages.tsv:2:passage: 'results 1a' is not allowed here"),
        ("passages", "tribe-2014\tresults-1b", "tribe-2015\tresults-1b", "no document is called 'tribe-2015'; did"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(table, old, new, said, abstract, review):
    spoil(abstract, table, old, new)
    with pytest.raises(InputError) as refused:
        check_batch(abstract, review)
    assert said in str(refused.value)
    assert all(line.startswith("tribe/") for line in str(refused.value).splitlines())


def test_a_misspelt_name_is_named(abstract, review):
    spoil(abstract, "arm-results", "\tTRIBE-all\t", "\tTRIBE-al\t")
    with pytest.raises(DataError, match="no entity is called 'population:TRIBE-al'; did you mean 'TRIBE-all'"):
        check_batch(abstract, review)


def test_a_batch_takes_the_place_of_the_one_with_its_name(own_facts):
    checked = check_batch(own_facts / "ohhara-2016", own_facts)
    assert checked.report.findings == checked.elsewhere == ()
    assert checked.rows["arm-results"] > 200
    assert checked.unused == ()


def test_the_whole_folder_is_checked_as_validate_does(own_facts, review):
    write(own_facts / "tribe", TABLES)
    checked = check_batch(own_facts)
    assert checked.report == check(assemble(own_facts))
    assert checked.rows["documents"] == 1 + sum(len(t.rows) for t in read(review) if t.name == "documents.tsv")
    assert checked.elsewhere == ()


def test_the_command(run, abstract, review, tmp_path):
    result = run("curate", "check", abstract)
    assert result.returncode == 0
    assert result.stdout.count("\n") == 1
    assert "rows: documents 1, parts 1, passages 2, arm-results 1" in result.stderr
    assert "figures without a result: 1: tribe-2014 results-1b" in result.stderr
    spoil(abstract, "arm-results", "\t12.1\t", "\t12.2\t")
    assert run("curate", "check", abstract, "--facts", review).returncode == 1
    (tmp_path / "empty").mkdir()
    for words, said in (("none", "no such folder"), ("empty", "has no table; add documents.tsv")):
        refused = run("curate", "check", words)
        assert (refused.returncode, said in refused.stderr) == (4, True), refused.stderr
