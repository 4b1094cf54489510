"""Why a worker ended without an answer, as the error that the client gets."""

from __future__ import annotations

import signal

from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.supervisor import Worker
from kg.engine.processes.worker import UNOPENED
from kg.errors import BusyError, EngineError, InputError, KgError, MemoryLimitError, TimeLimitError

_OUTSIDE = (None, 0, UNOPENED, -signal.SIGKILL, -signal.SIGTERM)  # statuses of workers that no query has ended


def too_long(limits: QueryLimits) -> TimeLimitError:
    """The error of a query that reached the time limit."""
    return TimeLimitError(
        f"the query takes longer than {limits.time_limit:g} seconds; request less data, or make it more specific"
    )


def too_much(limits: QueryLimits) -> MemoryLimitError:
    """The error of a query that reached the memory limit."""
    return MemoryLimitError(f"the query needs more than {limits.memory_limit} MiB; request less data, or sort and group less")


def by_query(worker: Worker) -> bool:
    """Whether the query ended the process, not something outside."""
    return worker.status not in _OUTSIDE


def ending(worker: Worker, limits: QueryLimits) -> tuple[str, KgError] | None:
    """The kind under which the ending of a worker is counted, and the error; None when it was killed from outside."""
    if worker.refused:
        return "BusyError", BusyError("no process can be started for the query now; try again in a few seconds")
    if worker.status == -signal.SIGABRT:
        return "MemoryLimitError", too_much(limits)
    if worker.status == -signal.SIGALRM:
        return "TimeLimitError", too_long(limits)
    if worker.status == -signal.SIGSEGV:  # stack overflow
        said = "the query is nested too deeply, or too long, for the engine; simplify it"
        return "EngineError", InputError(said)
    if by_query(worker):
        return "EngineError", EngineError("the engine crashed on this query; write it in another way")
    return None


def not_answered(worker: Worker) -> KgError:
    """The error after the last attempt: several workers were killed from outside, or cannot open the graph."""
    if worker.status in (UNOPENED, None):  # None: the forkserver ended with it, as when the graph was deleted
        return BusyError("no process can open the graph now; try again in a few seconds")
    return EngineError("the process of the query was killed from outside several times; try again")
