"""The glossary: terms with the definitions of the ontology, on a page of their own and beside the headings of tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.links import address
from kg.web.pages.templating import page

# the term of a column, by the anchor of the term in the glossary
COLUMNS = {
    "hazard_ratio": "hazard-ratio",
    "effect": "comparative-result",
    "p": "p-value",
    "p_value": "p-value",
    "ci": "confidence-interval",
    "ci_lower": "confidence-interval",
    "ci_level": "confidence-interval",
    "population": "population",
    "endpoint": "endpoint",
    "primary_endpoint": "primary-endpoint",
    "authors_reading": "authors-reading",
    "favours": "favours-arm",
    "computed_level": "evidence-level",
    "level": "evidence-level",
    "precedence": "precedence",
    "line_of_therapy": "line-of-therapy",
    "locus": "biomarker-locus",
    "analysis": "analysis-of-a-study",
    "claim": "claim",
    "discrepancy": "discrepancy",
}


@dataclass(frozen=True)
class Term:
    """A term of the glossary: its anchor, label, meaning and group; ``note`` is its scope note."""

    anchor: str
    label: str
    meaning: str
    group: str
    note: str = ""
    abbreviation: str = ""
    iri: str = ""


Glossary = Mapping[str, Term]  # by anchor


def glossary_of(caches: Caches) -> Glossary:
    """The glossary of a graph, by the anchors of the terms; empty for a graph without the terms."""
    found = caches.graph.answer(catalogue("pages")["glossary"].sparql)
    assert isinstance(found, Table)
    terms: dict[str, Term] = {}
    for row in found:
        label, short = str(row["term"]), str(row["abbreviation"] or "")
        one = Term(
            anchor=_anchor(label),
            label=label,
            meaning=str(row["meaning"]),
            group=str(row["group"]),
            note=str(row["note"] or ""),
            abbreviation="" if short.lower() in label.lower() else short,
            iri=str(row["term_iri"]),
        )
        terms.setdefault(one.anchor, one)
    return terms


def _anchor(label: str) -> str:
    """The anchor of a term.

    >>> _anchor("authors' reading"), _anchor("P value")
    ('authors-reading', 'p-value')
    """
    return "-".join(re.findall(r"[a-z0-9]+", label.lower().replace("'", "")))


async def glossary(request: Request) -> Response:
    """The page of all terms by group."""
    service: Service = request.app.state.service
    terms = (await service.run(caches_of(request).made, glossary_of)).values()
    groups = {
        group: [(one, address(one.iri, root(request))) for one in members]
        for group, members in groupby(sorted(terms, key=lambda one: (one.group, one.label.lower())), lambda one: one.group)
    }
    return page(request, "glossary.html", groups=groups)


routes = [Route("/glossary", glossary)]
