"""The limit on connections that the file handles of this process allow."""

from __future__ import annotations

import contextlib
import resource

from kg.web.http.log import log
from kg.web.http.server_limits import Limits

_OWN = 64  # file handles for the server itself: standard streams, event loop, libraries


def connection_limit(limits: Limits) -> int:
    """The number of connections that may be open at once, so that enough file handles remain; at most ``limits.connections``.

    A request needs at most one handle in addition to its connection: a file, or the socket to a worker. The soft limit on file
    handles (``ulimit -n``) is raised as far as needed, at most to the hard limit.
    """
    own = _OWN + 2 * (limits.fast_slots + limits.slow_slots)
    wanted = own + limits.connections + min(limits.requests, limits.connections)
    handles = _raised(wanted)
    left = max(2, handles - own)
    most = min(limits.connections, max(left - limits.requests, left // 2))
    if most < limits.connections:
        said = f"{most} connections at once, not {limits.connections}, because this process has only {handles} file handles"
        log({"level": "warning", "said": f"{said}; allow {wanted} with: ulimit -n {wanted}"})
    return most


def _raised(wanted: int) -> int:
    """The limit on file handles, raised to this number if allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    goal = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they report
        resource.setrlimit(resource.RLIMIT_NOFILE, (goal, hard))
        return goal
    return soft
