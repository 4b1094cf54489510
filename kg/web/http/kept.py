"""A weighted LRU cache: when the total weight is too large, the least recently used values are removed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """A cache of values by key, with a total weight of at most ``most``.

    >>> kept = Kept(5, len)
    >>> for word in ("one", "two"):
    ...     kept.put(word, word)
    >>> kept.get("one") is None, kept.get("two")
    (True, 'two')
    """

    def __init__(self, most: int, weigh: Callable[[V], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()
        self.weight = 0

    def get(self, key: Hashable) -> V | None:
        """The value of a key, or None if it is not in the cache."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: V) -> None:
        """Store a value, unless its weight alone exceeds the limit."""
        weight = self._weigh(value)
        if weight > self._most:
            return
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self.weight += weight
            while self.weight > self._most:
                self._drop(next(iter(self._values)))

    def __len__(self) -> int:
        """The number of values."""
        return len(self._values)

    def _drop(self, key: Hashable) -> None:
        if key in self._values:
            self.weight -= self._weigh(self._values.pop(key))
