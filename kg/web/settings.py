"""The settings of a server, and the start of its workers.

This module does not import the web framework, so that another process can load the graph while this one loads the framework.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kg.engine.processes.pool import Workers
from kg.resources import local_graph
from kg.web.endpoint.service_graphs import service_graphs
from kg.web.http.proxies import Proxies
from kg.web.http.server_limits import Limits


@dataclass(frozen=True)
class Settings:
    """The settings of a server: the graph (a file, folder or store on disk; default: the packaged graph), limits and proxies.

    ``root_path`` is the path below which a proxy serves it, empty at the top of a host. The forwarded headers of ``proxies`` are
    trusted.
    """

    graph: str | Path | None = None
    limits: Limits = field(default_factory=Limits)
    root_path: str = ""
    proxies: Proxies = field(default_factory=Proxies)

    @cached_property
    def place(self) -> Path:
        """The file of the graph, or the folder of the store.

        Raises :class:`~kg.errors.InputError` when there is none.
        """
        return local_graph(self.graph)


def begin(settings: Settings) -> Workers:
    """Workers that have started to load the graph.

    Raises :class:`~kg.errors.InputError` when there is none.
    """
    workers = Workers(settings.place, settings.limits, lambda: service_graphs(settings.limits.allow_service))
    workers.start()
    return workers
