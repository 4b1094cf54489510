"""Linked data: the description of each entity at its own address, as RDF or as a page.

The path of an IRI of this graph is also its path on this server. The file extension selects the format, else ``Accept`` does.
"""

from __future__ import annotations

from urllib.parse import quote

from rdflib import URIRef
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.engine.oxigraph import FORMATS, Document
from kg.errors import NotFoundError
from kg.namespaces import BASE, INFERRED_GRAPH, MAPPINGS_GRAPH, ONTOLOGY_GRAPH, VOID_GRAPH, expand
from kg.web.endpoint.conditional import keeping, unchanged
from kg.web.endpoint.service import Service
from kg.web.endpoint.service_description import DATASET
from kg.web.endpoint.service_graphs import EXAMPLES_GRAPH
from kg.web.http.addresses import here, root
from kg.web.http.negotiation import GRAPHS, content_type, formats, prefers_html

_ENDINGS = {f".{form}": form for form in ("ttl", "jsonld", "nt", "rdf")}
_VOID_PATH = "/.well-known/void"


async def entity(request: Request) -> Response:
    """The statements about the entity whose IRI ends with this path, and the statements that refer to it.

    Raises :class:`~kg.errors.NotFoundError` when the graph has no such entity.
    """
    path, form = _cut(request.path_params["path"])
    iri = expand(f"{BASE}{here(request).split('/')[1]}/{path}")
    return await _told(request, iri, "entity", form)


async def ontology(request: Request) -> Response:
    """The ontology: classes, properties and terms; only the current version is available."""
    path, form = _cut(request.path_params.get("version", ""))
    service: Service = request.app.state.service
    if path and path not in {row["value"] for row in await service.run(service.graph.ask, "about", entity=ONTOLOGY_GRAPH)}:
        raise NotFoundError(f"the ontology has no version '{path}' here; the current version is at {root(request)}/ontology")
    return await _told(request, ONTOLOGY_GRAPH, "graph", form)


async def named_graph(request: Request) -> Response:
    """One of the other named graphs."""
    name, form = _cut(here(request).removeprefix("/"))
    return await _told(request, URIRef(BASE + name), "graph", form)


async def void(request: Request) -> Response:
    """The description of the data in VoID."""
    return await _told(request, VOID_GRAPH, "graph", _cut(here(request))[1], DATASET)


async def _told(request: Request, iri: URIRef | None, how: str, form: str | None, canonical: URIRef | None = None) -> Response:
    service: Service = request.app.state.service
    html = form is None and service.pages.entity is not None and prefers_html(request)
    chosen = "html" if html else form or formats(request, request.query_params.get("format"), GRAPHS)[0]
    headers = {"Vary": "Accept", **keeping(service, chosen)}
    asked = catalogue("web")[how]
    if iri is None or not await _known(service, iri):
        if html and service.pages.missing is not None and iri is not None:
            return await service.pages.missing(request, iri)
        raise NotFoundError(f"the graph has no entity {iri or 'at this address'}; search with SPARQL at {root(request)}/sparql")
    headers["Link"] = _links(root(request), here(request), canonical or iri)
    if (kept := unchanged(request, headers)) is not None:
        return kept
    if html and service.pages.entity is not None:
        page = await service.pages.entity(request, iri)
        page.headers.update(headers)
        return page
    document: Document = await service.run(service.workers.document, asked.bind({asked.parameters[0].name: iri}), (chosen,))
    return Response(document.body, headers={**headers, "Content-Type": content_type(chosen)})


async def _known(service: Service, iri: URIRef) -> bool:
    asked = catalogue("web")["known"]
    return bool(await service.run(service.graph.answer, asked.bind({"entity": iri})))


def _cut(path: str) -> tuple[str, str | None]:
    """A path without the file extension, and the format that the extension selects."""
    for ending, form in _ENDINGS.items():
        if path.endswith(ending):
            return path.removesuffix(ending), form
    return path, None


def _links(at: str, path: str, iri: URIRef) -> str:
    stem = quote(_cut(path)[0], safe="/:@+,;=~()'*!$&")
    links = [f'<{quote(iri, safe="/:#?&=%+,;@~()*!$")}>; rel="canonical"', f'<{at}{_VOID_PATH}>; rel="describedby"']
    if stem != _VOID_PATH:
        links += [
            f'<{at}{stem}{ending}>; rel="alternate"; type="{FORMATS[form].media_type}"' for ending, form in _ENDINGS.items()
        ]
    return ", ".join(links)


ROUTES = [
    Route("/id/{path:path}", entity),
    Route("/examples/{path:path}", entity),
    Route("/ontology", ontology),
    Route("/ontology/{version}", ontology),
    *[Route(f"/ontology{ending}", named_graph) for ending in _ENDINGS],
    Route(_VOID_PATH, void),
    *[Route(f"/dataset{ending}", void) for ending in ("", *_ENDINGS)],
    Route("/dataset/{path:path}", entity),
    *[
        Route(f"/{str(graph).removeprefix(BASE)}{ending}", named_graph)
        for graph in (INFERRED_GRAPH, MAPPINGS_GRAPH, EXAMPLES_GRAPH, VOID_GRAPH)
        for ending in ("", *_ENDINGS)
    ],
]
