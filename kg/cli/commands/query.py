"""The commands that ask the graph: each parses its words, calls the library, prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from rdflib import Literal

from kg import __version__
from kg.ask.catalogue import Parameter, Question, question
from kg.ask.results import Table
from kg.ask.schema import schema
from kg.cli.app import Format, GraphPlace, Output, app, as_text
from kg.cli.completion import QuestionCommand, entity_words, option, question_words
from kg.cli.output import asking, note, show, write_text
from kg.cli.streams import read_standard_input
from kg.errors import UsageError
from kg.files import read_text
from kg.graph import KnowledgeGraph, open_graph
from kg.namespaces import contract, expand


@app.command(
    cls=QuestionCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def ask(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The question; without it, the catalogue.", autocompletion=question_words)
    ] = None,
    show_query: Annotated[bool, typer.Option("--show", help="Print the SPARQL instead of running it.")] = False,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Answer a canned question; its parameters are options: mcrc-kg ask hazard-ratios --drug cetuximab."""
    asks_help = "--help" in context.args
    if name == "--help" or (asks_help and name is None):
        print(context.get_help())
        return
    if name is None:
        if context.args:
            raise UsageError(f"name the question before its options; {context.args[0]} belongs to none")
        show(_catalogue(open_graph(graph)), form, output)
        return
    opened = open_graph(graph)
    asked = question(name)
    if asks_help:
        print(_manual(asked))
        return
    values = _parameters(as_text(context.args))
    if show_query:
        sys.stdout.write(opened.bound(name, **values))
        return
    with asking():
        answer = opened.ask(name, **values)
    show(answer, form, output)
    for parameter in asked.parameters:
        if parameter.default is not None and parameter.name not in values:
            note(f"for {option(parameter)} {contract(expand(parameter.default) or '') or parameter.default}, the default")
    if not len(answer):
        note(f"no row for these values. {asked.description}")
    elif sys.stdout.isatty():
        note(asked.description)


@app.command()
def query(
    sparql: Annotated[str | None, typer.Argument(help="The query, or - to read it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the query from this file.")] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Answer a SPARQL 1.1 query over the union of all graphs."""
    if (sparql is None) == (file is None):
        raise UsageError("give a query, or - for standard input, or --file FILE")
    text = read_text(file) if file is not None else read_standard_input() if sparql == "-" else str(sparql)
    opened = open_graph(graph)
    with asking():
        answer = opened.query(text)
    show(answer, form, output)


@app.command()
def find(
    text: Annotated[
        str,
        typer.Argument(
            help="A name, or a part of one; aliases, known misprints and identifiers elsewhere count.",
            autocompletion=entity_words,
        ),
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Find things by name."""
    found = open_graph(graph).find(text)
    rows = tuple((Literal(n.label), Literal(n.kind), Literal(n.text), Literal(n.how), n.entity) for n in found)
    show(Table(("label", "kind", "matched", "matched_as", "entity_iri"), rows), form, output)
    note(f"{len(rows)} found" + (", the best 20 shown" if len(rows) == 20 else ""))


@app.command("show")
def show_entity(
    entity: Annotated[
        str,
        typer.Argument(help="A name, a prefixed name such as drug:cetuximab, or an IRI.", autocompletion=entity_words),
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show what the graph says of one thing."""
    show(open_graph(graph).describe(entity), form, output)


@app.command()
def explain(
    thing: Annotated[
        str,
        typer.Argument(
            help="A name, a prefixed name, or an IRI such as a claim_iri or passage_iri.", autocompletion=entity_words
        ),
    ],
    relation: Annotated[str | None, typer.Argument(metavar="[PROPERTY]", help="A property of it: 'acts on', 'type'.")] = None,
    value: Annotated[str | None, typer.Argument(help="One value of that property.")] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Say why: the place in the source behind a result or claim, the rule and premises behind what is inferred."""
    explanation = open_graph(graph).explain(thing, relation, value)
    if form or output:
        show(explanation.to_table(), form, output)
    else:
        print(explanation)


@app.command()
def link(
    entity: Annotated[
        str,
        typer.Argument(help="A name, a prefixed name, an IRI, or an identifier elsewhere.", autocompletion=entity_words),
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show the identifiers of one thing in other vocabularies."""
    answer = open_graph(graph).ask("links", entity=entity)
    show(answer, form, output)
    if not len(answer):
        note("no identifier elsewhere was verified for it")


@app.command()
def info(
    as_schema: Annotated[bool, typer.Option("--schema", help="Print the schema in few words instead, as Markdown.")] = False,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Say what is in the graph: version, source, licence, and how many of each class."""
    opened = open_graph(graph)
    if as_schema:
        write_text(str(schema(opened.query)), output)
        return
    show(opened.ask("contents"), form, output)
    note(f"mcrc-kg {__version__}")
    for row in opened.ask("source-document"):
        note(f"facts of {row['citation']}; licence of the source: {row['licence']}")


def _catalogue(opened: KnowledgeGraph) -> Table:
    rows = []
    for item in opened.questions.values():
        options = " ".join(map(option, item.parameters))
        rows.append(tuple(map(Literal, (", ".join(item.tags), item.name, item.summary, options))))
    return Table(("topic", "question", "summary", "parameters"), tuple(sorted(rows)))


def _manual(asked: Question) -> str:
    """The page of one question: what it answers, what not to conclude, its parameters."""
    lines = [f"mcrc-kg ask {asked.name}", "", asked.summary, "", asked.description, ""]
    if asked.endpoint:
        lines += [f"Asks {asked.endpoint} over the network.", ""]
    for parameter in asked.parameters:
        kind = f"one of {', '.join(parameter.choices)}" if parameter.choices else _kind(parameter)
        default = f"; without it {parameter.default}" if parameter.default else "; without it all"
        lines.append(f"  {option(parameter)}  {kind}{default}")
    return "\n".join(lines)


def _kind(parameter: Parameter) -> str:
    """What a value of a parameter is, in words: "the name of an endpoint", "an integer"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parameter.type.partition(":")[2]).lower()
    one = "anything" if words == "resource" else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
    return one if parameter.of_class is None else f"the name of {one}"


def _parameters(words: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise UsageError(f"'{word}' is not expected here; parameters are written --name value")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"--{name} needs a value")
            value = rest.pop(0)
        if name.replace("-", "_") in values:
            raise UsageError(f"--{name} is given twice")
        values[name.replace("-", "_")] = value
    return values
