"""Search for entities by name: label, abbreviation, alias, brand name, misprint, external identifier, prefixed name or IRI."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import product
from typing import Literal

from rdflib import URIRef

from kg.ask.name_index import IDENTIFIERS, RANK, Found, Name, NameIndex, key, words
from kg.errors import NotFoundError
from kg.namespaces import ID, MCRC, TYPES, contract, expand

_SIMILAR = 0.75  # names with a greater ratio of equal letters are similar
_FEW = 12  # as many names can be listed in a message
_DOCUMENTS = 1000  # as many documents are listed in a message
_LONGER = 3  # the greatest difference in length of similar names
_PART, _WORDS, _NAMED = 0.4, 0.5, 0.7  # the scores of part, words and similar names are below these
_LEAST = 3  # letters of a word that is looked up alone

Match = Literal["exact", "part", "similar", "within"]


def find(names: NameIndex, text: str, limit: int = 20) -> list[Name]:
    """The entities that a text may mean, best first, one entry per entity, with the name that matched.

    These are equal names, names that contain the text or all its words, then names of which the text may be a misspelling. If
    there are none, they are the entities that some of the words name.
    """
    wanted, each = key(text), words(text)
    enough = limit if limit >= 0 else sys.maxsize
    found: Found = {}
    if enough and 0 < len(wanted) <= names.longest + _LONGER:
        found = names.containing([wanted], partial(_is_part, wanted), enough)
        if _entities(found) < enough and len(each) > 1:  # every part is a better match than names of the same words
            found |= names.containing(sorted(set(each)), partial(_has_words, each), enough)
        if _entities(found) < enough:  # and these are better than every similar name
            found |= _similar(names, wanted, enough)
    if enough and not found:
        for run in _runs(each):
            found |= names.equal(run)
    return _best(_in_order(found), text)[:limit]


def match(name: Name, text: str) -> Match:
    """How a text matches a name: as this name, as a part of it, only as a similar one, or with the name as a part of the text."""
    if key(text) == key(name.text) or _same_words(words(text), name):
        return "exact"
    score = _distance(key(text), words(text), name.text)
    return "part" if score < _WORDS else "similar" if score < _NAMED else "within"


def named_in(names: NameIndex, text: str) -> list[Name]:
    """The entities that some of the words of a text name exactly, those with the longest names first."""
    found: Found = {}
    for run in _runs(words(text)):
        if run != key(text):
            found |= names.equal(run)
    return _best(_in_order(found), text)


def not_called(found: Sequence[Name], text: str) -> str:
    """What to say of the entities found where no name is this text or has these words; else an empty text."""
    ways = {match(name, text) for name in found}
    if ways & {"exact", "part"}:
        return ""
    less = "; these names are only spelled like it" if ways == {"similar"} else "; these are called like a part of it"
    return f"no entity is called '{text}'{less if found else ''}"


def resolve(names: NameIndex, text: str, kind: Callable[[], str] = lambda: "entity", also: Sequence[str] = ()) -> URIRef:
    """The entity with this name, in any order of its words, or with this local name in its IRI.

    ``kind`` gives the expected kind of entity for the error message; ``also`` are names to look up if there is none.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names when there is none, or when several entities have the name.
    """
    iri = expand(text)
    if iri is not None and names.label(iri) is not None:
        return iri
    found = next(filter(None, (called(names, one) for one in (text, *also))), []) or _local(names, text)
    if len(found) == 1:
        return found[0].entity
    shown = ", ".join(f"{name.label} ({contract(name.entity)})" for name in (found or find(names, text, 5))[:5])
    if found:
        raise NotFoundError(f"several entities are called '{text}'; choose one of: {shown}")
    hint = f"nearest: {shown}" if shown else _all_or_advice(names)
    raise NotFoundError(f"no {kind()} is called '{text}'; {hint}")


def called(names: NameIndex, text: str) -> list[Name]:
    """The entities with this name, each with its name: of the strongest kind of name, or of the same words in another order."""
    wanted, each = key(text), words(text)
    exact = _best(_in_order(names.equal(wanted)), text) if wanted else []
    strongest = [name for name in exact if RANK[name.how] == min(RANK[n.how] for n in exact)]
    if len(strongest) > 1:  # "I/II" and "III" have one key
        strongest = [name for name in strongest if name.text.lower() == text.strip().lower()] or strongest
    if strongest or not 1 < len(each) <= len(wanted) <= names.longest:
        return strongest
    return _best(_in_order(names.containing(sorted(set(each)), partial(_same_words, each), _FEW)), text)


def _local(names: NameIndex, text: str) -> list[Name]:
    """The entities with this local name in their IRIs: ``Misale`` in ``trial:Misale``."""
    if expand(f"mcrc:{text}") is None:
        return []
    found = names.labels([f"{MCRC}{text}", *(f"{ID}{kind}/{text}" for kind in TYPES)])
    return [Name(URIRef(iri), label, "", "label", text) for iri, label in sorted(found.items())]


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


def _entities(found: Found) -> int:
    return len({name.entity for name in found.values()})


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
        if equal > _SIMILAR * (len(wanted) + len(other)) and (ratio := _similarity(wanted, other)):
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


def _has_words(wanted: Sequence[str], name: Name) -> bool:
    return _contains_words(words(name.text), wanted)


def _contains_words(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether each word begins one of these words, or lies within one, if it is not short."""
    return all(any(part.startswith(one) or (len(one) >= _LEAST and one in part) for part in parts) for one in wanted)


