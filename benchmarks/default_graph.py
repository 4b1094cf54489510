"""The default graph of a store on disk: a union of the graphs at query time, beside a stored copy of every triple.

``python benchmarks/default_graph.py FILE…`` loads N-Quads files into two stores and asks both the same questions in turn. It
prints the time of loading, the size on disk, and the median time of each question.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pyoxigraph as ox

from kg.ask.catalogue import questions

ASKED = ("drug-roles", "arms-of-trial", "comparisons-against-drug", "hazard-ratios", "loci")
RUNS = 5


def loaded(place: Path, files: list[str], copied: bool) -> ox.Store:
    """A store with the files, opened to read; ``copied``: each triple is in the default graph once more."""
    started = time.perf_counter()
    store = ox.Store(str(place))
    for file in files:
        store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
    if copied:
        named = store.quads_for_pattern(None, None, None, None)
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in named)
    store.flush()
    size = sum(one.stat().st_size for one in place.rglob("*"))
    print(f"{'stored copy' if copied else 'union'}: loaded in {time.perf_counter() - started:.1f} s, {size / 1e6:.0f} MB on disk")
    del store
    return ox.Store.read_only(str(place))


def took(store: ox.Store, sparql: str, union: bool) -> float:
    """Milliseconds until all rows are there."""
    started = time.perf_counter()
    list(store.query(sparql, use_default_graph_as_union=union))
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        stores = [loaded(Path(folder, str(copied)), sys.argv[1:], copied) for copied in (False, True)]
        for name in ASKED:
            sparql = questions()[name].bind({})
            times = [(took(stores[0], sparql, True), took(stores[1], sparql, False)) for _ in range(RUNS)]
            union, copied = (median(column) for column in zip(*times, strict=True))
            print(f"{name}: union {union:.2f} ms, stored copy {copied:.2f} ms, ratio {union / copied:.2f}")
