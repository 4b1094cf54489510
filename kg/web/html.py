"""Pages: Jinja2 templates of this package, and the files that they use."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

static = Mount("/static", StaticFiles(packages=[("kg.web", "static")], check_dir=False), name="static")


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template filled in; ``root`` is the path under which the site is mounted, empty at the top of a host."""
    return HTMLResponse(_templates().get_template(template).render(root=root(request), **values), status)


def root(request: Request) -> str:
    """The path under which the site is mounted, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


@cache
def _templates() -> Environment:
    loader = PackageLoader("kg.web", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
