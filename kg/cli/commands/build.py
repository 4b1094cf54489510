"""The commands that build, check, export and measure the graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kg
from kg.cli.app import Facts, Format, GraphPlace, Output, app
from kg.cli.output import note, show, show_findings, table, working
from kg.errors import DataError, UsageError

if TYPE_CHECKING:
    from kg.ask.results import Table
    from kg.pipeline.validate import Report


@app.command()
def build(
    facts: Facts = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the built graph.")] = Path("graph"),
    store: Annotated[
        Path | None, typer.Option("--store", help="Also write a store on disk to this folder; --graph opens it.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; report whether the folder contains this build.")] = False,
) -> None:
    """Build the graph from the fact tables. It is validated against the SHACL shapes; a failed build writes nothing."""
    from kg.pipeline.build import assemble, is_current, write
    from kg.pipeline.validate import check as validated
    from kg.resources import GRAPH_FILE
    from kg.resources import facts as packaged

    with working("building"):
        built = assemble(facts)
        report = validated(built)
    _warn(report)
    report.raise_for_errors()
    if check:
        if not (output / GRAPH_FILE).is_file():
            raise DataError(f"{output}: contains no graph; run 'mcrc-kg build -o {output}'")
        if not is_current(built, output):
            raise DataError(
                f"{output}: differs from the build of the tables; run 'mcrc-kg build -o {output}' and review the difference"
            )
        note(f"{output}: is up to date with the tables, {len(built)} quads")
        return
    path = write(built, output)
    if store is not None:
        _written(store, [path])
    note(f"{path}: {len(built)} quads from {facts or packaged()}, valid; query it with: mcrc-kg ask --graph {output}")


def _warn(report: Report) -> None:
    for finding in report.findings:
        if finding.severity != "error":
            note(str(finding))


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(help="RDF files of any syntax: .ttl, .trig, .nt, .nq, .rdf or .jsonld.")],
    store: Annotated[Path, typer.Option("--store", help="The folder of the store; an existing store gets a new version.")],
    infer: Annotated[
        bool, typer.Option("--infer", help="Also add the ontology, unless the files contain it, and the inferences.")
    ] = False,
    validated: Annotated[
        bool, typer.Option("--validate", help="Validate against the SHACL shapes; an error leaves the store as it was.")
    ] = False,
) -> None:
    """Load RDF files into a store on disk. Default: as they are, without rules and shapes. --graph opens the store.

    --validate checks the files with the ontology and the inferences, and does not add them. Exit code 1 if there is an error.
    """
    _written(store, paths, infer, validated)


def _written(store: Path, paths: list[Path], infer: bool = False, validated: bool = False) -> None:
    """Write a new version of a store with these files."""
    from kg.engine.disk_store import info_of
    from kg.exports.store import load

    with working("loading") as progress:
        report = load(store, paths, infer=infer, validate=validated, progress=progress)
    _warn(report)
    info = info_of(store)
    size = f"{sum(info.graphs.values())} quads in {len(info.graphs)} graphs{', valid' if validated else ''}"
    note(f"{store}: {size}; query it with: mcrc-kg ask --graph {store}")


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="RDF files to validate with the ontology. Default: the fact tables.")
    ] = None,
    facts: Facts = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Validate facts against the SHACL shapes. Each finding names table, row and column. Exit code 1 if there is an error."""
    from kg.pipeline.build import assemble
    from kg.pipeline.validate import check, check_files
    from kg.resources import facts as packaged

    if paths and facts:
        raise UsageError("give either RDF files or --facts, not both")
    with working("validating"):
        report = check_files(paths) if paths else check(assemble(facts))
    show_findings(report, " ".join(map(str, paths)) if paths else str(facts or packaged()), form, output)
    if not report.conforms:
        raise typer.Exit(DataError.exit_code)


