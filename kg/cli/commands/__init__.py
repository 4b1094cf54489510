"""The commands: each parses its arguments, calls the library and prints the result. ``app`` is the application."""

from kg.cli.app import app
from kg.cli.commands import agents, build, evidence, query, serve

__all__ = ["agents", "app", "build", "evidence", "query", "serve"]
