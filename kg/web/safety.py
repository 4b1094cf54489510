"""What stands before every handler: caps on what comes in, time for it to come, headers on what goes out."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.limits import Limits

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Length, ETag, Link, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}
_PART = 1 << 16


class Safety:
    """The caps and the headers, around an application."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _Outgoing(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        self._running += 1
        try:
            incoming = _Incoming(receive, self._limits)
            try:
                await self._app(scope, incoming, guarded)
            except _BodyError as error:
                if guarded.started:
                    raise
                await PlainTextResponse(f"{error}\n", error.status, {"Connection": "close"})(scope, receive, guarded)
        finally:
            self._running -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return Response(status_code=204, headers=_PREFLIGHT)
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > self._limits.url_limit:
            return _refuse(414, f"the address is longer than {self._limits.url_limit} bytes; send the query by POST")
        if _length(headers) > self._limits.body_limit << 20:
            return _refuse(413, f"the request is longer than {self._limits.body_limit} MiB")
        exempt = scope["path"].startswith("/-/")  # who watches the server must see it also when it is full
        if self._running >= self._limits.requests and not exempt:
            text = f"{self._running} requests are handled now; try again in a few seconds"
            return _refuse(503, text, {"Retry-After": str(self._limits.retry_after)})
        return None


class _BodyError(Exception):
    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class _Incoming:
    """The body of a request, as long and as slow as is allowed."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._left = limits.body_limit << 20
        self._deadline = time.monotonic() + limits.body_time
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.001, self._deadline - time.monotonic()))
        except TimeoutError as error:
            raise _BodyError(408, f"the request did not come within {self._limits.body_time:g} seconds") from error
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _BodyError(413, f"the request is longer than {self._limits.body_limit} MiB")
        self._complete = not message.get("more_body", False)
        return message


class _Outgoing:
    """The answer, with the headers that every answer has, in parts that a slow client can take one by one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in {**SECURITY, **CORS}.items():
                headers.setdefault(name, value)
        body = message.get("body", b"")
        if len(body) <= _PART:
            await self._send(message)
            return
        for start in range(0, len(body), _PART):
            more = start + _PART < len(body) or message.get("more_body", False)
            await self._send({**message, "body": body[start : start + _PART], "more_body": more})


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0


def _refuse(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{said}\n", status, {"Connection": "close", **(headers or {})})
