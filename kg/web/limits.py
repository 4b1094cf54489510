"""Every number that bounds the server."""

from __future__ import annotations

from dataclasses import dataclass

from kg.workers import QueryLimits


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
    idle_time: int = 15  # seconds that a connection may stay open between requests
    requests: int = 256  # requests that are handled at once
    connections: int = 1000  # connections that are open at once
    end_time: int = 20  # seconds that running requests may take when the server is told to stop
    retry_after: int = 3  # seconds after which a client that was told to wait may come again
    cache_time: int = 300  # seconds that an answer about the graph may be kept without asking again
