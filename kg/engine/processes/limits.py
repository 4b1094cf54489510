"""What one query, and all queries together, may use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


def _cores() -> int:
    return max(2, os.cpu_count() or 2)


@dataclass(frozen=True)
class QueryLimits:
    """The limits on queries; each line says its unit."""

    time_limit: float = 10.0  # seconds that one query may take, from the start of its evaluation
    memory_limit: int = 512  # MiB that one query may take beyond what the graph takes
    answer_limit: int = 32  # MiB that one answer may be long
    fast_time: float = 0.2  # seconds after which a query is slow
    fast_slots: int = field(default_factory=_cores)  # queries that run at once before they are slow
    slow_slots: int = 4  # slow queries that run at once, at low priority
    queue_length: int = 256  # queries that wait for a fast slot
    waiting_time: float = 5.0  # seconds that a query waits for one
    allow_service: tuple[str, ...] = ()  # endpoints that SERVICE may ask
    reuse: int = 1000  # fast queries that one process answers before a new one replaces it
    growth_limit: int = 64  # MiB by which a process may grow and still be used again
    start_time: float = 60.0  # seconds that loading the graph may take
