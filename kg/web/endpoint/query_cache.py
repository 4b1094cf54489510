"""An engine that remembers: the pages ask the same questions of a graph that does not change."""

from __future__ import annotations

from kg.engine.store import Answer, Engine, Solutions
from kg.web.http.kept import Kept

_CELLS = 150_000  # of all remembered answers together; each takes some 300 bytes


class QueryCache:
    """The answers of another engine, asked once for each query while they are remembered."""

    def __init__(self, engine: Engine, most: int = _CELLS) -> None:
        self._engine = engine
        self._kept: Kept[Solutions] = Kept(most, _cells)

    def query(self, sparql: str) -> Answer:
        """The answer; tables are remembered, which nobody can change."""
        kept = self._kept.get(sparql)
        if kept is not None:
            return kept
        answer = self._engine.query(sparql)
        if isinstance(answer, Solutions):
            self._kept.put(sparql, answer)
        return answer


def _cells(answer: Solutions) -> int:
    return 1 + len(answer.variables) * len(answer.rows)
