"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from kg.engine.processes.pool import Workers
from kg.errors import KgError, UsageError
from kg.graph import graph_of
from kg.web.access_log import AccessLog
from kg.web.endpoint.answer_cache import AnswerCache
from kg.web.endpoint.linked_data import ROUTES
from kg.web.endpoint.protocol import ENDPOINT, METHODS, sparql
from kg.web.endpoint.service import Pages, Service
from kg.web.http.compression import Compression
from kg.web.http.error_responses import on_error, on_http
from kg.web.http.forwarded import Forwarded
from kg.web.http.headers import JoinedHeaders
from kg.web.http.ranges import Ranges
from kg.web.http.request_limits import RequestLimits
from kg.web.http.response_memory import MemoryReservation
from kg.web.metrics import Metrics, health, metrics
from kg.web.settings import Settings, begin


def create_app(settings: Settings | None = None, pages: Pages | None = None, workers: Workers | None = None) -> Starlette:
    """The application; its workers load the graph at once, unless they are given, and end when it shuts down.

    Raises :class:`~kg.errors.InputError` when there is no graph.
    """
    settings = settings or Settings()
    pages = pages or Pages()
    limits = settings.limits
    workers = workers or begin(settings)
    service = Service(
        graph=graph_of(workers, workers.graph.version),
        workers=workers,
        limits=limits,
        pages=pages,
        threads=anyio.CapacityLimiter(limits.requests),
        answers=AnswerCache(workers),
        held=anyio.CapacityLimiter(max(1, limits.requests // 4)),
    )

    counted = Metrics()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.run(workers.wait)
        try:
            async with service.background as background:
                workers.watch(background.report)
                if pages.warm is not None:
                    background.start("warm-up", partial(anyio.to_thread.run_sync, pages.warm, abandon_on_cancel=True))
                yield
        finally:
            # not in the threads for requests, which may all be busy
            await anyio.to_thread.run_sync(workers.close, limiter=anyio.CapacityLimiter(1))

    served = routes(pages)
    _check(settings.root_path, served)
    app = Starlette(
        routes=served,
        middleware=[
            Middleware(Forwarded, proxies=settings.proxies, root_path=settings.root_path),
            Middleware(AccessLog, metrics=counted),
            Middleware(JoinedHeaders),
            Middleware(RequestLimits, limits=limits),
            Middleware(Compression),
            Middleware(Ranges),
            Middleware(MemoryReservation),
        ],
        exception_handlers={KgError: on_error, HTTPException: on_http},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would also redirect POST, which clients repeat as GET, twice or not at all
    app.state.service = service
    app.state.metrics = counted
    return app


def _check(prefix: str, served: Sequence[BaseRoute]) -> None:
    """Refuse a prefix that is also the start of an address of the server: it would not be clear whether a proxy removed it.

    Raises :class:`~kg.errors.UsageError`.
    """
    first = prefix.split("/")[1:2]
    if first and first[0] in {str(getattr(route, "path", "")).split("/")[1] for route in served}:
        raise UsageError(f"--root-path must not begin with /{first[0]}, because this is an address of the server itself")


def routes(pages: Pages) -> list[BaseRoute]:
    """The routes of the application: the endpoint, linked data, health and metrics, then the pages."""
    return [
        *[Route(path, sparql, methods=[*METHODS]) for path in ENDPOINT],
        *ROUTES,
        Route("/-/health", health),
        Route("/-/metrics", metrics),
        *pages.routes,
    ]
