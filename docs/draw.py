"""Draws docs/img/class-tree.svg and inferred-moves.svg from the ontology: python docs/draw.py [FOLDER].

The SVG has no scripts and no fonts; it follows the light or dark mode of the reader, and no information is in colour alone.
"""

from __future__ import annotations

import sys
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from rdflib import OWL, RDF, RDFS
from rdflib.term import Node
from terms import HERE, ROOTS, Vocabulary

INKS = ("paper", "ink", "faint", "line", "box", "strong", "tint")
LIGHT = dict(zip(INKS, ("#ffffff", "#1f2328", "#59636e", "#8c959f", "#f6f8fa", "#0550ae", "#ddf4ff"), strict=True))
DARK = dict(zip(INKS, ("#0d1117", "#e6edf3", "#9da7b3", "#656d76", "#161b22", "#79c0ff", "#12263f"), strict=True))
STYLE = """
text {{ font: 14px "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: {ink} }}
.paper {{ fill: {paper} }} .faint {{ fill: {faint} }} .line {{ fill: none; stroke: {line}; stroke-width: 1.5 }}
.dot {{ fill: {faint} }} .box {{ fill: {box}; stroke: {line} }} .tip {{ fill: {strong} }}
.defined {{ fill: {tint}; stroke: {strong}; stroke-width: 1.5 }} .move {{ fill: none; stroke: {strong}; stroke-width: 1.5 }}
.head {{ font-weight: bold; font-size: 16px }} .sign {{ fill: {strong}; font-weight: bold }}
"""
ROW = 24
WIDTH = 960
# classes of letters by their width in a wide typeface: narrow and broad; capitals, digits and all others have their own width
NARROW, BROAD = frozenset("iljtfrI ,.()·-/"), frozenset("mwMW+")


def breadth(words: str) -> float:
    """The greatest width of a line of text."""
    return sum(5 if c in NARROW else 13 if c in BROAD else 9.5 if c.isupper() or c.isdigit() else 8.6 for c in words)


class Picture:
    """An SVG figure with a title and a description."""

    def __init__(self, height: float, title: str, description: str) -> None:
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {WIDTH} {height:g}",
                "width": str(WIDTH),
                "height": f"{height:g}",
                "role": "img",
                "aria-labelledby": "title desc",
            },
        )
        ET.SubElement(self.root, "title", id="title").text = title
        ET.SubElement(self.root, "desc", id="desc").text = description
        dark = textwrap.indent(STYLE.format(**DARK).strip(), "  ")
        ET.SubElement(self.root, "style").text = f"{STYLE.format(**LIGHT)}@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
        self.box(0, 0, WIDTH, height, "paper", 0)

    def box(self, x: float, y: float, width: float, height: float, style: str, round: float = 5) -> None:
        """A rectangle."""
        ends = {"x": x, "y": y, "width": width, "height": height, "rx": round}
        ET.SubElement(self.root, "rect", {key: f"{value:g}" for key, value in ends.items()} | {"class": style})

    def path(self, way: str, style: str) -> None:
        """A line."""
        ET.SubElement(self.root, "path", {"d": way, "class": style})

    def dot(self, x: float, y: float) -> None:
        """The mark of a class with stated members."""
        ET.SubElement(self.root, "circle", {"cx": f"{x:g}", "cy": f"{y:g}", "r": "3.5", "class": "dot"})

    def text(self, x: float, y: float, words: str, style: str = "") -> None:
        """One line of text that starts at a point."""
        attributes = {"x": f"{x:g}", "y": f"{y:g}"} | ({"class": style} if style else {})
        ET.SubElement(self.root, "text", attributes).text = words

    def defined(self, x: float, y: float, words: str) -> float:
        """Draw a defined class as a box with a sign, and return its width."""
        width = breadth(words) + 32
        self.box(x, y - 10, width, 20, "defined")
        self.text(x + 8, y + 5, "≡", "sign")
        self.text(x + 24, y + 5, words)
        return width

    def save(self, path: Path) -> None:
        """Write the figure to a file."""
        ET.indent(self.root, " ")
        path.write_text(ET.tostring(self.root, encoding="unicode") + "\n", encoding="utf-8", newline="\n")


def class_tree(words: Vocabulary) -> Picture:
    """The class tree in two columns."""
    blocks: list[list[tuple[int, Node]]] = []
    for depth, term in words.tree():
        if depth < 2:
            blocks.append([])
        blocks[-1].append((depth, term))
    columns = _columns(blocks)
    height = max(map(len, columns)) * ROW + 86
    total, defined = sum(map(len, blocks)), len(words.defined())
    picture = Picture(
        height,
        "The class tree",
        f"{total} classes, each indented under the one it belongs to; "
        f"{defined} of them, in boxes with the sign of equivalence, are defined.",
    )
    for place, column in enumerate(columns):
        _outline(picture, words, column, 24 + place * WIDTH / 2)
    picture.dot(31, height - 24)
    stated = "a class whose members are stated"
    picture.text(42, height - 19, stated, "faint")
    end = 42 + breadth(stated) + 30
    end += picture.defined(end, height - 24, "a defined class")
    picture.text(end + 10, height - 19, "whose members follow from its definition", "faint")
    return picture


def _columns(blocks: list[list[tuple[int, Node]]]) -> list[list[tuple[int, Node]]]:
    """The blocks in two columns of about equal height; the second column repeats the root that it continues."""
    half = (sum(map(len, blocks)) + 1) / 2
    columns: list[list[tuple[int, Node]]] = [[], []]
    for block in blocks:
        if block[0][0] == 0:
            root = block[0]
        place = int(bool(columns[1]) or len(columns[0]) + len(block) / 2 > half)
        if place and not columns[1] and block[0][0] == 1:
            columns[1].append(root)
        columns[place] += block
    return columns


