"""A query cache: the pages send the same queries to a graph that does not change."""

from __future__ import annotations

from kg.engine.store import Answer, Engine, Solutions
from kg.web.http.kept import Kept

_CELLS = 150_000  # of all cached answers together; a cell takes about 300 bytes


class QueryCache:
    """An engine that caches the answers of another engine."""

    def __init__(self, engine: Engine, most: int = _CELLS) -> None:
        self._engine = engine
        self._kept: Kept[Solutions] = Kept(most, _cells)

    def query(self, sparql: str) -> Answer:
        """The answer; tables are cached, because they are immutable."""
        kept = self._kept.get(sparql)
        if kept is not None:
            return kept
        answer = self._engine.query(sparql)
        if isinstance(answer, Solutions):
            self._kept.put(sparql, answer)
        return answer


def _cells(answer: Solutions) -> int:
    return 1 + len(answer.variables) * len(answer.rows)
