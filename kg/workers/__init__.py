"""Queries in processes of their own, so that a server can bound them: time, memory, size, number.

One process, the nursery, holds the graph; workers are forked from it and share its memory. See docs/decisions/008-server.md.
"""

from kg.nursery.limits import QueryLimits
from kg.workers.pool import Beside, Run, Workers

__all__ = ["Beside", "QueryLimits", "Run", "Workers"]
