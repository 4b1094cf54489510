"""Errors as HTTP responses: a status for each error class, and a text with the error and its remedy."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

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
    ShareError,
    SizeLimitError,
    TimeLimitError,
    UsageError,
)
from kg.web.http.addresses import here, root


class MediaTypeError(UsageError):
    """The media type of the request body is not supported."""


class CodingError(MediaTypeError):
    """The content coding of the request body is not supported."""


BODIES = ("application/x-www-form-urlencoded", "application/sparql-query")  # the supported media types of request bodies

# the headers that tell a client what it may send instead (RFC 9110 section 15.5.16)
_INSTEAD: Mapping[type[KgError], Mapping[str, str]] = {
    CodingError: {"Accept-Encoding": "identity"},
    MediaTypeError: {"Accept": ", ".join(BODIES)},
}
STATUSES: Mapping[type[KgError], int] = {
    UsageError: 400,
    InputError: 400,
    RefusedError: 403,
    NotFoundError: 404,
    FormatError: 406,
    SizeLimitError: 413,
    MediaTypeError: 415,
    DataError: 422,
    KgError: 500,
    EngineError: 500,
    OutsideError: 502,
    ShareError: 429,
    BusyError: 503,
    TimeLimitError: 504,
    MemoryLimitError: 507,
}


def status(error: KgError) -> int:
    """The HTTP status of an error: that of its class, or of the nearest superclass."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


async def problem(request: Request, code: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error response: a page for a browser, RFC 9457 JSON for a client that prefers JSON, else plain text."""
    accept = request.headers.get("accept", "")
    if "text/html" in accept:
        pages = request.app.state.service.pages
        if pages.problem is not None and here(request).rstrip("/") != "/sparql":
            page: Response = await pages.problem(request, code, text)
            page.headers.update(headers or {})
            return page
    elif "json" in accept:
        told = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "detail": text}
        return Response(json.dumps(told, ensure_ascii=False), code, headers, "application/problem+json")
    return Response(text.rstrip() + "\n", code, headers, "text/plain; charset=utf-8")


async def on_error(request: Request, error: Exception) -> Response:
    """The response to an error of this package."""
    assert isinstance(error, KgError)
    code = status(error)
    headers = _INSTEAD.get(type(error))
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(max(request.app.state.service.limits.retry_after, math.ceil(error.after)))}
    return await problem(request, code, str(error), headers)


async def on_http(request: Request, error: Exception) -> Response:
    """The response to an error of the framework: an unknown path or a method that is not allowed.

    A GET request with a superfluous trailing slash is redirected to the address without it.
    """
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404 and request.method in ("GET", "HEAD") and (there := _elsewhere(request)) is not None:
        return RedirectResponse(there, 307)
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted({*headers["Allow"].split(", "), "OPTIONS"}))
        if request.method == "OPTIONS":  # the framework does not handle it
            return Response(status_code=204, headers=headers)
    endpoint = "; send SPARQL queries to /sparql" if request.method == "POST" else ""
    said = {404: "there is no page at this address", 405: f"the method {request.method} is not allowed at this address{endpoint}"}
    return await problem(request, error.status_code, said.get(error.status_code, str(error.detail)), headers)


def _elsewhere(request: Request) -> str | None:
    """The home page for the path of the site itself; else the address without its trailing slash, if that exists; else None."""
    if root(request) and request.url.path == root(request):
        return f"{root(request)}/"
    path = here(request).rstrip("/")
    if path == here(request) or not path:
        return None
    known = any(
        route.matches({**request.scope, "path": root(request) + path})[0] is not Match.NONE for route in request.app.routes
    )
    query = request.url.query
    return f"{root(request)}{path}{'?' if query else ''}{query}" if known else None