@app.command()
def reason(
    facts: Facts = None,
    explained: Annotated[bool, typer.Option("--explain", help="Explain each new member of a defined class.")] = False,
    release: Annotated[
        Path | None, typer.Option("--release", help="Also write the files for ontology editors to this folder.")
    ] = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Classify the ontology with the reasoner HermiT. Needs pip install '.[reason]'.

    Lists the inferences; with --format ttl or -o FILE.ttl, as Turtle. Exit code 1 if inconsistent or with an unsatisfiable class.
    """
    from kg.pipeline.build import assemble
    from kg.pipeline.reason import classify, explanations, view
    from kg.pipeline.release import contents, write

    with working("reasoning"):
        built = assemble(facts)
        shown = view(built)
        found = classify(shown)
    if explained:
        for explanation in explanations(built, found):
            print(explanation)
    elif form == "ttl" or (output and output.suffix == ".ttl"):
        show(found.inferred, None, output)
    else:
        show(found.to_table(shown), form, output)
    for path in write(contents(built), release) if release else ():
        note(f"{path}: written; the ontology conforms to OWL 2 EL and DL and imports nothing")
    note(f"consistent; {len(found.inferred)} inferences, {len(found.unsatisfiable)} unsatisfiable classes")
    if found.unsatisfiable:
        raise DataError("unsatisfiable classes, which can have no member: " + ", ".join(found.unsatisfiable))


@app.command("audit")
def audit_source(
    source: Annotated[Path, typer.Option("--source", help="Your own copy of the source text, in UTF-8.")],
    document: Annotated[
        str | None, typer.Option("--document", metavar="ID", help="The document. Default: the one with the checksum of the text.")
    ] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Check every number against your copy of the source.

    Every value must occur at its recorded offsets, and every number in the text must be in a fact or be excluded by a rule. With
    --format, list every number of the text. Exit code 1 if there is a problem.

    The figures of a document without a checksum must be somewhere in the text; give its name with --document.
    """
    from kg.audit import audit, read_source

    text = read_source(source)
    with working("auditing"):
        report = audit(kg.open(graph), text, document)
    if form or output:
        rows = ((n.start, n.text, n.status, n.by) for n in report.numbers)
        show(table(("start", "number", "status", "by"), rows), form, output)
    else:
        for problem in report.problems:
            print(f"{source}: {problem}")
    carried = sum(n.status == "carried" for n in report.numbers)
    note(f"{source}: {len(report.numbers)} numbers, {carried} in facts; {len(report.problems)} problems")
    if report.sentences:
        silent = ", ".join(f"{start}-{end}" for start, end in report.silent)
        said = f"{report.sentences} sentences or table rows, {len(report.silent)} without a fact"
        note(f"{said}: {silent}" if silent else said)
    if not report.passed:
        raise typer.Exit(DataError.exit_code)


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; for kgx, csv and crate a folder.")],
    form: Annotated[str | None, typer.Option("--format", help="The format. Default: the extension of the file.")] = None,
    graph: GraphPlace = None,
) -> None:
    """Export the graph for other tools. Formats: ttl, trig, nq, rdf, jsonld, void, nanopubs, graphml, kgx, csv and crate."""
    from kg.exports import export as written

    with working("exporting"):
        files = written(kg.open(graph), form, output)
    for file in files:
        note(f"{file}: {file.stat().st_size} bytes")


@app.command()
def bench(
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often to time each task; the median is reported.")] = 5,
    full: Annotated[bool, typer.Option("--full", help="Also time pySHACL on all shapes, which takes minutes.")] = False,
    size: Annotated[
        list[int] | None,
        typer.Option("--size", min=7000, help="Measure synthetic evidence of this many triples instead. Repeat to see growth."),
    ] = None,
    limit: Annotated[float, typer.Option("--limit", min=0.01, help="With --size: seconds until an answer is given up.")] = 5.0,
    rdflib: Annotated[int, typer.Option("--rdflib", help="With --size: also ask rdflib, up to this many triples.")] = 0,
    data: Annotated[
        Path | None, typer.Option("--data", help="With --size: keep the generated files in this folder, and use them again.")
    ] = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Benchmark build, validation and queries. Queries and inference are also timed with plain rdflib.

    With --size, every question and function is timed on synthetic evidence in a store on disk, beside pyoxigraph and rdflib;
    growth is the exponent between two sizes (0: the time stays the same, 1: it grows as the graph).
    """
    if size:
        with working("measuring") as progress:
            measured = _measured_sizes(size, runs, limit, rdflib, data, progress)
    else:
        from kg.bench.tasks import measure

        with working("measuring"):
            measured = measure(runs, full)
    show(measured, form, output)


def _measured_sizes(
    sizes: list[int], runs: int, limit: float, rdflib: int, data: Path | None, progress: Callable[[str], None]
) -> Table:
    """The benchmark on synthetic evidence, in a folder that is kept or in a temporary one."""
    from tempfile import TemporaryDirectory

    from kg.bench.sizes import Settings, measure_sizes
    from kg.files import make_folder

    settings = Settings(runs, limit, rdflib)
    if data is not None:
        make_folder(data)
        return measure_sizes(sizes, settings, data, progress)
    with TemporaryDirectory() as folder:
        return measure_sizes(sizes, settings, Path(folder), progress)
