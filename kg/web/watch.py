"""What an operator sees: one line of JSON a request on standard error, health, and metrics for Prometheus."""

from __future__ import annotations

import errno
import os
import time
import traceback
import uuid
from bisect import bisect_left
from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.http.error_responses import problem
from kg.web.http.log import log
from kg.web.http.request_limits import CORS, SECURITY
from kg.web.service import Service

_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
_LACKING = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts since the server was started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0
        self.bytes = 0

    def observe(self, seconds: float) -> None:
        """Count a query that took so long."""
        self.buckets[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds += seconds

    def text(self, service: Service) -> str:
        """The metrics in the text format of Prometheus, version 0.0.4."""
        lines: list[str] = []
        requests = {f'{{method="{method}",status="{code}"}}': count for (method, code), count in sorted(self.requests.items())}
        _add(lines, "mcrc_kg_requests_total", "counter", "Requests by method and status.", requests)
        _add(lines, "mcrc_kg_answer_bytes_total", "counter", "Bytes of answers sent.", {"": self.bytes})
        _add(lines, "mcrc_kg_query_seconds", "histogram", "Time from the request of a query to its answer.", {})
        total = 0
        for bound, count in zip([*map(str, _BOUNDS), "+Inf"], self.buckets, strict=True):
            total += count
            lines.append(f'mcrc_kg_query_seconds_bucket{{le="{bound}"}} {total}')
        lines += [f"mcrc_kg_query_seconds_sum {self.seconds:.6f}", f"mcrc_kg_query_seconds_count {total}"]
        counts = service.workers.counts()
        states = {f'{{state="{state}"}}': counts[state] for state in ("idle", "fast", "trial", "slow")}
        _add(lines, "mcrc_kg_workers", "gauge", "Worker processes by what they do.", states)
        _add(lines, "mcrc_kg_queue_length", "gauge", "Queries that wait for a place.", {"": counts["waiting"]})
        _add(
            lines,
            "mcrc_kg_forkserver_starts_total",
            "counter",
            "How often the graph was loaded.",
            {"": counts["forkserver_starts"]},
        )
        refused = {"": service.workers.refused()}
        _add(lines, "mcrc_kg_refused_early_total", "counter", "Queries refused before anything was done for them.", refused)
        known = {"": service.workers.clients()}
        _add(lines, "mcrc_kg_clients", "gauge", "Clients whose recent cost is remembered.", known)
        kills = {f'{{reason="{reason}"}}': count for reason, count in sorted(service.workers.kills().items())}
        _add(lines, "mcrc_kg_kills_total", "counter", "Queries that were ended, by reason.", kills)
        return "\n".join(lines) + "\n"


class Watch:
    """Logs and counts every request, and turns what no handler foresaw into a plain answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        sent = {"status": 0, "bytes": 0}

        async def count(message: Message) -> None:
            sent["status"] = message.get("status", sent["status"])
            sent["bytes"] += len(message.get("body", b""))
            await send(message)

        extra: dict[str, Any] = {}
        try:
            await self._app(scope, receive, count)
        except Exception as error:  # a door: the trace is for the log, the client gets its number
            short = shortage(error)
            if short is None:
                extra = {"error": uuid.uuid4().hex[:12], "trace": "".join(traceback.format_exception(error))}
                code, headers = 500, {**SECURITY, **CORS}
                text = f"internal error {extra['error']}; the log of the server has it under this number\n"
            else:
                extra = {"error": short}
                later = scope["app"].state.service.limits.retry_after
                code, headers = 503, {**SECURITY, **CORS, "Retry-After": str(later)}
                text = "the server has no file handle, thread or memory to spare; try again in a few seconds\n"
            if not sent["status"]:
                failed = await problem(Request(scope), code, text, headers)
                await failed(scope, receive, count)
        finally:
            self._told(scope, sent, time.perf_counter() - started, extra)

    def _told(self, scope: Scope, sent: dict[str, int], seconds: float, extra: dict[str, Any]) -> None:
        state = scope.get("state", {})
        if (query := state.get("query")) is not None:
            self._metrics.observe(seconds)
            extra = {"query": query, "queue": state["run"].queue, **extra}
        # a client may send any word as a method, and each would be counted for good
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests[method, sent["status"]] += 1
        self._metrics.bytes += sent["bytes"]
        client = scope["client"][0] if scope.get("client") else ""
        log(
            {"method": scope["method"], "path": scope["path"], "status": sent["status"], "bytes": sent["bytes"]}
            | {"ms": round(seconds * 1000, 1), "client": client}
            | extra
        )


def shortage(error: BaseException | None) -> str | None:
    """What this process lacks, if an error came of that: handles, threads or memory; None for any other error."""
    while error is not None:
        lacking = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _LACKING)
        if lacking or (isinstance(error, RuntimeError) and "can't start new thread" in str(error)):
            return f"{type(error).__name__}: {error}"
        if isinstance(error, ImportError) and os.strerror(errno.EMFILE) in str(error):  # of a shared library
            return f"{type(error).__name__}: {error}"
        error = error.__cause__
    return None


async def health(request: Request) -> Response:
    """``ok`` with 200 when a query is answered, and a line for each part that is missing; else 503."""
    service: Service = request.app.state.service
    headers = {"Cache-Control": "no-store"}
    if not service.workers.ready():
        return PlainTextResponse("the engine starts\n", 503, headers)
    return PlainTextResponse("".join(["ok\n", *(f"missing: {kind}\n" for kind in service.background.missing)]), headers=headers)


async def metrics(request: Request) -> Response:
    """The metrics as text."""
    text = request.app.state.metrics.text(request.app.state.service)
    return Response(text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"})


def _add(lines: list[str], name: str, kind: str, what: str, values: dict[str, int]) -> None:
    lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{labels} {value}" for labels, value in values.items()]
