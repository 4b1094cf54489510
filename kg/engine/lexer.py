"""A scanner that finds the tokens of any SPARQL text in one pass.

The parser of the engine decides what a query means. This scanner only finds the words outside strings, comments and IRIs.
Grammar: SPARQL 1.1 Query Language, section 19.8 (W3C Recommendation 21 March 2013).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Linear time: an alternative is chosen by its first characters, repetitions are possessive, and an unclosed string is a token up
# to its latest possible end, so that no character is read twice.
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
    """One token: its kind (``string``, ``iri``, ``variable``, ``language``, ``name``, ``word`` or ``mark``), text and offset.

    A ``name`` is a prefixed name, and ``prefix`` is the part before its colon. A ``mark`` is a single character.
    """

    kind: str
    text: str
    start: int
    prefix: str = ""


def tokens(sparql: str) -> Iterator[Token]:
    """The tokens of a query in order, without comments and white space; also for a text that does not parse.

    >>> [(one.kind, one.text) for one in tokens("ASK { ?s a ex:A } # SERVICE")]
    [('word', 'ASK'), ('mark', '{'), ('variable', '?s'), ('word', 'a'), ('name', 'ex:A'), ('mark', '}')]
    """
    for match in _TOKEN.finditer(sparql):
        kind = match.lastgroup
        assert kind is not None
        if kind != "comment":
            yield Token(kind, match.group(), match.start(), match["prefix"] if kind == "name" else "")
