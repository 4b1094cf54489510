"""A laid-out drawing as SVG: part of a page, which has the colours, or a file with its own."""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from kg.plots.layout import Dot, Item, Layout, Line, Shape, Text

# the colours of the roles, light and dark; a page has its own
_ROLES = ("paper", "ink", "soft", "rule", "first", "second")
LIGHT = dict(zip(_ROLES, ("#ffffff", "#1c2126", "#555e66", "#c3c8c2", "#0f5c66", "#9a3412"), strict=True))
DARK = dict(zip(_ROLES, ("#15191c", "#e4e8ea", "#a9b3ba", "#4b555c", "#86d3dc", "#ffab85"), strict=True))
FONT = '"DejaVu Sans", Verdana, "Noto Sans", Arial, sans-serif'
_SPACES = 'xmlns="http://www.w3.org/2000/svg"'


def part(layout: Layout, title: str, number: int) -> str:
    """The drawing as a part of a page: the ``number``-th of the same picture, in order of width.

    Its links are IRIs. It has the role of a named group, not of an image, because an image has no links.
    """
    size = f'viewBox="0 0 {layout.width:g} {layout.height:.0f}" width="{layout.width:g}" height="{layout.height:.0f}"'
    head = f'<svg class="drawn laid laid-{number}" role="group" aria-label={quoteattr(title)} {size} {_SPACES}>'
    return f"{head}\n{_body(layout)}\n</svg>"


def whole(layout: Layout, title: str, told: str) -> str:
    """The drawing as a file that follows the light or dark mode of the reader, with its title and its description."""
    size = f'viewBox="0 0 {layout.width:g} {layout.height:.0f}" width="{layout.width:g}" height="{layout.height:.0f}"'
    words = f"<title>{escape(title)}</title>\n<desc>{escape(told)}</desc>"
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<svg role="img" {size} {_SPACES}>'
    return f"{head}\n{words}\n<style>{_style()}</style>\n{_body(layout)}\n</svg>\n"


def _style() -> str:
    def named(colours: dict[str, str]) -> str:
        return " ".join(f"--{role}: {colour};" for role, colour in colours.items())

    roles = " ".join(f".{role} {{ color: var(--{role}) }}" for role in LIGHT if role != "paper")
    return (
        f"svg {{ {named(LIGHT)} background: var(--paper); font-family: {FONT} }} "
        f"@media (prefers-color-scheme: dark) {{ svg {{ {named(DARK)} }} }} {roles} "
        "text, .full { fill: currentColor } .hollow { fill: var(--paper) } "
        "a:hover text, a:focus text { text-decoration: underline }"
    )


def _body(layout: Layout) -> str:
    """The items in their order; the lines of one link are one link."""
    parts = []
    for link, lines in groupby(layout.items, key=lambda one: one.link if isinstance(one, Text) else None):
        some = "\n".join(map(_written, lines))
        parts.append(some if link is None else f"<a href={quoteattr(link)}>{some}</a>")
    return "\n".join(parts)


def _written(one: Item) -> str:
    if isinstance(one, Text):
        more = (' font-weight="bold"' if one.bold else "") + (f' text-anchor="{one.anchor}"' if one.anchor != "start" else "")
        place = f'x="{one.x:.1f}" y="{one.y:.1f}" font-size="{one.size:g}"'
        return f'<text class="{one.role}" {place}{more}>{escape(one.words)}</text>'
    if isinstance(one, Line):
        dash = f' stroke-dasharray="{" ".join(f"{length:g}" for length in one.dash)}"' if one.dash else ""
        ends = f'x1="{one.x1:.1f}" y1="{one.y1:.1f}" x2="{one.x2:.1f}" y2="{one.y2:.1f}"'
        return f'<line class="{one.role}" {ends} stroke="currentColor" stroke-width="{one.width:g}"{dash}/>'
    look = f'class="{one.role} {"full" if one.filled else "hollow"}" stroke="currentColor"'
    if isinstance(one, Dot):
        return f'<circle {look} stroke-width="1.5" cx="{one.x:.1f}" cy="{one.y:.1f}" r="{one.radius:.1f}"/>'
    assert isinstance(one, Shape)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in one.points)
    return f'<polygon {look} stroke-width="1.5" points="{points}"/>'
