"""Work that goes on beside the answering of requests: each kind is tried until it succeeds, and never ends the server."""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import TaskGroup

from kg.web.http.log import log

_FIRST, _LONGEST = 1.0, 300.0  # seconds before a kind of work is tried again: at first, and after many failures
_LOGGED = 60.0  # seconds between two log lines of one kind


class Background:
    """The work in the background, and what is missing because some of it failed.

    A failure is logged once until its kind works again or fails in another way, and no kind more often than once a minute. Any
    thread may report.
    """

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}  # the failure that was logged, or nothing
        self._logged: dict[str, float] = {}
        self._started: set[str] = set()
        self._engine: frozenset[str] = frozenset()  # what is missing of the engine
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Make it possible to start work."""
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Cancel what still runs."""
        assert self._group is not None
        group, self._group = self._group, None
        group.cancel_scope.cancel()
        await group.__aexit__(kind, error, trace)

    @property
    def missing(self) -> tuple[str, ...]:
        """The kinds that failed when they were last tried, in alphabetical order."""
        return tuple(sorted(self._failing.copy()))

    def start(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        """Begin a kind of work, unless it was begun before; when it fails, it is tried again after pauses that grow.

        Raises RuntimeError when the application was not started.
        """
        if kind in self._started:
            return
        if self._group is None:
            raise RuntimeError("work in the background needs the lifespan of the application")
        self._started.add(kind)
        self._group.start_soon(self._until_done, kind, work)

    def failed(self, kind: str, error: BaseException | str) -> None:
        """Note that a kind of work failed."""
        now, described = time.monotonic(), _described(error)
        logged = self._failing.get(kind, "")
        if logged != described["error"] and now - self._logged.get(kind, -_LOGGED) >= _LOGGED:
            logged, self._logged[kind] = described["error"], now
            log({"level": "warning", "kind": kind, **described})
        self._failing[kind] = logged

    def works(self, kind: str) -> None:
        """Note that a kind of work succeeded."""
        self._failing.pop(kind, None)

    def report(self, missing: Mapping[str, str]) -> None:
        """Note which parts of the engine are missing now, each with the reason; all its others work."""
        for kind in self._engine - set(missing):
            self.works(kind)
        for kind, why in missing.items():
            self.failed(kind, why)
        self._engine = frozenset(missing)

    async def _until_done(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        pause = _FIRST
        while True:
            try:
                await work()
            except (Exception, SystemExit) as error:  # a door: requests are answered whatever happens here
                self.failed(kind, error)
            else:
                self.works(kind)
                return
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST)


def _described(error: BaseException | str) -> dict[str, str]:
    if isinstance(error, str):
        return {"error": error}
    said = {"error": f"{type(error).__name__}: {error}"}
    return said if isinstance(error, OSError) else {**said, "trace": "".join(traceback.format_exception(error))}
