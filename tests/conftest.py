"""What the tests share: the built facts, the packaged graph in two engines, a copy of the review to spoil, the command."""

import shutil
from functools import cache
from pathlib import Path

import pytest
from browser import chromium, visit  # noqa: F401 - fixtures
from documents import review as copied_review
from rdflib import Dataset
from server import served
from tiers import (  # noqa: F401 - hooks
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from warm import loaded

import kg
from kg.engine.store import embed
from kg.exports.store import load
from kg.pipeline import validate
from kg.pipeline.build import assemble, write
from kg.resources import facts

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def built():
    return assemble()


@pytest.fixture(scope="session")
def graph():
    """The packaged graph, for all tests of a process: one that hands it to rdflib opens its own."""
    return kg.open()


@pytest.fixture(scope="session")
def answer(graph):
    """The answer to a question without parameters, asked once for all tests of a process."""
    return cache(graph.ask)


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory):
    """The graph of the review and some publications, for engines that take too long for all documents."""
    folder = tmp_path_factory.mktemp("reviewed") / "facts"
    shutil.copytree(facts(), folder, ignore=shutil.ignore_patterns("primary", "silences.tsv"))
    return embed(assemble(folder).graphs)


def in_rdflib(graphs):
    data = Dataset(default_union=True)
    for name, triples in graphs.items():
        data.addN((*triple, data.graph(name)) for triple in triples)
    return data


@pytest.fixture(scope="session")
def plain(graph):
    """The packaged graph in rdflib's own engine."""
    return in_rdflib(graph.graphs())


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of the packaged graph."""
    with served(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="module")
def _files_are_read_once():
    """For a file that validates many examples: the shapes and the ontology are the same for each, and none changes them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("shapes", "ontology"):
            patch.setattr(validate, name, cache(getattr(validate, name)))
        yield


@pytest.fixture(scope="session")
def review(tmp_path_factory):
    """The facts of the review alone, for tests to read: they build in a third of the time that all documents take."""
    return copied_review(tmp_path_factory.mktemp("review") / "facts")


@pytest.fixture(scope="session")
def built_review(review):
    return assemble(review)


@pytest.fixture(scope="session")
def review_file(tmp_path_factory, built_review):
    """The graph of the review alone, written as the packaged one is."""
    return write(built_review, tmp_path_factory.mktemp("review") / "graph")


@pytest.fixture(scope="session")
def review_graph(review_file):
    return kg.open(review_file.parent)


@pytest.fixture(scope="session")
def review_store(tmp_path_factory, review_file):
    """The graph of the review as a store on disk."""
    place = tmp_path_factory.mktemp("review") / "store"
    load(place, [review_file])
    return place


@pytest.fixture(scope="session")
def plain_review(built_review):
    """The graph of the review in rdflib's own engine."""
    return in_rdflib(built_review.graphs)


@pytest.fixture
def own_facts(tmp_path):
    """A copy of the facts of the review that a test may spoil."""
    return copied_review(tmp_path / "facts")


@pytest.fixture(scope="session")
def site(server):
    """The origin of that server, as a browser has it."""
    return server.address.rstrip("/")


@pytest.fixture(scope="session")
def loaded_command():
    """The command, its modules loaded once."""
    with loaded() as run:
        yield run


@pytest.fixture
def run(loaded_command, tmp_path):
    """Run the command in an empty folder; standard output, standard error and exit status come back."""

    def call(*words, stdin=None, env=None):
        return loaded_command([*map(str, words)], tmp_path, stdin, env)

    return call


@pytest.fixture
def edit(own_facts):
    """Replace text in a table of the copied facts; the text must be there."""

    def change(table, old, new):
        path = own_facts / "ohhara-2016" / table
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{table} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change
