"""A remote SPARQL endpoint as an engine."""

from __future__ import annotations

import contextlib
import re
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlencode

from kg.engine.parse_errors import undeclared
from kg.engine.store import Answer, read
from kg.errors import OutsideError
from kg.namespaces import PREFIXES

_FIRST_LINE = re.compile(r"(\berror at 1:)(\d{1,6})")  # in a message of an Oxigraph


class Remote:
    """A SPARQL endpoint reached by the SPARQL 1.1 Protocol (query by POST).

    The prefixes of the graph need no declaration: those that a query uses are declared in what is sent, on its first line.
    """

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self.timeout = timeout

    def query(self, sparql: str) -> Answer:
        """The answer of the endpoint; see :class:`~kg.engine.store.Engine`.

        Raises :class:`~kg.errors.OutsideError` when the endpoint cannot be reached, refuses, or answers in an unknown format.
        """
        declared = _declarations(sparql)
        accept = "application/sparql-results+json, application/n-triples;q=0.9, text/turtle;q=0.8"
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "mcrc-kg"}
        try:
            request = urllib.request.Request(self.url, urlencode({"query": declared + sparql}).encode(), headers)
            with _OPENER.open(request, timeout=self.timeout) as response:
                kind = response.headers.get_content_type()
                body = response.read()
        except urllib.error.HTTPError as error:
            said = _FIRST_LINE.sub(lambda at: f"{at[1]}{int(at[2]) - len(declared)}", _body_of(error))  # in the text of the user
            raise OutsideError(f"{self.url}: answered {error.code} {_one_line(error.reason)}: {said}") from error
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            raise OutsideError(
                f"{self.url}: cannot be reached: {error}; check the address, and that the endpoint is running"
            ) from error
        return self._parsed(kind, body)

    def _parsed(self, kind: str, body: bytes) -> Answer:
        try:
            answer = read(kind, body)
        except (SyntaxError, ValueError, OSError, RuntimeError) as error:
            raise OutsideError(f"{self.url}: its answer does not parse: {error}") from error
        if answer is not None:
            return answer
        raise OutsideError(
            f"{self.url}: answered with {kind}, which is not a SPARQL result; check that this is a SPARQL endpoint"
        )


def _declarations(sparql: str) -> str:
    """The declarations of the prefixes of the graph that a query uses without declaring them."""
    names = sorted(undeclared(sparql) & PREFIXES.keys())
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in names)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects that repeat a POST with its query (RFC 9110 section 15.4); after 303 the answer is fetched by GET."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if code not in (301, 302, 307, 308) or req.data is None:
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        kept = {name: value for name, value in req.header_items() if name.lower() not in ("host", "content-length")}
        return urllib.request.Request(newurl, req.data, kept, req.origin_req_host, unverifiable=True)


_OPENER = urllib.request.build_opener(_Redirects)


def _body_of(error: urllib.error.HTTPError) -> str:
    """The beginning of the body of an error response, on one line."""
    body = b""
    with contextlib.suppress(OSError, HTTPException, ValueError):
        body = error.read(2000)
    return _one_line(body.decode("utf-8", "replace"))


def _one_line(text: str) -> str:
    return " ".join(str(text).split())[:500]
