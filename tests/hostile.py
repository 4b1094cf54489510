"""Requests as no client of good will sends them.

The strategies know every route of the application and every name that its handlers read; ``hostile.json`` has the words. Bytes
that are no HTTP stand there as Latin-1.
"""

import inspect
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from starlette.routing import Mount

from kg.ask.catalogue import questions
from kg.engine.oxigraph import FORMATS
from kg.resources import PACKAGE

SAID = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
MARK = "f\"'><fuzz onfuzz=1>"  # must never come back as markup
LINE = "x\r\nFuzz-Injected: yes\r\n\r\n<fuzz>"  # must never come back as a header
TRICKS = (MARK, LINE, "a" * 3000, *SAID["tricks"])
KINDS = (*(one.media_type for one in FORMATS.values()), "x" * 2000, *SAID["kinds"])
LONG = ("Content-Length: " + "9" * 5000 + "\r\n", "X: " + "y" * 40000 + "\r\n", "X: y\r\n" * 300)
PIECES = tuple(text.encode("latin-1") for text in (*LONG, *SAID["pieces"]))
HEAD = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
NAMES = tuple(questions())


@dataclass(frozen=True)
class Request:
    """One request: what its bytes are made of."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def bytes(self):
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        if self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + (self.body or b"")


def served_pages():
    """The pages that the command plugs into its server."""
    from kg.cli.commands.serve import serve
    from kg.web.endpoint.service import Pages

    with mock.patch("kg.web.server.run") as run, mock.patch("kg.web.settings.begin"):
        serve()
    return next((word for word in run.call_args.args if isinstance(word, Pages)), Pages())


@cache
def routes():
    """The paths of all routes with the names that the module of the handler may read; files one by one."""
    from kg.web.app import routes as all_routes

    found = {}
    for route in all_routes(served_pages()):
        if isinstance(route, Mount):
            folder = PACKAGE / "web" / "static"
            files = [file.relative_to(folder) for file in sorted(folder.rglob("*")) if file.is_file()]
            found |= {f"{route.path}/{name}": FIXED for name in [*files[:30], "{path:path}"]}
        else:
            code = inspect.getsource(inspect.getmodule(route.endpoint))
            found[route.path] = tuple(sorted({*re.findall(r"""["']([a-z_]{1,16})["']""", code), *FIXED}))
    return found


@cache
def labels():
    """What things in the graph are called."""
    import kg

    return tuple(sorted({row["name"] for row in kg.open().ask("names")}))


FIXED = ("query", "update", "format", "default-graph-uri", "named-graph-uri", "example", "q")
TEXTS = st.one_of(
    st.sampled_from(TRICKS),
    st.text(max_size=30),
    *[st.sampled_from(SAID["words"])] * 2,
    *[st.deferred(lambda: st.sampled_from(labels()))] * 3,
    st.sampled_from(SAID["slugs"]),
)
GARBLED = st.text(st.sampled_from("%/.;?#&=+:@\\~azAZ09-_ ü€\u2028<>\"'"), max_size=40)


@st.composite
def queries(draw):
    """SPARQL: canned questions as they are or spoilt, words of the language in any order, and no SPARQL at all."""
    how = draw(st.integers(0, 5))
    if how == 0:
        return " ".join(draw(st.lists(st.sampled_from(SAID["bits"]), max_size=25)))
    if how == 1:
        return draw(TEXTS)
    if how == 2:
        inner = " ".join(draw(st.lists(st.sampled_from(SAID["bits"]), max_size=6)))
        return f"SELECT * {{ ?s ?p ?o {inner} }} LIMIT {draw(st.integers(0, 20))}"
    if how == 3:
        value = draw(st.sampled_from(SAID["terms"]))
        return f"SELECT ({value} AS ?x) {{}}"
    text = questions()[draw(st.sampled_from(NAMES))].sparql
    if how == 4:
        return text
    at, cut = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
    return text[:at] + draw(st.sampled_from((*SAID["bits"], *TRICKS[:9]))) + text[at + cut :]


@st.composite
def paths(draw):
    """A path of the application, its parameters filled in well or badly, or any path at all; and the names read there."""
    if draw(st.integers(0, 9)) == 0:
        free = st.one_of(GARBLED, st.sampled_from(SAID["traversals"]), TEXTS.map(lambda text: quote(text, safe="")))
        return "/" + draw(free), FIXED
    template = draw(st.sampled_from(sorted(routes())))
    names = routes()[template]

    def fill(match):
        nonlocal names
        good = draw(st.sampled_from(SAID["parts"].get(match[1], SAID["slugs"])))
        if match[1] == "name" and draw(st.booleans()):
            good = draw(st.sampled_from(NAMES))
            names = (*FIXED, *(one.name for one in questions()[good].parameters))
        bad = st.one_of(GARBLED, st.sampled_from(SAID["traversals"]), TEXTS.map(lambda text: quote(text, safe="/")))
        return draw(bad) if draw(st.integers(0, 3)) == 0 else good + draw(st.sampled_from(SAID["endings"]))

    path = re.sub(r"\{(\w+)(?::\w+)?\}", fill, template)
    return path + draw(st.sampled_from(SAID["ends"])), names


@st.composite
def pairs(draw, names):
    """Parameters of an address or a form."""
    found = draw(st.lists(st.tuples(st.sampled_from(names), TEXTS), max_size=5))
    if "query" in names and draw(st.booleans()):
        found.append(("query", draw(queries())))
    if draw(st.integers(0, 3)) == 0:
        found.append(("format", draw(st.sampled_from((*FORMATS, MARK, *SAID["formats"])))))
    joined = "&".join(f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'replace'))}" for name, value in found)
    return joined if draw(st.integers(0, 9)) else joined + draw(GARBLED)


