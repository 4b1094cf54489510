"""mcrc-kg: a knowledge graph of molecularly targeted therapy of metastatic colorectal cancer.

>>> import kg
>>> graph = kg.open()
>>> for row in graph.ask("actions-of-drug", drug="ramucirumab"):
...     print(row["action"], row["target"])
binds to VEGFR-2
inhibits VEGFR-2
inhibits pathway VEGF pathway
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in typing, which takes a while to load
if TYPE_CHECKING:
    from typing import Any

    from kg.ask.results import Table
    from kg.errors import DataError, InputError, KgError, NotFoundError, OutsideError, UsageError
    from kg.graph import KnowledgeGraph
    from kg.graph import open_graph as open

__version__ = "0.2.0"

__all__ = [
    "DataError",
    "InputError",
    "KgError",
    "KnowledgeGraph",
    "NotFoundError",
    "OutsideError",
    "Table",
    "UsageError",
    "__version__",
    "open",
]

_HOMES = {"KnowledgeGraph": "kg.graph", "Table": "kg.ask.results", "open": "kg.graph"}


def __getattr__(name: str) -> Any:
    """A public name of this package, loaded when it is first used, so that ``import kg`` stays fast."""
    if name not in __all__:
        raise AttributeError(f"module 'kg' has no attribute '{name}'")
    return getattr(import_module(_HOMES.get(name, "kg.errors")), "open_graph" if name == "open" else name)
