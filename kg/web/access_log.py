"""The access log: one line of JSON on standard error for each request; and the response to unexpected errors."""

from __future__ import annotations

import errno
import os
import time
import traceback
import uuid
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.http.error_responses import problem
from kg.web.http.log import log
from kg.web.http.security_headers import CORS, SECURITY
from kg.web.metrics import Metrics

_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
_LACKING = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class AccessLog:
    """Logs and counts every request, and answers unexpected errors with a plain text."""

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
        except Exception as error:  # top level: the log gets the trace, the client gets its number
            short = shortage(error)
            if short is None:
                extra = {"error": uuid.uuid4().hex[:12], "trace": "".join(traceback.format_exception(error))}
                code, headers = 500, {**SECURITY, **CORS}
                text = f"internal error {extra['error']}; the server log has the details under this number\n"
            else:
                extra = {"error": short}
                later = scope["app"].state.service.limits.retry_after
                code, headers = 503, {**SECURITY, **CORS, "Retry-After": str(later)}
                text = "the server is out of file handles, threads or memory; try again in a few seconds\n"
            if not sent["status"]:
                failed = await problem(Request(scope), code, text, headers)
                await failed(scope, receive, count)
        finally:
            self._log(scope, sent, time.perf_counter() - started, extra)

    def _log(self, scope: Scope, sent: dict[str, int], seconds: float, extra: dict[str, Any]) -> None:
        state = scope.get("state", {})
        if (query := state.get("query")) is not None:
            self._metrics.observe(seconds)
            extra = {"query": query, "queue": state["run"].queue, **extra}
        # a client can send any word as a method, and each word would be counted for ever
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
    """The shortage of file handles, threads or memory that caused an error, as a text; None for any other error."""
    while error is not None:
        lacking = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _LACKING)
        if lacking or (isinstance(error, RuntimeError) and "can't start new thread" in str(error)):
            return f"{type(error).__name__}: {error}"
        if isinstance(error, ImportError) and os.strerror(errno.EMFILE) in str(error):  # of a shared library
            return f"{type(error).__name__}: {error}"
        error = error.__cause__
    return None
