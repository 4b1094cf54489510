"""The commands that query the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import kg
from kg.cli.app import Format, GraphPlace, Output, app
from kg.cli.ask import answer
from kg.cli.completion import QuestionCommand, entity_words, question_words
from kg.cli.output import asking, note, show, table, write_text
from kg.cli.streams import read_standard_input
from kg.errors import UsageError
from kg.files import read_text


@app.command(
    cls=QuestionCommand,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def ask(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The name of the question. Default: list all questions.", autocompletion=question_words)
    ] = None,
    show_query: Annotated[
        bool, typer.Option("--show", help="Print the SPARQL with the parameters filled in; do not run it.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="The greatest number of rows. Default: all.")] = None,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Leave out this number of rows before the first.")] = 0,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Run a question (a canned query). Each has its own options; see mcrc-kg ask NAME --help."""
    if name == "--help" or (name is None and "--help" in context.args):
        print(context.get_help())
        return
    answer(name, context.args, show_query, graph, form, output, limit, skip)


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
    opened = kg.open(graph)
    with asking():
        answer = opened.answer(text)
    show(answer, form, output)
    for hint in opened.hints(text, answer):
        note(hint)


@app.command()
def find(
    text: Annotated[
        str,
        typer.Argument(
            help="A name or part of a name, including aliases, brand names, known misprints and external identifiers.",
            autocompletion=entity_words,
        ),
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Find entities by name."""
    from kg.ask.search import not_called

    found = kg.open(graph).find(text)
    rows = ((n.label, n.kind, n.text, n.how, n.entity) for n in found)
    show(table(("label", "kind", "matched", "matched_as", "entity_iri"), rows), form, output)
    note(f"{len(found)} found" + ("; at most 20 are shown" if len(found) == 20 else ""))
    if missing := not_called(found, text):
        note(missing)


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
    """Show the statements about one entity, and of each property the first 100 that refer to it."""
    found = kg.open(graph).describe(entity)
    show(found, form, output)
    if found.left_out:
        note(f"{found.remark}; for all of them, run mcrc-kg ask about --entity '{entity}'")


@app.command()
def explain(
    entity: Annotated[
        str,
        typer.Argument(
            help="A name, a prefixed name, or an IRI such as a claim_iri or passage_iri.", autocompletion=entity_words
        ),
    ],
    relation: Annotated[
        str | None, typer.Argument(metavar="[PROPERTY]", help="A property of the entity, such as 'acts on' or 'type'.")
    ] = None,
    value: Annotated[str | None, typer.Argument(help="One value of the property.")] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show where a statement comes from. A stated fact has a place in the source; an inferred fact has a rule and premises."""
    explanation = kg.open(graph).explain(entity, relation, value)
    if form or output:
        show(explanation.to_table(), form, output)
    else:
        print(explanation)


@app.command()
def link(
    entity: Annotated[
        str,
        typer.Argument(help="A name, a prefixed name, an IRI, or an external identifier.", autocompletion=entity_words),
    ],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show the identifiers of one entity in other vocabularies."""
    answer = kg.open(graph).ask("links", entity=entity)
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
    opened = kg.open(graph)
    if as_schema:
        from kg.ask.schema import schema

        write_text(str(schema(opened.answer)), output)
        return
    show(opened.ask("contents"), form, output)
    note(f"mcrc-kg {kg.__version__}")
    for row in opened.ask("documents"):
        note(f"facts from {row['citation']}; licence of the source: {row['licence'] or 'not stated'}")
