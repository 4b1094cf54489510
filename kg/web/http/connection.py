"""One connection: it is closed if the client is too slow to send or to receive, which uvicorn does not check."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from kg.web.http.security_headers import SECURITY
from kg.web.http.server_limits import Limits

_SAID = {
    400: "the request is not valid HTTP/1.1",
    501: "this transfer coding is not supported; send the body with Content-Length or in chunks",
    431: "the headers are too long; send a long query by POST",
}

_LINGERING = 2.0  # seconds for which a refused client may continue to send
_PROBE_TIMES = (1.0, 0.25)  # seconds before the first and the second check whether a client is still connected


class Connection(H11Protocol):
    """A connection with time limits for headers, for the body, and for the client to receive each part of a response."""

    limits: Limits
    waits_since: float | None = None  # time.monotonic() since when it has waited for a request; None during a request
    lost: Callable[[], None] = staticmethod(lambda: None)  # called when the connection is closed
    _leave: Callable[[], None] | None = None  # called when it is closed during the current request

    def connection_made(self, transport: Any) -> None:
        """Start to wait for a request."""
        self.waits_since = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._phase = ""
        self._stuck: asyncio.TimerHandle | None = None
        self._answering = 0.0
        self._ended = False
        self._probes = 0
        self.app_state = {**self.app_state, "connection": self}  # for watch()
        super().connection_made(transport)
        self._enter("headers")

    def watch(self, leave: Callable[[], None]) -> None:
        """Call ``leave`` if the client disconnects before the response to the current request is complete."""
        self._leave = leave
        self.flow.resume_reading()  # a client may have sent its next request already
        if self.transport.is_closing():
            leave()

    def data_received(self, data: bytes) -> None:
        """Process received data, and determine the phase of the request."""
        self.waits_since = None
        if self._phase == "refused":
            return
        super().data_received(data)
        if self._phase == "refused":
            return
        theirs = self.conn.their_state
        if theirs is h11.IDLE:
            self._enter("headers" if self.conn.trailing_data[0] else "")
        else:
            self._enter("body" if theirs is h11.SEND_BODY else "")

    def eof_received(self) -> bool | None:  # type: ignore[override]  # asyncio keeps a half-closed connection for True
        """Keep a half-closed connection, so that the client gets its responses (RFC 9112 section 9.6)."""
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return None
        self._ended = True
        self._probe()
        return True

    def _probe(self) -> None:
        """Check whether a half-closed client has disconnected: then its system refuses the first bytes, and the next write fails.

        Every HTTP/1.1 client accepts interim responses (RFC 9110 section 15.2); none is sent if the response is quick.
        """
        if self.transport.is_closing() or self.cycle.response_started or self.conn.their_http_version == b"1.0":
            return
        if self._probes:
            interim = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self.transport.write(self.conn.send(interim) or b"")
        self.loop.call_later(_PROBE_TIMES[self._probes % 2], self._probe)
        self._probes += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._enter("")
        self._flowing()
        super().connection_lost(exc)
        self.lost()
        if self._leave is not None:
            self._leave()

    def pause_writing(self) -> None:
        """Start to wait until the client has received the sent data."""
        super().pause_writing()
        now = time.monotonic()
        self._answering = self._answering or now
        left = min(self.limits.write_time, self._answering + self.limits.answer_time - now)
        self._stuck = self.loop.call_later(max(0.0, left), self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting, because the client has received the data."""
        self._flowing()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Prepare for the next response."""
        self._answering = 0.0
        self._leave = None
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self.waits_since = time.monotonic()
        if self._ended and self.cycle.response_complete:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse an invalid request, with the status for the reason."""
        code = getattr(sys.exc_info()[1], "error_status_hint", 400)
        text = f"{_SAID.get(code, _SAID[400])}\n".encode()
        headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(text))), ("connection", "close")]
        answer = h11.Response(status_code=code, headers=[*headers, *SECURITY.items()], reason=b"")
        for event in (answer, h11.Data(data=text), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        # read for a while what the client still sends, else its system would discard the response (RFC 9112 section 9.6)
        self.transport.write_eof()
        self._enter("refused")

    def _enter(self, phase: str) -> None:
        """Start the timer of a phase; data that arrives in the same phase does not restart it."""
        if phase == self._phase:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._phase = phase
        seconds = {"headers": self.limits.header_time, "body": self.limits.body_time + 5.0, "refused": _LINGERING}.get(phase)
        self._timer = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _flowing(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None


def connection(limits: Limits) -> type[Connection]:
    """The connection class with these limits; uvicorn creates connections from a class."""
    return type("Connection", (Connection,), {"limits": limits})
