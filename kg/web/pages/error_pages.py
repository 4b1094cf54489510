"""The pages for what is not there and what went wrong: they say what, and what helps."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import unquote

from rdflib import URIRef
from starlette.requests import Request
from starlette.responses import Response

from kg.ask.search import Name
from kg.errors import KgError
from kg.graph import KnowledgeGraph
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages.links import address
from kg.web.pages.templating import page

_HELPS = {
    400: "Look at the address or the form: something in it cannot be read as it stands.",
    404: "The address may be misspelt, or the thing may have another name here.",
    405: "This address is read with GET.",
    413: "Ask for less, or choose a file in place of a page.",
    429: "Wait for what you asked before, or ask for less.",
    503: "The server has much to do. Try again in a few seconds.",
    504: "Ask for less, or add a LIMIT.",
}
_NEAR = 6


async def missing(request: Request, iri: URIRef) -> Response:
    """The page for an IRI that the graph does not know, with the nearest names."""
    return await problem(request, 404, f"The graph knows nothing of {iri}.")


async def problem(request: Request, code: int, text: str) -> Response:
    """The page of an error."""
    near: list[tuple[str, str, str | None]] = []
    if code == 404:
        service: Service = request.app.state.service
        found = await service.run(_near, service.graph, here(request))
        near = [(one.label, one.kind or "term", address(str(one.entity), root(request))) for one in found]
    title = HTTPStatus(code).phrase
    return page(request, "error.html", code, code=code, title=title, text=text, helps=_HELPS.get(code, ""), near=near)


def _near(graph: KnowledgeGraph, path: str) -> list[Name]:
    """The things whose names are near the last part of an address; none where the graph cannot be asked either."""
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
