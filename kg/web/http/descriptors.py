"""How many connections the file handles of this process are enough for."""

from __future__ import annotations

import contextlib
import resource

from kg.web.http.limits import Limits
from kg.web.http.log import log

_OWN = 64  # handles for the server itself: standard streams, the event loop, the libraries that it loads


def connection_limit(limits: Limits) -> int:
    """How many connections may be open at once, so that handles are left for what answers them; at most ``limits.connections``.

    A request has at most one handle beside its connection: a file, or the socket to a worker. The number of handles that this
    process may have is raised as far as needed and allowed (the soft limit of ``ulimit -n``, up to the hard one).
    """
    own = _OWN + 2 * (limits.fast_slots + limits.slow_slots)
    wanted = own + limits.connections + min(limits.requests, limits.connections)
    handles = _raised(wanted)
    left = max(2, handles - own)
    most = min(limits.connections, max(left - limits.requests, left // 2))
    if most < limits.connections:
        said = f"{most} connections at once, not {limits.connections}, since this process may have {handles} file handles"
        log({"level": "warning", "said": f"{said}; for all of them, allow {wanted} (ulimit -n {wanted})"})
    return most


def _raised(wanted: int) -> int:
    """The limit on handles, raised to this number as far as that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    goal = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (goal, hard))
        return goal
    return soft
