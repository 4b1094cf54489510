"""Answers as tables for notebooks and data frames."""

import pandas
import polars
import pytest
from rdflib import Literal, URIRef

import kg
from kg.results import Table


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


def test_data_frames_hold_what_the_answer_holds(graph):
    answer = graph.ask("reported-results", trial="CRYSTAL")
    one, other = answer.to_pandas(), answer.to_polars()
    assert isinstance(one, pandas.DataFrame)
    assert isinstance(other, polars.DataFrame)
    assert list(one.columns) == other.columns == list(answer.columns)
    assert len(one) == len(other) == len(answer)
    assert other["experimental_n"].dtype == polars.Int64


@pytest.mark.parametrize("cells", [(1, 2.5, None), ("a", 1, None), (True, "x"), (None, None)])
def test_a_column_of_any_cells_becomes_one_of_polars(cells):
    table = Table(("x",), tuple((None if cell is None else Literal(cell),) for cell in cells))
    assert len(table.to_polars()) == len(cells)


def test_every_answer_is_a_data_frame(graph):
    for name, asked in graph.questions.items():
        if asked.endpoint is None:
            answer = graph.ask(name)
            assert answer.to_polars().shape == (len(answer), len(answer.columns)), name
            assert answer.to_pandas().shape == (len(answer), len(answer.columns)), name


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(kg.UsageError, match=r"pip install '.\[frames\]'"):
        Table(("x",), ()).to_polars()
