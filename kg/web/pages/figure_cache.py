"""The cache of figures: each is drawn at its first request, one at a time, and kept while there is room."""

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
    from kg.plots import Picture  # loaded with the drawing library, after the first pages are available

_BYTES = 16 << 20  # of all cached figures together
_WAITING = 16  # requests that may wait for a figure at once
IN_PAGE = "page"  # the form of a figure as part of a page
TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: its title, its description in words, and its bytes."""

    title: str
    told: str
    body: bytes


class FigureCache:
    """The figures of one application.

    The settings of the drawing library apply to the whole process, so two figures must not be drawn at once.
    """

    def __init__(self, background: Background | None = None) -> None:
        self._background = background or Background()
        self._cached: LRUCache[Hashable, Drawing] = LRUCache(_BYTES, lambda drawn: len(drawn.body) + len(drawn.told))
        self._one = anyio.Lock()
        self._waiting = 0

    async def get(self, service: Service, key: Hashable, form: str, make: Callable[[], Picture]) -> Drawing:
        """The figure of a key in a format, drawn if it is not in the cache.

        Raises what ``make`` raises, and :class:`~kg.errors.BusyError` when too many requests wait for a figure.
        """
        cached = self._cached.get((key, form))
        if cached is not None:
            return cached
        if self._waiting >= _WAITING:
            raise BusyError(f"{self._waiting} requests are waiting for a figure; try again in a few seconds")
        self._waiting += 1
        try:
            async with self._one:
                drawn = self._cached.get((key, form))  # another request may have drawn it in the meantime
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
            raise BusyError("the server cannot draw figures at the moment; try again in a few seconds") from error
        self._background.works("pictures")
        return drawn


def load() -> None:
    """Load the libraries for figures, so that the first figure does not wait a second for them."""
    for name in ("kg.plots", "matplotlib.figure"):
        with suppress(ModuleNotFoundError):  # an installation without these libraries reports it when a figure is requested
            import_module(name)


def _draw(make: Callable[[], Picture], form: str) -> Drawing:
    picture = make()
    body = picture.in_page.encode("utf-8") if form == IN_PAGE else picture.to_bytes(f".{form}")
    return Drawing(picture.title, picture.told, body)
