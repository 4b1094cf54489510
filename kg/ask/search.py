"""Search for entities by name: label, abbreviation, alias, misprint, external identifier, prefixed name or IRI."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from heapq import heappop, heappush

from rdflib import URIRef

from kg.ask.name_index import IDENTIFIERS, RANK, Found, Name, NameIndex, key, words
from kg.errors import NotFoundError
from kg.namespaces import contract, expand

_SIMILAR = 0.75  # names with a greater ratio of equal letters are similar
_FEW = 12  # as many names can be listed in a message
_DOCUMENTS = 1000  # as many documents are listed in a message
_LONGER = 3  # the greatest difference in length of similar names


def find(names: NameIndex, text: str, limit: int = 20) -> list[Name]:
    """The entities that a text may mean, best first: equal names, then names that contain the text, then similar names.

    There is one entry per entity, with the name that matched.
    """
    wanted = key(text)
    enough = limit if limit >= 0 else sys.maxsize
    if not enough or not 0 < len(wanted) <= names.longest + _LONGER:
        return []
    found = names.containing(wanted, partial(_is_part, wanted), enough)
    if len({name.entity for name in found.values()}) < enough:  # every similar name is worse than every part
        found |= _similar(names, wanted, enough)
    return _best(_in_order(found), wanted)[:limit]


def resolve(names: NameIndex, text: str, kind: Callable[[], str] = lambda: "entity") -> URIRef:
    """The entity with this name; ``kind`` gives the expected kind of entity for the error message.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names when there is none, or when several entities have the name.
    """
    iri = expand(text)
    if iri is not None and names.label(iri) is not None:
        return iri
    wanted = key(text)
    exact = _best(_in_order(names.equal(wanted)), wanted) if wanted else []
    strongest = [name for name in exact if RANK[name.how] == min(RANK[n.how] for n in exact)]
    if len(strongest) > 1:  # "I/II" and "III" have one key
        strongest = [name for name in strongest if name.text.lower() == text.strip().lower()] or strongest
    if len(strongest) == 1:
        return strongest[0].entity
    shown = ", ".join(f"{name.label} ({contract(name.entity)})" for name in (strongest or find(names, text, 5))[:5])
    if strongest:
        raise NotFoundError(f"several entities are called '{text}'; choose one of: {shown}")
    hint = f"nearest: {shown}" if shown else _all_or_advice(names)
    raise NotFoundError(f"no {kind()} is called '{text}'; {hint}")


def scope(names: NameIndex, text: str) -> URIRef:
    """The document with this short name or label, or the scope "best" or "all".

    Raises :class:`~kg.errors.NotFoundError` with all documents.
    """
    short = expand(f"source:{text.strip()}")
    if short is not None and names.label(short) is not None:
        return short
    try:
        return resolve(names, text)
    except NotFoundError:
        known = sorted((contract(entity) or str(entity), label) for entity, label in names.first(_DOCUMENTS))
        listed = [f"{name.removeprefix('source:')} ({label})" for name, label in known if name.startswith("source:")]
        raise NotFoundError(f"no document is called '{text}'; give best, all, or one of: {', '.join(listed)}") from None


def _all_or_advice(names: NameIndex) -> str:
    """All names if they are few, as with the values of a closed list; otherwise how to look for one."""
    every = names.first(_FEW + 1)
    if len(every) > _FEW:
        return "try 'mcrc-kg find' with a part of the name"
    return f"choose one of: {', '.join(label for _, label in every)}"


def _best(names: Iterable[Name], wanted: str) -> list[Name]:
    """The entities of these names that match, best first; of equal matches, the first."""
    best: dict[URIRef, tuple[tuple[float, int, str], Name]] = {}
    for name in names:
        score = _distance(wanted, name.text)
        if score > 0.5 and name.how in IDENTIFIERS:  # a similar identifier belongs to another entity
            continue
        order = (score, RANK[name.how], name.label.lower())
        if score < 1 and (name.entity not in best or order < best[name.entity][0]):
            best[name.entity] = (order, name)
    return [name for _, name in sorted(best.values(), key=lambda item: item[0])]


def _in_order(found: Found) -> list[Name]:
    return [found[position] for position in sorted(found)]


def _similar(names: NameIndex, wanted: str, enough: int) -> Found:
    """The names that are most similar, for at least ``enough`` entities; equally similar ones are all among them."""
    found: Found = {}
    entities: set[URIRef] = set()
    last = 0.0
    for ratio, other in _by_similarity(names, wanted):
        if ratio < last and len(entities) >= enough:
            break
        last = ratio
        for position, name in names.equal(other).items():
            if name.how not in IDENTIFIERS:
                found[position] = name
                entities.add(name.entity)
    return found


def _by_similarity(names: NameIndex, wanted: str) -> Iterator[tuple[float, str]]:
    """The keys that are similar to a key, each after its ratio, the most similar first.

    The ratio is computed only where the shared pairs allow one that would be next.
    """
    letters = Counter(wanted)
    candidates = []
    for length in range(max(1, len(wanted) - _LONGER), len(wanted) + _LONGER + 1):
        total = len(wanted) + length
        for other, shared in names.sharing(wanted, length, _shared(len(wanted), length)):
            candidates.append((2 * ((shared + total + 1) // 3) / total, other))
    candidates.sort(reverse=True)
    computed: list[tuple[float, str]] = []  # as a heap: the greatest ratio, negative, is the first
    for most, other in candidates:
        while computed and -computed[0][0] >= most:
            ratio, best = heappop(computed)
            yield -ratio, best
        equal = 2 * (letters & Counter(other)).total()
        if equal > _SIMILAR * (len(wanted) + len(other)) and (ratio := _similarity(wanted, other)) > _SIMILAR:
            heappush(computed, (-ratio, other))
    yield from ((-ratio, other) for ratio, other in sorted(computed))


def _shared(one: int, other: int) -> int:
    """How many pairs of letters two similar keys of these lengths have in common at least.

    The ratio of similar keys is ``2 * equal / total > 3 / 4``. The letters that are not equal separate the equal ones into runs,
    at most one more than there are such letters; a run has one pair less than letters.

    >>> _shared(9, 9), _shared(2, 3)
    (2, 0)
    """
    total = one + other
    equal = 3 * total // 8 + 1
    return equal - (total - 2 * equal + 1)


def _is_part(wanted: str, name: Name) -> bool:
    return _contains(words(name.text), wanted)


def _contains(parts: Sequence[str], wanted: str) -> bool:
    """Whether a text begins at one of these words, or lies within one."""
    begins = any("".join(parts[first:]).startswith(wanted) for first in range(len(parts)))
    return begins or any(wanted in word for word in parts)


def _distance(wanted: str, text: str) -> float:
    """0 for equal names, below 0.5 for a part at the start of a word or within a word, below 1 for similar names, else 1."""
    parts, name = words(text), key(text)
    if not wanted or not name:
        return 1.0
    if wanted == name:
        return 0.0
    if _contains(parts, wanted):
        return 0.5 - 0.4 * len(wanted) / len(name)
    ratio = _similarity(wanted, name) if abs(len(wanted) - len(name)) <= _LONGER else 0.0
    return 1.0 - ratio / 2 if ratio > _SIMILAR else 1.0


def _similarity(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # only for what no name equals

    return SequenceMatcher(None, one, other).ratio()
