"""A worker process: it sets its limits, then answers requests until its socket is closed or it must be replaced.

The kernel enforces the limits, independent of the engine: address space, an alarm that ends the process, and, unless the worker
may query other endpoints, no further file handle, so that neither a file nor a connection can be opened. A worker on a store
keeps handles for tables that it opens later, but the kernel refuses sockets; where it cannot, the federation policy is strict.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from kg.engine import federation
from kg.engine.lexer import tokens
from kg.engine.oxigraph import Document, Oxigraph, Scope
from kg.engine.processes.graphs import ServedGraph
from kg.engine.processes.messages import receive_message, send_message
from kg.engine.processes.no_connections import refuse_connections
from kg.engine.processes.query_limits import QueryLimits
from kg.errors import FormatError, InputError, KgError, OutsideError, RefusedError, SizeLimitError

MIB = 1 << 20
ERRORS: dict[str, type[KgError]] = {
    kind.__name__: kind for kind in (FormatError, InputError, OutsideError, RefusedError, SizeLimitError)
}
UNOPENED = 75  # the exit status of a worker that cannot open the graph
_GRACE = 1.0
_SPARE_HANDLES = 8
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def work(requests: socket.socket, graph: ServedGraph, limits: QueryLimits, forkserver: int, sandboxed: bool) -> int:
    """Answer the requests from a socket until it is closed, or another process should replace this one; return the exit status.

    The first message says that the graph is open, and each message the processor time so far, in seconds: the opening is not part
    of a query.
    """
    _end_with(forkserver)
    try:
        tables = graph.tables()
        # before threads start, which inherit it
        closed = sandboxed and (not tables or refuse_connections())
        engine = graph.open()
    except (OSError, ValueError, RuntimeError, MemoryError):
        return UNOPENED
    _confine(limits, sandboxed, tables)
    send_message(requests, {"spent": time.thread_time()})
    start = _resident()
    for left in reversed(range(limits.reuse if sandboxed else 1)):
        request = receive_message(requests)
        if request is None:
            return 0
        head, sparql = request
        signal.setitimer(signal.ITIMER_REAL, head["seconds"] + _GRACE)  # its default action ends the process
        answer, body = _answer(engine, head, sparql.decode(), limits.allow_service, strict=not closed)
        answer["last"] = not left or _resident() - start > limits.growth_limit * MIB
        answer["spent"] = time.thread_time()
        send_message(requests, answer, body)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if answer["last"]:
            break
    return 0


def _answer(
    engine: Oxigraph, head: dict[str, Any], sparql: str, allowed: tuple[str, ...], strict: bool
) -> tuple[dict[str, Any], bytes]:
    scope = None if head["scope"] is None else Scope(*map(tuple, head["scope"]))
    try:
        services = federation.check(sparql, allowed, strict)
        ask = partial(engine.document, sparql, head["forms"], scope, head["most"], base=head.get("base"), services=services)
        document = _silently(ask) if services and _silent(sparql) else ask()
    except MemoryError:
        return {"error": "MemoryError"}, b""
    except KgError as error:
        return {"error": type(error).__name__, "said": str(error)}, b""
    return {"form": document.form}, document.body


def _silent(sparql: str) -> bool:
    """Whether a query has at most one ``SERVICE``, with ``SILENT``."""
    words = [token.text.lower() for token in tokens(sparql) if token.kind == "word"]
    return words.count("service") == 1 and "silent" in words


def _silently(ask: Callable[[], Document]) -> Document:
    """The answer to a query with one ``SERVICE SILENT``, for which a failure of the endpoint is ignored.

    The engine ignores failures itself, unless the answer of the endpoint is incomplete or does not parse. Without file handles no
    endpoint can be reached, and the engine ignores this failure only for ``SILENT``.
    """
    try:
        return ask()
    except OutsideError as error:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # this process answers no other query
        try:
            return ask()
        except OutsideError:
            raise error from None


def _end_with(forkserver: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != forkserver:  # the forkserver ended before the call
            os._exit(1)


def _confine(limits: QueryLimits, sandboxed: bool, tables: int) -> None:
    """Set the limits; ``tables`` is the number of files that the engine may still open."""
    most = _address_space() + limits.memory_limit * MIB
    with contextlib.suppress(ValueError, OSError):  # the system may lack this limit, or already have a lower one
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sandboxed:
        most = tables + max(map(int, os.listdir("/dev/fd"))) + _SPARE_HANDLES if tables else 0
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as pages:
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30  # other systems do not report it; 1 GiB is enough for the graph


def _resident() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
