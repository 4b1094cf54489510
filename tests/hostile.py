"""Requests as no client of good will sends them: strategies that know every route of the application, and bytes that are no HTTP."""

import inspect
import re
from dataclasses import dataclass
from functools import cache
from unittest import mock
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from starlette.routing import Mount

from kg.catalogue import questions
from kg.resources import PACKAGE
from kg.store import FORMATS

MARK = "f\"'><fuzz onfuzz=1>"  # must never come back as markup
LINE = "x\r\nFuzz-Injected: yes\r\n\r\n<fuzz>"  # must never come back as a header
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "QUERY", "PROPFIND")
SLUGS = ("drug/cetuximab", "trial/crystal", "target/egfr", "regimen/folfiri", "passage/ohhara-2016.22687-22706", "nothing/at-all")
TRAVERSALS = (
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/pyproject.toml",
    "....//",
    "..\\..\\x",
    "%00",
    ".git/config",
)
WORDS = (
    "cetuximab",
    "OS",
    "anti-EGFR regimen",
    "KRAS wild-type population",
    "CRYSTAL",
    "1",
    "-1",
    "0",
    "99999999999999999999",
    "NaN",
)
TRICKS = (
    MARK,
    LINE,
    "javascript:alert(1)",
    "//evil.example/",
    "https://evil.example/",
    "http://[::1",
    "\x00",
    "\x1b[31m",
    "\ufeff",
    "\u202e",
    "\ud7ff\ue000",
    "\U0001f9ec" * 9,
    "a" * 3000,
    "%s%n%d{0}{{7*7}}${7*7}",
    "' OR 1=1 --",
    '"""',
    "<>",
    "_:b0",
    "drug:cetuximab",
    "https://w3id.org/mcrc-kg/id/drug/cetuximab",
    "urn:x y",
)
KINDS = (
    *(one.media_type for one in FORMATS.values()),
    *("text/html", "application/json", "*/*", "text/*", "application/problem+json", "text/html;q=0", "*/*;q=0", "text/plain"),
    *(
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "text/turtle;q=0.5;q=x",
        ";;;,,,",
        "q=1",
        "a/b;q=nan",
        "x" * 2000,
        "text/turtle;q=1e999",
    ),
)
BODIES = (
    "application/x-www-form-urlencoded",
    "application/sparql-query",
    "application/sparql-query; charset=utf-16",
    "application/sparql-update",
    "multipart/form-data; boundary=x",
    "application/json",
    "text/html",
    "",
)
BITS = (
    *(
        "SELECT",
        "*",
        "ASK",
        "CONSTRUCT",
        "DESCRIBE",
        "WHERE",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "?s",
        "?p",
        "?o",
        "$x",
        ".",
        ";",
        ",",
    ),
    *(
        "a",
        "FILTER",
        "OPTIONAL",
        "UNION",
        "MINUS",
        "GRAPH",
        "BIND",
        "AS",
        "VALUES",
        "UNDEF",
        "SERVICE",
        "SILENT",
        "<urn:x>",
        "<>",
    ),
    *("LIMIT 3", "OFFSET 2", "ORDER BY ?s", "GROUP BY ?s", "HAVING", "DISTINCT", "REDUCED", "FROM <urn:x>", "FROM NAMED <urn:x>"),
    *(
        "PREFIX x: <urn:x>",
        "BASE <../>",
        "x:y",
        "mcrc:Drug",
        '"a"@en',
        "'b'^^<urn:t>",
        '"""',
        "'",
        "1e999",
        "-0.0",
        "true",
        "#",
        "\\u0000",
    ),
    *(
        "COUNT(*)",
        "GROUP_CONCAT(?s;separator='<fuzz>')",
        "REGEX(?s,'(a+)+$')",
        "IRI('javascript:x')",
        "REPLACE('a','','b')",
        "RAND()",
    ),
    *(
        "!",
        "^",
        "/",
        "|",
        "*",
        "+",
        "(!<urn:x>)*",
        "<<?s ?p ?o>>",
        "{|",
        "|}",
        "INSERT DATA { <a:a> <b:b> <c:c> }",
        "DROP ALL",
        "LOAD <urn:x>",
    ),
    *(
        "NOT EXISTS",
        "IN",
        "STRDT('x',<urn:t>)",
        "'<fuzz onfuzz=1>'",
        "CONCAT('a','b')",
        "substr('a',1e10,-1)",
        "xsd:date('9999999-99-99')",
    ),
)


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
    from kg.cli.serve import serve
    from kg.web.service import Pages

    with mock.patch("kg.web.server.run") as run:
        serve()
    return next((word for word in run.call_args.args if isinstance(word, Pages)), Pages())


