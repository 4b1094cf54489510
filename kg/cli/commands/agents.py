"""The command ``mcp``: it serves the graph to language models."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from kg.cli.app import AllowService, GraphPlace, app
from kg.cli.output import note
from kg.errors import UsageError

Port = Annotated[
    int | None,
    typer.Option(
        "--http", metavar="PORT", min=0, max=65535, help="Serve over HTTP at this port of 127.0.0.1; 0 selects a free port."
    ),
]


@app.command()
def mcp(
    graph: GraphPlace = None,
    http: Port = None,
    time_limit: Annotated[float, typer.Option("--time-limit", min=0.1, help="Time limit of one query in seconds.")] = 10.0,
    memory_limit: Annotated[
        int, typer.Option("--memory-limit", min=1, help="Memory limit of one query in MiB, in addition to the graph.")
    ] = 512,
    allow_service: AllowService = None,
) -> None:
    """Serve the graph to language models (Model Context Protocol). Needs pip install '.[agents]'."""
    if not hasattr(os, "fork"):
        raise UsageError("the server forks a process for each query, and this system cannot fork; use Linux, macOS or WSL")
    try:
        from kg.agents.server import run
        from kg.agents.transport import over_http, over_stdio
        from kg.engine.processes.query_limits import QueryLimits
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"the package '{missing.name}' is missing; install it with: pip install '.[agents]' in a copy of the project"
        ) from missing
    limits = QueryLimits(
        time_limit=time_limit,
        memory_limit=memory_limit,
        answer_limit=4,
        fast_slots=2,
        slow_slots=2,
        allow_service=tuple(allow_service or ()),
    )
    run(graph, limits, over_stdio if http is None else lambda server: over_http(server, http, note))
