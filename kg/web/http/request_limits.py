"""Middleware for all handlers: limits on the size and duration of requests, and the security headers of all responses."""

from __future__ import annotations

import asyncio
import time
from ipaddress import IPv6Address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.engine.processes.costs import CLIENT
from kg.web.http.addresses import route_path
from kg.web.http.response_memory import LONG, FullError, MemoryBudget, Reservation
from kg.web.http.security_headers import CORS, SECURITY
from kg.web.http.server_limits import Limits

_METHODS = "GET, HEAD, POST, OPTIONS"
_PREFLIGHT = {
    "Allow": _METHODS,
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Max-Age": "86400",
    "Vary": "Access-Control-Request-Headers",
}
# a preflight may request any valid header name, because no header changes what a client may read here
_NAMES = "Accept, Accept-Language, Authorization, Content-Type, If-None-Match, Range, X-Requested-With"
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")  # RFC 9110 section 5.6.2
_MOST_NAMES = 64
_LONGEST_NAME = 64  # characters


class RequestLimits:
    """Middleware that applies the limits and adds the headers."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._running = 0
        self._budget = MemoryBudget(limits.answers_limit << 20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        CLIENT.set(_client(scope))
        head = scope["method"] == "HEAD"
        guarded = _Outgoing(send, bodiless=head)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        self._running += 1
        held = scope.setdefault("state", {})["reservation"] = Reservation(self._budget)
        try:
            incoming = _Incoming(receive, self._limits)
            try:
                await self._app(_as_get(scope) if head else scope, incoming, guarded)
            except _BodyError as error:
                if guarded.started:
                    raise
                await PlainTextResponse(f"{error}\n", error.status, {"Connection": "close"})(scope, receive, guarded)
            except FullError:
                if guarded.started:
                    raise
                refusal = _refuse(503, "too many long responses are in progress; try again in a few seconds", self._later)
                await refusal(scope, receive, guarded)
        finally:
            self._running -= 1
            held.hold(0)

    @property
    def _later(self) -> dict[str, str]:
        return {"Retry-After": str(self._limits.retry_after)}

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if _size(scope) > self._limits.header_limit:  # h11 counts only the bytes before the headers are complete
            return _refuse(431, "the headers are too long; send a long query by POST")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            asked = _names(headers.get("access-control-request-headers", ""))
            return Response(status_code=204, headers={**_PREFLIGHT, "Access-Control-Allow-Headers": asked})
        if scope["method"] == "OPTIONS" and scope["path"] == "*":  # the server as a whole (RFC 9110 section 9.3.7)
            return Response(status_code=204, headers={"Allow": _METHODS})
        if "transfer-encoding" in headers and "content-length" in headers:
            # a proxy that uses the other header could mistake a part of the body for another request
            return _refuse(400, "the request has both Content-Length and Transfer-Encoding; send one of them")
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > self._limits.url_limit:
            return _refuse(414, f"the URL is longer than {self._limits.url_limit} bytes; send the query by POST")
        if _length(headers) > self._limits.body_limit << 20:
            return _refuse(413, f"the request body is larger than {self._limits.body_limit} MiB")
        exempt = route_path(scope).startswith("/-/")  # monitoring must work even if the server is busy
        if self._running >= self._limits.requests and not exempt:
            text = f"the server is handling {self._running} requests; try again in a few seconds"
            return _refuse(503, text, self._later)
        return None


class _BodyError(Exception):
    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class _Incoming:
    """The body of a request, with limits on its size and duration."""

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
            async with asyncio.timeout(max(0.001, self._deadline - time.monotonic())):
                message = await self._receive()
        except TimeoutError as error:
            raise _BodyError(408, f"the request was not complete within {self._limits.body_time:g} seconds") from error
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _BodyError(413, f"the request body is larger than {self._limits.body_limit} MiB")
        self._complete = not message.get("more_body", False)
        return message


class _Outgoing:
    """The response, with the security headers, in parts that a slow client can receive one by one."""

    def __init__(self, send: Send, bodiless: bool = False) -> None:
        self._send = send
        self._bodiless = bodiless
        self._start: Message | None = None
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**SECURITY, **CORS}.items():
                headers.setdefault(name, value)
            if "location" in headers:
                headers["location"] = _here(headers["location"])
            self._start = message  # sent with the first part of the body; until then another response can replace it
            return
        if self._bodiless:
            message = {**message, "body": b""}
        body = message.get("body", b"")
        if self._start is not None:
            first, self._start, self.started = self._start, None, True
            await self._send(first)
        if len(body) <= LONG:
            await self._send(message)
            return
        for start in range(0, len(body), LONG):
            more = start + LONG < len(body) or message.get("more_body", False)
            await self._send({**message, "body": body[start : start + LONG], "more_body": more})


def _here(location: str) -> str:
    """The target of a redirect without the host, which the framework copies unchecked from the request."""
    path = location.partition("://")[2].partition("/")[2] if "://" in location.partition("?")[0] else location
    return "/" + path.lstrip("/\\")


def _client(scope: Scope) -> str:
    """The identity of a client for fair sharing: its IPv4 address, or its IPv6 network of one subscriber (RFC 6177: /64)."""
    host = scope["client"][0] if scope.get("client") else ""
    if ":" not in host:
        return str(host)
    try:
        address = IPv6Address(host)
    except ValueError:
        return str(host)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64)) + "/64"


def _as_get(scope: Scope) -> Scope:
    """A HEAD request as the corresponding GET request, without a range (RFC 9110 sections 9.3.2 and 14.2)."""
    headers = [pair for pair in scope["headers"] if pair[0] not in (b"range", b"if-range")]
    return {**scope, "method": "GET", "headers": headers}


def _size(scope: Scope) -> int:
    """The size of the header lines of a request in bytes."""
    return sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def _names(asked: str) -> str:
    """The valid header names that a preflight requests (RFC 9110 section 5.6.2)."""
    names = [name.strip() for name in asked.split(",", _MOST_NAMES)[:_MOST_NAMES]]
    return ", ".join(name for name in names if 0 < len(name) <= _LONGEST_NAME and _TOKEN.issuperset(name)) or _NAMES


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0


def _refuse(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{said}\n", status, {"Connection": "close", **(headers or {})})
