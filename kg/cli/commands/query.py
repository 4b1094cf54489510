"""The commands that query the graph."""

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
from kg.cli.output import asking, note, show, write_text
from kg.cli.streams import read_standard_input
from kg.errors import UsageError
from kg.files import read_text
from kg.graph import KnowledgeGraph, open_graph
from kg.namespaces import contract, expand


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def ask(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The name of the question. Default: list all questions.")] = None,
    show_query: Annotated[bool, typer.Option("--show", help="Print the SPARQL instead of running it.")] = False,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Answer a question (a canned query). Its parameters are options: mcrc-kg ask hazard-ratios --drug cetuximab."""
    asks_help = "--help" in context.args
    if name == "--help" or (asks_help and name is None):
        print(context.get_help())
        return
    if name is None:
        if context.args:
            raise UsageError(f"give the name of the question before its options; {context.args[0]} has no question before it")
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
            note(f"{_option(parameter)} is {contract(expand(parameter.default) or '') or parameter.default} by default")
    if not len(answer):
        note(f"no rows for these values. {asked.description}")
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
    """Run a SPARQL 1.1 query. The default graph is the union of all named graphs."""
    if (sparql is None) == (file is None):
        raise UsageError("give one query: as an argument, as - for standard input, or with --file FILE")
    text = read_text(file) if file is not None else read_standard_input() if sparql == "-" else str(sparql)
    opened = open_graph(graph)
    with asking():
        answer = opened.query(text)
    show(answer, form, output)


@app.command()
def find(
    text: Annotated[
        str, typer.Argument(help="A name or part of a name, including aliases, known misprints and external identifiers.")
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Find entities by name."""
    found = open_graph(graph).find(text)
    rows = tuple((Literal(n.label), Literal(n.kind), Literal(n.text), Literal(n.how), n.entity) for n in found)
    show(Table(("label", "kind", "matched", "matched_as", "entity_iri"), rows), form, output)
    note(f"{len(rows)} found" + ("; at most 20 are shown" if len(rows) == 20 else ""))


@app.command("show")
def show_entity(
    entity: Annotated[str, typer.Argument(help="A name, a prefixed name such as drug:cetuximab, or an IRI.")],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show all statements about one entity."""
    show(open_graph(graph).describe(entity), form, output)


@app.command()
def explain(
    entity: Annotated[str, typer.Argument(help="A name, a prefixed name, or an IRI such as a claim_iri or passage_iri.")],
    relation: Annotated[
        str | None, typer.Argument(metavar="[PROPERTY]", help="A property of the entity, such as 'acts on' or 'type'.")
    ] = None,
    value: Annotated[str | None, typer.Argument(help="One value of the property.")] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Explain statements. A stated fact has a place in the source; an inferred fact has a rule and premises."""
    explanation = open_graph(graph).explain(entity, relation, value)
    if form or output:
        show(explanation.to_table(), form, output)
    else:
        print(explanation)


@app.command()
def link(
    entity: Annotated[str, typer.Argument(help="A name, a prefixed name, an IRI, or an external identifier.")],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show the identifiers of one entity in other vocabularies."""
    answer = open_graph(graph).ask("links", entity=entity)
    show(answer, form, output)
    if not len(answer):
        note("no verified external identifier")


@app.command()
def info(
    as_schema: Annotated[
        bool, typer.Option("--schema", help="Print a short description of the schema instead, as Markdown.")
    ] = False,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show the contents of the graph. These are version, source, licence, and the number of entities in each class."""
    opened = open_graph(graph)
    if as_schema:
        write_text(str(schema(opened.query)), output)
        return
    show(opened.ask("contents"), form, output)
    note(f"mcrc-kg {__version__}")
    for row in opened.ask("source-document"):
        note(f"facts from {row['citation']}; licence of the source: {row['licence']}")


def _catalogue(opened: KnowledgeGraph) -> Table:
    rows = []
    for item in opened.questions.values():
        options = " ".join(map(_option, item.parameters))
        rows.append(tuple(map(Literal, (", ".join(item.tags), item.name, item.summary, options))))
    return Table(("topic", "question", "summary", "parameters"), tuple(sorted(rows)))


def _manual(asked: Question) -> str:
    """The help page of one question: what it answers, what not to conclude, its parameters."""
    lines = [f"mcrc-kg ask {asked.name}", "", asked.summary, "", asked.description, ""]
    if asked.endpoint:
        lines += [f"Queries {asked.endpoint} over the network.", ""]
    for parameter in asked.parameters:
        kind = f"one of {', '.join(parameter.choices)}" if parameter.choices else _kind(parameter)
        default = f"; default: {parameter.default or 'all'}"
        lines.append(f"  {_option(parameter)}  {kind}{default}")
    return "\n".join(lines)


def _kind(parameter: Parameter) -> str:
    """What a value of a parameter is, in words: "the name of an endpoint", "an integer"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parameter.type.partition(":")[2]).lower()
    one = "any entity" if words == "resource" else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
    return one if parameter.of_class is None else f"the name of {one}"


def _option(parameter: Parameter) -> str:
    return f"--{parameter.name.replace('_', '-')}"


def _parameters(words: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise UsageError(f"unexpected argument '{word}'; write parameters as --name value")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"--{name} needs a value")
            value = rest.pop(0)
        if name.replace("-", "_") in values:
            raise UsageError(f"--{name} is given twice")
        values[name.replace("-", "_")] = value
    return values
