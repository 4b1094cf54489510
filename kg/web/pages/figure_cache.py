"""Pictures as the server gives them out: drawn when first asked for, one at a time, and kept while there is room."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
from cachetools import LRUCache

from kg.errors import BusyError
from kg.web.endpoint.service import Service
from kg.web.http.background import Background

if TYPE_CHECKING:
    from kg.plots import Picture  # loaded with what draws, after the first pages can be had

_BYTES = 16 << 20  # that all cached pictures take together
_WAITING = 16  # requests that may wait for their picture at once
TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Drawing:
    """A drawn picture: its title, the same in words, and its bytes."""

    title: str
    told: str
    body: bytes


class FigureCache:
    """The pictures of one application.

    The settings of the drawing library hold for the whole process, so that two pictures must not be drawn at once.
    """

    def __init__(self, background: Background | None = None) -> None:
        self._background = background or Background()
        self._cached: LRUCache[Hashable, Drawing] = LRUCache(_BYTES, lambda drawn: len(drawn.body) + len(drawn.told))
        self._one = anyio.Lock()
        self._waiting = 0

    async def get(self, service: Service, key: Hashable, form: str, make: Callable[[], Picture]) -> Drawing:
        """The picture of a key in a format, made if need be.

        Raises what ``make`` raises, and :class:`~kg.errors.BusyError` when too many wait for theirs.
        """
        cached = self._cached.get((key, form))
        if cached is not None:
            return cached
        if self._waiting >= _WAITING:
            raise BusyError(f"{self._waiting} pictures are to be drawn already; try again in a few seconds")
        self._waiting += 1
        try:
            async with self._one:
                drawn = self._cached.get((key, form))  # another request may have had it drawn meanwhile
                if drawn is None:
                    drawn = await self._drawn(service, make, form)
                    with suppress(ValueError):  # one that is larger than all may be together is not kept
                        self._cached[key, form] = drawn
                return drawn
        finally:
            self._waiting -= 1

    async def _drawn(self, service: Service, make: Callable[[], Picture], form: str) -> Drawing:
        try:
            drawn = await service.run(_draw, make, form)
        except (OSError, MemoryError, ImportError) as error:
            self._background.failed("pictures", error)
            raise BusyError("no picture can be drawn at the moment; try again in a few seconds") from error
        self._background.works("pictures")
        return drawn


def load() -> None:
    """Load what draws; it takes a second, which the first picture would else wait for."""
    for name in ("kg.plots", "matplotlib.figure"):
        with suppress(ModuleNotFoundError):  # an installation without pictures says so where one is asked for
            import_module(name)


def _draw(make: Callable[[], Picture], form: str) -> Drawing:
    picture = make()
    return Drawing(picture.title, picture.told, picture.to_bytes(f".{form}"))