def _same_words(wanted: Sequence[str], name: Name) -> bool:
    """Whether a name has these words in any order.

    A trial with a number that two groups ran together also has the names with one of the groups.

    >>> _same_words(["calgb", "80405"], Name(URIRef("urn:x"), "", "trial", "label", "CALGB/SWOG 80405"))
    True
    """
    ordered = sorted(wanted)
    if sorted(words(name.text)) == ordered:
        return True
    if name.kind != "trial" or "/" not in name.text or len(name.text.split()) != 2 or not any(map(str.isdigit, wanted)):
        return False
    return any(sorted(words(" ".join(one))) == ordered for one in product(*(part.split("/") for part in name.text.split())))


def _runs(each: Sequence[str]) -> Iterator[str]:
    """The keys of the runs of neighbouring words in a short text."""
    for first in range(len(each) if len(each) <= _FEW else 0):
        for last in range(first + 1, len(each) + 1):
            if len(run := "".join(each[first:last])) >= _LEAST:
                yield run


def _best(names: Iterable[Name], text: str) -> list[Name]:
    """The entities of these names that match a text, best first; of equal matches, the first."""
    wanted, each = key(text), words(text)
    best: dict[URIRef, tuple[tuple[float, int, str], Name]] = {}
    for name in names:
        score = _distance(wanted, each, name.text)
        if score > _WORDS and name.how in IDENTIFIERS:  # a similar identifier belongs to another entity
            continue
        order = (score, RANK[name.how], name.label.lower())
        if score < 1 and (name.entity not in best or order < best[name.entity][0]):
            best[name.entity] = (order, name)
    ordered = sorted(best.values(), key=lambda item: item[0])
    whole = [name for (score, *_), name in ordered if score < _NAMED]
    return whole or [name for _, name in ordered]  # what only some of the words name is the last resort


def _distance(wanted: str, each: Sequence[str], text: str) -> float:
    """How far a name is from a text, which is given by its key and its words.

    The number is 0 for equal names, below 0.4 for a part at the start of a word or within a word, below 0.5 for the same words,
    below 0.7 for similar names, below 1 for a name that is a part of the text, else 1.
    """
    parts, name = words(text), key(text)
    if not wanted or not name:
        return 1.0
    if wanted == name:
        return 0.0
    if _contains(parts, wanted):
        return _PART - 0.3 * len(wanted) / len(name)
    if len(each) > 1 and _contains_words(parts, each):
        return _WORDS - 0.1 * len(wanted) / len(name)
    if abs(len(wanted) - len(name)) <= _LONGER and (ratio := _similarity(wanted, name)):
        return 1.0 - ratio / 2
    return 1.0 - 0.2 * len(name) / len(wanted) if len(name) < len(wanted) and name in set(_runs(each)) else 1.0


def _similarity(one: str, other: str) -> float:
    """The ratio of equal letters of two keys; 0 where the first is no plausible misspelling of the second."""
    from difflib import SequenceMatcher  # only for what no name equals

    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio > _SIMILAR and _is_misspelling(one, other) else 0.0


def _is_misspelling(one: str, other: str) -> bool:
    """Whether a text differs from a name in one letter of four at most, and in no more than three; rarely in the first letter.

    >>> _is_misspelling("cetuximb", "cetuximab"), _is_misspelling("encorafenib", "regorafenib")
    (True, False)
    """
    most = min(_LONGER, len(one) // 4) if one[:1] == other[:1] else min(1, len(one) // 4)
    return _edits(one, other) <= most


def _edits(one: str, other: str) -> int:
    """The number of letters to insert, delete, replace or exchange with the next (optimal string alignment distance)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, there in enumerate(other, 1):
            now.append(min(now[-1] + 1, last[column] + 1, last[column - 1] + (letter != there)))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == there:
                now[-1] = min(now[-1], before[column - 2] + 1)
        before, last = last, now
    return last[-1]
