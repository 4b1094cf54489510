"""Requests that are costly to read: adversarial texts of any size up to the limits, in every place of a request.

The texts are those of ``adversarial.INPUTS``: from a size, a text that has about so many characters.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import quote, quote_plus

from hostile import KINDS, Request
from hypothesis import strategies as st
from w3c.protocol import CASES, address

# the one place where the texts come in
INPUTS: dict[str, Callable[[int], str]] = import_module("adversarial").INPUTS if find_spec("adversarial") else {}
BODY, URL, HEADER = 1 << 20, 8000, 30_000  # bytes: just below the limits of the server
SIZES = (BODY, BODY // 2, BODY // 8, BODY // 32, 1000, 10)  # sampled, as integers would mostly be small
HOST = ("Host", "127.0.0.1")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def by_address(text):
    """As a query in the address."""
    return Request("GET", "/sparql?query=" + quote_plus(text)[: URL - 20], (HOST,))


def by_form(text):
    """As a query in a form."""
    return Request("POST", "/sparql", (HOST, FORM), b"query=" + quote_plus(text, errors="replace").encode()[: BODY - 6])


def by_body(kind):
    """As a whole body of this media type."""

    def place(text):
        return Request("POST", "/sparql", (HOST, ("Content-Type", kind)), text.encode("utf-8", "replace")[:BODY])

    return place


def by_header(name):
    """As the value of a header."""

    def place(text):
        value = "".join(char if " " <= char <= "~" else "?" for char in text[:HEADER])
        return Request("GET", "/sparql?query=ASK%7B%7D", (HOST, (name, value.strip())))

    return place


def by_parameter(path, name):
    """As a parameter of an address."""

    def place(text):
        return Request("GET", f"{path}{name}={quote_plus(text)[: URL - 100]}", (HOST,))

    return place


def by_path(text):
    """As the name of a thing."""
    return Request("GET", "/id/" + quote(text)[: URL - 20], (HOST,))


PLACES = (
    by_address,
    *[by_form] * 3,
    *map(by_body, ["application/sparql-query"] * 3),
    *map(by_body, (FORM[1], "multipart/form-data; boundary=x", "application/sparql-update", "text/plain")),
    *map(by_header, ("Accept", "If-None-Match", "Range", "Accept-Encoding", "Cookie", "Forwarded", "X-Forwarded-For")),
    by_parameter("/sparql?query=ASK%7B%7D&", "format"),
    by_parameter("/sparql?query=ASK%7B%7D&", "default-graph-uri"),
    by_parameter("/search?", "q"),
    by_parameter("/query?", "query"),
    by_path,
)


def by_protocol(exchange):
    """One of the requests of the protocol's tests."""
    headers = (HOST, ("Content-Type", exchange.kind)) if exchange.kind else (HOST,)
    return Request(exchange.method, address(exchange), headers, exchange.body)


PROTOCOL = st.sampled_from([exchange for exchanges in CASES.values() for exchange in exchanges]).map(by_protocol)


@st.composite
def costly(draw):
    """A request of the protocol as it should be, or an adversarial text, small or large or several, in some place."""
    if not INPUTS or draw(st.integers(0, 4)) == 0:
        request = draw(PROTOCOL)
        accept = draw(st.lists(st.sampled_from(KINDS), max_size=3))
        return Request(request.method, request.path, (*request.headers, *(("Accept", one) for one in accept)), request.body)
    size = draw(st.sampled_from(SIZES))
    names = draw(st.lists(st.sampled_from(sorted(INPUTS)), min_size=1, max_size=3))
    text = draw(st.sampled_from(("", " ", "\n", "SELECT * { "))).join(INPUTS[name](size // len(names)) for name in names)
    return draw(st.sampled_from(PLACES))(text)
