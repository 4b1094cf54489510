"""Graphs of synthetic evidence for tests, and the comparison of an answer with what the generator knows."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kg.ask.catalogue import catalogue
from kg.bench import data
from kg.bench.model import Review


@dataclass(frozen=True)
class Made:
    """The reviews, the file of all quads, and a store on disk."""

    reviews: list[Review]
    quads: Path
    store: Path


def make(size, folder):
    """A graph of about this many triples, in files in a folder."""
    made = Made(data.evidence(size), folder / f"{size}.nq", folder / str(size))
    data.write(made.reviews, made.quads)
    data.store(made.quads, made.store)
    return made


def same_rows(known, answer):
    """Assert that an answer has the rows that are known, in any order."""
    found = Counter(tuple(None if row[name] is None else str(row[name]) for name in known.columns) for row in answer)
    wanted = Counter(known.rows)
    assert found == wanted, f"{known.question}: too many {found - wanted}, missing {wanted - found}"


def places(name):
    """What makes the answer to a question one row a place, as the generator knows it."""
    return {"every_place": True} if catalogue()[name].merges else {}
