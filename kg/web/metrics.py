"""Health of the server, and metrics for Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kg.web.endpoint.service import Service

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters since the start of the server."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0
        self.bytes = 0

    def observe(self, seconds: float) -> None:
        """Count a query with its duration in seconds."""
        self.buckets[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds += seconds

    def text(self, service: Service) -> str:
        """The metrics in the text format of Prometheus, version 0.0.4."""
        lines: list[str] = []
        requests = {f'{{method="{method}",status="{code}"}}': count for (method, code), count in sorted(self.requests.items())}
        _add(lines, "mcrc_kg_requests_total", "counter", "Requests by method and status.", requests)
        _add(lines, "mcrc_kg_answer_bytes_total", "counter", "Bytes of responses sent.", {"": self.bytes})
        _add(lines, "mcrc_kg_query_seconds", "histogram", "Seconds from the request of a query to its answer.", {})
        total = 0
        for bound, count in zip([*map(str, _BOUNDS), "+Inf"], self.buckets, strict=True):
            total += count
            lines.append(f'mcrc_kg_query_seconds_bucket{{le="{bound}"}} {total}')
        lines += [f"mcrc_kg_query_seconds_sum {self.seconds:.6f}", f"mcrc_kg_query_seconds_count {total}"]
        counts = service.workers.counts()
        states = {f'{{state="{state}"}}': counts[state] for state in ("idle", "fast", "trial", "slow")}
        _add(lines, "mcrc_kg_workers", "gauge", "Worker processes by state.", states)
        _add(lines, "mcrc_kg_queue_length", "gauge", "Queries that wait for a slot.", {"": counts["waiting"]})
        _add(
            lines,
            "mcrc_kg_forkserver_starts_total",
            "counter",
            "Number of times the graph was loaded.",
            {"": counts["forkserver_starts"]},
        )
        refused = {"": service.workers.refused()}
        _add(lines, "mcrc_kg_refused_early_total", "counter", "Queries refused before execution.", refused)
        known = {"": service.workers.clients()}
        _add(lines, "mcrc_kg_clients", "gauge", "Clients whose recent cost is recorded.", known)
        kills = {f'{{reason="{reason}"}}': count for reason, count in sorted(service.workers.kills().items())}
        _add(lines, "mcrc_kg_kills_total", "counter", "Queries that the server terminated, by reason.", kills)
        return "\n".join(lines) + "\n"


async def health(request: Request) -> Response:
    """``ok`` with status 200 when the engine is ready, and a line for each part that does not work; else status 503."""
    service: Service = request.app.state.service
    headers = {"Cache-Control": "no-store"}
    if not service.workers.ready():
        return PlainTextResponse("the engine is starting\n", 503, headers)
    return PlainTextResponse("".join(["ok\n", *(f"missing: {kind}\n" for kind in service.background.missing)]), headers=headers)


async def metrics(request: Request) -> Response:
    """The metrics as text."""
    text = request.app.state.metrics.text(request.app.state.service)
    return Response(text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"})


def _add(lines: list[str], name: str, kind: str, what: str, values: dict[str, int]) -> None:
    lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{labels} {value}" for labels, value in values.items()]
