"""The federation policy: which other endpoints a query would ask, so that only those on the allow-list are asked.

A query on which this module and the engine could differ is refused when an allow-list makes asking possible. Where there is none,
the process that evaluates the query can open no connection, and this module only says why.
Specification: SPARQL 1.1 Federated Query (W3C Recommendation 21 March 2013).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from kg.engine.lexer import Token, tokens
from kg.errors import InputError, RefusedError

_DEPTH = 200
_OPEN = {"{": "}", "(": ")", "[": "]"}
_KEYWORD = "service"


def may_federate(sparql: str) -> bool:
    """Whether a query may ask another endpoint, from a look that costs nearly nothing; without the word it cannot."""
    return _KEYWORD in sparql.lower()


def check(sparql: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The endpoints of the ``SERVICE`` blocks of a query, all of them on the allow-list.

    The engine's parser needs no space before or after the keyword, so a word that only contains it counts as well; a prefix, a
    language tag or a variable of this name does not, where the grammar leaves no doubt.

    Raises :class:`~kg.errors.RefusedError` for an endpoint that is not on the list or is not written out as an IRI, and
    :class:`~kg.errors.InputError` for brackets nested so deep that the engine could not read them.
    """
    federating = may_federate(sparql)
    if not federating and sum(map(sparql.count, _OPEN)) <= _DEPTH:
        return ()
    found: dict[str, None] = {}  # in their order, each once
    policy = _Policy(allowed)
    for before, token, after, then in _windows(sparql):
        policy.nest(token)
        if federating and (iri := policy.endpoint(before, token, after, then)) is not None:
            found[iri] = None
    return tuple(found)


def named(sparql: str) -> tuple[str, ...]:
    """The endpoints that a query names after the keyword as it is usually written, each once; for messages."""
    if not may_federate(sparql):
        return ()
    found: dict[str, None] = {}
    for _, token, after, then in _windows(sparql):
        if _is(token, _KEYWORD):
            endpoint = then if _is(after, "silent") else after
            if endpoint is not None and endpoint.kind in ("iri", "name"):
                found[endpoint.text.strip("<>")] = None
    return tuple(found)


def _is(token: Token | None, *words: str) -> bool:
    """Whether a token is one of these words, in any case of letters."""
    return token is not None and token.kind == "word" and token.text.lower() in words


class _Policy:
    """What is known of a query at one token: how deep it is nested, the prefixes declared so far."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._open: list[str] = []
        self._prefixes: dict[str, str] = {}

    def nest(self, token: Token) -> None:
        """Go down or up at a bracket."""
        if token.kind != "mark":
            return
        if token.text in _OPEN:
            self._open.append(token.text)
            if len(self._open) > _DEPTH:
                raise InputError(f"the query nests more than {_DEPTH} braces, brackets and parentheses; write it flatter")
        elif self._open and _OPEN[self._open[-1]] == token.text:
            self._open.pop()

    def endpoint(self, before: Token | None, token: Token, after: Token | None, then: Token | None) -> str | None:
        """The endpoint that a token, as the keyword, asks; None where it is no keyword."""
        if not self._open:
            if _is(token, "prefix"):
                self._declare(after, then)
            return None
        if token.kind == "iri" and self._doubtful(token):
            raise RefusedError(f"{token.text} could be a comparison; where SERVICE is used, write '<' with a space after it")
        word = token.text if token.kind == "word" else token.prefix
        if _KEYWORD not in word.lower():
            return None
        if token.kind == "name":  # a keyword glued to its endpoint where a group follows, else the name of a thing
            if _is(before, "graph", _KEYWORD, "silent") or after is None or after.text != "{":
                return None
            raise self._refusal(None)
        if word.lower() != _KEYWORD:
            raise self._refusal(None)
        iri = self._written(then if _is(after, "silent") else after)
        if iri is None or iri not in self._allowed:
            raise self._refusal(iri)
        return iri

    def _declare(self, label: Token | None, iri: Token | None) -> None:
        if label is not None and iri is not None and label.kind == "name" and iri.kind == "iri":
            name = label.text.removesuffix(":")
            again = self._prefixes.setdefault(name, iri.text[1:-1]) != iri.text[1:-1]
            if again:  # which of the two the engine takes is not for us to guess
                self._prefixes[name] = "\0"

    def _written(self, token: Token | None) -> str | None:
        """The IRI of a token, where it is written out as one or by a prefix."""
        if token is None:
            return None
        if token.kind == "iri":
            return token.text[1:-1]
        if token.kind == "name" and token.prefix in self._prefixes and not token.prefix.lower().startswith("silent"):
            return self._prefixes[token.prefix] + token.text.removeprefix(f"{token.prefix}:")
        return None

    def _doubtful(self, iri: Token) -> bool:
        """Whether ``<`` may be less-than to the engine, and what follows then hide or show a keyword."""
        if not self._allowed or self._open[-1] != "(":
            return False
        scheme, colon, _ = iri.text[1:].partition("://")
        return any(mark in iri.text for mark in "#)'") and not (colon and scheme.isalnum())

    def _refusal(self, iri: str | None) -> RefusedError:
        known = (
            f"; this server asks {', '.join(sorted(self._allowed))}" if self._allowed else "; this server asks no other endpoint"
        )
        return RefusedError(f"SERVICE {iri or 'with an endpoint that is not written out as an IRI'} is refused{known}")


def _windows(sparql: str) -> Iterator[tuple[Token | None, Token, Token | None, Token | None]]:
    """Each token with the one before it and the two after it."""
    window: Sequence[Token | None] = (None, None, None, None)
    for token in chain(tokens(sparql), (None, None)):  # one by one: a refusal need not read on
        window = (*window[1:], token)
        if window[1] is not None:
            yield window[0], window[1], window[2], window[3]
