"""The search: entities by label, abbreviation, alternative name, brand name, misprint or external identifier."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from kg.ask.name_index import Name
from kg.ask.search import match
from kg.errors import UsageError
from kg.web.endpoint.service import Service
from kg.web.endpoint.service_description import base
from kg.web.http.addresses import here, root
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address
from kg.web.pages.templating import render

MOST = 50
_LONGEST = 200
_HOW = {
    "label": "name",
    "abbreviation": "abbreviation",
    "alias": "alternative name",
    "brand name": "brand name",
    "misprint": "misprint in a document",
    "identifier": "identifier in another database",
    "heading": "heading of a part of a document",
    "near identifier": "identifier of something close in another database",
}


async def search_page(request: Request) -> Response:
    """The page of the entities whose names match a text."""
    service: Service = request.app.state.service
    text = _text(request)
    found = await service.run(caches_of(request).graph.find, text, MOST + 1) if text else []
    rows = [(one, _HOW[one.how], one.label, address(str(one.entity), root(request))) for one in found]
    more = len(rows) > MOST
    rows = rows[:MOST]
    groups: dict[str, list[tuple[Name, str, str, str | None]]] = {"exact": [], "part": [], "similar": [], "within": []}
    for row in rows:
        groups[match(row[0], text)].append(row)
    body = await service.run(
        render, "search.html", root=root(request), path=here(request), text=text, total=len(rows), more=more, **groups
    )
    return HTMLResponse(body)


async def search_json(request: Request) -> Response:
    """The entities whose names match a text, as JSON: label, type, IRI, page, the matching name, and how it matches."""
    service: Service = request.app.state.service
    text = _text(request)
    found = await service.run(caches_of(request).graph.find, text, MOST)
    here_ = base(request).rstrip("/")
    return JSONResponse(
        [{"label": one.label, "type": one.kind or "term", "iri": str(one.entity), "page": f"{here_}{address(str(one.entity))}",
          "matched": one.text, "how": one.how, "match": match(one, text)} for one in found]
    )  # fmt: skip


def _text(request: Request) -> str:
    text = request.query_params.get("q", "").strip()
    if len(text) > _LONGEST:
        raise UsageError(f"the search text has {len(text)} characters; at most {_LONGEST} are allowed")
    return text


routes = [Route("/search", search_page), Route("/search.json", search_json)]
