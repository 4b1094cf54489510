"""The caches of one application; their content depends only on the graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache
from starlette.requests import Request

from kg.graph import graph_of
from kg.web.endpoint.query_cache import QueryCache
from kg.web.endpoint.service import Service
from kg.web.pages.downloads import Downloads
from kg.web.pages.figure_cache import FigureCache
from kg.web.pages.parameters import ParameterValues

T = TypeVar("T")

_BYTES = 16 << 20  # of all cached answers together, as text


class Caches:
    """The graph with cached answers, the parameter values, the rendered answers, the figures, and the download files."""

    def __init__(self, service: Service) -> None:
        self.graph = graph_of(QueryCache(service.workers), service.workers.graph.version)
        self.choices = ParameterValues(self.graph)
        self.pictures = FigureCache(service.background)
        self._made: dict[Callable[..., Any], Any] = {}
        self._answers: LRUCache[Hashable, str] = LRUCache(_BYTES, len)
        self._lock = Lock()
        self.downloads = Downloads(service.workers.graph, service.background)

    def answer(self, key: Hashable) -> str | None:
        """The rendered answer of a key, if it is remembered; from any thread."""
        with self._lock:
            return self._answers.get(key)

    def made(self, make: Callable[[Caches], T]) -> T:
        """What a function makes of the graph, which takes long: it is called once, and its value is kept; from any thread."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

    def remember(self, key: Hashable, answer: str) -> None:
        """Keep a rendered answer while there is room; from any thread."""
        with self._lock, suppress(ValueError):  # one that is larger than all may be together is not kept
            self._answers[key] = answer


def caches_of(request: Request) -> Caches:
    """The caches of the application that handles a request."""
    state = request.app.state
    if not hasattr(state, "caches"):
        state.caches = Caches(state.service)
    found: Caches = state.caches
    return found
