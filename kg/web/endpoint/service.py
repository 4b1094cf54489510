"""What the handlers share: one frozen object, on ``request.app.state.service``."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
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
from kg.web.http.background import Background
from kg.web.http.limits import Limits

T = TypeVar("T")


@dataclass(frozen=True)
class Pages:
    """Where HTML plugs in: further routes, the page of an entity, the page for a name that nothing has, the page of an error.

    ``entity`` gets the request and the IRI of a thing that the graph knows; ``missing`` the request and an IRI it does not know;
    ``problem`` the request, a status and a text. Each is asked only when the client prefers HTML. ``query`` is the path of the
    page to which a browser at ``/sparql`` is sent. ``warm`` is run in a thread once requests are answered, to load what the first
    pages would else wait for.
    """

    routes: Sequence[BaseRoute] = ()
    entity: Callable[[Request, URIRef], Awaitable[Response]] | None = None
    missing: Callable[[Request, URIRef], Awaitable[Response]] | None = None
    problem: Callable[[Request, int, str], Awaitable[Response]] | None = None
    query: str | None = None
    warm: Callable[[], None] | None = None


@dataclass(frozen=True)
class Service:
    """The graph to ask, the processes behind it, the limits, the pages, the file of the graph, and the work in the background."""

    graph: KnowledgeGraph
    workers: Workers
    limits: Limits
    pages: Pages
    file: Path
    threads: anyio.CapacityLimiter = field(repr=False)
    held: anyio.CapacityLimiter = field(repr=False)  # refusals that are held for a moment
    background: Background = field(default_factory=Background, repr=False)

    async def run(self, function: Callable[..., T], /, *words: Any, **named: Any) -> T:
        """What a function gives that asks the graph, run in a thread so that the server goes on meanwhile."""
        return await anyio.to_thread.run_sync(partial(function, *words, **named), limiter=self.threads)

    @cached_property
    def checksum(self) -> str:
        """A short name for this state of the graph and of the questions, for entity tags."""
        digest = hashlib.sha256(self.file.read_bytes())
        for text in (__version__, *self.limits.allow_service, *(asked.sparql for asked in questions().values())):
            digest.update(text.encode())
        return digest.hexdigest()[:20]
