"""One query on its way through the pool: its client, what is sent for it, its slot, and its worker."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from kg.engine.oxigraph import Scope
from kg.engine.processes.costs import CLIENT
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Ticket
from kg.engine.processes.supervisor import Worker
from kg.engine.processes.worker import MIB


@dataclass(eq=False)
class Run:
    """One query in progress: its client and its queue; setting ``cancelled`` ends it."""

    client: str = field(default_factory=CLIENT.get)
    queue: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class Query:
    """A query on its way: what is sent, its slot, the time when it must be answered, and the worker to which it was sent."""

    request: tuple[dict[str, object], bytes]
    run: Run
    sandboxed: bool
    ticket: Ticket
    deadline: float
    worker: Worker | None = None


def request_of(
    sparql: str, forms: Sequence[str], scope: Scope | None, limits: QueryLimits, base: str
) -> tuple[dict[str, object], bytes]:
    """The head and the body of the message to a worker."""
    seen = None if scope is None else (scope.default, scope.named)
    head: dict[str, object] = {
        "forms": list(forms),
        "scope": seen,
        "most": limits.answer_limit * MIB,
        "seconds": limits.time_limit,
        "base": base,
    }
    return head, sparql.encode()
