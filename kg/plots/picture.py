"""The base of all figures: drawn with matplotlib, described in words, in the reader's light or dark colours."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from kg.errors import UsageError
from kg.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png", ".pdf")
INK = "#000000"
# nearly white; in SVG it is replaced by the background colour of the page
PAPER = "#fefefe"
ACCENT = "#a3360a"
_STYLE = (
    "<style>svg { fill: currentColor; color: #1b1b1b; --paper: #ffffff; --accent: #a3360a; background: var(--paper) } "
    "@media (prefers-color-scheme: dark) { svg { color: #e8e8e8; --paper: #161616; --accent: #ffab85 } } "
    "a:hover text, a:focus text { text-decoration: underline }</style>"
)

_POINT = 0.75  # of a pixel in points, which matplotlib draws in
SMALL = 8.4  # the size of the least text in points: 11 pixels, in the natural size of a figure
_DROPPED = re.compile(r"\s*<(style|metadata)\b.*?</\1>|\s*<(?:title|desc)>.*?</(?:title|desc)>", re.DOTALL)
_NAMES = re.compile(r'(\bid="|url\(#|(?:xlink:)?href="#)')
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class Picture:
    """A figure of the evidence: ``svg`` is its SVG text; a notebook displays it; ``save`` writes SVG, PNG or PDF."""

    title: str
    told: str
    draw: Callable[[], Figure]

    @property
    def svg(self) -> str:
        """The figure as SVG with title and description; text remains text, and colours follow the reader's settings."""
        return self.to_bytes(".svg").decode("utf-8")

    @property
    def in_page(self) -> str:
        """The figure as part of a page, in its natural size: with the colours of the page, and with unique identifiers.

        Its links are IRIs. It has the role of a named group, not of an image, because an image has no links.
        """
        svg = self.svg
        key = f"p{hashlib.sha256(svg.encode()).hexdigest()[:8]}-"
        size = _SIZE.search(svg)
        assert size is not None, "matplotlib writes a viewBox"
        head = (
            f'<svg class="drawn" role="group" aria-label={quoteattr(self.title)} viewBox="0 0 {size[1]} {size[2]}" '
            f'width="{float(size[1]) / _POINT:.0f}" height="{float(size[2]) / _POINT:.0f}" xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink">'
        )
        body = _DROPPED.sub("", svg.partition("<svg ")[2].partition(">")[2])
        return head + _NAMES.sub(lambda found: f"{found[1]}{key}", body)

    def to_bytes(self, form: str = ".svg") -> bytes:
        """The figure in a format; every call gives the same bytes.

        Raises :class:`~kg.errors.UsageError` for a format other than SVG, PNG and PDF, or when matplotlib is not installed.
        """
        if form.lower() not in FORMATS:
            raise UsageError(f"'{form}' is not a figure format; the file name must end with {', '.join(FORMATS)}")
        with _settings():
            return _written(self.draw(), form.lower(), self.title, self.told)

    def save(self, path: str | Path) -> Path:
        """The path of a new file with the figure; the extension selects the format; the file is complete or not written."""
        target = Path(path)
        write_whole(target, self.to_bytes(target.suffix))
        return target

    def _repr_svg_(self) -> str:
        return self.svg


def figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of this size in inches, and axes over all of it, with one unit for each inch from the lower left."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height))
    axes = made.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.axis("off")
    return made, axes


def breadth(text: str, size: float) -> float:
    """The width of a line of text of this size in points, in inches."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().width) / 72


@contextmanager
def _settings() -> Iterator[None]:
    try:
        import matplotlib as mpl
    except ImportError as missing:
        raise UsageError(
            f"the package '{missing.name}' is missing; install it with: pip install '.[synthesis]' in a copy of the project"
        ) from missing
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mcrc-kg", "font.family": "DejaVu Sans", "font.size": 9}):
        yield


def _written(drawn: Any, form: str, title: str, told: str) -> bytes:
    out = io.BytesIO()
    if form != ".svg":
        metadata = {"Title": title} | ({"CreationDate": None} if form == ".pdf" else {})
        drawn.savefig(out, format=form[1:], dpi=160, metadata=metadata)
        return out.getvalue()
    drawn.savefig(out, format="svg", transparent=True, metadata={"Title": title, "Description": told, "Date": None})
    text = out.getvalue().decode("utf-8")
    for fixed, followed in ((INK, "currentColor"), (PAPER, "var(--paper)"), (ACCENT, "var(--accent)")):
        text = text.replace(fixed, followed)
    head, tag, rest = text.partition("<defs>")
    words = f"<title>{escape(title)}</title>\n <desc>{escape(told)}</desc>\n {_STYLE}\n "
    return (head + words + tag + rest).replace("<svg ", '<svg role="img" ', 1).encode("utf-8")
