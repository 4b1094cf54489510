"""A note beside a graph file: no triple of the file is in two of its graphs.

The default graph of a query is then the union of the named graphs as they are, and no copy of them has to be made when the graph
is opened. The note is the SHA-256 of the file that it was written for, so that it says nothing of another one.
"""

from __future__ import annotations

from pathlib import Path


def note_of(path: Path) -> Path:
    """Where the note of a graph file is."""
    return path.with_name(f"{path.name}.disjoint")


def note(content: bytes) -> str:
    """The text of the note for the content of a graph file."""
    from hashlib import sha256  # a process that only holds a graph does without

    return sha256(content).hexdigest() + "\n"


def noted(path: Path) -> bytes | None:
    """The content of a graph file whose note says that its graphs are disjoint; else None."""
    try:
        said = note_of(path).read_bytes()
        content = path.read_bytes()
    except OSError:
        return None
    return content if said == note(content).encode() else None
