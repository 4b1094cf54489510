"""Content negotiation: by the file extension of a path, by ``format=``, or by ``Accept`` (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from kg.engine.oxigraph import FORMATS
from kg.errors import FormatError

HTML = ("html", "text/html")
_ALSO: Mapping[str, tuple[str, ...]] = {
    "application/json": ("json", "jsonld"),
    "application/xml": ("xml", "rdf"),
    "text/xml": ("xml", "rdf"),
    "text/plain": ("nt",),
    "text/n3": ("ttl",),
    "application/x-turtle": ("ttl",),
    "text/x-nquads": ("nq",),
}
_NAMES: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in FORMATS},
    "json": ("json", "jsonld"),
    "xml": ("xml", "rdf"),
    "turtle": ("ttl",),
    "n3": ("ttl",),
    "ntriples": ("nt",),
    "n-triples": ("nt",),
    "nquads": ("nq",),
    "rdf+xml": ("rdf",),
    "rdfxml": ("rdf",),
    "json-ld": ("jsonld",),
}
OFFERS = [(name, one.media_type) for name, one in FORMATS.items()]
GRAPHS = [(name, kind) for name, kind in OFFERS if FORMATS[name].graph]


def formats(request: Request, form: str | None, offers: Sequence[tuple[str, str]]) -> list[str]:
    """The formats that a client accepts, in order of preference: by a name or media type, else by ``Accept``.

    Raises :class:`~kg.errors.FormatError` when none of them is available.
    """
    names = {name for name, _ in offers}
    if form:
        wanted = form.strip().lower().replace(" ", "+")  # an unescaped plus sign in an address is read as a space
        by_type = [name for name, kind in offers if kind == wanted] or list(_ALSO.get(wanted, ()))
        found = [name for name in by_type or _NAMES.get(wanted, ()) if name in names]
    else:
        found = order(request.headers.get("accept", ""), offers)
    if not found:
        known = ", ".join(sorted(FORMATS[name].media_type for name in names if name in FORMATS))
        raise FormatError(f"none of the requested formats is available; the formats are {known}")
    return found


def prefers_html(request: Request) -> bool:
    """Whether a client, such as a browser, prefers HTML to RDF."""
    return order(request.headers.get("accept", ""), [*GRAPHS, HTML])[:1] == ["html"]


def content_type(form: str) -> str:
    """The ``Content-Type`` of a format."""
    kind = FORMATS[form].media_type
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges of an ``Accept`` header with their weights; an empty header accepts everything.

    >>> ranges("text/turtle;q=0.5, */*;q=0.1")
    [('text/turtle', 0.5), ('*/*', 0.1)]
    """
    found = []
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            found.append((name, _weight(parameters)))
    return found or [("*/*", 1.0)]


def order(accept: str, offers: Sequence[tuple[str, str]]) -> list[str]:
    """The names of the offers that the client accepts, in order of preference; each offer is a name and its media type.

    Offers with equal preference keep their order. An older or more general media type, such as ``application/json``, counts
    only if ``Accept`` names it explicitly.

    >>> order("text/csv, */*;q=0.1", [("json", "application/json"), ("csv", "text/csv")])
    ['csv', 'json']
    """
    wanted = ranges(accept)
    best = {name: _quality(media_type, wanted) for name, media_type in offers}
    for media_type, weight in wanted:
        for name in set(_ALSO.get(media_type, ())) & set(best):
            best[name] = max(best[name], weight)
    accepted = [name for name, quality in best.items() if quality > 0]
    return sorted(accepted, key=lambda name: -best[name])


def _quality(media_type: str, wanted: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that matches a media type."""
    kind = media_type.split("/")[0]
    for candidate in (media_type, f"{kind}/*", "*/*"):
        for name, weight in wanted:
            if name == candidate:
                return weight
    return 0.0


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
