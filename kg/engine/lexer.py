"""The tokens of a SPARQL text, found in one pass, whatever the text is.

The engine's parser decides what a query means; this scanner answers only what must be known before or after it does: which words
stand outside strings, comments and IRIs. Grammar: SPARQL 1.1 Query Language, section 19.8 (W3C Recommendation 21 March 2013).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Linear: an alternative is chosen by its first characters, its repetitions are possessive, and a string that is never closed is a
# token up to where it must have ended, so that nothing is read again from the next character on.
_TOKEN = re.compile(
    r'''(?P<string>"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?+|\'\'\'(?:[^'\\]|\\.|'(?!\'\'))*+(?:\'\'\')?+'''
    r"""|"(?:[^"\\\n\r]|\\.)*+"?+|'(?:[^'\\\n\r]|\\.)*+'?+)
    |(?P<comment>\#[^\n\r]*+)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
    |(?P<variable>[?$]\w++)
    |(?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?+)
    |(?P<name>(?P<prefix>(?:\w[\w.-]*+)?+):(?:[\w:.%-]|\\.)*+)
    |(?P<word>\w[\w.-]*+)
    |(?P<mark>\S)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (``string``, ``iri``, ``variable``, ``language``, ``name``, ``word`` or ``mark``), its text, its place.

    A ``name`` is prefixed, and ``prefix`` is what stands before its colon. A ``mark`` is a single character.
    """

    kind: str
    text: str
    start: int
    prefix: str = ""


def tokens(sparql: str) -> Iterator[Token]:
    """The tokens of a query in their order, without comments and white space; every text has some, also one that does not parse.

    >>> [(one.kind, one.text) for one in tokens("ASK { ?s a ex:A } # SERVICE")]
    [('word', 'ASK'), ('mark', '{'), ('variable', '?s'), ('word', 'a'), ('name', 'ex:A'), ('mark', '}')]
    """
    for match in _TOKEN.finditer(sparql):
        kind = match.lastgroup
        assert kind is not None
        if kind != "comment":
            yield Token(kind, match.group(), match.start(), match["prefix"] if kind == "name" else "")
