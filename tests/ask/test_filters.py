"""Filters on an answer: the same rows in Python and on the command line; the places of one result as one row."""

import csv
import io

import pytest
from rdflib import Literal, URIRef

import kg
from kg.ask.catalogue import catalogue, question
from kg.ask.filters import Filters
from kg.ask.places import merged
from kg.ask.results import Table, to_csv

PASSAGE = "https://w3id.org/mcrc-kg/id/passage/"


def table(columns, *rows):
    terms = (tuple(None if cell is None else URIRef(cell) if "://" in cell else Literal(cell) for cell in row) for row in rows)
    return Table(tuple(columns.split()), tuple(terms))


def column(found, name):
    return [row[name] for row in found]


def test_second_line_includes_what_may_be_second_line(graph):
    """VELOUR and 20050181 are second-line or later; the value of the row says so."""
    found = graph.ask("comparisons", line="second-line")
    assert all({"second-line", "second-line or later"} & set(cell.split(", ")) for cell in column(found, "line_of_therapy"))
    assert {"VELOUR", "20050181", "ML18147"} <= set(column(found, "trial"))
    assert any("second-line or later" in note for note in found.notes)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("first-line", {"first-line"}),
        ("salvage-line", {"salvage-line", "second-line or later"}),
        ("second-line or later", {"second-line", "second-line or later", "salvage-line", "third-line"}),
    ],
)
def test_a_line_matches_the_lines_that_the_terms_say_it_includes(graph, line, lines):
    """A study of which documents state several lines has one of them."""
    found = [set(cell.split(", ")) for cell in column(graph.ask("comparisons", line=line), "line_of_therapy")]
    assert {line} in found
    assert all(stated & lines for stated in found)


def test_a_line_that_a_query_takes_means_the_same(graph):
    found = [set(cell.split(", ")) for cell in column(graph.ask("medians", line="second-line"), "line_of_therapy")]
    assert {"second-line"} in found
    assert all(stated & {"second-line", "second-line or later"} for stated in found)
    assert "VELOUR" in column(graph.ask("studies", line="second-line"), "trial")


@pytest.mark.parametrize("text", ["RAS wild type", "ras wild-type", "RAS wt", "RAS wild-type population"])
def test_population_as_people_write_it(graph, text):
    found = graph.ask("head-to-head", population=text)
    assert len(found)
    assert {cell.partition(",")[0] for cell in column(found, "population")} == {"RAS wild type"}


def test_a_population_that_a_query_takes_may_be_a_criterion(graph):
    found = graph.ask("comparisons", population="RAS wild type", endpoint="OS")
    assert set(column(found, "population")) == {"RAS wild type"}
    assert {"CRYSTAL", "FIRE-3", "PEAK", "PRIME"} <= set(column(found, "trial"))
    assert set(column(graph.ask("comparisons", population="PRIME, RAS wild type"), "trial")) == {"PRIME"}


def test_population_with_a_further_condition_belongs_to_it(graph):
    found = column(graph.ask("comparisons-in-words", population="all patients"), "population")
    assert any("(" in cell for cell in found)
    assert all(cell.startswith("all patients") for cell in found)


def test_unknown_population_names_those_of_the_answer(graph):
    with pytest.raises(kg.NotFoundError, match="KRAS wild type"):
        graph.ask("hazard-ratios", population="KRAS wild typ e")


def test_endpoint_by_each_of_its_names(graph):
    long, short = (graph.ask("comparisons-with-drug", drug="cetuximab", endpoint=name) for name in ("overall survival", "OS"))
    assert long.rows == short.rows
    assert set(column(short, "endpoint")) == {"OS"}
    worded = graph.ask("comparisons-in-words", endpoint="neutropenia", document="ohhara-2016")
    assert set(column(worded, "trial")) == {"TRIBE"}


def test_verdict_and_direction(graph):
    """CAIRO2: progression-free survival was significantly worse with cetuximab."""
    harm = graph.ask("comparisons-with-drug", drug="cetuximab", verdict="significant", favours="reference")
    assert "CAIRO2" in column(harm, "trial")
    assert set(column(harm, "authors_reading")) == {"significant"}
    assert all(row["favours"] == row["against"] for row in harm)
    silent = graph.ask("comparisons-with-drug", drug="cetuximab", verdict="none")
    assert set(column(silent, "authors_reading")) == {None}


