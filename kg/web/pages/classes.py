"""The pages of the ontology: the class tree and the properties with their definitions, and each class with its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rdflib import RDF
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.errors import NotFoundError
from kg.namespaces import MCRC, ONTOLOGY_GRAPH
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.links import address, in_form
from kg.web.pages.panels import SHELF, PageContext, Panel
from kg.web.pages.reference import kept_reference
from kg.web.pages.result_table import names_of
from kg.web.pages.templating import render

_FIRST = 1000  # members on the page of a class; the query class-members-first reads as many
_MEMBERS = Panel("Members", "class-members", "thing", ("member", "basis", "definition"), SHELF, ("member_iri", str(RDF.type), ""))


@dataclass(frozen=True)
class Class:
    """One class: its IRI, label, definition, number of members, and subclasses."""

    iri: str
    label: str
    definition: str
    defined: bool
    members: int
    below: Sequence[Class]

    @property
    def local(self) -> str:
        """The part of the IRI after the last # or /, which is the anchor of the term."""
        return max(self.iri.rpartition("#")[2], self.iri.rpartition("/")[2], key=lambda part: (-len(part), part))


async def ontology(request: Request) -> Response:
    """The page of all classes and properties; the fragment of a term's IRI is its anchor."""
    service: Service = request.app.state.service
    context = PageContext(caches_of(request).graph, await names_of(request), root(request))
    return HTMLResponse(await service.run(_index, context, caches_of(request), here(request)))


async def one_class(request: Request) -> Response:
    """The page of one class: its definition, conditions of membership, neighbouring classes, and stated and inferred members."""
    service: Service = request.app.state.service
    context = PageContext(caches_of(request).graph, await names_of(request), root(request))
    name = request.path_params["name"]
    return HTMLResponse(await service.run(_class, context, name, here(request)))


def read_classes(rows: Sequence[Mapping[str, Any]]) -> list[Class]:
    """The class tree; a class with several superclasses appears below each of them."""
    about: dict[str, Mapping[str, Any]] = {}
    below: dict[str, list[str]] = {}
    tops: list[str] = []
    for row in rows:
        iri = row["class_iri"]
        about.setdefault(iri, row)
        if row["above"] is not None:
            below.setdefault(row["above"], []).append(iri)
    tops = [iri for iri in about if not any(iri in under for above, under in below.items() if above in about)]

    def build(iri: str, above: frozenset[str]) -> Class:
        row = about[iri]
        under = [one for one in dict.fromkeys(below.get(iri, [])) if one not in above]
        return Class(
            iri,
            row["class"],
            row["definition"] or "",
            bool(row["defined"]),
            row["members"],
            [build(one, above | {iri}) for one in under],
        )

    return [build(iri, frozenset((iri,))) for iri in tops]


def _index(context: PageContext, caches: Caches, path: str) -> str:
    tree = read_classes(context.rows("classes").to_dicts())
    flat = sorted({one.iri: one for one in _all(tree)}.values(), key=lambda one: one.label.lower())
    meanings = _meanings(context, None)
    properties: dict[str, dict[str, Any]] = {}
    for row in context.rows("properties"):
        new = {**row, "anchor": row["property_iri"].rpartition("#")[2], "kinds": [], "ranges": []}
        known = properties.setdefault(row["property_iri"], new)
        for column, seen in (("kind", known["kinds"]), ("range", known["ranges"])):
            if row[column] and row[column] not in seen:
                seen.append(row[column])
    return render(
        "ontology.html",
        root=context.root,
        path=path,
        tree=tree,
        classes=[one for one in flat if one.iri.startswith(str(MCRC))],
        meanings=meanings,
        terms=caches.made(kept_reference).terms,
        address=lambda iri: address(iri, context.root),
        properties=[row for row in properties.values() if row["property_iri"].startswith(str(MCRC))],
        iri=str(ONTOLOGY_GRAPH),
        tools=[("SPARQL query for classes", in_form(catalogue(SHELF)["classes"].sparql, context.root)),
               ("SPARQL query for properties", in_form(catalogue(SHELF)["properties"].sparql, context.root))],
    )  # fmt: skip


def _class(context: PageContext, name: str, path: str) -> str:
    iri = str(MCRC) + name
    found = list(_all(read_classes(context.rows("classes").to_dicts())))
    here = next((one for one in found if one.iri == iri), None)
    if here is None:
        raise NotFoundError(f"the ontology has no class '{name}'; see /ontology for all classes")
    above = {one.iri: one for one in found if any(under.iri == iri for under in one.below)}
    answer = context.rows("class-members" if here.members <= _FIRST else "class-members-first", iri)
    members = context.show(_MEMBERS, iri, answer)
    shown = members.result_table
    members = replace(members, result_table=replace(shown, left_out=max(here.members - len(shown.rows), 0)))
    return render(
        "class.html",
        root=context.root,
        path=path,
        one=here,
        above=list(above.values()),
        meaning=_meanings(context, iri).get(iri, []),
        members=members,
    )


def _meanings(context: PageContext, iri: str | None) -> dict[str, list[tuple[str, str, str | None]]]:
    """The conditions of membership of each defined class: the relation, the term, and its address."""
    found: dict[str, list[tuple[str, str, str | None]]] = {}
    rows = sorted(context.rows("meanings", iri), key=lambda row: row["condition"] != "is a")  # superclass first
    for row in rows:
        link = address(row["value_iri"], context.root) if row["value_iri"] and row["value_iri"].startswith("http") else None
        words = f"{row['relation']} some" if row["condition"] == "has some" else row["relation"] or row["condition"]
        found.setdefault(row["class_iri"], []).append((words, row["value"], link))
    return found


def _all(tree: Sequence[Class]) -> list[Class]:
    return [found for one in tree for found in (one, *_all(one.below))]


routes = [Route("/class/{name}", one_class)]
