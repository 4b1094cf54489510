"""The end of the process, whatever still runs in it."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable

from kg.web.http.log import log

_LEFT = 4.0  # seconds beyond the time of running requests, in which the rest of the server may end
_STRAY = 1.0  # seconds that threads may go on after the server has ended


class Watchdog:
    """Ends the process some time after it was told to stop, or at once when it is told again.

    Python waits at the end for threads, and a thread that computes cannot be stopped. ``clean`` is called before: it ends other
    processes, and waits for nothing. The exit status is 0, since the process was told to stop.
    """

    def __init__(self, seconds: float, clean: Callable[[], None]) -> None:
        self._seconds = seconds + _LEFT
        self._clean = clean
        self._stopping = False
        # of all queues, a handler of signals may put into this one
        self._told: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._others = set(threading.enumerate())
        threading.Thread(target=self._wait, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Begin to count; at the second call, end the process at once."""
        self._told.put(0.0 if self._stopping else self._seconds)
        self._stopping = True

    def done(self) -> None:
        """Say that the server has ended; where threads of it go on nevertheless, the process ends."""
        until = time.monotonic() + _STRAY
        for one in self._stray():
            one.join(max(0.0, until - time.monotonic()))
        self._told.put(0.0 if self._stopping and self._stray() else None)

    def _stray(self) -> list[threading.Thread]:
        """The threads that were started since and that Python would wait for."""
        return [one for one in threading.enumerate() if one not in self._others and not one.daemon]

    def _wait(self) -> None:
        left: float | None = None
        while True:
            try:
                left = self._told.get(timeout=left)
            except queue.Empty:
                break
            if left is None:
                return
        log({"level": "warning", "said": f"the process ends, though {len(self._stray())} threads have work left"})
        try:
            self._clean()
        finally:
            sys.stderr.flush()
            os._exit(0)
