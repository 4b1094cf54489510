"""The error pages: what is wrong, and what the reader can do."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import unquote

from rdflib import URIRef
from starlette.requests import Request
from starlette.responses import Response

from kg.ask.name_index import Name
from kg.errors import KgError
from kg.graph import KnowledgeGraph
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address
from kg.web.pages.templating import page

_HELPS = {
    400: "Check the address or the form: a value in it is missing or not valid.",
    404: "Check the spelling of the address. The entity may have another name in this graph; try the search.",
    405: "Use the method GET for this address.",
    413: "Request less data, or download a file instead of opening a page.",
    429: "Wait until your earlier requests are answered, or send fewer requests.",
    503: "The server is busy. Try again in a few seconds.",
    504: "Request less data, or add a LIMIT to the query.",
}
_NEAR = 6


async def missing(request: Request, iri: URIRef) -> Response:
    """The error page for an IRI that is not in the graph, with the nearest names."""
    return await problem(request, 404, f"The graph has no entity with the IRI {iri}.")


async def problem(request: Request, code: int, text: str) -> Response:
    """The error page of a status code, with a text."""
    near: list[tuple[str, str, str | None]] = []
    if code == 404:
        service: Service = request.app.state.service
        found = await service.run(_near, caches_of(request).graph, here(request))
        near = [(one.label, one.kind or "term", address(str(one.entity), root(request))) for one in found]
    title = HTTPStatus(code).phrase
    return page(request, "error.html", code, code=code, title=title, text=text, helps=_HELPS.get(code, ""), near=near)


def _near(graph: KnowledgeGraph, path: str) -> list[Name]:
    """The entities whose names are near the last part of an address; none if the graph cannot be queried."""
    words = re.sub(r"[-_.+]+", " ", unquote(path).rstrip("/").rpartition("/")[2])[:80]
    try:
        found = graph.find(words, _NEAR)
        for word in sorted(words.split(), key=len, reverse=True):
            if found:
                break
            found = graph.find(word, _NEAR) if len(word) > 3 else []
    except KgError:
        return []
    return found
