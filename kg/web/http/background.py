"""Background tasks: each kind of task is repeated until it succeeds, and its failure never stops the server."""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import TaskGroup

from kg.web.http.log import log

_FIRST, _LONGEST = 1.0, 300.0  # seconds before a retry: after the first failure, and at most
_LOGGED = 60.0  # minimum seconds between two log lines of one kind


class Background:
    """The background tasks, and the kinds of task that failed.

    A failure is logged again only after its kind has succeeded or failed with another error, and at most once a minute for each
    kind. Reports may come from any thread.
    """

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}  # by kind: the failure that was logged, or an empty text
        self._logged: dict[str, float] = {}
        self._started: set[str] = set()
        self._engine: frozenset[str] = frozenset()  # the parts of the engine that do not work
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        """Allow tasks to start."""
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Cancel the running tasks."""
        assert self._group is not None
        group, self._group = self._group, None
        group.cancel_scope.cancel()
        await group.__aexit__(kind, error, trace)

    @property
    def missing(self) -> tuple[str, ...]:
        """The kinds whose last attempt failed, in alphabetical order."""
        return tuple(sorted(self._failing.copy()))

    def start(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start a kind of task, unless it was started before; after a failure it is retried with growing pauses.

        Raises RuntimeError when the application is not running.
        """
        if kind in self._started:
            return
        if self._group is None:
            raise RuntimeError("background tasks need the lifespan of the application")
        self._started.add(kind)
        self._group.start_soon(self._until_done, kind, work)

    def failed(self, kind: str, error: BaseException | str) -> None:
        """Record that a kind of task failed."""
        now, described = time.monotonic(), _described(error)
        logged = self._failing.get(kind, "")
        if logged != described["error"] and now - self._logged.get(kind, -_LOGGED) >= _LOGGED:
            logged, self._logged[kind] = described["error"], now
            log({"level": "warning", "kind": kind, **described})
        self._failing[kind] = logged

    def works(self, kind: str) -> None:
        """Record that a kind of task succeeded."""
        self._failing.pop(kind, None)

    def report(self, missing: Mapping[str, str]) -> None:
        """Record the parts of the engine that do not work now, with the reasons; all other parts work."""
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
            except (Exception, SystemExit) as error:  # top level: a failure here must not affect requests
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
