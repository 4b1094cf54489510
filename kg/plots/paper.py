"""A laid-out drawing by matplotlib, which writes it as PNG or PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.plots.layout import Dot, Item, Layout, Line, Text
from kg.plots.picture import figure
from kg.plots.svg import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCH = 96  # pixels
_POINT = 0.75  # of a pixel in points
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def on_paper(layout: Layout) -> Figure:
    """The drawing as a figure, with the colours of the light mode."""
    made, axes = figure(layout.width / _INCH, layout.height / _INCH)
    axes.set_xlim(0, layout.width)
    axes.set_ylim(layout.height, 0)
    for depth, one in enumerate(layout.items):
        _add(axes, one, depth)
    return made


def _add(axes: Axes, one: Item, depth: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, Polygon

    colour = LIGHT[one.role]
    if isinstance(one, Text):
        axes.text(one.x, one.y, one.words, fontsize=one.size * _POINT, color=colour, ha=_ANCHORS[one.anchor], va="baseline",
                  fontweight="bold" if one.bold else "normal", url=one.link, parse_math=False, zorder=depth)  # fmt: skip
    elif isinstance(one, Line):
        style = (0, tuple(length / one.width for length in one.dash)) if one.dash else None
        axes.add_line(Line2D((one.x1, one.x2), (one.y1, one.y2), color=colour, linewidth=one.width * _POINT, linestyle=style,
                             dash_capstyle="butt", zorder=depth))  # fmt: skip
    else:
        face = colour if one.filled else LIGHT["paper"]
        form = Circle((one.x, one.y), one.radius) if isinstance(one, Dot) else Polygon(one.points)
        form.set(facecolor=face, edgecolor=colour, linewidth=1.5 * _POINT, zorder=depth)
        axes.add_patch(form)
