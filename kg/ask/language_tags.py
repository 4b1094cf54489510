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
    """The strings without language tag and datatype that a query compares, or that stand at the end of a triple pattern.

    >>> list(_compared('SELECT * { ?s rdfs:label "a", ?x FILTER(?x = "b"@en || "c" = ?y || CONTAINS(?z, "d")) }'))
    ['a', 'c']
    """
    before, ends, depth = None, "", 0  # ends: the mark with which the values after VALUES or IN end
    for token, after in pairwise((*tokens(sparql), None)):
        assert token is not None  # only the last one is
        word = token.text.lower()
        depth += {"(": 1, ")": -1}.get(word, 0)
        ends = {"values": "}", "in": ")"}.get(word, "" if word == ends else ends)
        if token.kind == "string" and not _is_typed(after):
            is_object = depth == 0 and before is not None and (before.kind in ("name", "iri") or before.text in (",", "a"))
            if (is_object or ends or _is(before, "=") or _is(after, "=")) and (text := _content(token.text)):
                yield text
        before = token


def _is(token: Token | None, mark: str) -> bool:
    return token is not None and token.text == mark


def _is_typed(after: Token | None) -> bool:
    return after is not None and (after.kind == "language" or after.text == "^")


def _content(token: str) -> str:
    """The content of a string token; nothing for one with escaped characters, which no label has."""
    quotes = 3 if token[:3] in ('"""', "'''") and len(token) >= 6 else 1
    text = token[quotes:-quotes]
    return text if "\\" not in text and len(text) <= _LONGEST else ""
