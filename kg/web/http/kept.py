"""A bounded memory: values by key, the least recently used forgotten when they weigh too much together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Values that were made once, as many as weigh no more than ``most`` together.

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
        """The value of a key, or None when there is none (any more)."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value; one that alone weighs too much is not kept."""
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
        """How many values are kept."""
        return len(self._values)

    def _drop(self, key: Hashable) -> None:
        if key in self._values:
            self.weight -= self._weigh(self._values.pop(key))