@cache
def routes():
    """The paths of all routes, with the names of their parameters in braces; those of files one by one."""
    from kg.web.app import routes as all_routes

    found = []
    for route in all_routes(served_pages()):
        if isinstance(route, Mount):
            folder = PACKAGE / "web" / "static"
            found += [f"{route.path}/{file.relative_to(folder)}" for file in sorted(folder.rglob("*")) if file.is_file()][:30]
            found.append(f"{route.path}/{{path:path}}")
        else:
            found.append(route.path)
    return tuple(found)


@cache
def parameters():
    """The names that the handlers read from an address or a form, and the parameters of every question."""
    from kg.web.app import routes as all_routes

    modules = {inspect.getmodule(route.endpoint) for route in all_routes(served_pages()) if hasattr(route, "endpoint")}
    code = "".join(inspect.getsource(module) for module in modules)
    read = re.findall(r"""(?:get|getlist)\(["']([\w-]+)["']""", code) + re.findall(r"""["']([a-z_]{1,12})["']""", code)
    fixed = ["query", "update", "format", "default-graph-uri", "named-graph-uri", "example"]
    return tuple(sorted({*read, *(one.name for asked in questions().values() for one in asked.parameters)})) + tuple(fixed * 9)


NAMES = tuple(questions())
TEXTS = st.one_of(
    st.sampled_from(TRICKS), st.text(max_size=30), st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(SLUGS)
)
GARBLED = st.text(st.sampled_from("%/.;?#&=+:@\\~azAZ09-_ ü€\u2028<>\"'"), max_size=40)


@st.composite
def queries(draw):
    """SPARQL: canned questions as they are or spoilt, words of the language in any order, and no SPARQL at all."""
    how = draw(st.integers(0, 5))
    if how == 0:
        return " ".join(draw(st.lists(st.sampled_from(BITS), max_size=25)))
    if how == 1:
        return draw(TEXTS)
    if how == 2:
        inner = " ".join(draw(st.lists(st.sampled_from(BITS), max_size=6)))
        return f"SELECT * {{ ?s ?p ?o {inner} }} LIMIT {draw(st.integers(0, 20))}"
    if how == 3:
        value = draw(
            st.sampled_from(
                ["'<fuzz onfuzz=1>'", "<javascript:fuzz>", "'=cmd|x!A1'", "'\\r\\nFuzz-Injected: 1'", "1/0", "STRLANG('a','en')"]
            )
        )
        return f"SELECT ({value} AS ?x) {{}}"
    text = questions()[draw(st.sampled_from(NAMES))].sparql
    if how == 4:
        return text
    at, cut = draw(st.integers(0, len(text))), draw(st.integers(0, 30))
    return text[:at] + draw(st.sampled_from((*BITS, *TRICKS[:9]))) + text[at + cut :]


@st.composite
def paths(draw):
    """A path of the application, its parameters filled in well or badly; or any path at all."""
    if draw(st.integers(0, 9)) == 0:
        return "/" + draw(st.one_of(GARBLED, st.sampled_from(TRAVERSALS), TEXTS.map(lambda text: quote(text, safe=""))))

    def fill(match):
        name = match[1]
        known = {"path": SLUGS, "name": NAMES, "kind": ("forest", "network", "timeline", "mechanism"), "number": ("1", "4", "9")}
        endings = (".csv", ".json", ".ttl", ".html", ".svg", ".png", "", "", "")
        good = st.tuples(st.sampled_from(known.get(name, SLUGS)), st.sampled_from(endings)).map("".join)
        bad = st.one_of(GARBLED, st.sampled_from(TRAVERSALS), TEXTS.map(lambda text: quote(text, safe="/")))
        return draw(st.one_of(good, good, good, bad))

    path = re.sub(r"\{(\w+)(?::\w+)?\}", fill, draw(st.sampled_from(routes())))
    return path + draw(
        st.sampled_from(("", "", "", "", "", "", ".ttl", ".jsonld", "/", "//", "/../sparql", "%2f", ";x=1", "%00"))
    )


@st.composite
def pairs(draw):
    """Parameters of an address or a form."""
    found = draw(st.lists(st.tuples(st.sampled_from(parameters()), TEXTS), max_size=4))
    if draw(st.booleans()):
        found.append(("query", draw(queries())))
    if draw(st.integers(0, 3)) == 0:
        found.append(
            ("format", draw(st.sampled_from((*FORMATS, "table", "html", "text/html", "application/json", "svg", MARK, ""))))
        )
    joined = "&".join(f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'replace'))}" for name, value in found)
    return joined if draw(st.integers(0, 9)) else joined + draw(GARBLED)


