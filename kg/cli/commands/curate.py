"""The commands of the curator: new batch, templates, offsets of figures, check of a batch, two readings, old facts converted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.cli.app import Commands, Facts, Format, Output, app
from kg.cli.output import note, show, show_findings, table, working, write_text
from kg.errors import DataError

if TYPE_CHECKING:
    from kg.curation.offsets import Occurrence

curate = Commands(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.add_typer(curate, name="curate", help="Help a curator to enter documents: templates, offsets, checks, readings.")


@curate.command()
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of facts, which gets a subfolder; or the folder of the new batch.")
    ],
    document: Annotated[str, typer.Option("--document", help="Short name of the document, such as ohhara-2016.")],
    source: Annotated[
        Path | None, typer.Option("--source", help="The text whose characters you count, for its checksum.")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="Name shown to people.")] = "",
    citation: Annotated[str, typer.Option("--citation", help="Bibliographic citation.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Kind of the document, such as article-abstract.")] = "",
    year: Annotated[str, typer.Option("--year", help="Year of publication.")] = "",
    doi: Annotated[str, typer.Option("--doi", help="Digital object identifier.")] = "",
    pmid: Annotated[str, typer.Option("--pmid", help="PubMed identifier.")] = "",
    registry: Annotated[str, typer.Option("--registry", help="Registry number.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="IRI of the licence.")] = "",
) -> None:
    """Enter a document, in a new batch or in one that exists. Nothing is overwritten."""
    from kg.curation.offsets import checksum, source_text
    from kg.curation.templates import new_batch

    given = {"document": document, "label": label, "citation": citation, "kind": kind, "year": year, "doi": doi, "pmid": pmid}
    given |= {"registry": registry, "licence": licence, "sha256": checksum(source_text(source)) if source else ""}
    path, missing = new_batch(folder, given)
    print(path)
    if missing:
        note(f"next: fill in {', '.join(missing)} in {path}")
    note("next: describe the paragraphs and tables; the columns are those of: mcrc-kg curate template parts")
    note(f"then: find the figures: mcrc-kg curate offsets --source FILE --facts {path.parent.parent} --rows {document} FIGURE")
    note(f"last: mcrc-kg curate check {path.parent}")


@curate.command()
def template(
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help="A table, such as passages. Default: list them.")] = None,
    described: Annotated[
        bool, typer.Option("--describe", help="Print one row for each column instead: what it takes and what it means.")
    ] = False,
    facts: Facts = None,
    output: Output = None,
) -> None:
    """Print the header of a table, separated by tabs. A table with only a header is an error in the build: add its rows."""
    from kg.curation.templates import describe, header, table_names

    if name is None:
        rows: Iterable[Iterable[str]] = [("table", "description"), *table_names(facts)]
    else:
        rows = describe(name, facts) if described else [header(name, facts)]
    write_text(_tsv(rows), output)


@curate.command()
def offsets(
    figures: Annotated[list[str], typer.Argument(metavar="FIGURE...", help="Figures, such as 'HR = 0.75' or '0.62-0.90'.")],
    source: Annotated[Path, typer.Option("--source", help="Your copy of the text, in UTF-8.")],
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="DOCUMENT", help="Print draft rows of passages.tsv for this document.")
    ] = None,
    by_sentence: Annotated[
        bool, typer.Option("--sentences", help="Number the sentences of each section. Default for a document without checksum.")
    ] = False,
    facts: Facts = None,
    output: Output = None,
) -> None:
    """Find the places of figures in a text. A place is in characters from 0, or a section and a sentence.

    Decimal points, dashes, white space, upper case and a zero before the decimal point may differ; digits may not. Prints values
    separated by tabs. Exit code 1 if a figure is not in the text.
    """
    from kg.curation.offsets import occurrences, source_text
    from kg.curation.sentences import without_text
    from kg.resources import facts as packaged

    text = source_text(source)
    found = occurrences(text, figures)
    place = facts or packaged()
    made = _by_sentence if by_sentence or (rows and without_text(place, rows)) else _by_offset
    write_text(_tsv(made(found, text, place, rows)), output)
    counts = dict.fromkeys(figures, 0)
    for one in found:
        counts[one.figure] += 1
    for figure, count in counts.items():
        note(f"{figure}: {count} place{'' if count == 1 else 's'}")
    if missing := [figure for figure, count in counts.items() if not count]:
        raise DataError(
            f"{source}: not in the text: {', '.join(map(repr, missing))}; give a figure as it is printed, or a part of it"
        )


def _by_offset(found: list[Occurrence], text: str, facts: Path, rows: str | None) -> list[tuple[str, ...]]:
    from kg.curation.offsets import drafted, listed, parts_of

    known = parts_of(facts, text, rows)
    parts = known.get(rows, []) if rows else next(iter(known.values()), [])
    if rows and not parts:
        note(f"the facts have no parts of {rows} for this text: fill in the column 'part', or give its folder with --facts")
    return list(drafted(found, parts, rows) if rows else listed(found, parts))


def _by_sentence(found: list[Occurrence], text: str, facts: Path, rows: str | None) -> list[tuple[str, ...]]:
    from kg.curation.sentences import drafted_by_sentence, listed_by_sentence, parts_by_heading, taken

    parts = parts_by_heading(facts, rows) if rows else {}
    if rows is None:
        return list(listed_by_sentence(found, text, parts))
    made = list(drafted_by_sentence(found, text, parts, rows, taken(facts, rows)))
    if unknown := sorted({row[2] for row in made[1:]} - set(parts.values())):
        note(f"the facts have no part of {rows} called {', '.join(unknown)}: add it to parts.tsv, or correct the column 'part'")
    return made


@curate.command("convert")
def convert_old(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A folder of facts in the shape of version 0.1.0.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder to write, which must not exist.")],
    kind: Annotated[str, typer.Option("--kind", help="Kind of the document, such as review.")] = "",
    year: Annotated[str, typer.Option("--year", help="Year of publication.")] = "",
) -> None:
    """Write facts of version 0.1.0 in the shape of today. Nothing is overwritten.

    Prints the files. Says which cells still need a value, and what has no place in the new shape.
    """
    from kg.curation.convert import convert

    made = convert(old, new, {"kind": kind, "year": year})
    for path in made.written:
        print(path)
    for line in made.dropped:
        note(f"not taken over: {line}")
    for line in made.missing:
        note(f"next: fill in {line}")
    note(
        "next: a fact about a study has the first passage of the study: give each the passage that states it, in study-facts.tsv"
    )
    note(f"then: mcrc-kg curate check {new}")


@curate.command("check")
def check_one(
    folder: Annotated[
        Path | None, typer.Argument(metavar="BATCH", help="The folder of a batch, anywhere. Default: all batches of the facts.")
    ] = None,
    facts: Facts = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Check a batch with the other facts, and say what it holds. Each finding names table, row and column.

    The batch need not be in the folder of the facts; it takes the place of one that has its name. Nothing is written. Exit code 1
    if there is an error.
    """
    from kg.curation.check import check_batch
    from kg.resources import facts as packaged

    with working("checking"):
        checked = check_batch(folder, facts)
    show_findings(checked.report, str(folder or facts or packaged()), form, output)
    note("rows: " + ", ".join(f"{table} {count}" for table, count in checked.rows.items()))
    if checked.unused:
        shown = ", ".join(checked.unused[:20]) + (", …" if len(checked.unused) > 20 else "")
        note(f"figures without a result: {len(checked.unused)}: {shown}")
    if checked.elsewhere:
        note(f"in other files: {len(checked.elsewhere)} findings, the first: {checked.elsewhere[0]}")
    if any(finding.severity == "error" for finding in (*checked.report.findings, *checked.elsewhere)):
        raise typer.Exit(DataError.exit_code)


@curate.command("compare")
def compare_two(
    first: Annotated[Path, typer.Argument(metavar="READING", help="The folder, or one table, of the first reader.")],
    second: Annotated[Path, typer.Argument(metavar="READING", help="The folder, or the same table, of the second reader.")],
    facts: Facts = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Compare the tables of two readers. Listed are rows that only one has, and cells that differ: then the exit code is 1."""
    from kg.curation.readings import compare_readings

    result = compare_readings(first, second, facts)
    if form or output:
        columns = ("difference", "place", "place_in_second", "key", "first", "second")
        cells = ((d.kind, str(d.place or ""), str(d.other or ""), d.key, d.first, d.second) for d in result.differences)
        show(table(columns, cells), form, output)
    else:
        for difference in result.differences:
            print(difference)
    only = f"only in {first}: {result.count('first only')}, only in {second}: {result.count('second only')}"
    note(f"tables: {result.tables}, rows in both: {result.shared}; {only}, cells that differ: {result.count('cell')}")
    if not result.equal:
        raise typer.Exit(DataError.exit_code)


def _tsv(rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
