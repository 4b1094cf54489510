"""Processor time and memory to load, infer and validate RDF files, from a small one to a large one, and how they grow.

python benchmarks/validation.py SMALL.nq … LARGE.nq [--pyshacl]

Each task runs in a process of its own, on a new store on disk. ``raw`` is ``pyoxigraph.Store.bulk_load`` of the same file.
``--pyshacl`` also times pySHACL on SHACL Core alone, without the SPARQL-based constraints, for the smallest file.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path


def raw(file: Path, store: Path) -> int:
    """Load with the engine alone."""
    import pyoxigraph as ox

    made = ox.Store(str(store))
    made.bulk_load(path=str(file), format=ox.RdfFormat.from_extension(file.suffix[1:]))
    made.flush()
    return len(made)


def load(file: Path, store: Path, **options: bool) -> int:
    """Load with this package."""
    from kg.engine.disk_store import info_of
    from kg.exports import store as package

    package.load(store, [file], **options)
    return sum(info_of(store).graphs.values())


def infer(file: Path, store: Path) -> int:
    """Load and infer."""
    return load(file, store, infer=True)


def validate(file: Path, store: Path) -> int:
    """Validate a file in memory, with the ontology and the inferences."""
    from kg.pipeline.validate import check_files

    return len(check_files([file]).findings)


def shapes_only(file: Path, store: Path) -> tuple[int, float]:
    """The shapes alone, on data with their inferences."""
    from kg.engine.store import Embedded
    from kg.pipeline.validate import report

    data = Embedded.united()
    data.load_file(file)
    before = time.process_time()
    return len(report(data).findings), time.process_time() - before


def core_by_pyshacl(file: Path, store: Path) -> tuple[int, float]:
    """SHACL Core by pySHACL, on data with their inferences."""
    from pyshacl import validate
    from rdflib import SH

    from kg.engine.store import Embedded
    from kg.pipeline.validate import shapes

    data, required = Embedded.united(), shapes()
    data.load_file(file)
    required.remove((None, SH.sparql, None))
    plain = data.union()
    before = time.process_time()
    validate(plain, shacl_graph=required, inference="none")
    return len(plain), time.process_time() - before


def _measured(task: str, file: Path, place: str, answers: multiprocessing.Queue[tuple[object, float, float]]) -> None:
    before = time.process_time()
    found = globals()[task](file, Path(place) / "store")
    seconds = time.process_time() - before
    if isinstance(found, tuple):
        found, seconds = found
    answers.put((found, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(task: str, file: Path) -> tuple[object, float, float]:
    """What a task returns, its processor time in seconds and its greatest memory in MB."""
    answers: multiprocessing.Queue[tuple[object, float, float]] = multiprocessing.Queue()
    with tempfile.TemporaryDirectory(dir=file.parent) as place:
        process = multiprocessing.Process(target=_measured, args=(task, file, place, answers))
        process.start()
        found = answers.get()
        process.join()
    return found


def main() -> None:
    """Print a row for each task and file; the exponent is that of the growth from the smallest file."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("files", nargs="+", type=Path)
    arguments.add_argument("--pyshacl", action="store_true")
    given = arguments.parse_args()
    first: dict[str, tuple[float, float]] = {}
    print("| task | file | quads or findings | CPU, s | MB | exponent |\n| --- | --- | --- | --- | --- | --- |")
    for file in given.files:
        quads = sum(1 for _ in file.open("rb"))
        for task in ("raw", "load", "infer", "validate", "shapes_only", *(["core_by_pyshacl"] if given.pyshacl else [])):
            if task == "core_by_pyshacl" and file != given.files[0]:
                continue
            found, seconds, memory = measure(task, file)
            least, shortest = first.setdefault(task, (quads, seconds))
            grown = math.log(seconds / shortest) / math.log(quads / least) if quads > least else math.nan
            print(f"| {task} | {file.name} | {found} | {seconds:.2f} | {memory:.0f} | {grown:.2f} |", flush=True)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
