"""The MCP server: its tools, resources, errors and worker processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError

from kg import __version__
from kg.agents.answers import Answer, Caps
from kg.agents.messages import in_tool_words
from kg.agents.tools import Tools
from kg.ask import briefing
from kg.ask.catalogue import question
from kg.engine.processes.pool import Workers
from kg.engine.processes.query_limits import QueryLimits
from kg.errors import KgError, NotFoundError
from kg.graph import KnowledgeGraph, graph_of, open_graph
from kg.resources import is_web_address, local_graph

_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_OPENING = """\
{summary}
Try a canned question first (list_questions, ask). Names of entities: find. Reasons for a statement: explain. SPARQL: schema, then
sparql.
{rules}"""


class AgentServer(MCPServer[Any]):
    """An MCP server that reports the errors of this package, with their remedies, in terms of the tools."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The result of a tool.

        Raises ToolError with the message of a :class:`~kg.errors.KgError`, or with the errors in the arguments.
        """
        known = [tool.name for tool in await self.list_tools()]
        if name not in known:
            raise ToolError(f"there is no tool '{name[:100]}'; the tools are {', '.join(known)}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, KgError):
                raise ToolError(in_tool_words(str(cause))) from cause
            if isinstance(cause, ValidationError):
                raise ToolError(f"{name}: {_arguments(cause)}") from error
            raise


def create_server(graph: KnowledgeGraph, allowed: Collection[str] = (), caps: Caps | None = None) -> AgentServer:
    """An MCP server of this graph; ``allowed`` are the endpoints that federated queries may use."""
    instructions = _OPENING.format(summary=briefing.SUMMARY, rules=briefing.RULES)
    server = AgentServer("mcrc-kg", instructions=instructions, version=__version__, log_level="WARNING")
    tools = Tools(graph, allowed, caps or Caps())
    asked = (tools.list_questions, tools.ask, tools.find, tools.describe, tools.explain, tools.compare, tools.pool, tools.sparql)
    for tool in (*asked, tools.schema):
        server.add_tool(tool, annotations=_READS, structured_output=False)  # one schema for all, as a resource

    @server.resource("mcrc://schema", title="Schema of the graph", mime_type="text/markdown")
    def schema() -> str:
        """Classes, properties, prefixes and example queries."""
        return tools.schema()

    @server.resource(
        "mcrc://answer", title="JSON Schema of the structured content of every tool", mime_type="application/schema+json"
    )
    def answer_schema() -> str:
        """The form of structured answers, which is the same for all tools but schema."""
        return json.dumps(Answer.model_json_schema())

    @server.resource("mcrc://question/{name}", title="SPARQL of a canned question", mime_type="application/sparql-query")
    def sparql_of(name: str) -> str:
        """The query file of a canned question, as a template for the tool sparql."""
        try:
            return question(name).sparql
        except NotFoundError as error:
            raise ResourceNotFoundError(in_tool_words(str(error))) from error

    return server


def run(place: str | None, limits: QueryLimits, serve: Callable[[AgentServer], None]) -> None:
    """Serve the packaged graph, that of a folder, store or endpoint, with the function ``serve`` until it returns.

    Raises :class:`~kg.errors.InputError` when there is no graph.
    """
    if place is not None and is_web_address(place):
        serve(create_server(open_graph(place), limits.allow_service))
        return
    workers = Workers(local_graph(place), limits)
    workers.start()
    try:
        workers.wait()
        serve(create_server(graph_of(workers, workers.graph.version), limits.allow_service))
    finally:
        workers.close()


def _arguments(error: ValidationError) -> str:
    told = []
    for one in error.errors(include_url=False, include_input=False)[:5]:
        told.append(f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg'][0].lower()}{one['msg'][1:]}")
    return "; ".join(told)
