"""A watchdog that ends the process after a shutdown, even if threads are still running."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable

from kg.web.http.log import log

_LEFT = 4.0  # seconds for the rest of the server to end, after the time for running requests
_STRAY = 1.0  # seconds for threads to end after the server has ended


class Watchdog:
    """Ends the process some time after the first request to stop, or at once after the second.

    At exit, Python waits for threads, and a computing thread cannot be stopped. ``clean`` is called first: it ends other
    processes and does not wait. The exit status is 0, because the shutdown was requested.
    """

    def __init__(self, seconds: float, clean: Callable[[], None]) -> None:
        self._seconds = seconds + _LEFT
        self._clean = clean
        self._stopping = False
        # the only queue that a signal handler may safely put to
        self._timeouts: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._others = set(threading.enumerate())
        threading.Thread(target=self._wait, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Start the timer; at the second call, end the process at once."""
        self._timeouts.put(0.0 if self._stopping else self._seconds)
        self._stopping = True

    def done(self) -> None:
        """Report that the server has ended; the process ends even if threads of the server are still running."""
        until = time.monotonic() + _STRAY
        for one in self._stray():
            one.join(max(0.0, until - time.monotonic()))
        self._timeouts.put(0.0 if self._stopping and self._stray() else None)

    def _stray(self) -> list[threading.Thread]:
        """The threads started since then for which Python would wait at exit."""
        return [one for one in threading.enumerate() if one not in self._others and not one.daemon]

    def _wait(self) -> None:
        left: float | None = None
        while True:
            try:
                left = self._timeouts.get(timeout=left)
            except queue.Empty:
                break
            if left is None:
                return
        log({"level": "warning", "said": f"the process ends with {len(self._stray())} threads still running"})
        try:
            self._clean()
        finally:
            sys.stderr.flush()
            os._exit(0)
