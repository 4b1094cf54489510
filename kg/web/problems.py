"""Errors as HTTP answers: one status a class, and a text that says what is wrong and what helps."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import (
    BusyError,
    DataError,
    EngineError,
    FormatError,
    InputError,
    KgError,
    MemoryLimitError,
    NotFoundError,
    OutsideError,
    RefusedError,
    SizeLimitError,
    TimeLimitError,
    UsageError,
)

STATUSES: Mapping[type[KgError], int] = {
    UsageError: 400,
    InputError: 400,
    RefusedError: 403,
    NotFoundError: 404,
    FormatError: 406,
    SizeLimitError: 413,
    DataError: 422,
    KgError: 500,
    EngineError: 500,
    OutsideError: 502,
    BusyError: 503,
    TimeLimitError: 504,
    MemoryLimitError: 507,
}


def status(error: KgError) -> int:
    """The HTTP status of an error: that of its class, or of the nearest class above."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem(request: Request, code: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong: as plain text, or as RFC 9457 JSON for a client that prefers JSON."""
    accept = request.headers.get("accept", "")
    if "json" in accept and "text/html" not in accept:
        body = json.dumps({"type": "about:blank", "status": code, "detail": text}, ensure_ascii=False)
        return Response(body, code, headers, "application/problem+json")
    return Response(text.rstrip() + "\n", code, headers, "text/plain; charset=utf-8")


def on_error(request: Request, error: Exception) -> Response:
    """The answer to an error of this package."""
    assert isinstance(error, KgError)
    code = status(error)
    headers = {"Retry-After": str(request.app.state.service.limits.retry_after)} if code == 503 else None
    return problem(request, code, str(error), headers)
