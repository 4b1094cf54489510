"""A SPARQL endpoint elsewhere, in the place of the engine here."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlencode

from kg.errors import OutsideError
from kg.store import Answer, read


class Remote:
    """A SPARQL endpoint reached by the SPARQL 1.1 Protocol (query by POST)."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self.timeout = timeout

    def query(self, sparql: str) -> Answer:
        """The endpoint's answer; see :class:`Engine`.

        Raises :class:`~kg.errors.OutsideError` when the endpoint cannot be reached, refuses, or answers in no known format.
        """
        accept = "application/sparql-results+json, application/n-triples;q=0.9, text/turtle;q=0.8"
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "mcrc-kg"}
        try:
            request = urllib.request.Request(self.url, urlencode({"query": sparql}).encode(), headers)
            with urllib.request.urlopen(request, timeout=self.timeout) as response:
                kind = response.headers.get_content_type()
                body = response.read()
        except urllib.error.HTTPError as error:
            said = error.read(2000).decode("utf-8", "replace").strip()
            raise OutsideError(f"{self.url}: answered {error.code} {error.reason}: {said}") from error
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            raise OutsideError(f"{self.url}: not reached: {error}; check the address and that the endpoint runs") from error
        return self._parsed(kind, body)

    def _parsed(self, kind: str, body: bytes) -> Answer:
        try:
            answer = read(kind, body)
        except (SyntaxError, ValueError) as error:
            raise OutsideError(f"{self.url}: its answer does not parse: {error}") from error
        if answer is not None:
            return answer
        raise OutsideError(f"{self.url}: answered with {kind}, which is no SPARQL result; is this a SPARQL endpoint?")
