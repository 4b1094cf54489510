"""The network of comparisons: treatments as nodes; the width of a line is the number of studies; multi-arm studies are dashed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import networkx as nx

from kg.plots.picture import INK, PAPER, SMALL, Picture, breadth, figure
from kg.synthesis.network import Edge, Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _HIGH = 8.6, 7.0
_RADII = (2.9, 2.5)
_CROWDED = 14  # with more nodes, the figure becomes larger
_WIDTH = 1.6  # of a line, in points, for each study
_WRAP = 17
_NAME = SMALL  # the size of a name on a spoke, in points
_GAP = 0.16  # between a node and its name
_ROOM = (0.5, 0.35)  # above for the title, below for the words
_LINE = 0.15  # the height of a line of the words

_Place = tuple[float, float]


def network_plot(found: Network, title: str) -> Picture:
    """A figure of a network of comparisons; the treatments form a circle, with the one with the most studies at the top."""
    return Picture(title, _told(found), lambda: _draw(found, title))


def _draw(found: Network, title: str) -> Figure:
    graph = found.to_networkx()
    scale = max(1.0, (len(graph) / _CROWDED) ** 0.6)
    studies = {node: sum(len(link["studies"]) for _, _, link in graph.edges(node, data=True)) for node in graph}
    order = sorted(graph, key=lambda node: (-studies[node], node))
    if scale > 1:  # connected treatments are placed next to each other
        parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
        order = [node for part in parts for node in nx.dfs_preorder_nodes(graph, next(n for n in order if n in part))]
    # the first node is at the right of the circle; a quarter turn moves it to the top
    circle = {node: (-_RADII[0] * scale * y, _RADII[1] * scale * x) for node, (x, y) in nx.circular_layout(order).items()}
    words = "Line width and number: number of studies. Dashed: only studies with more than two arms."
    within = "; ".join(f"{edge.one}: {', '.join(edge.studies)}" for edge in found.within)
    if within:
        words += f"\nNot drawn, because both arms contain the same treatment: {within}"
    (wide, high), middle = _page(circle, words) if scale > 1 else ((_WIDE, _HIGH), (_WIDE / 2, _HIGH / 2 + 0.05))
    places = {node: (middle[0] + x, middle[1] + y) for node, (x, y) in circle.items()}
    drawn, axes = figure(wide, high)
    for edge in found.edges:
        # the number is nearer to the end with fewer studies, where fewer lines meet
        ends = sorted((edge.one, edge.other), key=lambda node: -studies[node])
        _edge(axes, edge, places[ends[0]], places[ends[1]])
    for node, (x, y) in places.items():
        axes.plot([x], [y], "o", color=INK, markersize=5 + 2.2 * math.sqrt(studies[node]))
        _name(axes, node, (x, y), middle, found.things.get(node), tilted=scale > 1)
    axes.text(0.15, high - 0.12, title, fontsize=11, fontweight="bold", va="top")
    axes.text(0.15, 0.1, words, fontsize=SMALL, va="bottom", wrap=True)
    return drawn


def _page(circle: Mapping[str, _Place], words: str) -> tuple[_Place, _Place]:
    """The size of a page that holds the tilted names and the words below, and the place of the middle of the circle on it."""
    ends = []
    for name, (x, y) in circle.items():
        reach = 1 + (_GAP + 0.1 + breadth(name, _NAME)) / math.hypot(x, y)
        ends += [(x * reach, y * reach), (x, y)]
    left, right = min(x for x, _ in ends) - 0.15, max(x for x, _ in ends) + 0.15
    low, top = min(y for _, y in ends), max(y for _, y in ends)
    wide = max(right - left, _WIDE)
    lines = sum(1 + int(breadth(line, SMALL) / (wide - 0.6)) for line in words.split("\n"))
    below = _ROOM[1] + _LINE * lines
    return (wide, top - low + below + _ROOM[0]), ((wide - right - left) / 2, below - low)


def _edge(axes: Axes, edge: Edge, one: _Place, other: _Place) -> None:
    dashed = set(edge.studies) == set(edge.multi_arm)
    axes.plot([one[0], other[0]], [one[1], other[1]], color=INK, linewidth=_WIDTH * len(edge.studies),
              linestyle=(0, (3, 2)) if dashed else "-", alpha=0.55, solid_capstyle="butt")  # fmt: skip
    x, y = (0.4 * one[i] + 0.6 * other[i] for i in (0, 1))
    box = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": INK, "linewidth": 0.5}
    axes.text(x, y, str(len(edge.studies)), fontsize=SMALL, ha="center", va="center", bbox=box)


def _name(axes: Axes, node: str, place: _Place, middle: _Place, url: str | None, tilted: bool) -> None:
    x, y = place
    right, up = x - middle[0], y - middle[1]
    if tilted:  # many names are arranged like the spokes of a wheel
        angle = math.degrees(math.atan2(up, right))
        flipped = right < 0
        dx, dy = (_GAP * math.cos(math.radians(angle)), _GAP * math.sin(math.radians(angle)))
        axes.text(x + dx, y + dy, node, ha="right" if flipped else "left", va="center", fontsize=_NAME, url=url,
                  rotation=angle + 180 if flipped else angle, rotation_mode="anchor")  # fmt: skip
        return
    side = "center" if abs(right) < 0.5 else "left" if right > 0 else "right"
    rise = 0.28 if up > 0 else -0.28
    dx, dy = (0.0, rise) if side == "center" else (0.2 if right > 0 else -0.2, 0.0)
    rise_to = "center" if dy == 0 else "bottom" if up > 0 else "top"
    axes.text(x + dx, y + dy, _wrapped(node), ha=side, va=rise_to, fontsize=9, url=url)


def _wrapped(text: str) -> str:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _WRAP:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _told(found: Network) -> str:
    pairs = (f"{edge.one} and {edge.other}: {', '.join(edge.studies)}" for edge in found.edges)
    return "Network of the treatments that studies compared. " + "; ".join(pairs) + "."
