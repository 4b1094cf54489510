"""The search: entities by label, abbreviation, alternative name, brand name, misprint or external identifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kg.ask.name_index import Name, NameIndex
from kg.ask.search import called, find, match, named_in
from kg.errors import UsageError
from kg.namespaces import TYPES
from kg.web.endpoint.service import Service
from kg.web.endpoint.service_description import base
from kg.web.http.addresses import here, root
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address
from kg.web.pages.templating import render

MOST = 50
_COUNTED = 500  # matches of which the kinds are counted
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
TERM = "term"  # the kind of the classes and properties of the ontology, which have no type in their IRIs
_KINDS = {
    TERM: "term of the ontology",
    "source": "document",
    "part": "part of a document",
    "row": "row of a table",
    "state": "biomarker state",
    "locus": "biomarker locus",
    "item": "reporting item",
    "line": "line of therapy",
    "analysis": "analysis of a trial",
    "verdict": "authors' reading",
}
_TREATMENTS = ("drug", "regimen")  # the kinds that can be compared


@dataclass(frozen=True)
class Hit:
    """One entity of the search: its label, kind and page, and the name that matched if it is another one."""

    label: str
    kind: str
    href: str | None
    how: str = ""
    text: str = ""


async def search_page(request: Request) -> Response:
    """The page of the entities whose names match a text; with ``go``, the page of the entity that has this name, if it is one."""
    service: Service = request.app.state.service
    text, kind = _text(request), _kind(request)
    names = await service.run(caches_of(request).graph.names)
    if text and request.query_params.get("go") and (one := await service.run(_only, names, text)) is not None:
        return RedirectResponse(f"{address(str(one.entity), root(request))}?{urlencode({'searched': text})}", 303)
    values = await service.run(_found, names, text, kind, root(request))
    body = await service.run(render, "search.html", root=root(request), path=here(request), text=text, kind=kind, **values)
    return HTMLResponse(body)


async def search_json(request: Request) -> Response:
    """The entities whose names match a text, as JSON: label, type, IRI, page, the matching name, and how it matches."""
    service: Service = request.app.state.service
    text, kind = _text(request), _kind(request)
    names = await service.run(caches_of(request).graph.names)
    found = await service.run(find, _narrowed(names, kind), text, _limit(request))
    here_ = base(request).rstrip("/")
    return JSONResponse(
        [{"label": one.label, "type": one.kind or TERM, "kind": _words(one.kind), "iri": str(one.entity),
          "page": f"{here_}{address(str(one.entity))}", "matched": one.text, "how": one.how, "match": match(one, text)}
         for one in found]
    )  # fmt: skip


def _found(names: NameIndex, text: str, kind: str, at: str) -> dict[str, Any]:
    """The hits by how they match, the kinds of all matches with their numbers, and how many hits there are."""
    every = find(names, text, _COUNTED + 1) if text else []
    found = find(_narrowed(names, kind), text, MOST + 1) if kind else every[: MOST + 1]
    groups: dict[str, list[Hit]] = {"exact": [], "part": [], "similar": [], "within": []}
    for one in found[:MOST]:
        groups[match(one, text)].append(_hit(one, at))
    if text and not groups["exact"] and not groups["within"]:
        groups["within"] = [_hit(one, at) for one in named_in(_narrowed(names, kind), text)[:MOST]]
    return {
        **groups,
        "facets": _facets(every[:_COUNTED], text, kind, at),
        "counted": None if len(every) <= _COUNTED else _COUNTED,
        "total": min(len(found), MOST),
        "more": len(found) > MOST,
        "compared": _compared(groups["within"], text, at),
    }


def _hit(one: Name, at: str) -> Hit:
    other = (_HOW[one.how], one.text) if one.text != one.label else ("", "")
    return Hit(one.label, _words(one.kind), address(str(one.entity), at), *other)


def _compared(found: Sequence[Hit], text: str, at: str) -> tuple[str, str, str] | None:
    """Two treatments that a text names, in its order, and the address of their comparison; None if it does not name two."""
    treated = [one for one in found if one.kind in _TREATMENTS]
    if len(treated) != 2:
        return None
    one, other = (hit.label for hit in sorted(treated, key=lambda hit: text.lower().find((hit.text or hit.label).lower())))
    return one, other, f"{at}/compare?{urlencode({'one': one, 'other': other})}"


def _words(kind: str) -> str:
    """The kind of an entity in words, from the type in its IRI."""
    return _KINDS.get(kind or TERM, kind)


def _facets(found: Sequence[Name], text: str, kind: str, at: str) -> Sequence[Mapping[str, Any]]:
    """The kinds of the matches, the most frequent first, each with its number and address; none if there is one kind only."""
    counts = Counter(one.kind or TERM for one in found)
    if len(counts) < 2 and kind in ("", *counts):
        return ()
    shown = [("", "all kinds", len(found)), *((one, _words(one), number) for one, number in counts.most_common())]
    return [
        {"words": words, "number": number, "chosen": one == kind,
         "href": f"{at}/search?{urlencode({'q': text} | ({'kind': one} if one else {}))}"}
        for one, words, number in shown
    ]  # fmt: skip


def _only(names: NameIndex, text: str) -> Name | None:
    """The entity with a page of its own that has this name, if there is exactly one."""
    found = called(names, text)
    return found[0] if len(found) == 1 and found[0].kind and found[0].how != "near identifier" else None


def _narrowed(names: NameIndex, kind: str) -> NameIndex:
    return names.of_kind("" if kind == TERM else kind) if kind else names


def _text(request: Request) -> str:
    text = request.query_params.get("q", "").strip()
    if len(text) > _LONGEST:
        raise UsageError(f"the search text has {len(text)} characters; at most {_LONGEST} are allowed")
    return text


def _kind(request: Request) -> str:
    kind = request.query_params.get("kind", "")
    if kind and kind != TERM and kind not in TYPES:
        raise UsageError(f"there is no kind of entity '{kind[:_LONGEST]}'; give one of: {', '.join([*TYPES, TERM])}")
    return kind


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(MOST))
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 0 < int(text) <= MOST):
        raise UsageError(f"limit must be a whole number from 1 to {MOST}, not '{text[:_LONGEST]}'")
    return int(text)


routes = [Route("/search", search_page), Route("/search.json", search_json)]
