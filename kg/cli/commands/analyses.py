"""The commands that compute from the evidence: pools, comparisons, pictures; each parses its words, calls the library, prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import kg
from kg.cli.app import Commands, Format, GraphPlace, Output, app
from kg.cli.output import note, show

Endpoint = Annotated[str, typer.Option("--endpoint", help="OS, PFS, ORR or another endpoint.")]
AnyEndpoint = Annotated[str | None, typer.Option("--endpoint", help="OS, PFS, ORR or another endpoint; all of them.")]
Experimental = Annotated[
    str, typer.Option("--experimental", help="A class of regimens ('anti-EGFR regimen'), a drug or a regimen.")
]
Reference = Annotated[str, typer.Option("--reference", help="What it is compared with.")]
Stratum = Annotated[str | None, typer.Option("--stratum", help="A class of populations, such as 'KRAS wild-type population'.")]
Line = Annotated[str | None, typer.Option("--line", help="A line of therapy, such as first-line.")]
Method = Annotated[str, typer.Option("--method", help="DL (DerSimonian-Laird), PM (Paule-Mandel) or REML.")]
By = Annotated[str, typer.Option("--by", help="What a node stands for: drugs or regimens.")]
Picture = Annotated[Path, typer.Option("--output", "-o", help="The picture, as .svg, .png or .pdf.")]

plot = Commands(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.add_typer(plot, name="plot", help="Draw the evidence as SVG, PNG or PDF; needs pip install '.[synthesis]'.")


@app.command()
def pool(
    endpoint: Endpoint,
    experimental: Experimental,
    reference: Reference,
    stratum: Stratum = None,
    line: Line = None,
    method: Method = "DL",
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Pool the comparisons of two sides, refusing what must not be pooled."""
    found = kg.open(graph).pool(endpoint, experimental, reference, stratum, line, method)
    show(found.to_table(), form, output)
    for one in found.left_out:
        note(f"left out: {one}")
    for caution in found.cautions:
        note(f"caution: {caution}")
    pooled = found.pooled
    note(f"Q = {pooled.q:.2f}, P = {pooled.q_p_value:.3g}; tau2 = {pooled.tau2:.4f} ({method}); I2 = {pooled.i2:.0f}%")


@app.command()
def compare(
    one: Annotated[str, typer.Argument(help="A drug, a regimen, or a class of regimens.")],
    other: Annotated[str, typer.Argument(help="What it is held against.")],
    endpoint: AnyEndpoint = None,
    stratum: Stratum = None,
    line: Line = None,
    graph: GraphPlace = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Hold two treatments against each other: measured, indirect by a common comparator, or never compared."""
    found = kg.open(graph).compare(one, other, endpoint, stratum, line)
    show(found.to_table(), form, output)
    for left in found.left_out:
        note(f"left out: {left}")
    if found.shared:
        note(f"both reach: {', '.join(found.shared)}")
    note(f"direct: {len(found.direct)}, indirect: {len(found.indirect)}, strata without either: {len(found.gaps)}")


@plot.command("forest")
def plot_forest(
    output: Picture,
    endpoint: AnyEndpoint = None,
    experimental: Annotated[str | None, typer.Option("--experimental", help="A class of regimens, a drug or a regimen.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="What it is compared with.")] = None,
    trial: Annotated[str | None, typer.Option("--trial", help="All that this trial compared, in place of the above.")] = None,
    drug: Annotated[
        str | None, typer.Option("--drug", help="All that tests this drug on the endpoint, in place of sides.")
    ] = None,
    stratum: Stratum = None,
    line: Line = None,
    method: Method = "DL",
    graph: GraphPlace = None,
) -> None:
    """Draw a forest plot: of what pool finds, in blocks where no stratum is given, of a trial, or of what tests a drug."""
    opened = kg.open(graph)
    picture = opened.forest(endpoint, experimental, reference, stratum, line, method, trial=trial, drug=drug)
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("network")
def plot_network(output: Picture, by: By = "drugs", stratum: Stratum = None, line: Line = None, graph: GraphPlace = None) -> None:
    """Draw which treatments were compared with each other, and by how many studies."""
    picture = kg.open(graph).network_plot(by, stratum, line)
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("mechanism")
def plot_mechanism(
    output: Picture,
    things: Annotated[list[str] | None, typer.Argument(help="Drugs, targets or pathways; all drugs.")] = None,
    graph: GraphPlace = None,
) -> None:
    """Draw how drugs reach pathways, directly or not, and where a mutation cuts the way."""
    picture = kg.open(graph).mechanism_map(*(things or ()))
    note(f"{picture.save(output)}: {picture.told}")


@plot.command("timeline")
def plot_timeline(output: Picture, graph: GraphPlace = None) -> None:
    """Draw the approvals by year, beside the studies of each drug."""
    picture = kg.open(graph).timeline()
    note(f"{picture.save(output)}: {picture.told}")
