"""Header lines that came more than once, made one, so that whoever reads a header reads all of it.

Specification: RFC 9110 section 5.3. ``Content-Type`` is left as it came: it is no list, and two of them are an error.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_AS_THEY_CAME = {b"content-type"}


class JoinedHeaders:
    """Joins the lines of the same header with commas, around an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scope = {**scope, "headers": joined(scope["headers"])}
        await self._app(scope, receive, send)


def joined(lines: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The lines with those of one name as one, in the order of their first.

    >>> joined([(b"accept", b"text/csv"), (b"host", b"example.org"), (b"accept", b"*/*;q=0.1")])
    [(b'accept', b'text/csv, */*;q=0.1'), (b'host', b'example.org')]
    """
    values: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    if len(values) == len(lines):
        return lines
    return [
        (name, value) for name, found in values.items() for value in (found if name in _AS_THEY_CAME else [b", ".join(found)])
    ]
