"""The page that explains a statement of the graph: its rule and premises, down to stated facts with their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kg.ask.explain import Explanation, Step
from kg.errors import UsageError
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages.caches import caches_of
from kg.web.pages.links import address
from kg.web.pages.result_table import names_of
from kg.web.pages.templating import render


@dataclass(frozen=True)
class Reason:
    """One step: its statement, its reason, its place with the address of the passage, and its premises."""

    statement: str
    because: str
    place: str
    href: str | None
    below: list[Reason] = field(default_factory=list)


async def why(request: Request) -> Response:
    """The page that explains all statements about a ``subject``, those of one ``property``, or one ``value`` of the property."""
    service: Service = request.app.state.service
    given = {name: request.query_params.get(name) or None for name in ("subject", "property", "value")}
    if given["subject"] is None:
        raise UsageError("the parameter 'subject' is missing; add 'property' and 'value' to explain one statement")
    explanation: Explanation = await service.run(
        caches_of(request).graph.explain, given["subject"], given["property"], given["value"]
    )
    names = await names_of(request)
    subject = str(explanation.steps[0].triple[0]) if given["property"] else given["subject"]
    body = await service.run(
        render,
        "why.html",
        root=root(request),
        path=here(request),
        reasons=nested(explanation.steps, root(request)),
        subject=names.label(subject),
        href=address(subject, root(request)),
    )
    return HTMLResponse(body)


def nested(steps: Sequence[Step], root: str) -> list[Reason]:
    """The steps as a tree: each step contains its premises."""
    tops: list[Reason] = []
    path: list[Reason] = []
    for step in steps:
        href = None if step.passage is None else address(str(step.passage), root)
        one = Reason(step.statement, step.because, step.place, href)
        del path[step.depth :]
        (path[-1].below if path else tops).append(one)
        path.append(one)
    return tops


routes = [Route("/why", why)]
