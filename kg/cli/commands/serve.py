"""The command ``serve``: it serves the graph over HTTP."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

import kg
from kg.cli.app import AllowService, app
from kg.cli.output import note
from kg.errors import UsageError

Graph = Annotated[
    str | None,
    typer.Option(
        "--graph",
        envvar="MCRC_KG_GRAPH",
        help="A folder made by build, a store on disk, or a graph file. Default: the packaged graph.",
    ),
]


@app.command()
def serve(
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on. The default accepts connections from this machine only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 selects a free port.")] = 8000,
    graph: Graph = None,
    source: Annotated[
        Path | None,
        typer.Option("--source", help="Your own copy of the source text, in UTF-8, to show passages in their context."),
    ] = None,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Time limit of one query in seconds.")] = 10.0,
    memory_limit: Annotated[
        int, typer.Option("--memory-limit", help="Memory limit of one query in MiB, in addition to the graph.")
    ] = 512,
    allow_service: AllowService = None,
    root_path: Annotated[
        str,
        typer.Option("--root-path", metavar="PATH", help="The path under which a proxy serves this server, such as /kg."),
    ] = "",
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            metavar="ADDRESS",
            help="A proxy (IP address or network) whose X-Forwarded-* and Forwarded headers are trusted; repeat for several.",
        ),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=NUMBER",
            help="Set another limit, such as slow_slots=8; docs/serving.md and the error for an unknown name list them. "
            "Repeat for several.",
        ),
    ] = None,
) -> None:
    """Serve web pages, a SPARQL endpoint and linked data. Needs pip install '.[serve]'."""
    from kg.resources import is_web_address
    from kg.web.http.addresses import prefix_of
    from kg.web.http.proxies import Proxies
    from kg.web.http.server_limits import Limits
    from kg.web.settings import Settings, begin

    if graph is not None and is_web_address(graph):
        raise UsageError(
            "serve cannot use another endpoint as its graph; give --graph a folder made by build, or a store on disk"
        )
    limits = Limits.of(limit or (), time_limit=time_limit, memory_limit=memory_limit, allow_service=tuple(allow_service or ()))
    settings = Settings(graph, limits, prefix_of(root_path), Proxies.of(trusted_proxy or ()))
    with closing(begin(settings)) as workers:  # another process loads the graph while this one loads the web framework
        try:
            from kg.web.pages.site import site
            from kg.web.pages.source_text import own_copy
            from kg.web.server import run
        except ModuleNotFoundError as missing:
            cure = "install it with: pip install '.[serve]' in a copy of the project"
            raise UsageError(f"the package '{missing.name}' is missing; {cure}") from missing
        copy = None if source is None else own_copy(source, kg.open(graph))
        run(settings, host, port, note, site(copy), workers)
