"""The figures: as SVG, PNG and PDF files at their addresses, and as inline SVG in a page."""

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

from kg.ask.catalogue import Parameter
from kg.errors import NotFoundError, UsageError
from kg.graph import KnowledgeGraph
from kg.synthesis.comparison import UNSELECTED, UNTARGETED
from kg.synthesis.pooling import METHODS
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figure_cache import IN_PAGE, TYPES, Drawing
from kg.web.pages.inline_svg import linked
from kg.web.pages.parameters import Option, named

if TYPE_CHECKING:
    from kg.plots import Picture  # loaded with the drawing library, after the first pages are available

# the allowed values of each parameter in an address: the name of a helper query, or a list of texts
ALLOWED: Mapping[str, str | Sequence[str]] = {
    "endpoint": "endpoints",
    "experimental": "sides",
    "reference": "sides",
    "one": "sides",
    "other": "sides",
    "stratum": "strata",
    "biomarker": "patient-biomarkers",
    "side": "tumour-sides",
    "treatment": "sides",
    "against": "sides",
    "line": "lines",
    "trial": "trials",
    "drug": "drugs",
    "by": ("drugs", "regimens"),
    "method": tuple(METHODS),
    "thing": "things",
    "document": "documents",
}


@dataclass(frozen=True)
class Figure:
    """A figure in a page: its SVG, title, description in words, and the addresses of its files."""

    svg: Markup
    title: str
    told: str
    files: Sequence[tuple[str, str]]


