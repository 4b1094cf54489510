"""Responses in a content coding that the client accepts: br or gzip (RFC 9110 sections 8.4 and 12.5.3)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import anyio
import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.web.http.ranges import one_range
from kg.web.http.response_memory import Reservation, reservation

Compress = Callable[[bytes, bool], bytes]  # from a part, and whether it is the last, to compressed bytes

SMALLEST = 1024  # bytes; smaller responses are not compressed
_LEVEL = 4  # 7.6 MB of JSON take 30 ms in either coding; the levels above save little more
_INLINE = 1 << 16  # bytes; up to this size, compression takes less than a millisecond and needs no thread
_THREADS = 2  # long responses that are compressed at once
_TYPES = frozenset(f"application/{name}" for name in ("json", "xml", "javascript", "n-triples", "n-quads", "trig"))
_ALIASES = {"x-gzip": "gzip"}


def _gzip() -> Compress:
    one = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return lambda data, last: one.compress(data) + (one.flush() if last else b"")


def _br() -> Compress:
    library: Any = import_module("brotli")
    one = library.Compressor(quality=_LEVEL)
    return lambda data, last: bytes(one.process(data) + (one.finish() if last else b""))


# the preferred coding first, if the client prefers none; without the package for br, only gzip is available
CODINGS: Mapping[str, Callable[[], Compress]] = {"br": _br, "gzip": _gzip} if find_spec("brotli") else {"gzip": _gzip}


class Compression:
    """Middleware that compresses long responses of compressible types.

    The entity tag of a compressed response is the tag of the uncompressed one plus the name of the coding; both are accepted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        takes = taken(", ".join(headers.getlist("accept-encoding")) if "accept-encoding" in headers else "identity")
        if not takes:
            refused = PlainTextResponse(f"no acceptable content coding; accept identity, {' or '.join(CODINGS)}\n", 406)
            await refused(scope, receive, send)
            return
        dropped = {b"if-none-match"}
        if "identity" in takes and one_range(headers.get("range", "")) is not None:
            takes = ["identity"]  # ranges refer to the uncompressed bytes
        elif "identity" not in takes:
            dropped |= {b"range", b"if-range"}
        held = [tag.strip().removeprefix("W/") for line in headers.getlist("if-none-match") for tag in line.split(",")]
        kept = [pair for pair in scope["headers"] if pair[0] not in dropped]
        if held:
            kept.append((b"if-none-match", ", ".join(_plain(tag, takes) for tag in held).encode("latin-1")))
        outgoing = _Outgoing(send, takes, held, self._threads, reservation(scope))
        await self._app({**scope, "headers": kept}, receive, outgoing)
        await outgoing.finish()


class _Outgoing:
    """A response, compressed if that makes it shorter."""

    def __init__(
        self,
        send: Send,
        takes: Sequence[str],
        held: Sequence[str],
        threads: anyio.CapacityLimiter,
        room: Reservation | None,
    ) -> None:
        self._send = send
        self._takes = takes
        self._held = held
        self._threads = threads
        self._room = room
        self._compress: Compress | None = None
        self._start: Message | None = None
        self._ready: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message)
            if self._compress is None:
                await self._send(message)
            return
        if self._compress is None:
            await self._send(message)
            return
        body, last = message.get("body", b""), not message.get("more_body", False)
        if len(body) > _INLINE:
            body = await anyio.to_thread.run_sync(self._compress, body, last, limiter=self._threads)
        else:
            body = self._compress(body, last)
        if self._start is not None:
            start, self._start = self._start, None
            if last:
                MutableHeaders(scope=start)["content-length"] = str(len(body))
                self._ready = [start, {**message, "body": body}]
                return
            await self._send(start)
        if body or last:
            await self._send({**message, "body": body})

    async def finish(self) -> None:
        """Send a complete compressed response, after the application has released the longer uncompressed one."""
        if self._ready and self._room is not None:
            self._room.hold(len(self._ready[-1]["body"]))
        for message in self._ready:
            await self._send(message)

    def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        status, tag = message["status"], headers.get("etag", "")
        shrinks = _shrinks(headers.get("content-type", ""))
        if status == 304 and tag:
            headers["etag"] = next((one for one in self._held if _plain(one, self._takes) == tag), tag)
        length = headers.get("content-length", "")
        short = length.isdecimal() and int(length) < SMALLEST and status != 206
        if status == 304 or (shrinks and not short):
            headers.add_vary_header("Accept-Encoding")
        if status in (204, 206, 304) or "content-encoding" in headers:
            return
        coding = self._takes[0]
        if "identity" in self._takes and (short or not shrinks or coding == "identity"):
            return
        self._start = message
        self._compress = CODINGS[coding]()
        headers.add_vary_header("Accept-Encoding")
        headers["content-encoding"] = coding
        if tag:
            headers["etag"] = f'{tag[:-1]}-{coding}"'
        for name in ("content-length", "accept-ranges"):
            del headers[name]


def taken(header: str) -> list[str]:
    """The codings that a client accepts, in order of preference; ``identity`` (no coding) is accepted unless it is excluded.

    >>> taken("gzip, deflate")
    ['gzip', 'identity']
    >>> taken("identity;q=0, gzip;q=0.5"), taken("identity, *;q=0.1")[0], taken("*;q=0")
    (['gzip'], 'identity', [])
    """
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        if name and weight is not None:
            weights[_ALIASES.get(name, name)] = weight
    rest = weights.get("*")
    found = {name: weights.get(name, rest or 0.0) for name in CODINGS}
    found["identity"] = weights.get("identity", 0.0001 if rest is None else rest)
    return sorted((name for name, weight in found.items() if weight > 0), key=lambda name: -found[name])


def _weight(parameters: Sequence[str]) -> float | None:
    """The weight among the parameters of a coding (RFC 9110 section 12.4.2), or None if it is not valid."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            digits = value.strip().replace(".", "", 1)
            if not (len(digits) <= 4 and digits.isascii() and digits.isdecimal()):
                return None
            return min(1.0, float(value))
    return 1.0


def _shrinks(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in _TYPES


def _plain(tag: str, takes: Sequence[str]) -> str:
    """An entity tag without the name of a coding that the client accepts."""
    for coding in takes:
        if tag.endswith(f'-{coding}"'):
            return f'{tag.removesuffix(f"-{coding}{chr(34)}")}"'
    return tag
