"""The benchmark on synthetic evidence of several sizes, as one table: this package, pyoxigraph and rdflib on the same quads.

Engines and sizes take turns, so that the load of the machine affects all of them alike. Read ratios and growth, not seconds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rdflib import Literal

from kg.ask.results import Table, Term
from kg.bench import data
from kg.bench.cases import Case, cases
from kg.bench.growth import Measured, Times, exponent, measure
from kg.bench.model import Review
from kg.bench.tasks import PLAIN_ASK
from kg.bench.workers import BARE, OURS, RDFLIB, Answered, Worker
from kg.engine import bare
from kg.engine.disk_store import info_of
from kg.errors import DataError
from kg.namespaces import ID

COLUMNS = ("task", "parameters", "size", "rows", "mcrc_kg_s", "pyoxigraph_s", "pyoxigraph_ratio", "rdflib_s", "rdflib_ratio",
           "growth")  # fmt: skip
_FIRST = "arms-of-trial"


@dataclass(frozen=True)
class Place:
    """The files of one size: all quads, and a store made of them."""

    size: int
    quads: Path
    store: Path


@dataclass(frozen=True)
class Settings:
    """How often to measure, the time limit of an answer in seconds, and the largest size at which rdflib is asked."""

    runs: int = 5
    limit: float = 5.0
    rdflib: int = 0


def measure_sizes(
    sizes: Sequence[int], settings: Settings, folder: Path, progress: Callable[[str], None] = lambda _: None
) -> Table:
    """The table of all tasks at these sizes; the generated files stay in the folder, and are used again.

    ``growth`` is the exponent by which the time grows from the size before. A time above the limit is shown as such.
    """
    first, places = _generated(sorted(set(sizes)), folder, progress)
    rows = [*_rows("load", "", _loads(places, settings, progress), places, settings)]
    rows += _rows("open and first answer", _FIRST, _starts(first, places, settings, progress), places, settings)
    workers = {(OURS, place.size): Worker(OURS, place.store, settings.limit) for place in places}
    workers |= {(BARE, place.size): Worker(BARE, place.store, settings.limit) for place in places}
    workers |= {(RDFLIB, place.size): Worker(RDFLIB, place.quads, settings.limit) for place in _with_rdflib(places, settings)}
    try:
        for case, times in measure(cases(first), workers, settings.runs, progress):
            rows += _rows(case.name, _given(case), times, places, settings)
    finally:
        for worker in workers.values():
            worker.close()
    return Table(COLUMNS, tuple(rows))


def _generated(sizes: Sequence[int], folder: Path, progress: Callable[[str], None]) -> tuple[Review, list[Place]]:
    """The first review of all graphs, and the files of each size; they are generated unless they exist."""
    places = []
    for size in sizes:
        name = f"evidence-{data.SEED}-{size}"
        place = Place(size, folder / f"{name}.nq", folder / name)
        if not place.quads.is_file():
            progress(f"generating {size} triples")
            partial = place.quads.with_suffix(".partial.nq")
            data.write(data.evidence(size), partial, progress)
            partial.replace(place.quads)
        places.append(place)
    first = data.evidence(sizes[0])[0]
    return first, places


def _with_rdflib(places: Sequence[Place], settings: Settings) -> list[Place]:
    return [place for place in places if place.size <= settings.rdflib]


def _given(case: Case) -> str:
    given = case.arguments or (f"{name} {value}" for name, value in case.values.items())
    return ", ".join(given).replace(ID, "")


def _loads(places: Sequence[Place], settings: Settings, progress: Callable[[str], None]) -> Measured:
    """A store on disk from the file of quads; rdflib reads it into memory. It takes long, so that the first run counts."""
    actions: dict[tuple[str, int], Callable[[], int]] = {}
    for place in places:
        actions[OURS, place.size] = partial(_load, place)
        actions[BARE, place.size] = partial(_load_bare, place)
    for place in _with_rdflib(places, settings):
        actions[RDFLIB, place.size] = partial(_load_rdflib, place)
    times = {key: Times() for key in actions}
    for run in range(settings.runs):
        for key, action in actions.items():
            if not times[key].ended:
                progress(f"loading {key[1]} triples with {key[0]}, run {run + 1}")
                start = time.perf_counter()
                rows = action()
                times[key].add(Answered(time.perf_counter() - start, rows), warm=True)
    return times


def _load(place: Place) -> int:
    data.store(place.quads, place.store)
    return sum(info_of(place.store).graphs.values())


def _load_bare(place: Place) -> int:
    with tempfile.TemporaryDirectory(dir=place.store.parent) as folder:
        return bare.load(place.quads, Path(folder))


def _load_rdflib(place: Place) -> int:
    from rdflib import Dataset

    made = Dataset(default_union=True)
    made.parse(place.quads, format="nquads")
    return len(made)


def _starts(review: Review, places: Sequence[Place], settings: Settings, progress: Callable[[str], None]) -> Measured:
    """A new process that opens a store and answers a question about one trial; rdflib reads the file of quads first."""
    label = review.trials[0].label
    case = next(case for case in cases(review) if case.name == _FIRST and case.values)
    ours = [sys.executable, "-c", "from kg.cli import main; main()", "ask", _FIRST, "--trial", label, "--graph"]
    with tempfile.TemporaryDirectory() as folder:
        query = Path(folder) / "query.rq"
        query.write_text(case.sparql, encoding="utf-8")
        commands: dict[tuple[str, int], list[str]] = {}
        for place in places:
            version = str(place.store / info_of(place.store).version)
            commands[OURS, place.size] = [*ours, str(place.store)]
            commands[BARE, place.size] = [sys.executable, "-m", "kg.engine.bare", version, str(query)]
        for place in _with_rdflib(places, settings):
            commands[RDFLIB, place.size] = [sys.executable, "-c", PLAIN_ASK, str(place.quads), str(query)]
        times = {key: Times() for key in commands}
        for _ in range(settings.runs):
            for key, command in commands.items():
                progress(f"starting {key[0]} with {key[1]} triples")
                if not times[key].ended:
                    times[key].add(_started(command, settings.limit), warm=True)
    return times


def _started(command: Sequence[str], limit: float) -> Answered | None:
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    seconds = time.perf_counter() - start
    if done.returncode:
        raise DataError(f"{' '.join(command[:4])} … ended with exit code {done.returncode}: {done.stderr.strip()}")
    lines = len(done.stdout.splitlines())
    return Answered(seconds, lines - 1 if command[3] == "ask" else lines)


def _rows(task: str, given: str, times: Measured, places: Sequence[Place], settings: Settings) -> Iterator[tuple[Term, ...]]:
    """One row for each size."""
    before: tuple[int, float] | None = None
    for place in places:
        ours, raw, rdflib = (times.get((engine, place.size)) for engine in (OURS, BARE, RDFLIB))
        assert ours is not None
        growth = None
        if ours.median is not None:
            here = (place.size, ours.median)
            growth = None if before is None else f"{exponent((before[0], here[0]), (before[1], here[1])):.2f}"
            before = here
        rows = None if ours.over else ours.rows
        cells = (task, given, place.size, rows, _cell(ours, settings), _cell(raw, settings), _ratio(raw, ours),
                 _cell(rdflib, settings), _ratio(rdflib, ours), growth)  # fmt: skip
        yield tuple(None if cell is None else Literal(cell) for cell in cells)


def _cell(times: Times | None, settings: Settings) -> str | None:
    """The median in seconds, the limit when it was exceeded, or the error."""
    if times is None:
        return None
    if times.over:
        return f"> {settings.limit:g}"
    return times.error or f"{times.median:.4f}"


def _ratio(other: Times | None, ours: Times) -> str | None:
    """How many times longer another engine takes."""
    if other is None or other.median is None or ours.median is None:
        return None
    return f"{other.median / ours.median:.2f}"
