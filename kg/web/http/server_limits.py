"""All limits of the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

from kg.engine.processes.query_limits import QueryLimits
from kg.errors import UsageError


@dataclass(frozen=True)
class Limits(QueryLimits):
    """The limits on queries, requests and connections; each comment gives the unit."""

    body_limit: int = 1  # MiB of a request body
    url_limit: int = 8192  # bytes of the path and query string of a URL
    header_limit: int = 32768  # bytes of the request line and headers
    header_time: float = 10.0  # seconds for receiving the request line and headers
    body_time: float = 20.0  # seconds for receiving a request body
    write_time: float = 30.0  # seconds for a client to receive the next part of a response
    answer_time: float = 600.0  # seconds for a client to receive a whole response
    answers_limit: int = 512  # MiB of all long responses in progress
    idle_time: int = 15  # seconds that a connection may stay open between requests
    requests: int = 512  # requests that are handled at once
    connections: int = 1000  # connections that are open at once
    end_time: int = 20  # seconds for running requests to finish at shutdown
    retry_after: int = 3  # seconds until a refused client may try again (Retry-After)
    refusal_time: float = 0.5  # seconds by which the refusal of a query is delayed
    cache_time: int = 300  # seconds for which a response may be cached without revalidation

    @classmethod
    def of(cls, words: Iterable[str], **named: Any) -> Self:
        """The default limits with changes that are given as ``name=number``.

        >>> Limits.of(["slow_slots=2"], time_limit=3.0).slow_slots
        2

        Raises :class:`~kg.errors.UsageError` for an unknown name or a value that is not a positive number.
        """
        kinds = {one.name: {"int": int, "float": float}[str(one.type)] for one in fields(cls) if one.type in ("int", "float")}
        values = dict(named)
        for word in words:
            name, _, text = word.replace("-", "_").partition("=")
            if name not in kinds:
                raise UsageError(f"there is no limit '{name}'; the limits are {', '.join(sorted(kinds))}")
            values[name] = _number(name, text, kinds[name])
        for name, value in values.items():
            if name in kinds and value <= 0:
                raise UsageError(f"the limit {name} must be a positive number, not {value}")
        return cls(**values)


def _number(name: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(text)
    except ValueError as error:
        raise UsageError(f"the limit {name} must be a number, not '{text}'") from error
