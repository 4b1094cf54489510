"""The mechanism map: columns of drugs, targets and pathways, and the mutations that interrupt the paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kg.plots.picture import ACCENT, INK, PAPER, SMALL, Picture, figure
from kg.synthesis.mechanism import Mechanism, Path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _LABELLED_ROW = 0.46, 0.66  # the second where arrows have a text
_COLUMNS = {"drug": (0.2, 1.6), "target": (3.65, 1.6), "pathway": (6.4, 2.3)}
_WIDTH = 12.2
_HEAD = 0.95
_FOOT = 0.75
_HALF = 0.15  # of the height of a box
_FEW = 14  # up to this number of actions, each arrow has a text


def mechanism_map(found: Mechanism, title: str) -> Picture:
    """A figure of the paths: solid lines are direct actions, dashed lines indirect ones, crosses interrupting mutations."""
    return Picture(title, f"Map of drugs, targets and pathways. {found}", lambda: _draw(found, title))


def _draw(found: Mechanism, title: str) -> Figure:
    layers = _layers(found)
    tallest = max(map(len, layers.values()))
    links = _links(found)
    few = sum(how != "member" for _, how, _ in links.values()) <= _FEW
    row = _LABELLED_ROW if few else _ROW
    height = _HEAD + _FOOT + row * tallest
    drawn, axes = figure(_WIDTH, height)
    places = {
        node: (name, height - _HEAD - row * (tallest - len(nodes)) / 2 - row * (number + 0.5))
        for name, nodes in layers.items()
        for number, node in enumerate(nodes)
    }
    for name, (x, width) in _COLUMNS.items():
        axes.text(x + width / 2, height - 0.72, name, ha="center", fontsize=8.5, style="italic")
    for (source, target), (words, how, cuts) in links.items():
        _arrow(axes, places[source], places[target], words if few else "", how, cuts)
    for node, (name, y) in places.items():
        _box(axes, node, name, y, found.things.get(node))
    _cuts(axes, found, places)
    axes.text(0.15, height - 0.12, title, fontsize=11, fontweight="bold", va="top")
    words = (
        "Solid line: acts on the target. Dashed: a document states only that the drug blocks signalling of the target or "
        "inhibits the pathway. Dotted: participates in.\n✕: a document states that the drug loses its effect by a mutation, and "
        "the mutated protein participates in the pathway; it gives no mechanism."
    )
    axes.text(0.15, 0.12, words, fontsize=SMALL, va="bottom")
    return drawn


def _box(axes: Axes, node: str, name: str, y: float, url: str | None) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, width = _COLUMNS[name]
    shape = "square,pad=0" if name == "target" else f"round,pad=0,rounding_size={_HALF if name == 'pathway' else 0.07}"
    axes.add_patch(
        FancyBboxPatch((x, y - _HALF), width, 2 * _HALF, boxstyle=shape, facecolor=PAPER, edgecolor=INK, linewidth=0.8, zorder=3)
    )
    axes.text(x + width / 2, y, node, ha="center", va="center", fontsize=8.5, zorder=4, url=url)


def _layers(found: Mechanism) -> dict[str, list[str]]:
    """The nodes of each column, each near the mean position of its predecessors."""
    graph = found.to_networkx()
    layers: dict[str, list[str]] = {name: [] for name in _COLUMNS}
    for node, data in graph.nodes(data=True):
        layers[data["layer"]].append(node)
    layers["drug"].sort(key=lambda drug: sorted(graph.successors(drug)))
    rank = {drug: float(number) for number, drug in enumerate(layers["drug"])}
    for name in ("target", "pathway"):
        means = {node: _mean(rank[one] for one in graph.predecessors(node) if one in rank) for node in layers[name]}
        layers[name] = [node for _, node in sorted((mean, node) for node, mean in means.items())]
        rank |= {node: number * len(layers["drug"]) / len(layers[name]) for number, node in enumerate(layers[name])}
    return layers


def _mean(ranks: Iterable[float]) -> float:
    found = list(ranks)
    return sum(found) / len(found) if found else 0.0


def _links(found: Mechanism) -> dict[tuple[str, str], tuple[str, str, bool]]:
    """Each pair of nodes with its relations in words, the strongest kind of action, and whether a mutation interrupts it."""
    words: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    cut = {(path.steps[-1].source, path.end) for path in found.paths if path.cuts}
    for path in found.paths:
        for step in path.steps:
            words[step.source, step.target][step.words] = step.how
    order = ("direct", "indirect", "member")
    return {ends: (", ".join(sorted(told)), min(told.values(), key=order.index), ends in cut) for ends, told in words.items()}


def _arrow(axes: Axes, one: tuple[str, float], other: tuple[str, float], words: str, how: str, cut: bool) -> None:
    start, end = _COLUMNS[one[0]], _COLUMNS[other[0]]
    x0, x1 = start[0] + start[1], end[0]
    style = {"direct": "-", "indirect": (0, (4, 2)), "member": (0, (1, 1.5))}[how]
    shape = {"arrowstyle": "-|>", "color": INK, "linestyle": style, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (x1, other[1]), (x0, one[1]), arrowprops=shape)
    if how != "member" and words:
        at = 0.5 if one[0] == "drug" and other[0] == "target" else 0.25
        axes.text(x0 + at * (x1 - x0), one[1] + at * (other[1] - one[1]), words, fontsize=SMALL, ha="center", va="center",
                  bbox={"boxstyle": "round,pad=0.1", "facecolor": PAPER, "edgecolor": "none"})  # fmt: skip
    if cut:
        axes.text(x1 - 0.28, other[1] - 0.28 * (other[1] - one[1]) / (x1 - x0), "✕", fontsize=11, color=ACCENT, ha="center",
                  va="center", fontweight="bold")  # fmt: skip


def _cuts(axes: Axes, found: Mechanism, places: dict[str, tuple[str, float]]) -> None:
    """Write next to each pathway the mutations that interrupt the paths to it."""
    by_end: dict[str, list[Path]] = defaultdict(list)
    for path in found.paths:
        if path.cuts:
            by_end[path.end].append(path)
    for end, paths in by_end.items():
        loci = sorted({cut.locus for path in paths for cut in path.cuts})
        proteins = sorted({cut.protein for path in paths for cut in path.cuts})
        drugs = sorted({path.drug for path in paths})
        name, y = places[end]
        x = sum(_COLUMNS[name]) + 0.2
        others = len(loci) - 3
        shown = ", ".join(loci[:3]) + (f"\nand {others} more {'locus' if others == 1 else 'loci'}" if others > 0 else "")
        axes.text(
            x, y, f"✕ {', '.join(proteins)} mutated: {', '.join(drugs)}\n{shown}", fontsize=SMALL, va="center", color=ACCENT
        )
