"""Range requests: one byte range of a response with a strong validator (RFC 9110 section 14)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Range = tuple[int | None, int | None]


class Ranges:
    """Middleware that answers requests for one byte range; requests for several ranges or other units get the whole response.

    The framework handles files, of which it reads only the range. Any other cacheable response gets an entity tag of its bytes:
    the tag of the handler identifies the version of the graph, but the engine may serialise the same version as other bytes after
    a restart.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        wanted = one_range(headers.get("range", ""))
        outgoing = _Outgoing(scope, receive, send, wanted, headers.get("if-range"))
        held = headers.getlist("if-none-match")
        dropped = {b"if-none-match"} if wanted is not None else {b"if-none-match", b"range", b"if-range"}
        kept = [pair for pair in scope["headers"] if pair[0] not in dropped]
        if held:
            outgoing.held = [tag.strip().removeprefix("W/") for tag in ",".join(held).split(",")]
            kept.append((b"if-none-match", ", ".join(map(_of_state, outgoing.held)).encode("latin-1")))
        await self._app({**scope, "headers": kept}, receive, outgoing)


class _Outgoing:
    """A response, or the requested range of it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, wanted: Range | None, condition: str | None) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._wanted, self._condition = wanted, condition
        self._start: Message | None = None
        self.held: list[str] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            headers = MutableHeaders(scope=message)
            if message["status"] == 304 and "etag" in headers:
                headers["etag"] = next(
                    (tag for tag in self.held if _of_state(tag) == headers.get("etag")), headers.get("etag", "")
                )
            if not _divisible(message["status"], headers):
                await self._flush()
            return
        if self._start is None or message.get("more_body"):
            await self._flush()
            await self._send(message)
            return
        await self._whole(self._start, message)

    async def _flush(self) -> None:
        if self._start is not None:
            start, self._start = self._start, None
            await self._send(start)

    async def _whole(self, start: Message, message: Message) -> None:
        body: bytes = message.get("body", b"")
        headers = MutableHeaders(scope=start)
        headers["accept-ranges"] = "bytes"
        hashed = await _hash(body)
        if "etag" in headers:
            headers["etag"] = f'{headers["etag"][:-1]}.{hashed}"'
        else:
            headers["etag"] = f'"{hashed}"'
            if headers["etag"] in self.held:  # a handler cannot know this tag
                del headers["content-length"]
                await self._send({**start, "status": 304})
                await self._send({**message, "body": b""})
                return
        if self._wanted is None or self._condition not in (None, headers["etag"]):
            await self._flush()
            await self._send(message)
            return
        span = slice_of(self._wanted, len(body))
        if span is None:
            refused = PlainTextResponse("the response has no such range\n", 416, {"Content-Range": f"bytes */{len(body)}"})
            await refused(self._scope, self._receive, self._send)
            return
        headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{len(body)}"
        headers["content-length"] = str(span.stop - span.start)
        await self._send({**start, "status": 206})
        await self._send({**message, "body": body[span]})


_INLINE = 1 << 18  # bytes; up to this size, the hash is computed without a thread
_HASH = 16  # hexadecimal digits of the hash of the bytes in an entity tag


def one_range(text: str) -> Range | None:
    """The first and last byte of a ``Range`` for one range of bytes, either of which may be open; None for anything else.

    >>> one_range("bytes=0-99"), one_range("bytes=100-"), one_range("bytes=-5")
    ((0, 99), (100, None), (None, 5))
    >>> one_range("bytes=5-2") is None, one_range("bytes=0-1,3-4") is None, one_range("lines=1-2") is None
    (True, True, True)
    """
    unit, equals, span = text.partition("=")
    first, dash, last = (part.strip() for part in span.partition("-"))
    if unit.strip().lower() != "bytes" or not (equals and dash and (first or last)):
        return None
    if not all(len(part) < 19 and part.isascii() and part.isdecimal() for part in (first, last) if part):
        return None
    found = (int(first) if first else None, int(last) if last else None)
    return None if found[0] is not None and found[1] is not None and found[1] < found[0] else found


def slice_of(wanted: Range, length: int) -> slice | None:
    """The slice of a body with this length that a range selects, or None if it selects nothing.

    >>> slice_of((None, 5), 3), slice_of((1, 99), 3), slice_of((3, None), 3)
    (slice(0, 3, None), slice(1, 3, None), None)
    """
    first, last = wanted
    if first is None:
        return slice(max(0, length - (last or 0)), length) if last and length else None
    return slice(first, length if last is None else min(length, last + 1)) if first < length else None


def _divisible(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a response supports ranges here: it is cacheable, not HTML, and not handled by the framework."""
    if status != 200 or "accept-ranges" in headers or "content-encoding" in headers:
        return False
    if "no-store" in headers.get("cache-control", ""):
        return False
    return headers.get("etag", '"').startswith('"') and not headers.get("content-type", "").startswith("text/html")


async def _hash(body: bytes) -> str:
    """A hash of bytes for an entity tag; long bodies are hashed in a thread, so that the server is not blocked."""
    made = await to_thread.run_sync(hashlib.sha256, body) if len(body) > _INLINE else hashlib.sha256(body)
    return made.hexdigest()[:_HASH]


def _of_state(tag: str) -> str:
    """An entity tag without the hash of the bytes."""
    state, dot, rest = tag.rpartition(".")
    return f'{state}"' if dot and len(rest) == _HASH + 1 and rest.endswith('"') else tag
