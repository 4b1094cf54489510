"""The reader's own copy of the source's text, to show a passage where it stands; the project never holds or sends more of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kg.audit import read_source
from kg.errors import InputError
from kg.graph import KnowledgeGraph

_AROUND = 300


@dataclass(frozen=True)
class Context:
    """A passage with what stands before and after it."""

    before: str
    span: str
    after: str


@dataclass(frozen=True)
class OwnCopy:
    """The text of a source, as the reader has it."""

    source: str
    text: str

    def context(self, source: str, start: int, end: int) -> Context | None:
        """The passage between two offsets of a source in its context, or None for another source."""
        if source != self.source or not 0 <= start < end <= len(self.text):
            return None
        first, last = max(0, start - _AROUND), min(len(self.text), end + _AROUND)
        before = ("… " if first else "") + self.text[first:start].lstrip()
        after = self.text[end:last].rstrip() + (" …" if last < len(self.text) else "")
        return Context(before, self.text[start:end], after)


def own_copy(path: Path, graph: KnowledgeGraph) -> OwnCopy:
    """The text of a file, which is that of a source of this graph.

    Raises :class:`~kg.errors.InputError` when it cannot be read or is not the text that the offsets count in.
    """
    text = read_source(path)
    found = hashlib.sha256(text.encode("utf-8")).hexdigest()
    known = list(graph.ask("source-document"))
    for row in known:
        if row["sha256"] == found:
            return OwnCopy(row["source_iri"], text)
    listed = ", ".join(f"that of {row['source']} is {row['sha256']}" for row in known) or "the graph names no source"
    raise InputError(f"{path}: not the text that the offsets count in: its SHA-256 is {found}, {listed}")
