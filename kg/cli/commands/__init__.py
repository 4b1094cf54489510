"""The commands: each parses its arguments, calls the library and prints the result. ``app`` is the application."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.cli.app import Commands, app

__all__ = ["MODULES", "app", "application"]

# the commands of each module, in the order of the help page and of the table in README.md
MODULES = {
    "query": ("ask", "query", "find", "link", "show", "explain", "info"),
    "analyses": ("evidence", "pool", "compare", "plot"),
    "serve": ("serve",),
    "agents": ("mcp",),
    "curate": ("curate",),
    "build": ("build", "load", "validate", "audit", "export", "reason", "bench"),
}


def application(words: Sequence[str] = ()) -> Commands:
    """The application for a command line: with the commands of the module that the first word belongs to, else with all."""
    first = words[0] if words else ""
    named = [module for module, commands in MODULES.items() if first in commands]
    for module in named or MODULES:
        import_module(f"{__name__}.{module}")
    from kg.cli.app import app

    return app


def __getattr__(name: str) -> Any:
    """The application with all commands, made when it is first asked for."""
    if name == "app":
        return application()
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