def test_favours_a_regimen_by_name(graph):
    found = graph.ask("comparisons", favours="FOLFIRI + bevacizumab")
    assert set(column(found, "favours")) == {"FOLFIRI + bevacizumab"}
    assert "TRIBE" in column(found, "trial"), "the arm with less neutropenia"


@pytest.mark.parametrize(
    ("printed", "limit", "kept"),
    [
        (("=", "0.05"), "0.05", False),
        (("=", "0.049"), "0.05", True),
        (("<", "0.001"), "0.001", True),
        (("<", "0.05"), "0.01", False),
        ((">", "0.01"), "0.05", False),
        ((None, None), "0.05", False),
    ],
)
def test_p_below_is_certain(printed, limit, kept):
    rows = table("p_comparator p_value", printed)
    assert bool(len(Filters({"p_below": limit}).of(rows))) == kept
    joined = table("p", (None if printed[0] is None else f"P {printed[0]} {printed[1]}",))
    assert bool(len(Filters({"p_below": limit}).of(joined))) == kept


@pytest.mark.parametrize("limit", ["0", "2", "x", "-1", "NaN"])
def test_p_below_takes_a_probability(graph, limit):
    with pytest.raises(kg.UsageError, match="p-below"):
        graph.ask("hazard-ratios", p_below=limit)


def test_sort_by_number_text_and_time():
    rows = table(
        "trial median unit",
        ("a", "9.5", "mo"),
        ("b", "12.3", "wk"),
        ("C", None, "mo"),
        ("d", "not reached", "mo"),
        ("e", "10.1", "mo"),
    )
    assert column(Filters({"sort": "median"}).of(rows), "trial") == ["b", "a", "e", "d", "C"]
    assert column(Filters({"sort": "median:desc"}).of(rows), "trial") == ["e", "a", "b", "d", "C"]
    assert column(Filters({"sort": "trial"}).of(rows), "trial") == ["a", "b", "C", "d", "e"]


def test_contains_finds_words_and_their_beginnings(graph):
    """What has no parameter of its own: oral drugs, the origin of antibodies, fatal events."""
    oral = {cell for row in graph.ask("statements", contains="oral") for cell in row["about"].split(", ")}
    assert {"regorafenib", "TAS-102"} <= oral
    assert column(graph.ask("safety", contains="fatal"), "event") == ["drug-induced liver injury"]
    assert "cetuximab" in column(graph.ask("statements", contains="chimeric antibody"), "about")
    assert not len(graph.ask("statements", contains="humanised oral")), "every word"


def test_unknown_column_names_the_nearest(graph):
    with pytest.raises(kg.UsageError, match="nearest: hazard_ratio"):
        graph.ask("hazard-ratios", sort="hazard-ratos")
    with pytest.raises(kg.UsageError, match="COLUMN:desc"):
        graph.ask("hazard-ratios", sort="trial:down")


def test_place_of_a_merged_row_counts_for_both(graph):
    rows = graph.ask("head-to-head", endpoint="OS", document="ohhara-2016")
    both = {row["trial"] for row in rows if row["other_place"]}
    assert "FIRE-3" in both
    for place in ("text", "table"):
        assert both <= set(column(graph.ask("head-to-head", endpoint="OS", place=place, document="ohhara-2016"), "trial"))
    tables = graph.ask("hazard-ratios", place="table", every_place=True, document="ohhara-2016")
    assert all(cell.startswith("Table ") for cell in column(tables, "place"))


def test_a_filter_that_has_no_column_is_unknown(graph):
    with pytest.raises(kg.UsageError, match="has no parameter 'verdict'"):
        graph.ask("medians", verdict="significant")


def test_text_and_table_are_one_row_unless_every_place_is_asked_for(graph):
    merged_rows = graph.ask("hazard-ratios", endpoint="OS", document="ohhara-2016")
    every = graph.ask("hazard-ratios", endpoint="OS", every_place=True, document="ohhara-2016")
    fire = [row for row in merged_rows if row["trial"] == "FIRE-3" and row["population"] == "KRAS wild type"]
    assert len(fire) == 1
    assert {fire[0]["place"][:7], fire[0]["other_place"][:7]} == {"Table 3", "Treatme"}
    assert fire[0]["authors_reading"] == "significant", "the verdict is only in the text"
    assert fire[0]["hazard_ratio"] == "0.77"
    assert len([row for row in every if row["trial"] == "FIRE-3" and row["population"] == "KRAS wild type"]) == 2
    assert "other_place" not in every.columns