HEADERS = st.one_of(
    st.tuples(st.just("Accept"), st.sampled_from(KINDS)),
    st.tuples(st.just("Accept"), st.lists(st.sampled_from(KINDS), max_size=5).map(", ".join)),
    st.tuples(st.just("Origin"), st.sampled_from(("null", "https://evil.example", "file://"))),
    st.tuples(st.just("If-None-Match"), st.sampled_from(("*", '"x"', 'W/"', "", '"a", "b"'))),
    st.tuples(
        st.just("If-Modified-Since"), st.sampled_from(("x", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Jan 99999 00:00:00 GMT"))
    ),
    st.tuples(
        st.just("Range"), st.sampled_from(("bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=" + "0-0," * 300, "x=1", "bytes=a-b"))
    ),
    st.tuples(st.just("If-Range"), st.sampled_from(('"x"', "x"))),
    st.tuples(
        st.just("Accept-Encoding"), st.sampled_from(("gzip", "gzip;q=0", "br, gzip", "*", "identity;q=0, *;q=0", "x" * 99))
    ),
    st.tuples(st.just("X-Forwarded-For"), st.sampled_from(("1.2.3.4", "x, y", "[::1]:9", "", "\x7f"))),
    st.tuples(st.just("X-Forwarded-Proto"), st.sampled_from(("https", "javascript", "wss", ""))),
    st.tuples(st.just("Access-Control-Request-Method"), st.sampled_from(("POST", "TRACE", ""))),
    st.tuples(st.just("Expect"), st.sampled_from(("100-continue", "x"))),
    st.tuples(st.just("Upgrade"), st.sampled_from(("websocket", "h2c"))),
    st.tuples(st.just("Cookie"), st.sampled_from(("a=b", "\x7f", "=;=;"))),
    st.tuples(st.just("X-" + "y" * 20), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=50)),
)
HOSTS = (
    "127.0.0.1",
    "evil.example",
    "evil.example:99999",
    "[::1]",
    "a b",
    "",
    "x/y?z#",
    "<fuzz>",
    "é.example",
    "x@y",
    "'\"><fuzz>",
    "[::1",
    "[",
    "a]b:c",
)


@st.composite
def requests(draw):
    """A request that is HTTP, though not always one of sense."""
    method = draw(st.one_of(st.just("GET"), st.just("GET"), st.just("POST"), st.sampled_from(METHODS)))
    asked = draw(pairs())
    path = draw(paths()).replace(" ", "%20").replace("\t", "%09")
    path = "/" + re.sub(r"[^!-~]", lambda match: quote(match[0].encode("utf-8", "replace")), path).lstrip("/")
    headers = [("Host", draw(st.sampled_from(HOSTS)) if draw(st.integers(0, 9)) == 0 else "127.0.0.1")]
    headers += draw(st.lists(HEADERS, max_size=3))
    body = None
    if method == "POST" or draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(BODIES[:2] * 4 + BODIES))
        headers.append(("Content-Type", kind))
        text = draw(queries()) if "sparql" in kind else asked
        body = text.encode("utf-16" if draw(st.integers(0, 19)) == 0 else "utf-8", "replace")
    else:
        path = f"{path.split('?')[0]}?{asked}"
    return Request(method, re.sub(r"[^!-~]", "_", path), tuple(headers), body)


HEAD = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
PIECES = (
    *(
        b"Content-Length: 5\r\n",
        b"Content-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 5\r\n",
    ),
    *(
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 1_0\r\n",
        b"Content-Length: 99999999999999999999\r\n",
    ),
    *(
        "Content-Length: ٥\r\n".encode(),
        b"Content-Length: " + b"9" * 5000 + b"\r\n",
        b"Content-Length : 5\r\n",
        b"\tContent-Length: 5\r\n",
    ),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n"),
    *(b"Transfer-Encoding:\x0bchunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding : chunked\r\n"),
    *(
        b"5\r\nASK{}\r\n0\r\n\r\n",
        b"5;x=y\r\nASK{}\r\n",
        b"-5\r\nASK{}\r\n",
        b"fffffffffffffffff\r\n",
        b"0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"ASK{}",
    ),
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\r\n\r\n",
        b": x\r\n",
        b"X\r\n",
        b" folded\r\n",
        b"X: a\rb\r\n",
        b"X: \xff\xfe\r\n",
        b"Host: y\r\n",
    ),
    *(
        b"GET / HTTP/1.1\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n",
        b"GET //evil.example/.. HTTP/1.1\r\n",
        b"GET / HTTP/9.9\r\n",
    ),
    *(
        b"GET / HTTP/1.0\r\n",
        b"GET /\r\n",
        b"CONNECT x:80 HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
    *(
        b"\x16\x03\x01\x02\x00",
        b"GET /\xff\xfe HTTP/1.1\r\n",
        b"X: " + b"y" * 40000 + b"\r\n",
        b"X: y\r\n" * 300,
        b"Connection: close\r\n",
    ),
    *(b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n", b"Connection: keep-alive, x\r\n"),
)


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
