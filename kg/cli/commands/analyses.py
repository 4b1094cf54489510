"""The commands that analyse the evidence: pooling, comparison of two treatments, and figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import kg
from kg.cli.app import Commands, Format, GraphPlace, Output, app
from kg.cli.output import note, show
from kg.errors import DataError

if TYPE_CHECKING:
    from kg.synthesis.meta_analysis import Synthesis

Endpoint = Annotated[str, typer.Option("--endpoint", help="OS, PFS, ORR or another endpoint.")]
AnyEndpoint = Annotated[str | None, typer.Option("--endpoint", help="OS, PFS, ORR or another endpoint. Default: all.")]
Experimental = Annotated[
    str, typer.Option("--experimental", help="A class of regimens ('anti-EGFR regimen'), a drug or a regimen.")
]
Reference = Annotated[str, typer.Option("--reference", help="The comparator: a class of regimens, a drug or a regimen.")]
Stratum = Annotated[
    str | None, typer.Option("--stratum", help="A class of populations, such as 'KRAS wild-type population'. Default: all.")
]
Line = Annotated[str | None, typer.Option("--line", help="A line of therapy, such as first-line. Default: all.")]
Method = Annotated[str, typer.Option("--method", help="Estimator of tau2: DL (DerSimonian-Laird), PM (Paule-Mandel) or REML.")]
Document = Annotated[
    str,
    typer.Option("--document", help="best: of several reports the one with precedence; all; or the short name of a document."),
]
By = Annotated[str, typer.Option("--by", help="What a node represents: drugs or regimens.")]
Picture = Annotated[Path, typer.Option("--output", "-o", help="The file to write: .svg, .png or .pdf.")]

plot = Commands(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.add_typer(plot, name="plot", help="Draw figures as SVG, PNG or PDF. Needs pip install '.[synthesis]'.")


@app.command()
def evidence(
    biomarker: Annotated[
        str | None,
        typer.Option("--biomarker", help="A biomarker state, a variant, a class of populations, or 'unselected population'."),
    ] = None,
    line: Line = None,
    side: Annotated[str | None, typer.Option("--side", help="The side of the primary tumour, such as left-sided.")] = None,
    patients: Annotated[
        str | None, typer.Option("--patients", help="Words of the description of the patients, such as '70 years'.")
    ] = None,
    treatment: Annotated[
        str | None, typer.Option("--treatment", help="A class of regimens, a drug or a regimen of the experimental arm.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="A class of regimens, a drug or a regimen of the reference arm.")
    ] = None,
    document: Document = "best",
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Show what was tested in a group of patients, with benefit and harm. Each outcome is a row; nothing is pooled."""
    found = kg.open(graph).evidence(biomarker, line, side, patients, treatment, against, document=document)
    table = found.to_table()
    show(table, form, output)
    if not len(table):
        note(f"no result: {found.populations} populations of the documents fit; leave out one of the conditions")


@app.command()
def pool(
    endpoint: Endpoint,
    experimental: Experimental,
    reference: Reference,
    stratum: Stratum = None,
    line: Line = None,
    method: Method = "DL",
    document: Document = "best",
    against: Annotated[
        str | None, typer.Option("--against", help="Also say how the result differs from that of this document alone.")
    ] = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Pool the effects of two treatments. With few studies, the main result is the modified Hartung-Knapp interval."""
    pooled_in = partial(kg.open(graph).pool, endpoint, experimental, reference, stratum, line, method)
    found = pooled_in(document=document)
    moved = [] if against is None else [f"{against} alone, {_moved(pooled_in, against, found)}"]
    for words in (f"{found.headline}.", f"{found.footnote}.", found.interpretation, *moved):
        note(words)
    show(found.to_table(), form, output)
    for one in found.left_out:
        note(f"left out: {one}")
    for caution in found.cautions:
        note(f"caution: {caution}")
    pooled = found.pooled
    note(f"Q = {pooled.q:.2f}, P = {pooled.q_p_value:.3g}; tau2 = {pooled.tau2:.4f} ({method}); I2 = {pooled.i2:.0f}%")


def _moved(pooled_in: Callable[..., Synthesis], against: str, found: Synthesis) -> str:
    """How a pooled effect differs from that of one document, or why there is none."""
    from kg.synthesis.change import change

    try:
        return change(pooled_in(document=against), found)
    except DataError as refused:
        return f"before: {str(refused).splitlines()[0]}"


@app.command()
def compare(
    one: Annotated[str, typer.Argument(help="A drug, a regimen, or a class of regimens.")],
    other: Annotated[str, typer.Argument(help="The drug, regimen or class to compare it with.")],
    endpoint: AnyEndpoint = None,
    stratum: Stratum = None,
    line: Line = None,
    document: Document = "best",
    left_out: Annotated[bool, typer.Option("--left-out", help="List the comparisons that were not used, and why.")] = False,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Compare two treatments directly and indirectly. Indirect estimates use a common comparator; gaps are listed."""
    found = kg.open(graph).compare(one, other, endpoint, stratum, line, document=document)
    note(found.answer)
    show(found.to_table(), form, output)
    if found.shared:
        note(f"targets and pathways of both: {', '.join(found.shared)}")
    number = len(found.left_out)
    if left_out:
        for left in found.left_out:
            note(f"left out: {left}")
    elif number:
        note(f"{number} comparison{' was' if number == 1 else 's were'} left out; --left-out lists them with the reason")


@plot.command("forest")
def plot_forest(
    output: Picture,
    endpoint: AnyEndpoint = None,
    experimental: Annotated[str | None, typer.Option("--experimental", help="A class of regimens, a drug or a regimen.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="The comparator.")] = None,
    trial: Annotated[
        str | None, typer.Option("--trial", help="Show all comparisons of this trial; replaces the options above.")
    ] = None,
    drug: Annotated[
        str | None,
        typer.Option("--drug", help="Show all comparisons that test this drug on the endpoint; replaces both sides."),
    ] = None,
    stratum: Stratum = None,
    line: Line = None,
    method: Method = "DL",
    document: Document = "best",
    graph: GraphPlace = None,
) -> None:
    """Draw a forest plot of two treatments, a trial or a drug. Without --stratum, each stratum is a block."""
    opened = kg.open(graph)
    sides = (endpoint, experimental, reference)
    picture = opened.forest(*sides, stratum, line, method, trial=trial, drug=drug, document=document)
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("network")
def plot_network(
    output: Picture,
    by: By = "drugs",
    stratum: Stratum = None,
    line: Line = None,
    document: Document = "best",
    graph: GraphPlace = None,
) -> None:
    """Draw the network of comparisons. It shows which treatments were compared, and by how many studies."""
    picture = kg.open(graph).network_plot(by, stratum, line, document=document)
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("mechanism")
def plot_mechanism(
    output: Picture,
    entities: Annotated[list[str] | None, typer.Argument(help="Drugs, targets or pathways. Default: all drugs.")] = None,
    document: Document = "best",
    graph: GraphPlace = None,
) -> None:
    """Draw the paths from drugs to pathways. Mutations that cut a path are marked."""
    picture = kg.open(graph).mechanism_map(*(entities or ()), document=document)
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("timeline")
def plot_timeline(output: Picture, graph: GraphPlace = None) -> None:
    """Draw a timeline of approvals, with the studies of each drug."""
    picture = kg.open(graph).timeline()
    note(f"{picture.save(output)}: {picture.told}")
