"""Which other endpoints a query would ask, so that only those on a list are asked."""

from __future__ import annotations

import re
from collections.abc import Collection

from kg.errors import InputError, RefusedError

_DEPTH = 200
# possessive throughout, so that no text, however made, takes more than one pass
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n\r]*+)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''|"(?:[^"\\\n\r]|\\.)*+"|'(?:[^'\\\n\r]|\\.)*+')
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*+>)
    |(?P<variable>[?$]\w++)
    |(?P<word>[\w.-]*+)(?P<local>:(?:[\w:.%-]|\\.)*+)
    |(?P<alone>[\w.-]++)
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
    if sum(map(sparql.count, "{([")) > _DEPTH:
        _not_too_deep(sparql)
    if "service" not in sparql.lower():
        return ()
    tokens = [match for match in _TOKEN.finditer(sparql) if match["comment"] is None]
    found: list[str] = []
    for place, token in enumerate(tokens):
        if "service" in _word(token):
            iri = _endpoint(tokens, place)
            if iri is None or iri not in allowed:
                known = f"; this server asks {', '.join(sorted(allowed))}" if allowed else "; this server asks no other endpoint"
                raise RefusedError(f"SERVICE {iri or 'with an endpoint that is not written out as an IRI'} is refused{known}")
            found.append(iri)
    return tuple(found)


def _word(token: re.Match[str]) -> str:
    """A word that may be a keyword, or the prefix of a name, which the engine may take for one."""
    return (token["alone"] or token["word"] or "").lower().lstrip(".")


def _endpoint(tokens: list[re.Match[str]], place: int) -> str | None:
    if _word(tokens[place]) != "service" or tokens[place]["local"]:
        return None
    after = [token for token in tokens[place + 1 : place + 3] if _word(token) != "silent" or token["local"]][:1]
    if after and after[0]["iri"]:
        return after[0].group().strip("<>")
    if after and after[0]["local"]:
        return _expanded(tokens, after[0].group())
    return None


def _expanded(tokens: list[re.Match[str]], name: str) -> str | None:
    prefix, _, local = name.partition(":")
    spaces = {
        after.group().strip("<>")
        for word, label, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if _word(word) == "prefix" and label.group() == f"{prefix}:" and after["iri"]
    }
    return spaces.pop() + local if len(spaces) == 1 else None


def _not_too_deep(sparql: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(sparql):
        mark = token["other"]
        if mark is not None and mark in "{([":
            depth += 1
        elif mark is not None and mark in "})]":
            depth -= 1
        if depth > _DEPTH:
            raise InputError(f"the query nests more than {_DEPTH} braces, brackets and parentheses; write it flatter")
