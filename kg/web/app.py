"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from kg.errors import KgError
from kg.graph import KnowledgeGraph
from kg.resources import graph_file
from kg.web.description import beside
from kg.web.limits import Limits
from kg.web.linked import ROUTES
from kg.web.problems import on_error, on_http
from kg.web.protocol import METHODS, sparql
from kg.web.safety import Safety
from kg.web.service import Pages, Service
from kg.web.watch import Metrics, Watch, health, metrics
from kg.workers import Workers


@dataclass(frozen=True)
class Settings:
    """What a server is started with: the graph's file or folder (the packaged one), and the limits."""

    graph: str | Path | None = None
    limits: Limits = field(default_factory=Limits)


def create_app(settings: Settings | None = None, pages: Pages | None = None) -> Starlette:
    """The application; it begins to load the graph at once, and ends its processes when it is shut down.

    Raises :class:`~kg.errors.InputError` when there is no graph.
    """
    settings = settings or Settings()
    pages = pages or Pages()
    limits = settings.limits
    file = graph_file(settings.graph)
    workers = Workers(file, limits, partial(beside, limits.allow_service))
    workers.start()
    service = Service(
        graph=KnowledgeGraph(workers),
        workers=workers,
        limits=limits,
        file=file,
        pages=pages,
        threads=anyio.CapacityLimiter(limits.requests),
    )

    counted = Metrics()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.run(workers.wait)
        try:
            yield
        finally:
            await service.run(workers.close)

    app = Starlette(
        routes=[
            Route("/sparql", sparql, methods=[*METHODS]),
            *ROUTES,
            Route("/-/health", health),
            Route("/-/metrics", metrics),
            *pages.routes,
        ],
        middleware=[Middleware(Watch, metrics=counted), Middleware(Safety, limits=limits)],
        exception_handlers={KgError: on_error, HTTPException: on_http},
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.metrics = counted
    return app