def forest(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The forest plot of a trial, or of an endpoint with one drug or two treatments."""
    return graph.forest(**dict(values))


def network(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The network of comparisons."""
    return graph.network_plot(**dict(values))


def mechanism(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The paths from drugs to pathways."""
    things = (text for name, text in values.items() if name != "document")
    return graph.mechanism_map(*things, document=values.get("document", "best"))


def timeline(graph: KnowledgeGraph, values: Mapping[str, str]) -> Picture:
    """The approvals by year."""
    return graph.timeline()


_FOREST = frozenset({"endpoint", "experimental", "reference", "stratum", "line", "method", "trial", "drug", "document"})
DRAWN: Mapping[str, tuple[Callable[[KnowledgeGraph, Mapping[str, str]], Picture], frozenset[str]]] = {
    "forest": (forest, _FOREST),
    "network": (network, frozenset({"by", "stratum", "line", "document"})),
    "mechanism": (mechanism, frozenset({"thing", "document"})),
    "timeline": (timeline, frozenset()),
}


# the parameters whose entities are of one class
_TYPED: Mapping[str, Parameter] = {
    name: Parameter(name, of_class)
    for name, of_class in {
        "document": "mcrc:EvidenceScope",
        "drug": "mcrc:Drug",
        "endpoint": "mcrc:Endpoint",
        "line": "mcrc:LineOfTherapy",
        "side": "mcrc:TumourSide",
        "stratum": "owl:Class",
        "trial": "mcrc:Study",
    }.items()
}

# options that are not entities of the graph
_NAMELESS: Mapping[str, Option] = {
    "sides": Option(UNTARGETED, UNTARGETED, URIRef(""), "class of regimens"),
    "patient-biomarkers": Option(UNSELECTED.label, UNSELECTED.label, URIRef(UNSELECTED.iri)),
    "strata": Option(UNSELECTED.label, UNSELECTED.label, URIRef(UNSELECTED.iri)),
}


def allowed(caches: Caches, name: str) -> Sequence[Option] | None:
    """The entities that a parameter of an address accepts, or None if its values are not entities."""
    listed = ALLOWED[name]
    if not isinstance(listed, str):
        return None
    nameless = [_NAMELESS[listed]] if listed in _NAMELESS else []
    return [*nameless, *caches.choices.listed(listed)]


def settled(caches: Caches, given: Mapping[str, str]) -> dict[str, str]:
    """The parameter values of an address under the canonical names that the analyses use.

    Raises :class:`~kg.errors.NotFoundError` for an unknown entity, :class:`~kg.errors.UsageError` for any other invalid value.
    """
    found = {}
    for name, text in given.items():
        listed = allowed(caches, name)
        if listed is None:
            words = ALLOWED[name]
            if text not in words:
                raise UsageError(f"{name} must be one of {', '.join(words)}, not '{text}'")
            found[name] = text
            continue
        choice = named(listed, text)
        if choice is None:
            iri = caches.graph.term(_TYPED[name], text) if name in _TYPED else caches.graph.resolve(text)
            choice = next((one for one in listed if one.iri == iri), None)
        if choice is None:
            raise NotFoundError(
                f"'{text}' is not available as '{name}' here; possible values are {', '.join(one.label for one in listed[:12])} …"
            )
        found[name] = choice.value
    return found


def words(request: Request, known: frozenset[str]) -> dict[str, str]:
    """The parameter values of an address that are not empty.

    Raises :class:`~kg.errors.UsageError` for an unknown parameter, or one that is given twice; only ``thing`` may be repeated.
    """
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name not in known:
            raise UsageError(f"this page has no parameter '{name}'; its parameters: {', '.join(sorted(known)) or 'none'}")
        key = name
        while name == "thing" and key in found:
            key += "+"
        if key in found:
            raise UsageError(f"'{name}' is given twice; give it once")
        if text.strip():
            found[key] = text.strip()
    return found


async def draw(request: Request, kind: str, values: Mapping[str, str], form: str = "svg") -> Drawing:
    """A figure of a kind, newly drawn or from the cache."""
    caches = caches_of(request)
    service: Service = request.app.state.service
    key = (kind, *sorted(values.items()))
    return await caches.pictures.get(service, key, form, partial(DRAWN[kind][0], caches.graph, values))


async def figure(request: Request, kind: str, values: Mapping[str, str]) -> Figure:
    """A figure for a page, with the addresses of its files."""
    drawn = await draw(request, kind, values, IN_PAGE)
    pairs = [(name.rstrip("+"), text) for name, text in values.items()]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return framed(drawn, root(request), {form: f"{root(request)}/plot/{kind}.{form}{query}" for form in TYPES})


def framed(drawn: Drawing, at: str, files: Mapping[str, str]) -> Figure:
    """A figure that was drawn for a page."""
    links = [(form.upper(), address) for form, address in files.items()]
    return Figure(Markup(linked(drawn.body.decode(), at)), drawn.title, drawn.told, links)


async def plot(request: Request) -> Response:
    """A figure as a file."""
    kind, form = request.path_params["kind"], request.path_params["form"]
    if kind not in DRAWN or form not in TYPES:
        raise NotFoundError(f"there is no figure '{kind}.{form}'; the figures are {', '.join(DRAWN)}, each as {', '.join(TYPES)}")
    caches = caches_of(request)
    service: Service = request.app.state.service
    given = words(request, DRAWN[kind][1])
    values = await service.run(settle, caches, given)
    headers = keeping(service, form)
    return unchanged(request, headers) or as_file(await draw(request, kind, values, form), f"{kind}.{form}", headers)


def settle(caches: Caches, given: Mapping[str, str]) -> dict[str, str]:
    """As :func:`settled`; repeated parameters keep their order."""
    several = {name: text for name, text in given.items() if name.startswith("thing")}
    found = settled(caches, {name: text for name, text in given.items() if name not in several})
    for name, text in several.items():
        found[name] = settled(caches, {"thing": text})["thing"]
    return found


def as_file(drawn: Drawing, name: str, headers: Mapping[str, Any]) -> Response:
    """A figure as a response that a browser shows, with a file name for saving."""
    kind = TYPES[name.rpartition(".")[2]]
    return Response(drawn.body, headers={**headers, "Content-Disposition": f'inline; filename="{name}"'}, media_type=kind)


routes = [Route("/plot/{kind}.{form}", plot)]
