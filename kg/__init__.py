"""mcrc-kg: what is known about molecularly targeted therapy of metastatic colorectal cancer, as a graph you can ask.

>>> import kg
>>> graph = kg.open()
>>> for row in graph.ask("actions-of-drug", drug="ramucirumab"):
...     print(row["action"], row["target"])
binds to VEGFR-2
inhibits VEGFR-2
inhibits pathway VEGF pathway
"""

from kg.errors import DataError, InputError, KgError, NotFoundError, OutsideError, UsageError
from kg.graph import KnowledgeGraph
from kg.graph import open_graph as open
from kg.results import Table

__version__ = "0.1.0"

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
