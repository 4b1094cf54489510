"""The limits of one query, and of all queries together.

The worker sets the limits of memory and handles and the last alarm (:mod:`kg.engine.processes.worker`), the pool the time limit
(:mod:`kg.engine.processes.pool`), the scheduler the numbers of slots (:mod:`kg.engine.processes.scheduler`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field


def _cores() -> int:
    return max(2, os.cpu_count() or 2)


@dataclass(frozen=True)
class QueryLimits:
    """The limits on queries; each comment begins with the unit."""

    time_limit: float = 10.0  # seconds for one query, from the start of its evaluation
    memory_limit: int = 512  # MiB for one query, in addition to the graph
    answer_limit: int = 32  # MiB for one answer
    fast_time: float = 0.2  # seconds after which a query is slow
    fast_slots: int = field(default_factory=_cores)  # number of queries that run at the same time before they are slow
    slow_slots: int = 4  # number of slow queries that run at the same time, at low priority
    queue_length: int = 256  # number of queries that wait for a fast slot
    waiting_time: float = 5.0  # seconds that a query waits for a fast slot
    allow_service: tuple[str, ...] = ()  # endpoints that SERVICE may query
    reuse: int = 1000  # number of fast queries that one process answers before a new one replaces it
    growth_limit: int = 64  # MiB by which a process may grow before it is replaced
    start_time: float = 60.0  # seconds for loading the graph
