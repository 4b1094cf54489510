"""A drawing as text, lines and shapes at places, before it is written: lengths in CSS pixels, from the upper left corner.

The widths of letters are those of DejaVu Sans, which is as wide as the fonts of browsers or wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# the least size of a text, in pixels, at the width that a drawing is laid out for
LEAST = 11.0
# advance widths, in hundredths of the size of the font
_ADVANCES = {
    "'": 27, "ijl": 28, "IJ": 29, " ,.·’\u00a0": 32, "/:;\\|": 34, "f": 35, "-": 36, "()[]t": 39, "!²": 40, "r": 41, '"': 46,
    "*_`–": 50, "sz“”": 52, "?": 53, "c": 55, "L": 56, "Fk": 58, "vxy": 59, "Pτ": 60, "TYao": 61, "e": 62, "K": 66, "AV": 68,
    "BRXZ": 69, "C": 70, "U": 73, "HN": 75, "DG": 77, "&": 78, "OQ": 79, "w": 82, "#+<=>^~≤≥±←→×": 84, "M": 86, "%": 95, "m": 97,
    "W": 99, "@—…": 100,
}  # fmt: skip
_ADVANCE = {letter: width for letters, width in _ADVANCES.items() for letter in letters}
_COMMON, _ANY = 64, 100  # of any other letter, Latin or not
_BOLD = 1.14
_LATIN = "\u0250"
# what is not divided between two lines: a P value, an interval in brackets, a number of patients, an arrow with its word
_BOUND = re.compile(r"\bP [=<>≤≥] |[\[(][\d.]+, (?=[\d.]+[\])])|\bn = (?=\d)|← (?=favours|below)")


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text that starts, ends or has its middle at a place of its baseline; ``link`` is the IRI that it leads to."""

    x: float
    y: float
    words: str
    size: float
    role: str = "ink"
    bold: bool = False
    anchor: str = "start"
    link: str | None = None

    @property
    def left(self) -> float:
        """The place of its left end."""
        return self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * breadth(self.words, self.size, self.bold)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line; ``dash`` has the lengths of its strokes and gaps."""

    x1: float
    y1: float
    x2: float
    y2: float
    role: str = "ink"
    width: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon, filled with the colour of its role or with that of the paper."""

    points: tuple[tuple[float, float], ...]
    role: str = "ink"
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle, filled with the colour of its role or with that of the paper."""

    x: float
    y: float
    radius: float
    role: str = "ink"
    filled: bool = True


Item = Text | Line | Shape | Dot


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing of this size: its items in the order in which they are drawn and read."""

    width: float
    height: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph that is not yet divided into lines."""

    words: str
    size: float = 12.0
    role: str = "ink"
    bold: bool = False
    link: str | None = None


def breadth(words: str, size: float, bold: bool = False) -> float:
    """The greatest width of a line of text.

    >>> breadth("HR 0.70", 10) < breadth("HR 0.70", 10, bold=True) < 60
    True
    """
    units = sum(_ADVANCE.get(letter, _COMMON if letter < _LATIN else _ANY) for letter in words)
    return units * size * (_BOLD if bold else 1) / 100


def divided(words: str, width: float, size: float, bold: bool = False) -> list[str]:
    """The lines of a text that fit in a width; a word that is wider than a line is divided.

    >>> divided("interval computed from P = 0.011, not reported", 150, 11)
    ['interval computed from', 'P = 0.011, not reported']
    """
    lines: list[str] = []
    full, space = 0.0, breadth(" ", size, bold)  # the width of the last line
    for word in filter(None, _BOUND.sub(lambda found: found[0].replace(" ", "\u00a0"), words).split(" ")):
        own = breadth(word, size, bold)
        if lines and full + space + own <= width:
            lines[-1], full = f"{lines[-1]} {word}", full + space + own
            continue
        lines.append(word)
        while own > width and len(lines[-1]) > 1:
            last = lines.pop()
            fits = max((end for end in range(1, len(last)) if breadth(last[:end], size, bold) <= width), default=1)
            lines += [last[:fits], last[fits:]]
            own = breadth(lines[-1], size, bold)
        full = own
    return [line.replace("\u00a0", " ") for line in lines]


def stacked(paragraphs: Iterable[Words], x: float, y: float, width: float, anchor: str = "start") -> tuple[list[Item], float]:
    """The lines of paragraphs below each other from a height, and the height of their lower edge.

    For an ``anchor`` other than "start", ``x`` is the place of the ends or middles of the lines.
    """
    items: list[Item] = []
    for one in paragraphs:
        for line in divided(one.words, width, one.size, one.bold):
            y += one.size * 1.32
            items.append(Text(x, y - one.size * 0.3, line, one.size, one.role, one.bold, anchor, one.link))
    return items, y


def extent(items: Sequence[Item]) -> tuple[float, float, float, float]:
    """The left, upper, right and lower edge of what is drawn."""
    boxes = [_box(one) for one in items]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _box(one: Item) -> tuple[float, float, float, float]:
    if isinstance(one, Text):
        return one.left, one.y - one.size, one.left + breadth(one.words, one.size, one.bold), one.y + one.size * 0.3
    if isinstance(one, Dot):
        return one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius
    points = one.points if isinstance(one, Shape) else ((one.x1, one.y1), (one.x2, one.y2))
    across, down = [x for x, _ in points], [y for _, y in points]
    return min(across), min(down), max(across), max(down)
