"""Every number that bounds the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

from kg.engine.processes.limits import QueryLimits
from kg.errors import UsageError


@dataclass(frozen=True)
class Limits(QueryLimits):
    """The limits on queries, and those on requests and connections; each line says its unit."""

    body_limit: int = 1  # MiB that the body of a request may be long
    url_limit: int = 8192  # bytes that path and query of a URL may be long
    header_limit: int = 32768  # bytes that request line and headers may be long
    header_time: float = 10.0  # seconds in which request line and headers must have come
    body_time: float = 20.0  # seconds in which the body of a request must have come
    write_time: float = 30.0  # seconds that a client may take to accept the next part of an answer
    answer_time: float = 600.0  # seconds that a client may take to accept a whole answer
    answers_limit: int = 512  # MiB that the long answers on their way may take together
    idle_time: int = 15  # seconds that a connection may stay open between requests
    requests: int = 512  # requests that are handled at once
    connections: int = 1000  # connections that are open at once
    end_time: int = 20  # seconds that running requests may take when the server is told to stop
    retry_after: int = 3  # seconds after which a client that was told to wait may come again
    refusal_time: float = 0.5  # seconds that a client waits to hear that its query is not taken in
    cache_time: int = 300  # seconds that an answer about the graph may be kept without asking again

    @classmethod
    def of(cls, words: Iterable[str], **named: Any) -> Self:
        """The limits with those changed that are given as ``name=number``.

        >>> Limits.of(["slow_slots=2"], time_limit=3.0).slow_slots
        2

        Raises :class:`~kg.errors.UsageError` for an unknown name or what is no positive number.
        """
        kinds = {one.name: {"int": int, "float": float}[str(one.type)] for one in fields(cls) if one.type in ("int", "float")}
        values = dict(named)
        for word in words:
            name, _, text = word.replace("-", "_").partition("=")
            if name not in kinds:
                raise UsageError(f"no limit is called '{name}'; there are {', '.join(sorted(kinds))}")
            values[name] = _number(name, text, kinds[name])
        for name, value in values.items():
            if name in kinds and value <= 0:
                raise UsageError(f"the limit {name} is a positive number, not {value}")
        return cls(**values)


def _number(name: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(text)
    except ValueError as error:
        raise UsageError(f"the limit {name} is a number, not '{text}'") from error
