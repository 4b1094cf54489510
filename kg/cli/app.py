"""The commands of ``mcrc-kg``: each parses its words, calls the library, prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rdflib import Literal

from kg import __version__
from kg.catalogue import Parameter, Question, question
from kg.cli.output import note, show, working
from kg.errors import DataError, InputError, UsageError
from kg.graph import KnowledgeGraph, open_graph
from kg.namespaces import contract, expand
from kg.results import Table

app = typer.Typer(
    name="mcrc-kg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mcrc-kg {__version__}")
        raise typer.Exit


@app.callback()
def mcrc_kg(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Targeted therapy of metastatic colorectal cancer as a graph you can ask, every number with its place in the source."""


Format = Annotated[
    str | None, typer.Option("--format", help="table, csv, tsv, json, ttl or md; a table on a terminal, else csv.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, whole or not at all.")]
GraphPlace = Annotated[
    str | None,
    typer.Option("--graph", envvar="MCRC_KG_GRAPH", help="A folder made by build, or a SPARQL endpoint; the packaged graph."),
]
Facts = Annotated[
    Path | None, typer.Option("--facts", help="A folder shaped like kg/facts/, one folder a source; the packaged one.")
]


@app.command()
def build(
    facts: Facts = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the built graph.")] = Path("graph"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say whether the folder holds this build.")] = False,
) -> None:
    """Make the graph from the fact tables, check it against the shapes, and write it; a failed build writes nothing."""
    from kg.build import assemble, is_current, write
    from kg.resources import facts as packaged
    from kg.validate import check as held_against_shapes

    with working("building"):
        built = assemble(facts)
        report = held_against_shapes(built)
    for finding in report.findings:
        if finding.severity != "error":
            note(str(finding))
    report.raise_for_errors()
    if check:
        if not is_current(built, output):
            raise DataError(
                f"{output}: does not hold what the tables give; run 'mcrc-kg build -o {output}' and look at the difference"
            )
        note(f"{output}: is what the tables give, {len(built)} quads")
        return
    path = write(built, output)
    note(f"{path}: {len(built)} quads from {facts or packaged()}, valid; ask it with: mcrc-kg ask --graph {output}")


@app.command()
def validate(
    paths: Annotated[list[Path] | None, typer.Argument(help="RDF files to check beside the ontology; the fact tables.")] = None,
    facts: Facts = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Hold facts against the SHACL shapes; each finding names table, row and column. Exit status 1 if there is an error."""
    from kg.build import assemble
    from kg.resources import facts as packaged
    from kg.validate import check, check_files

    if paths and facts:
        raise UsageError("give RDF files or --facts, not both")
    with working("validating"):
        report = check_files(paths) if paths else check(assemble(facts))
    rows = tuple(tuple(map(Literal, (f.severity, str(f.place), f.subject, f.message))) for f in report.findings)
    if form or output:
        show(Table(("severity", "place", "subject", "message"), rows), form, output)
    else:
        for finding in report.findings:
            print(finding)
    warnings = len(report.findings) - len(report.errors)
    source = " ".join(map(str, paths)) if paths else str(facts or packaged())
    note(f"{source}: {len(report.errors)} errors, {warnings} warnings")
    if not report.conforms:
        raise typer.Exit(DataError.exit_code)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def ask(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The question; without it, the catalogue.")] = None,
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
    values = _parameters(context.args)
    if show_query:
        sys.stdout.write(opened.bound(name, **values))
        return
    answer = opened.ask(name, **values)
    show(answer, form, output)
    for parameter in asked.parameters:
        if parameter.default is not None and parameter.name not in values:
            note(f"for {_option(parameter)} {contract(expand(parameter.default) or '') or parameter.default}, the default")
    if not len(answer):
        note(f"no row for these values; {asked.description}")
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
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read: {error}") from error
    else:
        text = sys.stdin.read() if sparql == "-" else str(sparql)
    show(open_graph(graph).query(text), form, output)


@app.command()
def find(
    text: Annotated[str, typer.Argument(help="A name, or a part of one; aliases and known misprints count.")],
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
    entity: Annotated[str, typer.Argument(help="A name, a prefixed name such as drug:cetuximab, or an IRI.")],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show what the graph says of one thing."""
    show(open_graph(graph).describe(entity), form, output)


@app.command()
def explain(
    thing: Annotated[str, typer.Argument(help="A name, a prefixed name, or an IRI such as a claim_iri or passage_iri.")],
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
def info(graph: GraphPlace = None, form: Format = None, output: Output = None) -> None:
    """Say what is in the graph: version, source, licence, and how many of each class."""
    opened = open_graph(graph)
    show(opened.ask("contents"), form, output)
    note(f"mcrc-kg {__version__}")
    for row in opened.ask("source-document"):
        note(f"facts of {row['citation']}; licence of the source: {row['licence']}")


@app.command("audit")
def audit_source(
    source: Annotated[Path, typer.Option("--source", help="Your own copy of the text of the source.")],
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Hold the graph against the text of its source: every figure in its place, every number carried or excluded.

    With --format, list every number of the text. Exit status 1 if anything is wrong.
    """
    from kg.audit import audit, read_source

    text = read_source(source)
    with working("auditing"):
        report = audit(open_graph(graph), text)
    if form or output:
        rows = tuple(tuple(map(Literal, (n.start, n.text, n.status, n.by))) for n in report.numbers)
        show(Table(("start", "number", "status", "by"), rows), form, output)
    else:
        for problem in report.problems:
            print(f"{source}: {problem}")
    carried = sum(n.status == "carried" for n in report.numbers)
    note(f"{source}: {len(report.numbers)} numbers, {carried} carried by facts; {len(report.problems)} problems")
    silent = ", ".join(f"{start}-{end}" for start, end in report.silent)
    note(f"{report.sentences} sentences or table rows, {len(report.silent)} without a fact" + (f": {silent}" if silent else ""))
    if not report.passed:
        raise typer.Exit(DataError.exit_code)


@app.command()
def bench(
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often each thing is timed; the median counts.")] = 5,
    full: Annotated[bool, typer.Option("--full", help="Also time pySHACL on all shapes, which takes minutes.")] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Time building, validating and asking beside plain rdflib on the same triples, as ratios."""
    from kg.bench import measure

    with working("measuring"):
        table = measure(runs, full)
    show(table, form, output)


def _catalogue(opened: KnowledgeGraph) -> Table:
    rows = []
    for item in opened.questions.values():
        options = " ".join(map(_option, item.parameters))
        rows.append(tuple(map(Literal, (", ".join(item.tags), item.name, item.summary, options))))
    return Table(("topic", "question", "summary", "parameters"), tuple(sorted(rows)))


def _manual(asked: Question) -> str:
    """The page of one question: what it answers, what not to conclude, its parameters."""
    lines = [f"mcrc-kg ask {asked.name}", "", asked.summary, "", asked.description, ""]
    for parameter in asked.parameters:
        kind = f"one of {', '.join(parameter.choices)}" if parameter.choices else f"a {parameter.type.split(':')[1]}"
        default = f"; without it {parameter.default}" if parameter.default else "; without it all"
        lines.append(f"  {_option(parameter)}  {kind}{default}")
    return "\n".join(lines)


def _option(parameter: Parameter) -> str:
    return f"--{parameter.name.replace('_', '-')}"


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
