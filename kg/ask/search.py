"""Search for entities by name: label, abbreviation, alias, misprint, external identifier, prefixed name or IRI."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdflib import URIRef

from kg.errors import NotFoundError
from kg.namespaces import contract, expand

_RANK = {"label": 1, "abbreviation": 2, "alias": 3, "misprint": 4, "identifier": 5}


@dataclass(frozen=True)
class Name:
    """One name of one entity: the entity, its preferred label, its class, the kind of name, and the name."""

    entity: URIRef
    label: str
    kind: str
    how: str
    text: str


def find(names: Sequence[Name], text: str, limit: int = 20) -> list[Name]:
    """The entities that a text may mean, best first: equal names, then names that contain the text, then similar names.

    There is one entry per entity, with the name that matched.
    """
    wanted = _key(text)
    best: dict[URIRef, tuple[tuple[float, int, str], Name]] = {}
    for name in names:
        score = _distance(wanted, name.text)
        if score > 0.5 and name.how == "identifier":  # a similar identifier belongs to another entity
            continue
        order = (score, _RANK[name.how], name.label.lower())
        if score < 1 and (name.entity not in best or order < best[name.entity][0]):
            best[name.entity] = (order, name)
    return [name for _, name in sorted(best.values(), key=lambda item: item[0])][:limit]


def resolve(names: Sequence[Name], text: str, kind: Callable[[], str] = lambda: "entity") -> URIRef:
    """The entity with this name; ``kind`` gives the expected kind of entity for the error message.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names when there is none, or when several entities have the name.
    """
    iri = expand(text)
    if iri is not None and any(name.entity == iri for name in names):
        return iri
    key = _key(text)
    exact = find([name for name in names if _key(name.text) == key], text)
    strongest = [name for name in exact if _RANK[name.how] == min(_RANK[n.how] for n in exact)]
    if len(strongest) == 1:
        return strongest[0].entity
    shown = ", ".join(f"{name.label} ({contract(name.entity)})" for name in (strongest or find(names, text))[:5])
    if strongest:
        raise NotFoundError(f"several entities are called '{text}'; choose one of: {shown}")
    hint = f"nearest: {shown}" if shown else "try 'mcrc-kg find' with a part of the name"
    raise NotFoundError(f"no {kind()} is called '{text}'; {hint}")


def _key(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _distance(wanted: str, text: str) -> float:
    """0 for equal names, below 0.5 for a part at the start of a word or within a word, below 1 for similar names, else 1."""
    words, name = _words(text), _key(text)
    if not wanted or not name:
        return 1.0
    if wanted == name:
        return 0.0
    begins = any("".join(words[first:]).startswith(wanted) for first in range(len(words)))
    if begins or any(wanted in word for word in words):
        return 0.5 - 0.4 * len(wanted) / len(name)
    ratio = _similarity(wanted, name) if abs(len(wanted) - len(name)) < 4 else 0.0
    return 1.0 - ratio / 2 if ratio > 0.75 else 1.0


def _similarity(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # only for what no name equals

    return SequenceMatcher(None, one, other).ratio()
