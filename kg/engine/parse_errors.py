"""Why a query does not parse, in words, from the message of the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kg.engine.lexer import tokens

# a set of characters in an error message of the engine's parser, and the length of the message that is read
_SET = re.compile(r"\[(?:'\\?.'|'\\u\{\w+\}'|[^\]'])*+\]")
_READ = 2000
_NO_PREFIX = "Prefix not found"
_FEW = 3  # undeclared prefixes that are named
_UPDATES = frozenset(("insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add", "with"))


def explained(message: str, sparql: str, prefixes: Mapping[str, str]) -> str:
    """Where and why a query does not parse, from the message of the engine, with a correction; ``prefixes`` are known to it.

    What the engine expects is repeated only when it is a phrase; sets of characters are left out.
    """
    place, _, rest = message[:_READ].partition(": expected ")
    prologue = _Prologue(sparql)
    if prologue.first in _UPDATES:
        return f"{place}: this is an update, and the graph is read-only; use SELECT, ASK, CONSTRUCT or DESCRIBE"
    wanted = [one.strip() for one in _SET.sub("", rest.removeprefix("one of ")).split(", ")]
    reason = next((one for one in wanted if " " in one and one != _NO_PREFIX), "unexpected text")
    advice = "check the word at this position, the prefixes and the braces"
    if unknown := sorted(prologue.undeclared - set(prefixes)):
        names = ", ".join(f"'{name}:'" for name in unknown[:_FEW])
        advice = f"the query does not declare {names}; add PREFIX {unknown[0]}: <…> before it"
        advice += f"; these need no declaration: {', '.join(sorted(prefixes))}" if prefixes else ""
        reason = "prefix not found" if _NO_PREFIX in wanted else reason
    return f"{place}: {reason}; {advice}"


def undeclared(sparql: str) -> set[str]:
    """The prefixes that a query uses without a declaration; also of a text that does not parse.

    >>> undeclared("PREFIX a: <urn:a> ASK { ?s a a:A , b:B FILTER(?s = 'c:C') } # d:D")
    {'b'}
    """
    return _Prologue(sparql).undeclared


class _Prologue:
    """The first word of a query after its declarations, in lower case, and the prefixes that it uses without a declaration."""

    def __init__(self, sparql: str) -> None:
        self.first = ""
        used: set[str] = set()
        declared: set[str] = set()
        before = ""
        for token in tokens(sparql):
            if token.kind == "name":
                (declared if before == "prefix" else used).add(token.prefix)
            before = token.text.lower() if token.kind == "word" else ""
            if before and not self.first and before not in ("prefix", "base", "version"):
                self.first = before
        self.undeclared = used - declared
