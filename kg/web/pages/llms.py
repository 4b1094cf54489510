"""The texts for language models: ``/llms.txt``, and ``/llms-full.txt`` with the SPARQL of every question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.briefing import llms_full_txt, llms_txt
from kg.ask.schema import Schema, schema
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root


def _served(write: Callable[[Schema, Collection[str], str], str], name: str) -> Callable[[Request], Awaitable[Response]]:
    """A handler that answers with a text made from the schema; an application computes the schema once."""

    async def handler(request: Request) -> Response:
        service: Service = request.app.state.service
        headers = {
            "ETag": f'"{service.checksum}-{name}"',
            "Cache-Control": f"public, max-age={service.limits.cache_time}",
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if not hasattr(request.app.state, "schema"):
            request.app.state.schema = await service.run(schema, service.graph.query)
        text = write(request.app.state.schema, service.limits.allow_service, root(request))
        return Response(text, headers=headers, media_type="text/plain; charset=utf-8")

    return handler


routes = [Route("/llms.txt", _served(llms_txt, "llms")), Route("/llms-full.txt", _served(llms_full_txt, "llms-full"))]
