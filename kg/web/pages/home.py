"""The home page: an introduction, the search, example questions, the content of the graph, and one figure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.errors import DataError, NotFoundError, UsageError
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages.caches import caches_of
from kg.web.pages.comparisons import fields_of
from kg.web.pages.figures import Figure, figure
from kg.web.pages.links import in_form
from kg.web.pages.panels import SHELF, PageContext
from kg.web.pages.parameters import Field
from kg.web.pages.result_table import names_of
from kg.web.pages.templating import render

# example questions in a clinician's words, each with the canned question and the values that answer it
ASKED = (
    ("How did cetuximab affect overall survival in KRAS wild-type patients?", "hazard-ratios",
     {"drug": "cetuximab", "endpoint": "OS", "stratum": "KRAS wild-type population"}),
    ("Which trials compared an anti-EGFR with an anti-VEGF regimen for overall survival?", "head-to-head", {"endpoint": "OS"}),
    ("Which mutations confer resistance to panitumumab?", "resistance", {"drug": "panitumumab"}),
    ("How does regorafenib work, and on which targets?", "actions-of-drug", {"drug": "regorafenib"}),
    ("Which adverse events are reported for bevacizumab?", "adverse-events", {"agent": "bevacizumab"}),
    ("Which statements about CRYSTAL contradict each other?", "discrepancies", {"trial": "CRYSTAL"}),
)  # fmt: skip
PLOTTED = {
    "endpoint": "OS",
    "experimental": "anti-EGFR regimen",
    "reference": "anti-VEGF regimen",
    "stratum": "all-RAS wild-type population",
}

COMPARED = {"one": PLOTTED["experimental"], "other": PLOTTED["reference"], "endpoint": PLOTTED["endpoint"]}


SELECTED = ("biomarker", "line", "against")  # the fields of the patient selector here


async def home(request: Request) -> Response:
    """The home page.

    Raises :class:`~kg.errors.UsageError` for a SPARQL query, which belongs to the endpoint.
    """
    if {"query", "update"} & set(request.query_params):
        raise UsageError("this address does not answer SPARQL; send the query to /sparql")
    service: Service = request.app.state.service
    context = PageContext(caches_of(request).graph, await names_of(request), root(request))
    fields = await service.run(fields_of, caches_of(request), SELECTED, {})
    return HTMLResponse(await service.run(_page, context, here(request), await _picture(request), fields))


async def _picture(request: Request) -> Figure | None:
    """The forest plot of the home page, or None if the graph has no data for it."""
    try:
        return await figure(request, "forest", PLOTTED)
    except (DataError, NotFoundError):
        return None


def _page(context: PageContext, path: str, picture: Figure | None, fields: Sequence[Field]) -> str:
    counts = [(row["number"], row["counted"]) for row in context.rows("counts")]
    return render(
        "home.html",
        root=context.root,
        path=path,
        counts=counts,
        counted=in_form(catalogue(SHELF)["counts"].sparql, context.root),
        asked=[(words, f"{context.root}/q/{name}?{urlencode(values)}") for words, name, values in ASKED],
        picture=picture,
        fields=fields,
        compare=f"{context.root}/compare?{urlencode(COMPARED)}",
    )


routes = [Route("/", home)]
