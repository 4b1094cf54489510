"""Cache headers and conditional requests for responses that depend only on the graph and their address."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from kg.web.endpoint.service import Service


def keeping(service: Service, form: str) -> dict[str, str]:
    """The headers that let a client cache a response in a format and revalidate it."""
    return {"ETag": f'"{service.checksum}-{form}"', "Cache-Control": f"public, max-age={service.limits.cache_time}"}


def unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """The response 304 for a client that already has this version (RFC 9110 section 13.1.2), else None."""
    held = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=headers) if headers["ETag"] in held or held == ["*"] else None
