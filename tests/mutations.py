"""Facts with one cell made wrong, and the layer that notices; run as a script, it prints the share by layer.

python tests/mutations.py 300
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kg.ask.catalogue import catalogue
from kg.ask.results import to_csv
from kg.audit import audit
from kg.engine.store import embed
from kg.errors import KgError
from kg.graph import KnowledgeGraph, open_graph
from kg.pipeline.build import assemble
from kg.pipeline.validate import check
from kg.resources import facts

SOURCE = "ohhara-2016"
LAYERS = ("build", "validate", "audit", "golden answers", "nothing")
UNITS = {"mo": "wk", "wk": "mo", "%": "mo"}
COMPARATORS = {"=": "<", "<": "="}
# a remark of the curators states no fact
REMARKS = {"note"}


@dataclass(frozen=True)
class Mutation:
    """One cell and what it is made to say."""

    kind: str
    table: str
    row: int
    column: str
    old: str
    new: str


@cache
def table(name):
    """Header and rows of a packaged table."""
    header, *rows = (line.split("\t") for line in (facts() / SOURCE / name).read_text(encoding="utf-8").splitlines())
    return header, rows


@cache
def tables():
    return sorted(path.name for path in (facts() / SOURCE).glob("*.tsv"))


def mutation(pick):
    """A mutation, each choice made by ``pick(list)``."""
    name = pick(tables())
    header, rows = table(name)
    row = pick(range(len(rows)))
    filled = [i for i, value in enumerate(rows[row]) if value and header[i] not in REMARKS]
    column = pick(filled)
    old = rows[row][column]
    ways = {"other": sorted({other[column] for other in rows} - {old, ""}), "empty": [""]}
    if digits := [i for i, character in enumerate(old) if character.isdigit()]:
        at = pick(digits)
        ways["digit"] = [old[:at] + str((int(old[at]) + 1) % 10) + old[at + 1 :]]
    if old.replace(".", "", 1).isdigit():
        ways["sign"] = ["-" + old]
    if old in UNITS:
        ways["unit"] = [UNITS[old]]
    if old in COMPARATORS:
        ways["comparator"] = [COMPARATORS[old]]
    if header[column].endswith("_arm"):
        ways["swapped arms"] = [""]
    kind = pick([way for way, values in sorted(ways.items()) if values])
    return Mutation(kind, name, row, header[column], old, pick(ways[kind]))


def spoil(folder, change):
    """Write the changed table into a copy of the facts."""
    header, rows = table(change.table)
    rows = [list(row) for row in rows]
    if change.kind == "swapped arms":
        one, two = header.index("experimental_arm"), header.index("reference_arm")
        rows[change.row][one], rows[change.row][two] = rows[change.row][two], rows[change.row][one]
    else:
        rows[change.row][header.index(change.column)] = change.new
    text = "".join("\t".join(row) + "\n" for row in [header, *rows])
    (folder / SOURCE / change.table).write_text(text, encoding="utf-8")


def text_of(graph):
    """A text that prints each figure where its passage says, a letter wherever a passage is worded, and nothing else."""
    passages = [row for row in graph.ask("passages") if row["end"] is not None]  # of documents with offsets
    characters = [" "] * (max(row["end"] for row in passages) + 1)
    for row in passages:
        if not row["printed"]:
            characters[row["start"] : row["end"]] = "x" * (row["end"] - row["start"])
    for row in passages:
        if row["printed"]:
            first, *others = row["printed"].split(" … ")
            characters[row["start"] : row["start"] + len(first)] = first
            for last in others[-1:]:
                characters[row["end"] - len(last) : row["end"]] = last
    return "".join(characters)


def answers(graph):
    return {name: to_csv(graph.ask(name)) for name in catalogue()}


@cache
def reference():
    graph = open_graph()
    text = text_of(graph)
    return text, answers(graph), set(audit(graph, text, SOURCE).problems)


def noticed(change):
    """The first layer that notices a mutation."""
    text, golden, known = reference()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(facts(), Path(place) / "facts"))
        spoil(folder, change)
        try:
            built = assemble(folder)
        except KgError:
            return "build"
    if check(built).findings:
        return "validate"
    graph = KnowledgeGraph(embed(built.graphs))
    if set(audit(graph, text, SOURCE).problems) - known:
        return "audit"
    return "golden answers" if answers(graph) != golden else "nothing"


def main(count):
    chance = random.Random(20161015)
    seen, by_kind, missed = Counter(), {}, []
    for _ in range(count):
        change = mutation(chance.choice)
        layer = noticed(change)
        seen[layer] += 1
        by_kind.setdefault(change.kind, Counter())[layer] += 1
        if layer in ("nothing",):
            missed.append(change)
    print("| kind | " + " | ".join(LAYERS) + " |\n| --- |" + " --- |" * len(LAYERS))
    for kind, layers in [*sorted(by_kind.items()), ("all", seen)]:
        print(f"| {kind} | " + " | ".join(str(layers[layer]) for layer in LAYERS) + " |")
    for change in missed:
        print(f"unnoticed: {change}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
