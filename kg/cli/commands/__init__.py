"""The commands: each module parses its words, calls the library and prints. ``app`` is the application with all of them."""

from kg.cli.app import app
from kg.cli.commands import agents, analyses, build, query, serve

__all__ = ["agents", "analyses", "app", "build", "query", "serve"]
