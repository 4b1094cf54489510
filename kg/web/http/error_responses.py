"""Errors as HTTP answers: one status a class, and a text that says what is wrong and what helps."""

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
    """The body of a request is of a type that is not read here."""


class CodingError(MediaTypeError):
    """The body of a request is in a content coding that is not read here."""


BODIES = ("application/x-www-form-urlencoded", "application/sparql-query")  # the media types of bodies that are read here

# what a client that was refused a body may send instead (RFC 9110 section 15.5.16)
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
    """The HTTP status of an error: that of its class, or of the nearest class above."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


async def problem(request: Request, code: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong: as plain text, as RFC 9457 JSON for who prefers JSON, as a page for a browser."""
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
    """The answer to an error of this package."""
    assert isinstance(error, KgError)
    code = status(error)
    headers = _INSTEAD.get(type(error))
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(max(request.app.state.service.limits.retry_after, math.ceil(error.after)))}
    return await problem(request, code, str(error), headers)


async def on_http(request: Request, error: Exception) -> Response:
    """The answer to an error that the framework raises: no such path, no such method.

    Who reads an address that differs from one of a route by a slash at its end is led there.
    """
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404 and request.method in ("GET", "HEAD") and (there := _elsewhere(request)) is not None:
        return RedirectResponse(there, 307)
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted({*headers["Allow"].split(", "), "OPTIONS"}))
        if request.method == "OPTIONS":  # which the framework leaves to every route
            return Response(status_code=204, headers=headers)
    endpoint = "; SPARQL is asked at /sparql" if request.method == "POST" else ""
    said = {404: "there is nothing at this address", 405: f"{request.method} is not for this address{endpoint}"}
    return await problem(request, error.status_code, said.get(error.status_code, str(error.detail)), headers)


def _elsewhere(request: Request) -> str | None:
    """The first page for the path below which the site is served; else the address without its last slash, if there is one."""
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