def test_reported_results_stay_one_row_a_place(graph):
    assert not question("reported-results").merges
    assert "other_place" not in graph.ask("reported-results", trial="FIRE-3").columns


def test_figures_that_differ_are_not_merged(graph):
    """TRIBE: 65% in the text and 65.1% in Table 1."""
    found = [row for row in graph.ask("response-rates", document="ohhara-2016") if row["trial"] == "TRIBE"]
    assert {row["percent"] for row in found if "FOLFOXIRI" in row["regimen"]} == {"65", "65.1"}


def test_merging_keeps_what_is_printed_at_either_place():
    rows = table(
        "trial effect p favours favours_from place passage_iri document",
        ("A", "HR 0.77", "= 0.01", "X", "effect", "Table 3", PASSAGE + "a.1-2", "a"),
        ("A", "HR 0.770", None, "neither", "printed", "Text", PASSAGE + "a.3-4", "a"),
        ("A", "HR 0.78", None, "X", "effect", "Text", PASSAGE + "a.5-6", "a"),
        ("A", "HR 0.77", None, "X", "effect", "Abstract", PASSAGE + "b.1-2", "b"),
    )
    found = [tuple(row.values()) for row in merged(rows)]
    both = ("A", "HR 0.77", "= 0.01", "neither", "printed", "Table 3", PASSAGE + "a.1-2", "a", "Text", PASSAGE + "a.3-4")
    assert [row[:8] for row in found] == [both[:8], tuple(rows.to_dicts()[2].values()), tuple(rows.to_dicts()[3].values())]
    assert found[0][8:] == both[8:]
    assert found[1][8:] == (None, None)


@pytest.mark.parametrize("name", [name for name in catalogue() if question(name).merges])
def test_no_row_is_lost_by_merging(graph, name):
    every, one = graph.ask(name, every_place=True), graph.ask(name)
    places = {row["passage_iri"] for row in every}
    assert {row[at] for row in one for at in ("passage_iri", "other_passage_iri") if row[at]} <= places
    assert len(every) == sum(1 + (len(row["other_place"].split("; ")) if row["other_place"] else 0) for row in one)


def test_show_says_what_is_applied_to_the_answer(graph):
    text = graph.bound("hazard-ratios", line="second-line", sort="p:desc")
    assert "# applied to the answer, after the query: line: second-line\n" in text
    assert "# applied to the answer, after the query: sort: p:desc\n" in text
    assert graph.query(text).rows == graph.query(graph.bound("hazard-ratios")).rows, "the query itself is the same"


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_columns_are_read_from_the_query(graph, name):
    found = graph.query(graph.bound(name))
    assert found.columns == question(name).columns
    assert "sort" in {one.name for one in question(name).filters}


def test_every_table_of_comparisons_has_line_numbers_values_and_interval():
    for name in ("comparisons", "comparisons-with-drug", "comparisons-against-drug", "hazard-ratios", "head-to-head"):
        needed = {
            "line_of_therapy",
            "experimental_n",
            "reference_n",
            "experimental_value",
            "reference_value",
            "ci_lower",
            "ci_upper",
        }
        assert needed | {"favours", "favours_from", "document"} <= set(question(name).columns), name


def test_command_line(run):
    words = (
        "--endpoint",
        "OS",
        "--line",
        "first-line",
        "--population",
        "RAS wild type",
        "--sort",
        "p_value:desc",
        "--limit",
        "2",
    )
    done = run("ask", "head-to-head", *words)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["trial"] for row in rows] == ["CALGB/SWOG 80405", "PEAK"]
    tables = run("ask", "hazard-ratios", "--every-place", "--place", "table", "--document", "ohhara-2016")
    assert tables.stdout.count("Table") > 2
    assert "# applied to the answer" in run("ask", "hazard-ratios", "--p-below", "0.05", "--show").stdout


def test_leaves_out_travels_with_the_answer(graph, run):
    note = question("survival-without-progression").leaves_out
    assert note
    assert graph.ask("survival-without-progression").notes == (f"Leaves out: {note}",)
    assert note in run("ask", "survival-without-progression").stderr
    assert note not in to_csv(graph.ask("survival-without-progression"))
