"""A query cache: the pages send the same queries to a graph that does not change."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock

from cachetools import LRUCache

from kg.engine.store import Answer, Engine, Solutions

_CELLS = 150_000  # of all cached answers together; a cell takes about 300 bytes


class QueryCache:
    """An engine that caches the answers of another engine."""

    def __init__(self, engine: Engine, most: int = _CELLS) -> None:
        self._engine = engine
        self._cached: LRUCache[str, Solutions] = LRUCache(most, _cells)
        self._lock = Lock()

    def query(self, sparql: str) -> Answer:
        """The answer; tables are cached, because they are immutable."""
        with self._lock:
            cached = self._cached.get(sparql)
        if cached is not None:
            return cached
        answer = self._engine.query(sparql)
        if isinstance(answer, Solutions):
            with self._lock, suppress(ValueError):  # one that is larger than all may be together is not kept
                self._cached[sparql] = answer
        return answer


def _cells(answer: Solutions) -> int:
    return 1 + len(answer.variables) * len(answer.rows)
