"""Answers as tables for notebooks and data frames."""

import csv
import io
import json

import pytest
from rdflib import Literal, URIRef
from tiers import needed

import kg
from kg.ask.results import FORMATS, Table, render
from kg.engine.store import Embedded
from kg.terms import DirectionalLiteral, TripleTerm


def test_a_notebook_shows_the_first_rows_escaped():
    rows = tuple((Literal(f"<script>{n}</script>"), URIRef("https://w3id.org/mcrc-kg/id/drug/cetuximab")) for n in range(101))
    shown = Table(("<b>", "iri"), rows)._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert shown.count("<tr>") == 101  # the header and a hundred rows
    assert "101 rows, the first 100 shown" in shown
    assert '<a href="https://w3id.org/mcrc-kg/id/drug/cetuximab">drug:cetuximab</a>' in shown


def test_a_link_of_another_scheme_is_not_one():
    assert "<a " not in Table(("x",), ((URIRef("javascript:alert(1)"),),))._repr_html_()


def test_a_long_cell_is_cut():
    assert "…</td>" in Table(("x",), ((Literal("a" * 1000),),))._repr_html_()


@pytest.mark.complete
def test_data_frames_hold_what_the_answer_holds(graph):
    pandas, polars = needed("pandas"), needed("polars")
    answer = graph.ask("reported-results", trial="CRYSTAL")
    one, other = answer.to_pandas(), answer.to_polars()
    assert isinstance(one, pandas.DataFrame)
    assert isinstance(other, polars.DataFrame)
    assert list(one.columns) == other.columns == list(answer.columns)
    assert len(one) == len(other) == len(answer)
    assert other["experimental_n"].dtype == polars.Int64
    assert str(one["experimental_n"].dtype) == "Int64"
    for name in ("effect_value", "experimental_value", "p_value"):
        assert (other[name].dtype, str(one[name].dtype)) == (polars.Float64, "float64"), name
    assert set(one["effect_value"].dropna()) == {float(row["effect_value"]) for row in answer if row["effect_value"]}
    assert set(one["p_comparator"].dropna()) == {"<", "="}
    assert other["trial"].dtype == polars.String


@pytest.mark.complete
def test_a_data_frame_has_p_as_comparator_and_number(graph):
    needed("pandas"), needed("polars")
    answer = graph.ask("comparisons", trial="20050181")
    frame = answer.to_pandas()
    assert set(frame["trial"]) == {"20050181"}  # a name, not a number
    at = list(frame.columns).index("p")
    assert list(frame.columns)[at : at + 3] == ["p", "p_comparator", "p_value"]
    for row, sign, number in zip(answer, frame["p_comparator"], frame["p_value"], strict=True):
        assert row["p"] is None or row["p"] == f"{sign} {number}" or float(row["p"].split()[1]) == number
    compared = graph.compare("cetuximab", "bevacizumab", "OS").to_table().to_polars()
    assert compared["p_value"].drop_nulls().to_list()


