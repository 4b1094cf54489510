"""A picture that is laid out for the width it has: several widths for a page, the widest one for a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.plots.layout import Layout
from kg.plots.paper import on_paper
from kg.plots.picture import Picture
from kg.plots.svg import part, whole

# in pixels: a phone, a tablet or a sheet of paper, a screen; the style sheet of the pages shows the one that fits
WIDTHS = (320, 680, 1040)


@dataclass(frozen=True)
class LaidOut(Picture):
    """A picture whose ``lay`` gives its drawing for a width in pixels."""

    lay: Callable[[float], Layout]

    @property
    def in_page(self) -> str:
        """The drawings for all widths; the style sheet hides those that do not fit, also from screen readers."""
        return "\n".join(part(self.lay(width), self.title, number) for number, width in enumerate(WIDTHS, 1))

    def to_bytes(self, form: str = ".svg") -> bytes:
        """The drawing for the greatest width in a format; SVG needs no matplotlib."""
        if form.lower() == ".svg":
            return whole(self.lay(WIDTHS[-1]), self.title, self.told).encode("utf-8")
        return super().to_bytes(form)


def laid_out(title: str, told: str, lay: Callable[[float], Layout]) -> LaidOut:
    """A picture with this title and description in words."""
    return LaidOut(title, told, lambda: on_paper(lay(WIDTHS[-1])), lay)
