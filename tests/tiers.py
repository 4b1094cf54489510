"""Which tests run when: the short ones always, those marked ``complete`` with ``pytest --complete``; and what a test needs."""

import pytest

COMMAND = "pytest --complete"
_LEFT_OUT = pytest.StashKey[int]()
# files with few tests that take minutes: first, so that one process does not end with them while the others wait
LONGEST = (
    "test_growth.py",
    "test_shacl_engines.py",
    "test_linear.py",
    "test_shapes.py",
    "test_disk_store.py",
    "test_cli_environment.py",
    "test_release.py",
    "test_questions.py",
    "test_profiles.py",
    "test_question_pages.py",
    "test_background.py",
    "test_forwarded.py",
)


def few(values, *short):
    """The values of a parameter, or tuples of several; those not named in ``short`` are tried with ``--complete`` only."""
    values = list(values)
    assert all(one in values for one in short), f"not among the values: {[one for one in short if one not in values]}"
    return [
        one if one in short else pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.complete)
        for one in values
    ]


def needed(module):
    """A module that only some tests need; where it is not installed, the test is skipped and the reader told how to get it."""
    package = module.partition(".")[0]
    reason = f"the package '{package}' is not installed; install it with: pip install '.[complete]'"
    return pytest.importorskip(module, reason=reason, exc_type=ImportError)


def pytest_addoption(parser):
    parser.addoption("--complete", action="store_true", help="run all tests, also those marked complete, which take long")


def pytest_configure(config):
    config.stash[_LEFT_OUT] = 0


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked, and what needs a browser, unless all was asked for."""
    if config.getoption("complete"):
        order = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.path.name, len(order)))
        return
    left = [item for item in items if item.get_closest_marker("complete") or "chromium" in getattr(item, "fixturenames", ())]
    if left:
        config.hook.pytest_deselected(items=left)
        out = set(left)
        items[:] = [item for item in items if item not in out]
    config.stash[_LEFT_OUT] = len(left)


def pytest_sessionfinish(session):
    """A process of pytest-xdist tells its number to the one that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each process collects the same tests."""
    told = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[_LEFT_OUT] = max(node.config.stash[_LEFT_OUT], told)


def pytest_terminal_summary(terminalreporter, config):
    if number := config.stash[_LEFT_OUT]:
        terminalreporter.write_line(f"{number} tests are left out because they take long; run them too with: {COMMAND}")
