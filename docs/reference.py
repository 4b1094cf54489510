"""Generates ontology/release/reference.html, the ontology as one page to read offline: python docs/reference.py [FILE]."""

from __future__ import annotations

import sys
from pathlib import Path

import kg
from kg.web.pages.reference import as_file

PAGE = Path(__file__).parent.parent / "ontology" / "release" / "reference.html"

if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE).write_text(as_file(kg.open()), encoding="utf-8")
