"""The operator's copy of the source text, for showing a passage in its context. The project itself does not contain this text."""

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
    """A passage with the text before and after it."""

    before: str
    span: str
    after: str


@dataclass(frozen=True)
class SourceText:
    """The text of a source, from the operator's copy."""

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


def own_copy(path: Path, graph: KnowledgeGraph) -> SourceText:
    """The text of a file that is a copy of a source of this graph.

    Raises :class:`~kg.errors.InputError` when the file cannot be read or is not the text that the offsets refer to.
    """
    text = read_source(path)
    found = hashlib.sha256(text.encode("utf-8")).hexdigest()
    known = list(graph.ask("documents"))
    for row in known:
        if row["sha256"] == found:
            return SourceText(row["source_iri"], text)
    listed = ", ".join(f"{row['source']}: {row['sha256']}" for row in known if row["sha256"]) or "none, no source has a checksum"
    raise InputError(f"{path}: this is not the text that the offsets refer to; its SHA-256 is {found}, expected: {listed}")
