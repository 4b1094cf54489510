"""The hint on a query that compares a label with a string: labels have a language tag, and a string without one equals none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from rdflib import Literal
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Result, Table
from kg.engine.lexer import Token, tokens

_LANGUAGE = "en"  # of all labels of this graph
_MOST, _LONGEST = 50, 500  # strings of a query that are looked up, and the characters of one


def untagged(sparql: str, answer: Result, query: Callable[[str], Result]) -> Iterator[str]:
    """The hint on the strings of a query that has an empty answer, where the graph has them only with a language tag.

    ``query`` answers the question about the strings. The time grows no faster than the query.
    """
    if answer if isinstance(answer, bool) else len(answer):
        return
    texts = list(dict.fromkeys(_compared(sparql)))[:_MOST]
    if not texts:
        return
    given: Sequence[Node] = [Literal(text, lang=_LANGUAGE) for text in texts]
    found = query(catalogue("search")["tagged"].bind({"text": given}))
    for (text,) in found.rows if isinstance(found, Table) else ():
        shown = str(text).replace('"', '\\"')
        yield (
            f'"{shown}" equals no label, because labels have a language tag; write "{shown}"@{_LANGUAGE}, or compare STR(?label)'
        )


def _compared(sparql: str) -> Iterator[str]:
    """The strings without language tag and datatype after a property for labels, or compared with a variable after one.

    >>> list(_compared('ASK { ?s rdfs:label "a" , ?t ; rdfs:label ?x FILTER(?x = "b"@en || "c" = ?x || CONTAINS(?x, "d")) }'))
    ['a', 'c']
    """
    found = list(tokens(sparql))
    labels = {one.text for before, one in pairwise(found) if one.kind == "variable" and _is_label(before)}
    listed: Token | None = None  # the variable with the values after VALUES or IN
    ends = ""
    window = (None, None, *found, None, None)
    for first, before, token, after, then in zip(window, window[1:], window[2:], window[3:], window[4:], strict=False):
        if token is None:
            continue
        word = token.text.lower()
        if word in ("values", "in"):
            listed, ends = (after, "}") if word == "values" else (before, ")")
        elif word == ends:
            listed, ends = None, ""
        if token.kind != "string" or _is_typed(after):
            continue
        left = first if _is(before, "=") else None
        right = then if _is(after, "=") else None
        is_compared = any(one is not None and one.text in labels for one in (left, right, listed))
        if (_is_label(before) or is_compared) and _content(token.text):
            yield _content(token.text)


def _is_label(token: Token | None) -> bool:
    """Whether a token is a property for labels, such as ``rdfs:label`` or ``skos:altLabel``."""
    return token is not None and token.kind in ("name", "iri") and token.text.rstrip(">").lower().endswith("label")


def _is(token: Token | None, mark: str) -> bool:
    return token is not None and token.text == mark


def _is_typed(after: Token | None) -> bool:
    return after is not None and (after.kind == "language" or after.text == "^")


def _content(token: str) -> str:
    """The content of a string token; nothing for one with escaped characters, which no label has."""
    quotes = 3 if token[:3] in ('"""', "'''") and len(token) >= 6 else 1
    text = token[quotes:-quotes]
    return text if "\\" not in text and len(text) <= _LONGEST else ""
