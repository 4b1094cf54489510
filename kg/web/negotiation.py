"""Which of the things on offer a client wants, by RFC 9110 section 12.5.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ALIASES: Mapping[str, str] = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "nt",
    "text/n3": "ttl",
    "application/x-turtle": "ttl",
    "text/x-nquads": "nq",
    "application/rdf+json": "",
}


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
    """The names on offer that the client accepts, the most wanted first; each offer is a name and its media type.

    Of those that are wanted alike, the one offered first comes first; a name may be offered under several types.

    >>> order("text/csv, */*;q=0.1", [("json", "application/json"), ("csv", "text/csv")])
    ['csv', 'json']
    """
    wanted = ranges(accept)
    best: dict[str, float] = {}
    for name, media_type in offers:
        best[name] = max(best.get(name, 0.0), _quality(media_type, wanted))
    accepted = [name for name, quality in best.items() if quality > 0]
    return sorted(accepted, key=lambda name: -best[name])


def _quality(media_type: str, wanted: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that a media type lies in."""
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
