"""Which other endpoints a query would ask, so that only those on a list are asked."""

from __future__ import annotations

import re
from collections.abc import Collection

from kg.errors import InputError, RefusedError

_DEPTH = 200
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n\r]*)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<variable>[?$]\w+)
    |(?P<name>(?P<prefix>[^\W\d_](?:[\w.-]*[\w-])?)?:(?:[\w:.%-]|\\.)*)
    |(?P<word>\w+)
    |(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)


def services(sparql: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The endpoints of the ``SERVICE`` blocks of a query, all of them on the list.

    Whatever could be read as the keyword outside strings, comments, IRIs and local names counts as one, also glued to what stands
    before or after it, as the engine reads it so.

    Raises :class:`~kg.errors.RefusedError` for an endpoint that is not on the list or is a variable, and
    :class:`~kg.errors.InputError` for braces nested so deep that the engine could not read them.
    """
    tokens = [match for match in _TOKEN.finditer(sparql) if match.lastgroup != "comment"]
    _not_too_deep(tokens)
    found: list[str] = []
    for place, token in enumerate(tokens):
        if _may_be_service(token):
            iri = _endpoint(tokens, place)
            if iri is None or iri not in allowed:
                known = f"; this server asks {', '.join(sorted(allowed))}" if allowed else "; this server asks no other endpoint"
                raise RefusedError(f"SERVICE {iri or 'with an endpoint that is not written out as an IRI'} is refused{known}")
            found.append(iri)
    return tuple(found)


def _may_be_service(token: re.Match[str]) -> bool:
    text = token["prefix"] or "" if token["name"] else token["word"] or ""
    return "service" in text.lower()


def _endpoint(tokens: list[re.Match[str]], place: int) -> str | None:
    if (tokens[place]["word"] or "").lower() != "service":
        return None
    after = [token for token in tokens[place + 1 : place + 3] if (token["word"] or "").lower() != "silent"][:1]
    if after and after[0]["iri"]:
        return after[0].group().strip("<>")
    if after and after[0]["name"]:
        return _expanded(tokens, after[0].group())
    return None


def _expanded(tokens: list[re.Match[str]], name: str) -> str | None:
    prefix, _, local = name.partition(":")
    spaces = {
        after.group().strip("<>")
        for word, label, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if (word["word"] or "").lower() == "prefix" and label.group() == f"{prefix}:" and after["iri"]
    }
    return spaces.pop() + local if len(spaces) == 1 else None


def _not_too_deep(tokens: list[re.Match[str]]) -> None:
    depth = 0
    for token in tokens:
        mark = token["other"] or ""
        depth += (mark in "{([" and mark != "") - (mark in "})]" and mark != "")
        if depth > _DEPTH:
            raise InputError(f"the query nests more than {_DEPTH} braces, brackets and parentheses; write it flatter")
