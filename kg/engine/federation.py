"""The federation policy: it finds the endpoints in the SERVICE blocks of a query and allows only those on the allow-list.

With an allow-list, a query that this module and the engine could read differently is refused. Without an allow-list, the process
that evaluates the query cannot open a connection, and this module only explains the refusal.
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
    """Whether a query contains the word "service"; without it, the query cannot reach another endpoint."""
    return _KEYWORD in sparql.lower()


def check(sparql: str, allowed: Collection[str], strict: bool = False) -> tuple[str, ...]:
    """The endpoints of the ``SERVICE`` blocks of a query; all of them are on the allow-list.

    The parser of the engine needs no space before or after the keyword, so a word that contains it is also refused. A prefix, a
    language tag or a variable of this name is accepted where the grammar is unambiguous. ``strict`` also refuses text that the
    engine could read differently when no endpoint is allowed; with an allow-list this is always so.

    Raises :class:`~kg.errors.RefusedError` for an endpoint that is not on the list or is not written as an IRI, and
    :class:`~kg.errors.InputError` for brackets that are nested too deeply for the engine.
    """
    federating = may_federate(sparql)
    if not federating and sum(map(sparql.count, _OPEN)) <= _DEPTH:
        return ()
    found: dict[str, None] = {}  # in their order, each once
    policy = _Policy(allowed, strict or bool(allowed))
    for before, token, after, then in _windows(sparql):
        policy.nest(token)
        if federating and (iri := policy.endpoint(before, token, after, then)) is not None:
            found[iri] = None
    return tuple(found)


def named(sparql: str) -> tuple[str, ...]:
    """The endpoints after the keyword ``SERVICE`` in its usual form, each once; for messages."""
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
    """Whether a token is one of these words, in upper or lower case."""
    return token is not None and token.kind == "word" and token.text.lower() in words


class _Policy:
    """The state at one token of a query: the open brackets, and the prefixes declared so far."""

    def __init__(self, allowed: Collection[str], strict: bool) -> None:
        self._allowed = allowed
        self._strict = strict
        self._open: list[str] = []
        self._prefixes: dict[str, str] = {}

    def nest(self, token: Token) -> None:
        """Update the open brackets at a bracket."""
        if token.kind != "mark":
            return
        if token.text in _OPEN:
            self._open.append(token.text)
            if len(self._open) > _DEPTH:
                raise InputError(f"the query nests more than {_DEPTH} braces, brackets and parentheses; reduce the nesting")
        elif self._open and _OPEN[self._open[-1]] == token.text:
            self._open.pop()

    def endpoint(self, before: Token | None, token: Token, after: Token | None, then: Token | None) -> str | None:
        """The endpoint of a token that is the keyword; None for other tokens."""
        if not self._open:
            if _is(token, "prefix"):
                self._declare(after, then)
            return None
        if token.kind == "iri" and self._doubtful(token):
            raise RefusedError(f"{token.text} could be a comparison; in a query with SERVICE, write a space after '<'")
        word = token.text if token.kind == "word" else token.prefix
        if _KEYWORD not in word.lower():
            return None
        if token.kind == "name":  # the keyword joined to its endpoint if a group follows, else a prefixed name
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
            if again:  # it is not certain which of the two the engine uses
                self._prefixes[name] = "\0"

    def _written(self, token: Token | None) -> str | None:
        """The IRI of a token that is an IRI or a prefixed name."""
        if token is None:
            return None
        if token.kind == "iri":
            return token.text[1:-1]
        if token.kind == "name" and token.prefix in self._prefixes and not token.prefix.lower().startswith("silent"):
            return self._prefixes[token.prefix] + token.text.removeprefix(f"{token.prefix}:")
        return None

    def _doubtful(self, iri: Token) -> bool:
        """Whether the engine may read ``<`` as less-than, so that a keyword could be hidden or found by mistake."""
        if not self._strict or self._open[-1] != "(":
            return False
        scheme, colon, _ = iri.text[1:].partition("://")
        return any(mark in iri.text for mark in "#)'") and not (colon and scheme.isalnum())

    def _refusal(self, iri: str | None) -> RefusedError:
        known = f"; the allowed endpoints are {', '.join(sorted(self._allowed))}" if self._allowed else "; no endpoint is allowed"
        return RefusedError(f"SERVICE {iri or 'with an endpoint that is not written as an IRI'} is refused{known}")


def _windows(sparql: str) -> Iterator[tuple[Token | None, Token, Token | None, Token | None]]:
    """Each token with the one before it and the two after it."""
    window: Sequence[Token | None] = (None, None, None, None)
    for token in chain(tokens(sparql), (None, None)):  # one by one: a refusal need not read on
        window = (*window[1:], token)
        if window[1] is not None:
            yield window[0], window[1], window[2], window[3]
