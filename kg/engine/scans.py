"""A query about the whole graph, written so that the engine reads each property once in place of looking it up for each row.

Oxigraph looks up a pattern for each row that it has so far. On disk a look-up takes as long as reading twenty statements in a
row. That is right for a question about one trial, and wrong for one about all. A pattern in a subselect of its own is not looked
up: all its statements are read, and joined by a hash table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from kg.engine.lexer import Token, tokens
from kg.files import read_text
from kg.resources import folder

_CLOSING = {"{": "}", "(": ")", "[": "]"}
_MODIFIERS = frozenset(("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET"))
_GROUPS = frozenset(("OPTIONAL", "UNION", "MINUS"))
_STARTS = frozenset(("FILTER", "BIND", "VALUES", "GRAPH", "SERVICE", "SELECT")) | _GROUPS | _MODIFIERS
_CLOSURES = frozenset("*+?")
_EVERYWHERE = frozenset(("a", "rdfs:label"))  # what nearly every entity has: an answer needs few of these statements


def by_scans(sparql: str) -> str:
    """An equivalent SELECT query with each triple pattern in a subselect of its own.

    Labels and classes stay as they are, because nearly every entity has them, and an answer shows few. Patterns in filters
    and expressions are asked for one row. In ``GRAPH ?g`` a subselect does not have the variable. Paths of any length are long.

    >>> by_scans("SELECT ?b { ?a ex:p ?b ; ex:q* ?c OPTIONAL { ?b ex:r 1 } FILTER EXISTS { ?c ex:s 2 } }")
    'SELECT ?b { { SELECT * { ?a ex:p ?b } } ?a ex:q * ?c . OPTIONAL { { SELECT * { ?b ex:r 1 } } } FILTER EXISTS { ?c ex:s 2 } }'
    """
    all_tokens = list(tokens(sparql))
    parts, done = [], 0
    for start, end in _blocks(all_tokens):
        block = all_tokens[start:end]
        last = block[-1].start + len(block[-1].text)
        parts += [sparql[done : block[0].start], _scanned(block, sparql[block[0].start : last])]
        done = last
    return "".join((*parts, sparql[done:]))


def _blocks(all_tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where the triple patterns between two other parts of a group begin and end."""
    at = next((i for i, token in enumerate(all_tokens) if _word(token) == "SELECT"), len(all_tokens))
    while at < len(all_tokens):
        word, text = _word(all_tokens[at]), all_tokens[at].text
        if word == "SELECT":
            at = _find(all_tokens, at, "{")
        elif word in _MODIFIERS:
            at = _find(all_tokens, at, "}")
        elif word in ("BIND", "VALUES", "FILTER", "GRAPH", "SERVICE"):
            at = _after(all_tokens, _find(all_tokens, at, "(" if word == "BIND" else "{" if word != "FILTER" else "({"))
        elif word in _GROUPS or text in "{}.":
            at += 1
        else:
            end = at
            while end < len(all_tokens) and all_tokens[end].text not in "{}" and _word(all_tokens[end]) not in _STARTS:
                end += 1
            yield at, end
            at = end


def _scanned(block: Sequence[Token], text: str) -> str:
    """Triple patterns, each in a subselect; unchanged where they have blank nodes, lists, or literals with a type or language."""
    if any(token.text in "[]" or token.kind == "language" for token in block) or '"^^' in text:
        return text
    made, subject, verb = [], "", ""
    for part, before in _parts(block):
        words = [token.text for token in part]
        if before == ".":
            subject, words = words[0], words[1:]
        if before != ",":
            verb = " ".join(words[:-1])
        pattern = f"{subject} {verb} {words[-1]}"
        made.append(f"{pattern} ." if verb in _EVERYWHERE or _CLOSURES & set(verb.split()) else _alone(pattern))
    return " ".join(made)


def _alone(pattern: str) -> str:
    return f"{{ {_subselect().replace('?subject ?property ?value', pattern)} }}"


@cache
def _subselect() -> str:
    """All variables of one pattern."""
    return read_text(folder("queries") / "store" / "pattern.rq").splitlines()[-1]


def _parts(block: Sequence[Token]) -> Iterator[tuple[list[Token], str]]:
    """The tokens between the marks that separate patterns, with the mark before them; a block begins as after a full stop."""
    part: list[Token] = []
    before = "."
    for token in block:
        if token.kind == "mark" and token.text in ".;,":
            if part:
                yield part, before
            part, before = [], token.text
        else:
            part.append(token)
    if part:
        yield part, before


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


def _find(all_tokens: Sequence[Token], at: int, marks: str) -> int:
    """Where one of these marks is next, outside of brackets; the number of all tokens when it is not there."""
    while at < len(all_tokens) and not (all_tokens[at].kind == "mark" and all_tokens[at].text in marks):
        at = _after(all_tokens, at) if all_tokens[at].text in _CLOSING else at + 1
    return at


def _after(all_tokens: Sequence[Token], at: int) -> int:
    """What comes after the bracket that opens here and all that it holds."""
    depth = 0
    while at < len(all_tokens):
        if all_tokens[at].kind == "mark":
            depth += (all_tokens[at].text in _CLOSING) - (all_tokens[at].text in _CLOSING.values())
        at += 1
        if not depth:
            break
    return at
