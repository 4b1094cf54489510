"""What one application remembers: all of it depends on nothing but the graph."""

from __future__ import annotations

from starlette.requests import Request

from kg.graph import KnowledgeGraph
from kg.web.endpoint.query_cache import QueryCache
from kg.web.endpoint.service import Service
from kg.web.kept import Kept
from kg.web.pages.choices import Choices
from kg.web.pages.downloads import Downloads
from kg.web.pages.pictures import Pictures

_BYTES = 16 << 20  # that all kept answers take together, as text


class Memory:
    """The graph with its answers remembered, the allowed values, rendered answers, pictures, and the files to take away."""

    def __init__(self, service: Service) -> None:
        self.graph = KnowledgeGraph(QueryCache(service.workers))
        self.choices = Choices(self.graph)
        self.answers: Kept[str] = Kept(_BYTES, len)
        self.pictures = Pictures(service.background)
        self.downloads = Downloads(service.file, service.background)


def memory(request: Request) -> Memory:
    """The memory of the application that a request came to."""
    state = request.app.state
    if not hasattr(state, "memory"):
        state.memory = Memory(state.service)
    found: Memory = state.memory
    return found