HEADERS = st.one_of(
    *[st.tuples(st.just("Accept"), st.sampled_from(KINDS))] * 4,
    st.tuples(st.just("Accept"), st.lists(st.sampled_from(KINDS), max_size=5).map(", ".join)),
    st.tuples(st.just("Range"), st.just("bytes=" + "0-0," * 300)),
    st.tuples(st.just("X-" + "y" * 20), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=50)),
    *(st.tuples(st.just(name), st.sampled_from(values)) for name, values in SAID["headers"].items()),
)


@st.composite
def requests(draw):
    """A request that is HTTP, though not always one of sense."""
    method = draw(st.one_of(st.just("GET"), st.just("GET"), st.just("POST"), st.sampled_from(SAID["methods"])))
    path, names = draw(paths())
    asked = draw(pairs(names))
    path = re.sub(r"[^!-~]", lambda match: quote(match[0].encode("utf-8", "replace")), path)
    headers = [("Host", draw(st.sampled_from(SAID["hosts"])) if draw(st.integers(0, 9)) == 0 else "127.0.0.1")]
    headers += draw(st.lists(HEADERS, max_size=3))
    body = None
    if method == "POST" or draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(SAID["bodies"][:2] * 4 + SAID["bodies"]))
        headers.append(("Content-Type", kind))
        text = draw(queries()) if "sparql" in kind else asked
        body = text.encode("utf-16" if draw(st.integers(0, 19)) == 0 else "utf-8", "replace")
    else:
        path = f"{path.split('?')[0]}?{asked}"
    return Request(method, re.sub(r"[^!-~]", "_", path), tuple(headers), body)


@st.composite
def broken(draw):
    """Bytes that a server may hear and that are not, or not quite, HTTP."""
    how = draw(st.integers(0, 3))
    if how == 0:
        return draw(st.binary(max_size=200))
    if how == 1:
        return HEAD + b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=6))) + b"\r\nASK{}"
    if how == 2:
        return b"".join(draw(st.lists(st.sampled_from((HEAD, *PIECES)), max_size=10)))
    whole = draw(requests()).bytes()
    at, cut = draw(st.integers(0, len(whole))), draw(st.integers(0, 20))
    return whole[:at] + draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=9))) + whole[at + cut :]
