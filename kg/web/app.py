"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.routing import Route

from kg import __version__
from kg.errors import KgError
from kg.graph import KnowledgeGraph
from kg.resources import graph_file
from kg.web.limits import Limits
from kg.web.problems import on_error
from kg.web.protocol import METHODS, sparql
from kg.web.service import Pages, Service, checksum
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
    workers = Workers(file, limits)
    workers.start()
    service = Service(
        graph=KnowledgeGraph(workers),
        workers=workers,
        limits=limits,
        checksum=checksum(file, __version__),
        pages=pages,
        threads=anyio.CapacityLimiter(limits.requests),
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.run(workers.wait)
        try:
            yield
        finally:
            await service.run(workers.close)

    app = Starlette(
        routes=[Route("/sparql", sparql, methods=[*METHODS]), *pages.routes],
        exception_handlers={KgError: on_error},
        lifespan=lifespan,
    )
    app.state.service = service
    return app
