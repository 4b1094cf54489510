"""The pictures by their addresses, as SVG, PNG and PDF; and the same SVG as a part of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup
from rdflib import URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.errors import NotFoundError, UsageError
from kg.graph import KnowledgeGraph
from kg.synthesis.comparisons import UNSELECTED, UNTARGETED
from kg.synthesis.pooling import METHODS
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figure_cache import TYPES, Drawing
from kg.web.pages.inline_svg import inline
from kg.web.pages.parameters import Option, named

if TYPE_CHECKING:
    from kg.plots import Picture  # loaded with what draws, after the first pages can be had

# the values that each word of an address may have: a helper question, or plain words
ALLOWED: Mapping[str, str | Sequence[str]] = {
    "endpoint": "endpoints",
    "experimental": "sides",
    "reference": "sides",
    "one": "sides",
    "other": "sides",
    "stratum": "strata",
    "line": "lines",
    "trial": "trials",
    "drug": "drugs",
    "by": ("drugs", "regimens"),
    "method": tuple(METHODS),
    "thing": "things",
}


@dataclass(frozen=True)
class Figure:
    """A picture as a page shows it: the drawing, its title, the same in words, and where it is as a file."""

    svg: Markup
    title: str
    told: str
    files: Sequence[tuple[str, str]]


def forest(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """A forest plot of a trial, or of a drug or two sides on an endpoint."""
    return graph.forest(**dict(values))


def network(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The network of comparisons."""
    return graph.network_plot(**dict(values))


def mechanism(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The ways of drugs to pathways."""
    return graph.mechanism_map(*values.values())


def timeline(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The approvals by year."""
    return graph.timeline()


DRAWN: Mapping[str, tuple[Callable[[KnowledgeGraph, Mapping[str, str]], Picture], frozenset[str]]] = {
    "forest": (forest, frozenset({"endpoint", "experimental", "reference", "stratum", "line", "method", "trial", "drug"})),
    "network": (network, frozenset({"by", "stratum", "line"})),
    "mechanism": (mechanism, frozenset({"thing"})),
    "timeline": (timeline, frozenset()),
}


# what may be chosen though no thing of the graph bears the name
_NAMELESS: Mapping[str, Option] = {
    "sides": Option(UNTARGETED, UNTARGETED, URIRef(""), "class of regimens"),
    "strata": Option(UNSELECTED.label, UNSELECTED.label, URIRef(UNSELECTED.iri)),
}


def allowed(caches: Caches, name: str) -> Sequence[Option] | None:
    """The values that a word of an address may have, or None when it has no list of things."""
    listed = ALLOWED[name]
    if not isinstance(listed, str):
        return None
    nameless = [_NAMELESS[listed]] if listed in _NAMELESS else []
    return [*nameless, *caches.choices.listed(listed)]


def settled(caches: Caches, given: Mapping[str, str]) -> dict[str, str]:
    """The values of an address as the analyses take them, each by its one name.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names, :class:`~kg.errors.UsageError` for another word.
    """
    found = {}
    for name, text in given.items():
        listed = allowed(caches, name)
        if listed is None:
            words = ALLOWED[name]
            if text not in words:
                raise UsageError(f"{name} is one of {', '.join(words)}, not '{text}'")
            found[name] = text
            continue
        choice = named(listed, text)
        if choice is None:
            iri = caches.graph.resolve(text)
            choice = next((one for one in listed if one.iri == iri), None)
        if choice is None:
            raise NotFoundError(
                f"'{text}' is no {name} that is drawn here; there are {', '.join(one.label for one in listed[:12])} …"
            )
        found[name] = choice.value
    return found


def words(request: Request, known: frozenset[str]) -> dict[str, str]:
    """The words of an address that are not empty.

    Raises :class:`~kg.errors.UsageError` for one that is not known, or that comes twice; ``thing`` may come again.
    """
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name not in known:
            raise UsageError(f"nothing here is called '{name}'; there are {', '.join(sorted(known)) or 'no parameters'}")
        key = name
        while name == "thing" and key in found:
            key += "+"
        if key in found:
            raise UsageError(f"'{name}' came twice; give it once")
        if text.strip():
            found[key] = text.strip()
    return found


async def draw(request: Request, kind: str, values: Mapping[str, str], form: str = "svg") -> Drawing:
    """A picture of a kind, drawn or remembered."""
    caches = caches_of(request)
    service: Service = request.app.state.service
    key = (kind, *sorted(values.items()))
    return await caches.pictures.get(service, key, form, partial(DRAWN[kind][0], caches.graph, values))


async def figure(request: Request, kind: str, values: Mapping[str, str]) -> Figure:
    """A picture for a page, with the addresses of its files."""
    drawn = await draw(request, kind, values)
    pairs = [(name.rstrip("+"), text) for name, text in values.items()]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return framed(drawn, root(request), {form: f"{root(request)}/plot/{kind}.{form}{query}" for form in TYPES})


def framed(drawn: Drawing, at: str, files: Mapping[str, str]) -> Figure:
    """A drawn picture as a page shows it."""
    links = [(form.upper(), address) for form, address in files.items()]
    return Figure(Markup(inline(drawn.body.decode(), drawn.title, at)), drawn.title, drawn.told, links)


async def plot(request: Request) -> Response:
    """A picture as a file."""
    kind, form = request.path_params["kind"], request.path_params["form"]
    if kind not in DRAWN or form not in TYPES:
        raise NotFoundError(f"there is no picture '{kind}.{form}'; there are {', '.join(DRAWN)} as {', '.join(TYPES)}")
    caches = caches_of(request)
    service: Service = request.app.state.service
    given = words(request, DRAWN[kind][1])
    values = await service.run(settle, caches, given)
    headers = keeping(service, form)
    return unchanged(request, headers) or as_file(await draw(request, kind, values, form), f"{kind}.{form}", headers)


def settle(caches: Caches, given: Mapping[str, str]) -> dict[str, str]:
    """As :func:`settled`; several things keep their order."""
    several = {name: text for name, text in given.items() if name.startswith("thing")}
    found = settled(caches, {name: text for name, text in given.items() if name not in several})
    for name, text in several.items():
        found[name] = settled(caches, {"thing": text})["thing"]
    return found


def as_file(drawn: Drawing, name: str, headers: Mapping[str, Any]) -> Response:
    """A picture as an answer that a browser shows, and saves under a name."""
    kind = TYPES[name.rpartition(".")[2]]
    return Response(drawn.body, headers={**headers, "Content-Disposition": f'inline; filename="{name}"'}, media_type=kind)


routes = [Route("/plot/{kind}.{form}", plot)]
