"""What the tests share: the built facts, the packaged graph in two engines, a copy of the facts to spoil, the command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browser import chromium, visit  # noqa: F401 - fixtures
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

import kg
from kg.build.dataset import assemble
from kg.resources import GRAPH_FILE, facts, folder

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def built():
    return assemble()


@pytest.fixture(scope="session")
def graph():
    return kg.open()


@pytest.fixture(scope="session")
def plain():
    """The packaged graph in rdflib's own engine."""
    data = Dataset(default_union=True)
    data.parse(folder("graph") / GRAPH_FILE)
    return data


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of the packaged graph."""
    with served(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture
def own_facts(tmp_path):
    """A copy of the packaged facts that a test may spoil."""
    return Path(shutil.copytree(facts(), tmp_path / "facts"))


@pytest.fixture
def run(tmp_path):
    """Run the command in an empty folder; standard output, standard error and exit status come back."""

    def call(*words, stdin=None, env=None):
        return subprocess.run(
            [sys.executable, "-c", "from kg.cli import main; main()", *map(str, words)],
            capture_output=True,
            text=True,
            input=stdin,
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
        )

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
