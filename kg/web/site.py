"""All pages of the site, as they plug into the application."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kg.web import query, working
from kg.web.html import root, static
from kg.web.service import Pages


def site() -> Pages:
    """The pages of the site."""
    return Pages(routes=[*query.routes, *working.routes, Route("/favicon.ico", icon), static], query="/query")


async def icon(request: Request) -> Response:
    """The way to the picture of the site, which a browser asks for where no page names it."""
    return RedirectResponse(f"{root(request)}/static/icon.svg", 301)
