"""What the command ``ask`` does, without Typer: most of its options are the parameters of the question, which only that knows.

A plain question, which scripts ask by the hundred, is read here as Typer would read it, in a fraction of the time.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kg
from kg.cli.arguments import as_text
from kg.cli.output import asking, note, show, table
from kg.errors import UsageError

if TYPE_CHECKING:
    from kg.ask.catalogue import Parameter, Question
    from kg.ask.results import Table
    from kg.graph import KnowledgeGraph

_OPTIONS = {"--graph": "graph", "--format": "form", "--output": "output"}
_NUMBERS = {"--limit": "limit", "--skip": "skip"}
_FLAGS = ("every-place", "every_place")  # the filters without a value
_DIGITS = 15  # of a number that is read here
_FOR_TYPER = ("--", "--help", "--show")


def plain(words: Sequence[str]) -> Mapping[str, Any] | None:
    """What the words of a command line give :func:`answer`; None where Typer must read them.

    That is where the name is not the first word after ``ask``, for options of one letter, with ``=``, or without a value, for
    numbers that are not plain digits, for ``--show`` and for ``--help``.

    >>> plain(["ask", "hazard-ratios", "--drug", "cetuximab", "--format", "csv"])["form"]
    'csv'
    >>> plain(["ask", "hazard-ratios", "--help"]) is None
    True
    """
    if len(words) < 2 or words[0] != "ask" or words[1][:1] in ("", "-"):
        return None
    given: dict[str, Any] = {"graph": os.environ.get("MCRC_KG_GRAPH") or None}
    own = []
    rest = iter(words[2:])
    for word in rest:
        option, equals, _ = word.partition("=")
        valued = option in _OPTIONS or option in _NUMBERS
        if option in _FOR_TYPER or (word.startswith("-") and not word.startswith("--")) or (equals and valued):
            return None
        if not valued:
            own.append(word)
            continue
        value = next(rest, "")
        if value[:1] in ("", "-"):
            return None
        if word in _OPTIONS:
            given[_OPTIONS[word]] = Path(value) if word == "--output" else value
        elif (number := _number(word, value)) is not None:
            given[_NUMBERS[word]] = number
        else:
            return None
    return {"name": words[1], "words": tuple(own), **given}


def _number(option: str, value: str) -> int | None:
    """The number of rows in plain digits; None for all else, of which Typer makes a number or an error."""
    if not value.isascii() or not value.isdigit() or len(value) > _DIGITS:
        return None
    return int(value) if int(value) or option == "--skip" else None


def answer(
    name: str | None,
    words: Sequence[str],
    show_query: bool = False,
    graph: str | None = None,
    form: str | None = None,
    output: Path | None = None,
    limit: int | None = None,
    skip: int = 0,
) -> None:
    """Print the answer to a question or a page of it, its query, its manual, or the catalogue where no name is given."""
    if name is None:
        if words:
            raise UsageError(f"give the name of the question before its options; {words[0]} has no question before it")
        _show(_catalogue(kg.open(graph).questions.values()), form, output, limit, skip)
        return
    from kg.ask.catalogue import question
    from kg.namespaces import contract, expand

    opened = kg.open(graph)
    asked = question(name)
    if "--help" in words:
        print(_manual(asked, _defaults(opened, asked)))
        return
    values = _parameters(as_text(list(words)))
    if show_query:
        sys.stdout.write(opened.bound(name, **values))
        return
    with asking():
        found = opened.ask(name, **values)
    _show(found, form, output, limit, skip)
    for remark in found.notes:
        note(remark)
    for parameter in asked.parameters:
        if parameter.default is not None and parameter.name not in values:
            note(f"{option(parameter)} is {contract(expand(parameter.default) or '') or parameter.default} by default")
    if not len(found):
        for sentence in opened.explain_empty(name, **values):
            note(sentence)
    elif sys.stdout.isatty():
        note(asked.description)


def _show(found: Table, form: str | None, output: Path | None, limit: int | None, skip: int) -> None:
    """Print a page of an answer, and say which rows it has where there are more."""
    from kg.ask.paging import Page

    page, total = Page(limit, skip), len(found)
    show(page.of(found), form, output)
    if not page.is_whole(total):
        following = page.next(total)
        note(page.told(total) + (f"; next: --skip {following.skip}" if following else ""))


def _catalogue(known: Iterable[Question]) -> Table:
    rows = ((", ".join(one.tags), one.name, one.summary, " ".join(map(option, one.parameters))) for one in known)
    return table(("topic", "question", "summary", "parameters"), sorted(rows))


def _defaults(opened: KnowledgeGraph, asked: Question) -> dict[str, str]:
    """The default of each parameter that has one; of an entity, its label and its prefixed name."""
    from kg.namespaces import expand

    texts = {one.name: one.default for one in asked.parameters if one.default}
    for parameter in asked.parameters:
        if parameter.default and parameter.of_class is not None:
            label = opened.label(str(expand(parameter.default)))
            texts[parameter.name] = f"{label} ({parameter.default})" if label else parameter.default
    return texts


def _manual(asked: Question, defaults: Mapping[str, str]) -> str:
    """The help page of one question: what it answers, what not to conclude, its parameters."""
    lines = [f"mcrc-kg ask {asked.name}", "", asked.summary, "", asked.description, ""]
    if asked.leaves_out:
        lines += [f"Leaves out: {asked.leaves_out}", ""]
    if asked.endpoint:
        lines += [f"Queries {asked.endpoint} over the network.", ""]
    for parameter in asked.parameters:
        kind = f"one of {', '.join(parameter.choices)}" if parameter.choices else _kind(parameter)
        lines.append(f"  {option(parameter)}  {kind}; default: {defaults.get(parameter.name, 'all')}")
    lines += [
        *([""] if asked.parameters else []),
        f"Filters on the answer: {' '.join(map(option, asked.filters))}; see docs/questions.md.",
        "Every question also has --limit, --skip, --graph, --format, --output (-o) and --show; see mcrc-kg ask --help.",
    ]
    return "\n".join(lines)


def _kind(parameter: Parameter) -> str:
    """What a value of a parameter is, in words: "the name of an endpoint", "an integer"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parameter.type.partition(":")[2]).lower()
    one = "any entity" if words == "resource" else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
    return one if parameter.of_class is None else f"the name of {one}"


def option(parameter: Parameter) -> str:
    """A parameter as it is written on the command line: ``--drug``."""
    return f"--{parameter.name.replace('_', '-')}"


def _parameters(words: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise UsageError(f"unexpected argument '{word}'; write parameters as --name value")
        if not equals and name in _FLAGS:
            value = "yes"
        elif not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"--{name} needs a value")
            value = rest.pop(0)
        if name.replace("-", "_") in values:
            raise UsageError(f"--{name} is given twice")
        values[name.replace("-", "_")] = value
    return values
