"""The two tiers of the tests: what is left out is counted and said, and ``--complete`` leaves out nothing."""

from fnmatch import fnmatch

import pytest
from paths import TESTS

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from tiers import few, needed

@pytest.mark.parametrize("one", few("abc", "b"))
def test_some(one):
    assert one in "abc"

@pytest.mark.complete
def test_long():
    pass

def test_short():
    needed("no_such_package.part")
"""
LEFT_OUT = "3 tests are left out because they take long; run them too with: pytest --complete"


@pytest.fixture
def suite(pytester, monkeypatch):
    """Run a small suite in a process of its own; how many tests ended in which way, and what was said."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini(f"[pytest]\nmarkers = complete: takes long\npythonpath = {TESTS}\n")
    pytester.makeconftest("from tiers import *")
    pytester.makepyfile(SUITE)

    def call(*words):
        ended = pytester.runpytest_subprocess("-rs", *words)
        return ended.parseoutcomes(), ended.stdout.str()

    return call


def test_every_folder_of_tests_is_read(pytestconfig):
    """By itself pytest passes over some names of folders, build among them."""
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {path.parent for top in (TESTS, TESTS.parent / "kg") for path in top.rglob("*.py")}
    names = {part for folder in folders for part in folder.relative_to(TESTS.parent).parts}
    assert {"pipeline", "cli"} <= names
    assert [name for name in names for pattern in passed_over if fnmatch(name, pattern)] == []


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_takes_long_is_left_out_counted_and_said(suite, workers):
    outcomes, said = suite("-n", workers)
    assert (outcomes["passed"], outcomes["skipped"]) == (1, 1)
    assert LEFT_OUT in said
    assert "'no_such_package' is not installed; install it with: pip install '.[complete]'" in said


def test_the_complete_run_leaves_out_nothing(suite):
    outcomes, said = suite("--complete")
    assert outcomes == {"passed": 4, "skipped": 1}
    assert "left out" not in said
