"""The caches of one application; their content depends only on the graph."""

from __future__ import annotations

from starlette.requests import Request

from kg.graph import KnowledgeGraph
from kg.web.endpoint.query_cache import QueryCache
from kg.web.endpoint.service import Service
from kg.web.http.kept import Kept
from kg.web.pages.downloads import Downloads
from kg.web.pages.figure_cache import FigureCache
from kg.web.pages.parameters import ParameterValues

_BYTES = 16 << 20  # of all cached answers together, as text


class Caches:
    """The graph with cached answers, the parameter values, the rendered answers, the figures, and the download files."""

    def __init__(self, service: Service) -> None:
        self.graph = KnowledgeGraph(QueryCache(service.workers))
        self.choices = ParameterValues(self.graph)
        self.answers: Kept[str] = Kept(_BYTES, len)
        self.pictures = FigureCache(service.background)
        self.downloads = Downloads(service.file, service.background)


def caches_of(request: Request) -> Caches:
    """The caches of the application that handles a request."""
    state = request.app.state
    if not hasattr(state, "caches"):
        state.caches = Caches(state.service)
    found: Caches = state.caches
    return found
