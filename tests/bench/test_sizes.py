"""The benchmark on synthetic evidence: its table, its time limit, and the processes that measure."""

import json

import pytest

from kg.bench import data, sizes
from kg.bench.cases import Case, cases
from kg.bench.evidence import STUDIES, review
from kg.bench.growth import Times
from kg.bench.sizes import COLUMNS, Settings, measure_sizes
from kg.bench.workers import BARE, OURS, Answered, Worker

COMPLETE = review(data.SEED, 0, STUDIES)
FEW = [case for case in cases(COMPLETE) if case.id in ("arms-of-trial trial", "citations", "find")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the generated files stay, so that they are generated once."""
    return tmp_path_factory.mktemp("sizes")


@pytest.fixture
def few(monkeypatch):
    """Measure three cases only."""
    assert len(FEW) == 3
    monkeypatch.setattr(sizes, "cases", lambda made: FEW)


def test_the_table_has_each_task_at_each_size(folder, few):
    table = measure_sizes([10000, 7000], Settings(runs=1, limit=60, rdflib=7000), folder)
    rows = {(row["task"], row["size"]): row for row in table}
    assert table.columns == COLUMNS
    assert {task for task, _ in rows} == {"load", "open and first answer", "arms-of-trial", "citations", "find"}
    assert len(rows) == len(table) == 10
    for (task, size), row in rows.items():
        assert float(row["mcrc_kg_s"]) > 0
        assert (row["growth"] is None) == (size == 7000), "growth is from the size before"
        assert (row["pyoxigraph_s"] is None) == (task == "find")
        assert (row["rdflib_s"] is None) == (task == "find" or size == 10000)
    assert rows["arms-of-trial", 7000]["rows"] == rows["arms-of-trial", 10000]["rows"] == 2
    assert rows["open and first answer", 7000]["rows"] == 2
    assert rows["citations", 10000]["rows"] > rows["citations", 7000]["rows"]
    assert rows["load", 7000]["rows"] == len((folder / "evidence-1-7000.nq").read_text(encoding="utf-8").splitlines())


def test_an_answer_above_the_limit_is_not_waited_for(folder, few):
    table = measure_sizes([7000], Settings(runs=1, limit=1e-6), folder)
    rows = {row["task"]: row for row in table}
    assert rows["citations"]["mcrc_kg_s"] == rows["citations"]["pyoxigraph_s"] == "> 1e-06"
    assert rows["open and first answer"]["mcrc_kg_s"] == "> 1e-06"
    assert rows["citations"]["rows"] is None


def test_a_process_answers_again_after_one_that_took_too_long(folder, few):
    measure_sizes([7000], Settings(runs=1), folder)
    worker = Worker(OURS, folder / "evidence-1-7000", 1e-6)
    assert worker.answer(FEW[0]) is None
    worker._limit = 60
    assert worker.answer(FEW[0]).rows == 2
    failed = worker.answer(Case("pool", arguments=("OS", "nothing", "nothing")))
    assert "no entity is called 'nothing'" in failed.error
    worker.close()


@pytest.mark.complete
def test_engines_count_the_same_rows(folder, few):
    measure_sizes([7000], Settings(runs=1), folder)
    workers = [Worker(engine, folder / "evidence-1-7000", 60) for engine in (OURS, BARE)]
    for case in FEW[:2]:
        ours, bare = (worker.answer(case) for worker in workers)
        assert ours.rows == bare.rows > 0
    for worker in workers:
        worker.close()


def test_the_first_run_warms_up_and_a_long_one_is_not_repeated():
    times = Times()
    times.add(Answered(9.0, 3), warm=False)
    assert (times.median, times.ended) == (None, False)
    times.add(Answered(0.25, 3), warm=True)
    assert (times.median, times.rows, times.ended) == (0.25, 3, False)
    long = Times()
    long.add(Answered(1.5, 3), warm=True)
    assert long.ended


@pytest.mark.complete
def test_the_command_prints_the_table(run):
    done = run("bench", "--size", "7000", "--runs", "1", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {row["task"] for row in rows} >= {"load", "open and first answer", "reported-results", "pool", "compare", "network"}
