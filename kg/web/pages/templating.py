"""The Jinja2 templates of the pages, and the static files."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from kg import __version__
from kg.web.http.addresses import here, root
from kg.web.pages.p_values import p_number, p_words

NAV = (
    ("/evidence", "Evidence"),
    ("/trials", "Trials"),
    ("/drugs", "Drugs"),
    ("/biomarkers", "Biomarkers"),
    ("/sources", "Sources"),
    ("/q", "Questions"),
    ("/pictures", "Pictures"),
    ("/query", "SPARQL"),
    ("/downloads", "Downloads"),
    ("/about", "About"),
)

static = Mount("/static", StaticFiles(packages=[("kg.web", "static")], check_dir=False), name="static")


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template, with the values that every page needs.

    ``root`` is the path under which the site is mounted, empty at the top of a host; ``path`` is the path of the page below it.
    """
    return HTMLResponse(render(template, root=root(request), path=here(request), **values), status)


def render(template: str, **values: Any) -> str:
    """The text of a page from a template; for use in a thread."""
    return _templates().get_template(template).render(nav=NAV, version=__version__, explained=Explained(), **values)


class Explained(dict[str, Any]):
    """The terms of the glossary that a page explains, by their anchors; the template adds those that it meets."""

    def add(self, term: Any) -> str:
        """The anchor of a term, which is explained at the end of the page from now on."""
        self[term.anchor] = term
        return str(term.anchor)


@cache
def _templates() -> Environment:
    loader = PackageLoader("kg.web", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"p_words": p_words, "p_number": p_number}
    return made