def _outline(picture: Picture, words: Vocabulary, rows: list[tuple[int, Node]], left: float) -> None:
    last: dict[int, float] = {}
    for number, (depth, term) in enumerate(rows):
        x, y = left + depth * 28, 32 + number * ROW
        if depth:
            picture.path(f"M{x - 21:g} {last[depth - 1]:g}V{y:g}H{x:g}", "line")
        last[depth] = y + 8
        label = words.label(term)
        if (term, OWL.equivalentClass, None) in words.terms:
            picture.defined(x, y, label)
        else:
            picture.dot(x + 7, y)
            again = ", continued" if term in ROOTS and left > WIDTH / 2 else ""
            picture.text(x + 18, y + 5, label + again, "head" if term in ROOTS else "")


def inferred_moves(words: Vocabulary) -> Picture:
    """The individuals on the left, grouped by their inferred classes; the defined classes on the right."""
    panels = [_panel(words, kind) for kind in _kinds(words)]
    height = 34 + sum(_height(groups) for _, _, groups in panels) + 6
    moved = {one for term in words.defined() for one in words.moved(term)}
    picture = Picture(
        height,
        "Inferred members of the defined classes",
        f"{len(moved)} individuals, and arrows from them to the {len(words.defined())} defined classes "
        "that they are inferred to belong to. Individuals with the same inferred classes share a box.",
    )
    picture.text(24, 28, "stated", "faint")
    picture.text(_RIGHT, 28, "inferred", "faint")
    y = 34.0
    for kind, classes, groups in panels:
        _moves(picture, words, y, kind, classes, groups)
        y += _height(groups)
    return picture


_LEFT = 545
_RIGHT = 645
_INDENT = "\u2003"
Group = tuple[tuple[Node, ...], list[str]]


def _kinds(words: Vocabulary) -> list[Node]:
    """The parents of the defined classes."""
    return words.sorted(above for term in words.defined() if (above := words.above(term)) is not None)


def _panel(words: Vocabulary, kind: Node) -> tuple[Node, list[Node], list[Group]]:
    """The defined classes of a kind, and the names of the individuals for each set of inferred classes."""
    classes = [term for term in words.defined() if (term, RDFS.subClassOf, kind) in words.terms]
    together: dict[tuple[Node, ...], list[Node]] = {}
    for one in words.sorted(one for term in classes for one in words.moved(term)):
        where = tuple(term for term in classes if (one, RDF.type, term) in words.inferred)
        together.setdefault(where, []).append(one)

    def middle(where: tuple[Node, ...]) -> tuple[float, list[int]]:
        places = [classes.index(term) for term in where]
        return sum(places) / len(places), places

    return kind, classes, [(where, _lines(words.label(one) for one in together[where])) for where in sorted(together, key=middle)]


def _lines(names: Iterable[str]) -> list[str]:
    """Names wrapped into lines; a name that is longer than a line is broken between words and indented."""
    lines: list[str] = []

    def add(words: str, joint: str, start: str) -> None:
        if lines and breadth(lines[-1] + joint + words) <= _LEFT - 44:
            lines[-1] += joint + words
        else:
            lines.append(f"{start}{words}")

    for name in names:
        if breadth(name) > _LEFT - 44:
            first, *others = name.split()
            lines.append(first)
            for word in others:
                add(word, " ", _INDENT)
        elif lines and lines[-1].startswith(_INDENT):
            lines.append(name)
        else:
            add(name, " · ", "")
    return lines


def _box(lines: list[str]) -> float:
    return len(lines) * 19 + 12


def _height(groups: list[Group]) -> float:
    return 44 + sum(_box(lines) + 10 for _, lines in groups)


def _moves(picture: Picture, words: Vocabulary, top: float, kind: Node, classes: list[Node], groups: list[Group]) -> None:
    picture.text(24, top + 30, words.label(kind), "head")
    starts, y = [], top + 42
    for _, lines in groups:
        starts.append(y + _box(lines) / 2)
        y += _box(lines) + 10
    ends = _ends(classes, groups, starts, y - 24)
    for (where, lines), start in zip(groups, starts, strict=True):
        for term in where:
            bend = (_LEFT + _RIGHT) / 2
            picture.path(f"M{_LEFT} {start:g}C{bend:g} {start:g} {bend:g} {ends[term]:g} {_RIGHT - 8} {ends[term]:g}", "move")
        y = start - _box(lines) / 2
        picture.box(24, y, _LEFT - 24, _box(lines), "box")
        for number, line in enumerate(lines):
            picture.text(34, y + 20 + number * 19, line)
    for term, end in ends.items():
        picture.path(f"M{_RIGHT - 9} {end - 5:g}L{_RIGHT} {end:g}L{_RIGHT - 9} {end + 5:g}Z", "tip")
        picture.defined(_RIGHT, end, words.label(term))


def _ends(classes: list[Node], groups: list[Group], starts: list[float], lowest: float) -> dict[Node, float]:
    """The vertical position of each class: the mean of its groups, with a minimum distance to its neighbours."""

    def wish(term: Node) -> float:
        its = [start for (where, _), start in zip(groups, starts, strict=True) if term in where]
        return sum(its) / len(its)

    order = sorted(classes, key=wish)
    ends: list[float] = []
    for term in order:
        ends.append(max(wish(term), ends[-1] + 30) if ends else wish(term))
    for place in reversed(range(len(ends))):
        lowest = ends[place] = min(ends[place], lowest)
        lowest -= 30
    return dict(zip(order, ends, strict=True))


def main(folder: Path) -> None:
    """Draw both figures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    words = Vocabulary()
    class_tree(words).save(folder / "class-tree.svg")
    inferred_moves(words).save(folder / "inferred-moves.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "img")
