"""What the shell offers at the Tab key: questions, their parameters and values, entities by their labels.

Nothing is offered where it would have to be fetched from another machine, or where the graph cannot be read.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from kg.cli.ask import option
from kg.errors import KgError
from kg.resources import is_web_address

if TYPE_CHECKING:
    from kg.ask.catalogue import Parameter, Question
    from kg.graph import KnowledgeGraph

PROGRAM = "mcrc-kg"
_UNSAFE = frozenset("'\"`$\\:*?[]!\n")  # a shell would change them: they end a word, or stand for something else
_PLAIN = frozenset("@%+=,./_-")


class QuestionCommand(TyperCommand):
    """The command ``ask``, which completes options that only the question knows."""

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> list[Any]:  # type: ignore[override]
        """The options of the command and of the question, or the values of the parameter before."""
        (name,) = (one for one in self.params if one.name == "name")
        return [*super().shell_complete(ctx, incomplete), *name.shell_complete(ctx, incomplete)]


def question_words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names of the questions, then the parameters of the one that was named, or the values of the parameter before."""
    from kg.ask.catalogue import questions

    name = ctx.params.get("name")
    if name is None:
        return [(one.name, one.summary) for one in questions().values()]
    asked = questions().get(name)
    if asked is None:
        return []
    words = [word for word in ctx.args if word != "="]  # Bash makes it a word of its own
    if words and (parameter := _parameter(asked, words[-1])):
        return _values(ctx, parameter, incomplete)
    given = {parameter.name for word in words if (parameter := _parameter(asked, word))}
    return [(option(one), _of(one)) for one in asked.options if one.name not in given]


def entity_words(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The labels of all entities that begin with a text, each with its type."""
    graph = _opened(ctx)
    names = [] if graph is None else graph.names().beginning(incomplete)
    return _offered((name.text, name.kind or "term") for name in names)


def format_words(incomplete: str) -> list[str]:
    """The names of the formats."""
    from kg.ask.results import FORMATS

    return ["table", *FORMATS]


@contextlib.contextmanager
def quoted_for_bash() -> Iterator[None]:
    """While this lasts, completions for Bash are quoted as words of the command line; Zsh and fish do that themselves."""
    if os.environ.get(f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE") != "complete_bash":
        yield
        return
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        words, place = os.environ.get("COMP_WORDS", "").split("\n"), os.environ.get("COMP_CWORD", "")
        word = words[int(place)] if place.isdecimal() and int(place) < len(words) else ""
        lines = printed.getvalue().splitlines()
        sys.stdout.writelines(f"{line if _is_open(word) else _quoted(line)}\n" for line in lines)


def _is_open(word: str) -> bool:
    """Whether a word began with a quotation mark that was not closed."""
    try:
        shlex.split(word)
    except ValueError:
        return word.startswith(("'", '"'))
    return False


def _quoted(text: str) -> str:
    return "".join(character if character.isalnum() or character in _PLAIN else f"\\{character}" for character in text)


def _parameter(asked: Question, word: str) -> Parameter | None:
    return next((one for one in asked.options if option(one) == word.replace("_", "-")), None)


def _of(parameter: Parameter) -> str:
    return ", ".join(parameter.choices) or parameter.type.partition(":")[2]


def _values(ctx: typer.Context, parameter: Parameter, incomplete: str) -> list[tuple[str, str]]:
    """The values of a parameter that begin with a text, each with its definition if it has one."""
    if parameter.choices:
        return [(choice, "") for choice in parameter.choices]
    if parameter.of_class is None:
        return []
    from rdflib import RDFS

    if parameter.of_class == RDFS.Resource:
        return entity_words(ctx, incomplete)
    graph = _opened(ctx)
    if graph is None or not (names := graph.names(parameter.of_class).beginning(incomplete)):
        return []
    defined = graph.definitions([name.entity for name in names])
    return _offered((name.text, defined.get(name.entity, "")) for name in names)


def _offered(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each name once, without those that a shell would change."""
    return [(name, said) for name, said in dict(names).items() if _UNSAFE.isdisjoint(name)]


def _opened(ctx: typer.Context) -> KnowledgeGraph | None:
    """The graph that the command would ask, or None for one that is elsewhere or cannot be read."""
    from kg.graph import open_graph

    place = ctx.params.get("graph")
    if place is not None and is_web_address(place):
        return None
    with contextlib.suppress(KgError):
        return open_graph(place)
    return None
