"""Repeated header lines, combined into one, so that every reader of a header gets all of its values.

Specification: RFC 9110 section 5.3. ``Content-Type`` is not combined: it is not a list, and two of them are an error.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_NOT_COMBINED = {b"content-type"}


class JoinedHeaders:
    """Middleware that joins the lines of the same header with commas."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scope = {**scope, "headers": joined(scope["headers"])}
        await self._app(scope, receive, send)


def joined(lines: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The header lines with one line for each name, in the order of first appearance.

    >>> joined([(b"accept", b"text/csv"), (b"host", b"example.org"), (b"accept", b"*/*;q=0.1")])
    [(b'accept', b'text/csv, */*;q=0.1'), (b'host', b'example.org')]
    """
    values: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    if len(values) == len(lines):
        return lines
    return [
        (name, value) for name, found in values.items() for value in (found if name in _NOT_COMBINED else [b", ".join(found)])
    ]