def test_print_shows_a_table(graph, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = str(graph.ask("drug-roles", drug="cetuximab")).splitlines()
    assert lines == repr(graph.ask("drug-roles", drug="cetuximab")).splitlines()
    assert lines[0].split() == ["drug", "role", "basis", "role_iri"]
    assert lines[2].split("  ")[0] == "cetuximab"
    assert "anti-EGFR agent      inferred  mcrc:AntiEgfrAgent" in lines[2]
    assert lines[-1] == "2 rows"
    for width in range(60, 200, 10):
        monkeypatch.setenv("COLUMNS", str(width))
        wide = str(graph.ask("comparisons", trial="CAIRO2", document="ohhara-2016")).splitlines()
        assert all(len(line) <= width for line in wide[:-1])
        assert ("authors_reading" in wide[0]) == ("favours" in wide[0])  # no verdict without direction
        assert "passage_iri" in wide[-1].partition("not shown: ")[2]
    assert "authors_reading" in wide[0]


def test_a_long_or_strange_table_is_printed_in_part():
    rows = tuple((Literal(f"{n}\x1b[31m\n{'x' * 100}"), None) for n in range(100))
    lines = str(Table(("a", "b"), rows)).splitlines()
    assert len(lines) == 64
    assert "…" in lines
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == "100 rows; without a value: b"
    assert str(Table(("a",), ())).splitlines() == ["a", "-", "0 rows"]


@pytest.mark.complete
@pytest.mark.parametrize("cells", [(1, 2.5, None), ("a", 1, None), (True, "x"), (None, None)])
def test_a_column_of_any_cells_becomes_one_of_polars(cells):
    needed("polars")
    table = Table(("x",), tuple((None if cell is None else Literal(cell),) for cell in cells))
    assert len(table.to_polars()) == len(cells)


@pytest.mark.complete
def test_every_answer_is_a_data_frame(graph):
    needed("pandas"), needed("polars")
    for name, asked in graph.questions.items():
        if asked.endpoint is None:
            answer = graph.ask(name)
            for frame in (answer.to_polars(), answer.to_pandas()):
                assert len(frame) == len(answer), name
                assert [one for one in frame.columns if one in answer.columns] == list(answer.columns), name
                assert set(frame.columns) - set(answer.columns) <= {"p_comparator", "p_value"}, name


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(kg.UsageError, match=r"pip install '.\[frames\]'"):
        Table(("x",), ()).to_polars()


XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TERMS = [
    "<<( <urn:s> <urn:p> <<( <urn:a> <urn:b> 'x\\n|' )>> )>>",
    "'x'@en--ltr",
    "'x'@i-klingon",
    "'\\u0001\\u001b[31m\\r\\n\\t[/bold] \\\\[x'",
    "'a\\rb'",
    "'x'^^<urn:odd>",
    *(f"'{text}'^^<{XSD}{kind}>" for text in ("abc", "", "1_000", "INF", "NaN", "1e400", " 5 ", "\u0661", "9" * 5000)
      for kind in ("integer", "decimal", "double", "boolean", "date", "hexBinary", "byte")),
    *(f"'{text}'^^<{XSD}{kind}>" for text in ("10000-01-01T00:00:00Z", "2024-02-30", "24:00:00", "P1Y2M", "-0044-03-15")
      for kind in ("dateTime", "date", "time", "duration", "gYear")),
    *(f"'{text}'^^<{RDF}{kind}>" for text in ("<a>", "{", "") for kind in ("XMLLiteral", "HTML", "JSON")),
]  # fmt: skip


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term[:60])
def test_every_term_has_a_text_in_every_format(term):
    engine = Embedded()
    engine.load_text(f"<urn:s> <urn:p> {term} .", "urn:g")
    opened = kg.KnowledgeGraph(engine)
    table, made = opened.query("SELECT ?o { ?s ?p ?o }"), opened.query("CONSTRUCT WHERE { ?s ?p ?o }")
    for form in set(FORMATS) - {"ttl"}:
        text = render(table, form)
        if form in ("csv", "tsv"):
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="," if form == "csv" else "\t"))
            assert rows == [["o"], [str(table.rows[0][0])]]
        if form == "json":
            json.loads(text, parse_constant=pytest.fail)
        if form == "md":
            assert text.count("\n") == 3
    again = Embedded()
    again.load_text(render(made, "ttl"), "urn:g")
    assert again.query("SELECT ?o { ?s ?p ?o }").rows == table.rows


@pytest.mark.complete
@pytest.mark.parametrize("term", TERMS, ids=lambda term: term[:60])
def test_every_term_stands_in_a_data_frame(term):
    needed("pandas"), needed("polars")
    engine = Embedded()
    engine.load_text(f"<urn:s> <urn:p> {term} .", "urn:g")
    table = kg.KnowledgeGraph(engine).query("SELECT ?o { ?s ?p ?o }")
    assert len(table.to_pandas()) == len(table.to_polars()) == 1


def test_terms_of_rdf_1_2_are_values():
    term = kg.open().query("SELECT ?t { VALUES ?t { <<( <urn:s> <urn:p> 'x'@ar--rtl )>> } }").rows[0][0]
    assert term == TripleTerm(URIRef("urn:s"), URIRef("urn:p"), DirectionalLiteral("x", "ar", "rtl"))
    assert term != TripleTerm(URIRef("urn:s"), URIRef("urn:p"), Literal("x", lang="ar"))
    assert (term.object.language, term.object.direction, str(term.object)) == ("ar", "rtl", "x")


def test_half_a_surrogate_pair_is_no_query():
    with pytest.raises(kg.InputError, match="surrogate"):
        kg.open().query("ASK { ?s ?p '\ud800' }")
