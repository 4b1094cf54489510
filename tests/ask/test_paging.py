"""Pages of an answer: together they are the whole answer, in Python and in the command; its order is that of the question."""

import itertools
import random

import pyoxigraph as ox
import pytest

import kg
from kg.ask.catalogue import catalogue, questions
from kg.ask.paging import Page
from kg.engine.store import Embedded
from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.resources import GRAPH_FILE, folder

NAMES = list(catalogue())


@pytest.fixture(scope="module")
def shuffled():
    """The packaged graph, its quads added in another order."""
    quads = list(ox.parse(path=str(folder("graph") / GRAPH_FILE)))
    random.Random(5).shuffle(quads)
    engine = Embedded()
    for quad in quads:
        engine._store.add(quad)
    engine._default.is_union = True
    return KnowledgeGraph(engine)


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_together_the_whole_answer(graph, name):
    whole = graph.ask(name)
    limit = len(whole) // 3 + 1
    pages = [graph.ask(name, limit=limit, skip=skip) for skip in range(0, len(whole) + 1, limit)]
    assert all(page.columns == whole.columns and len(page) <= limit for page in pages)
    assert sum((page.rows for page in pages), ()) == whole.rows


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_that_of_the_question(graph, shuffled, name):
    """Rows and the values in a cell are ordered without ties: the order in which the data were added does not show."""
    assert shuffled.ask(name).rows == graph.ask(name).rows


def test_no_parameter_has_the_name_of_a_page():
    assert {one.name for asked in questions().values() for one in asked.parameters} & {"limit", "skip"} == set()


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": -1}, {"limit": "5"}, {"limit": 2.0}, {"skip": -1}, {"skip": "1"}])
def test_a_page_that_is_none_is_refused(graph, page):
    with pytest.raises(UsageError, match="must be a number of rows"):
        graph.ask("loci", **page)


@pytest.mark.parametrize("limit", [None, 1, 4, 9, 10, 11])
def test_the_pages_follow_one_another(limit):
    page, seen = Page(limit), []
    while page is not None:
        assert page.is_whole(10) == (limit is None or limit >= 10)
        seen.append(page)
        page = page.next(10)
    for before, after in itertools.pairwise(seen):
        assert after.previous == before
    assert seen[0].previous is None
    assert seen[-1].told(10).endswith("-10 of 10")


def test_the_command_prints_a_page_and_names_the_next(run, graph):
    whole = run("ask", "loci", "--format", "csv")
    total = len(graph.ask("loci"))
    assert "rows" not in whole.stderr
    first = run("ask", "loci", "--format", "csv", "--limit", "4")
    assert f"rows 1-4 of {total}; next: --skip 4\n" in first.stderr
    rest = run("ask", "loci", "--format=csv", "--limit=1000", "--skip=4")
    assert f"rows 5-{total} of {total}\n" in rest.stderr
    assert first.stdout + rest.stdout.partition("\n")[2] == whole.stdout
    nothing = run("ask", "loci", "--format", "csv", "--skip", "1000")
    assert f"no rows after row 1,000; there are {total}\n" in nothing.stderr
    assert nothing.stdout == whole.stdout.partition("\n")[0] + "\n"
    assert "rows" not in run("ask", "loci", "--format", "csv", "--limit", "1000").stderr


def test_a_page_is_no_part_of_the_query(run):
    assert run("ask", "loci", "--show", "--limit", "4").stdout == run("ask", "loci", "--show").stdout


def test_the_catalogue_has_pages_too(run):
    assert len(run("ask", "--limit", "3", "--format", "csv").stdout.splitlines()) == 4


@pytest.mark.parametrize("words", [("--limit", "0"), ("--limit", "x"), ("--skip", "-1"), ("--limit",)], ids=" ".join)
def test_the_command_refuses_what_is_no_number_of_rows(run, words):
    done = run("ask", "loci", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert words[0] in done.stderr


def test_the_pages_of_a_store_are_those_of_its_answer(review_store):
    whole = kg.open(review_store).ask("reported-results").rows
    size, rows = len(whole) // 4, []
    for number in range(5):  # each time as another process would open it
        rows += kg.open(review_store).ask("reported-results", limit=size, skip=size * number).rows
    assert tuple(rows) == whole
