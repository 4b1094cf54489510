"""Messages of the library for a model: command names become tool names, options become parameters, long texts are cut."""

from __future__ import annotations

import re

_COMMANDS = {"ask": "list_questions", "show": "describe", "find": "find", "explain": "explain", "link": "ask links"}
_LONGEST = 2000


def in_tool_words(text: str) -> str:
    """A message or description of the library, for a model.

    >>> in_tool_words("see 'mcrc-kg ask' for the catalogue; it has: --line-of-therapy")
    "see 'list_questions' for the catalogue; it has: line_of_therapy"
    """
    text = text[: 2 * _LONGEST]
    text = re.sub(r"mcrc-kg (ask|show|find|explain|link)\b", lambda command: _COMMANDS[command[1]], text)
    text = re.sub(r"--([a-z][a-z-]*)", lambda option: option[1].replace("-", "_"), text)
    # the parser lists every character that it would accept
    text = re.sub(r"(expected one of .{80}).*?(?=; see line)", r"\1…", text, flags=re.DOTALL)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
