"""All pages of the site, for use in the application."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kg.web.endpoint.service import Pages
from kg.web.http.addresses import root
from kg.web.pages import (
    about,
    claims,
    classes,
    comparisons,
    corroboration,
    diagrams,
    download_page,
    evidence,
    explanations,
    figures,
    glossary,
    home,
    lists,
    llms,
    query,
    questions,
    search,
    source_tables,
)
from kg.web.pages.entities import EntityPages
from kg.web.pages.error_pages import missing, problem
from kg.web.pages.figure_cache import load
from kg.web.pages.source_text import SourceText
from kg.web.pages.templating import static


def site(copy: SourceText | None = None) -> Pages:
    """The pages of the site; with a copy of the source, passages are shown in their context."""
    return Pages(
        routes=[
            *home.routes,
            *search.routes,
            *lists.routes,
            *classes.routes,
            *explanations.routes,
            *query.routes,
            *questions.routes,
            *figures.routes,
            *evidence.routes,
            *comparisons.routes,
            *diagrams.routes,
            *source_tables.routes,
            *claims.routes,
            *corroboration.routes,
            *download_page.routes,
            *about.routes,
            *glossary.routes,
            *llms.routes,
            Route("/favicon.ico", icon),
            Route("/robots.txt", robots),
            static,
        ],
        entity=EntityPages(copy).page,
        missing=missing,
        problem=problem,
        query="/query",
        warm=load,
    )


async def robots(request: Request) -> Response:
    """The rules for crawlers: they may read all pages, but not queries, figures and downloads."""
    refused = (f"Disallow: {root(request)}/{path}\n" for path in ("sparql", "query", "plot/", "downloads/", "-/"))
    return PlainTextResponse(f"User-agent: *\n{''.join(refused)}")


async def icon(request: Request) -> Response:
    """A redirect to the icon of the site, which some browsers request at this address."""
    return RedirectResponse(f"{root(request)}/static/icon.svg", 301)
