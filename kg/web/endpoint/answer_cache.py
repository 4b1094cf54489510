"""The cache of answers: the data do not change while the server runs, so that the same request has the same answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cachetools import LRUCache

from kg.engine.oxigraph import Document, Scope
from kg.engine.processes.pool import Workers

_BYTES = 16 << 20  # of all cached answers together, with their queries
_LONGEST = 1 << 18  # bytes of one cached answer with its query
_OVERHEAD = 1000  # bytes of an entry in addition to both
# a query with one of these may have another answer each time; any word that contains one counts, also escaped characters
_CHANGING = ("now", "rand", "uuid", "service", "\\u")

Key = tuple[str, tuple[str, ...], str, int]


class AnswerCache:
    """The latest short answers, by everything that they depend on."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._kept: LRUCache[Key, tuple[Document, int]] = LRUCache(_BYTES, lambda entry: entry[1])

    def key(self, sparql: str, forms: Sequence[str], scope: Scope | None, base: str) -> Key | None:
        """The key of an answer; None if the answer must not be cached."""
        if len(sparql) > _LONGEST or scope is not None:
            return None
        text = sparql.lower()
        if any(word in text for word in _CHANGING):
            return None
        return sparql, tuple(forms), base, self._workers.generation

    def get(self, key: Key | None) -> Document | None:
        """The cached answer, if there is one."""
        found = None if key is None else self._kept.get(key)
        return None if found is None else found[0]

    def keep(self, key: Key | None, document: Document) -> None:
        """Cache an answer, unless it is long."""
        if key is not None:
            size = len(document.body) + sys.getsizeof(key[0]) + _OVERHEAD
            if size <= _LONGEST:
                self._kept[key] = document, size
