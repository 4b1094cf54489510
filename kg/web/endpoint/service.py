"""The object that all handlers share, as ``request.app.state.service``."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from rdflib import URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from kg import __version__
from kg.ask.catalogue import questions
from kg.engine.processes.pool import Workers
from kg.graph import KnowledgeGraph
from kg.web.endpoint.answer_cache import AnswerCache
from kg.web.http.background import Background
from kg.web.http.server_limits import Limits

T = TypeVar("T")


@dataclass(frozen=True)
class Pages:
    """The HTML pages of an application: routes, the page of an entity, the page of an unknown entity, the page of an error.

    ``entity`` gets the request and the IRI of an entity in the graph; ``missing`` gets the request and an unknown IRI;
    ``problem`` gets the request, a status and a text. Each is called only if the client prefers HTML. A browser at ``/sparql`` is
    redirected to the path ``query``. ``warm`` runs in a thread once the server answers requests; it loads libraries for which the
    first pages would otherwise wait.
    """

    routes: Sequence[BaseRoute] = ()
    entity: Callable[[Request, URIRef], Awaitable[Response]] | None = None
    missing: Callable[[Request, URIRef], Awaitable[Response]] | None = None
    problem: Callable[[Request, int, str], Awaitable[Response]] | None = None
    query: str | None = None
    warm: Callable[[], None] | None = None


@dataclass(frozen=True)
class Service:
    """The graph, its worker processes, the limits, the pages, and the background tasks."""

    graph: KnowledgeGraph
    workers: Workers
    limits: Limits
    pages: Pages
    threads: anyio.CapacityLimiter = field(repr=False)
    held: anyio.CapacityLimiter = field(repr=False)  # limits the delayed refusals
    answers: AnswerCache = field(repr=False)
    background: Background = field(default_factory=Background, repr=False)

    async def run(self, function: Callable[..., T], /, *words: Any, **named: Any) -> T:
        """The result of a function that queries the graph; it runs in a thread, so it does not block the server."""
        return await anyio.to_thread.run_sync(partial(function, *words, **named), limiter=self.threads)

    @cached_property
    def checksum(self) -> str:
        """A checksum of the graph and of the questions, for entity tags."""
        digest = hashlib.sha256(self.workers.graph.checksum())
        for text in (__version__, *self.limits.allow_service, *(asked.sparql for asked in questions().values())):
            digest.update(text.encode())
        return digest.hexdigest()[:20]
