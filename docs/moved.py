"""Generates the table of docs/synthesis.md on how the results moved: python docs/moved.py [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

from sections import HERE, fill

import kg
from kg.synthesis.change import change

REVIEW = "ohhara-2016"
# endpoint, experimental side, reference side, stratum, line
POOLED = (
    ("OS", "anti-EGFR regimen", "anti-VEGF regimen", "all-RAS wild-type population", None),
    ("PFS", "anti-EGFR regimen", "anti-VEGF regimen", "all-RAS wild-type population", None),
    ("OS", "anti-EGFR regimen", "anti-VEGF regimen", "KRAS wild-type population", "first-line"),
    ("OS", "anti-VEGF regimen", "no targeted agent", "unselected population", "first-line"),
    ("OS", "anti-EGFR regimen", "no targeted agent", "KRAS wild-type population", "first-line"),
    ("PFS", "anti-EGFR regimen", "no targeted agent", "KRAS wild-type population", "first-line"),
)


def table() -> str:
    """One row for each pooled result: from the review alone, from all documents, and why they differ."""
    graph = kg.open()
    lines = ["| endpoint, contrast, stratum, line | what moved |", "| --- | --- |"]
    for endpoint, one, other, stratum, line in POOLED:
        name = ", ".join(filter(None, (endpoint, f"{one} against {other}", stratum, line)))
        before, after = (graph.pool(endpoint, one, other, stratum, line, document=document) for document in (REVIEW, "best"))
        lines.append(f"| {name} | {change(before, after)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    fill(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE, "synthesis.md", "moved.py", table())
