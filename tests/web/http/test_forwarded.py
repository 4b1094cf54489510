"""Below a path and behind a proxy: who is believed, and that every link carries the path; with nginx where there is one."""

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from rdflib import Graph, Namespace
from server import Server, served, until
from starlette.datastructures import Headers

from kg.errors import UsageError
from kg.web.http.addresses import is_host, prefix_of
from kg.web.http.forwarded import Forwarding, said_by
from kg.web.http.proxies import Proxies

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
PAGES = [
    "/",
    "/q",
    "/q/hazard-ratios?drug=cetuximab",
    "/tables",
    "/tables/2",
    "/compare",
    "/network",
    "/mechanism",
    "/query",
    "/downloads",
]
PAGES += [
    "/about",
    "/search?q=cetuximab",
    "/ontology",
    "/id/drug/cetuximab",
    "/id/trial/CRYSTAL",
    "/claims",
    "/corroboration",
    "/discrepancies",
    "/pool",
]
PAGES += [
    "/timeline",
    "/class/Drug",
    "/q/nothing",
    "/static/nothing",
    "/id/drug/nothing",
    "/query?query=SELECT*%7B?s?p?o%7DLIMIT+3&format=table",
]
ELSEWHERE = ("http://", "https://", "data:", "mailto:", "#")


@pytest.fixture(scope="module")
def below(tmp_path_factory, review_file):
    """A server of the review below a path that trusts a proxy on this machine."""
    words = ("--graph", review_file, "--root-path", "/kg", "--trusted-proxy", "127.0.0.1")
    with served(tmp_path_factory.mktemp("below"), *words) as one:
        yield one


class Links(HTMLParser):
    """The addresses that a page names."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "xlink:href", "src", "action", "data-root", "data-endpoint", "data-settings") and value:
                self.found.add(value)


def links(text):
    page = Links()
    page.feed(text)
    return page.found


def local_links(server, prefix, pages):
    """The local links of the pages, one of each kind of address, and every static file; each carries the prefix."""
    kinds = {}
    for path in pages:
        reply = server.ask(path=prefix + path, Accept="text/html", timeout=60)
        assert reply.status == (404 if "nothing" in path else 200), path
        for link in links(reply.text):
            if not link.startswith(ELSEWHERE):
                assert link.startswith(f"{prefix}/"), f"{path} leads to {link}"
                kinds.setdefault(kind(link.removeprefix(prefix)), link)
    return kinds


def crawl(server, prefix, each=1):
    """Every local link of the pages carries the prefix; one of each kind of address, and every static file, is there.

    Of so many addresses one is asked for; which, is the same each time.
    """
    kinds = local_links(server, prefix, PAGES)
    assert {"/static/style.css", "/static/sparql.js", "/static/content.css", "/static/icon.svg"} <= set(kinds)
    assert len(kinds) > 50
    for link in sorted(kinds.values())[::each]:
        reply = server.made(link.partition("#")[0], Accept="text/html,*/*;q=0.5")
        if reply.status in (301, 303):
            assert reply.headers["location"].startswith(f"{prefix}/")
            reply = server.ask(path=reply.headers["location"], Accept="*/*")
        assert reply.status == 200, link


def kind(link):
    """The kind of an address: of things by their type, of all else by their path."""
    path = urlsplit(link).path
    parts = path.split("/")
    return "/".join(parts[:3]) if parts[1] in ("id", "class") else path


# --- below a path


@pytest.mark.parametrize("prefix", ["/kg", ""], ids=["handed on", "cut off"])
def test_every_address_answers_whether_or_not_the_proxy_cuts_the_path_off(below, prefix):
    for path in (
        "/",
        "/sparql",
        "/static/style.css",
        "/id/drug/cetuximab.ttl",
        "/ontology",
        "/robots.txt",
        "/-/health",
        "/q/hazard-ratios.csv",
    ):
        assert below.ask(path=prefix + path).status == 200, path
    reply = below.ask(path=prefix + "/id/drug/cetuximab", Accept="text/turtle")
    for target in ("/kg/.well-known/void", "/kg/id/drug/cetuximab.ttl", "/kg/id/drug/cetuximab.jsonld"):
        assert f"<{target}>" in reply.headers["link"]
    assert "</kg/q/hazard-ratios>" in below.ask(path=prefix + "/q/hazard-ratios.csv").headers["link"]
    assert below.ask(path=prefix + "/sparql", Accept="text/html").headers["location"] == "/kg/query"
    assert below.ask(path=prefix + "/query?query=ASK%7B%7D&format=json").headers["location"].startswith("/kg/sparql?")
    assert below.ask(path=prefix + "/favicon.ico").headers["location"] == "/kg/static/icon.svg"
    pages = [one["page"] for one in json.loads(below.ask(path=prefix + "/search.json?q=CRYSTAL").text)]
    assert pages
    assert all(page.startswith(f"{below.address}id/") for page in pages)
    llms = below.ask(path=prefix + "/llms.txt").text
    assert "(/kg/sparql)" in llms
    assert "](/kg/" in llms
    assert llms.count("](/") == llms.count("](/kg/")
    robots = below.ask(path=prefix + "/robots.txt").text.splitlines()[1:]
    assert all(line.startswith("Disallow: /kg/") for line in robots)


def test_the_description_of_the_service_names_it_below_the_path(below):
    told = Graph().parse(data=below.ask().text, format="turtle")
    assert [str(one) for one in told.objects(None, SD.endpoint)] == [below.address + "sparql"]
    assert below.address.endswith("/kg/")
    assert f"<{below.address}.well-known/void>" in below.ask(Accept="application/n-triples").text


def test_the_path_itself_leads_to_the_first_page(below):
    assert below.ask(path="/kg").headers["location"] == "/kg/"
    assert below.ask(path="/kgx").status == 404


def test_the_links_of_a_page_carry_the_path(below):
    """The first page, a question with its answer, an entity, and a page that is not there."""
    pages = ("/", "/q/hazard-ratios?drug=cetuximab", "/id/drug/cetuximab", "/id/drug/nothing")
    assert {"/static/style.css", "/id/trial", "/q"} <= set(local_links(below, "/kg", pages))


@pytest.mark.complete
def test_every_link_below_a_path_leads_somewhere(below):
    crawl(below, "/kg")


@pytest.mark.complete
def test_every_link_at_the_top_of_a_host_leads_somewhere(server):
    crawl(server, "", each=4)  # below a path, all of them are asked for


@pytest.mark.parametrize(
    "text", ["kg", "/kg/", "/", "//kg", "/a//b", "/..", "/a/./b", "/k g", "/k\r\nX: y", "/%6b", "/k?x", "/<k>", "/" + "x" * 300]
)
def test_what_is_no_path_is_refused(text):
    with pytest.raises(UsageError, match="--root-path must be a path such as /kg"):
        prefix_of(text)


def test_the_command_refuses_paths_and_proxies_that_are_none(run):
    for words, told in (
        (("--root-path", "kg/"), "--root-path must be a path such as /kg"),
        (("--root-path", "/sparql"), "--root-path must not begin with /sparql"),
        (("--trusted-proxy", "proxy.example.org"), "--trusted-proxy takes an IP address or a network"),
        (("--trusted-proxy", "10.0.0.1/8"), "--trusted-proxy takes an IP address or a network"),
    ):
        done = run("serve", "--port", 0, *words)
        assert done.returncode == 2
        assert told in done.stderr


# --- who is believed


def client_of(server, **headers):
    """Which client the log names for a request with these headers."""
    mark = f"/nothing-{abs(hash(tuple(headers.items())))}"
    server.ask(path=mark, **headers)
    assert until(lambda: mark in server.log.read_text())
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if mark in line]
    return lines[-1]["client"]


def endpoint(server, **headers):
    told = Graph().parse(data=server.ask(path="/sparql", **headers).text, format="turtle")
    return str(next(told.objects(None, SD.endpoint)))


FORGED = {
    "X_Forwarded_For": "203.0.113.9",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example.org",
    "X_Forwarded_Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;host=evil.example.org;proto=https",
}


def test_nobody_is_believed_who_was_not_named(server, tmp_path):
    assert client_of(server, **FORGED) == "127.0.0.1"
    assert endpoint(server, **FORGED) == server.address + "sparql"
    assert "evil" not in server.ask(path="/", **FORGED).text
    with served(tmp_path, "--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "::1") as one:
        assert client_of(one, **FORGED) == "127.0.0.1"
        assert endpoint(one, **FORGED) == one.address + "sparql"
        said = [line for line in one.log.read_text().splitlines() if "--trusted-proxy" in line]
        assert len(said) == 1
        assert json.loads(said[0])["level"] == "warning"


def test_the_environment_names_no_proxy(tmp_path, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with served(tmp_path) as one:
        assert client_of(one, **FORGED) == "127.0.0.1"


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "203.0.113.9"},
        {"X_Forwarded_For": "198.51.100.1, 203.0.113.9, 127.0.0.1"},
        {"X_Forwarded_For": "javascript:alert(1), 203.0.113.9"},
        {"X_Forwarded_For": "203.0.113.9:4711"},
        {"Forwarded": "for=203.0.113.9"},
        {"Forwarded": 'for="unclosed, FOR="203.0.113.9:80";proto=https, for=127.0.0.1'},
        {"Forwarded": "for=198.51.100.1", "X_Forwarded_For": "203.0.113.9"},
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(below, headers):
    assert client_of(below, **headers) == "203.0.113.9"


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X_Forwarded_Host": "kg.example.org"}, "http://kg.example.org/kg/sparql"),
        ({"X_Forwarded_Host": "kg.example.org", "X_Forwarded_Proto": "https"}, "https://kg.example.org/kg/sparql"),
        (
            {"X_Forwarded_Host": "evil, kg.example.org:8443", "X_Forwarded_Proto": "https"},
            "https://kg.example.org:8443/kg/sparql",
        ),
        ({"X_Forwarded_Host": "a.org", "X_Forwarded_Proto": "https", "X_Forwarded_Port": "443"}, "https://a.org/kg/sparql"),
        ({"X_Forwarded_Host": "a.org", "X_Forwarded_Proto": "https", "X_Forwarded_Port": "8443"}, "https://a.org:8443/kg/sparql"),
        ({"Host": "a.org", "X_Forwarded_Port": "81"}, "http://a.org:81/kg/sparql"),
        ({"X_Forwarded_Host": "[::1]:81"}, "http://[::1]:81/kg/sparql"),
        ({"X_Forwarded_Host": "a.org", "X_Forwarded_Prefix": "/x/y"}, "http://a.org/x/y/sparql"),
        ({"X_Forwarded_Host": "a.org", "X_Forwarded_Prefix": "/x, /y/"}, "http://a.org/x/y/sparql"),
        ({"Forwarded": "for=203.0.113.9;host=a.org;proto=https;by=127.0.0.1"}, "https://a.org/kg/sparql"),
        (
            {"Forwarded": 'host="evil";for=1.2.3.4, for=203.0.113.9;host="a.org:81", for=127.0.0.1;host=x'},
            "http://a.org:81/kg/sparql",
        ),
    ],
)
def test_a_named_proxy_says_where_the_request_went(below, headers, address):
    assert endpoint(below, **headers) == address


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_Host": text}
        for text in (
            "javascript:alert(1)",
            "a b",
            "a/b",
            "a@b",
            "<x>",
            "a.org:99999",
            "[::1",
            '"',
            "\u00e9",
            "x" * 300,
            "a.org, ",
        )
        if text != "a.org, "
    ]
    + [
        {"X_Forwarded_Prefix": text}
        for text in ("javascript:alert(1)", "//evil.org", "/..", "/a b", "evil", "/<x>", "/%0d", "/" + "x" * 300)
    ]
    + [{"X_Forwarded_Proto": text} for text in ("javascript", "ftp", "https:", "", "h" * 3000)]
    + [{"X_Forwarded_Port": text} for text in ("0", "-1", "99999", "80x", "")]
    + [{"Forwarded": text} for text in ("host=a/b;proto=javascript", ";;==,,", "for", 'host="', "=" * 9000)],
)
def test_what_cannot_be_meant_is_ignored(below, headers):
    assert endpoint(below, **headers) == below.address + "sparql"


@pytest.mark.parametrize("text", ["unknown", "_hidden", "a.b.c", "999.9.9.9", "", ",,,", "[::1", "1.2.3.4:x:y", "\u00b2.1.1.1"])
def test_what_is_no_address_is_no_client(below, text):
    assert client_of(below, X_Forwarded_For=text, X_Again="y") == "127.0.0.1"


def test_long_lists_are_read_from_their_end():
    proxies = Proxies.of(["127.0.0.0/8"])
    long = Headers({"x-forwarded-for": "203.0.113.9, " + "127.0.0.1, " * 100_000 + "127.0.0.1"})
    assert said_by(long, "127.0.0.1", proxies).client == "127.0.0.1"
    long = Headers({"x-forwarded-for": "127.0.0.1, " * 100_000 + "203.0.113.9, 127.0.0.1"})
    assert said_by(long, "127.0.0.1", proxies).client == "203.0.113.9"
    assert said_by(Headers({"forwarded": "for=127.0.0.1;" * 100_000}), "127.0.0.1", proxies) == Forwarding("127.0.0.1")


def test_addresses_are_compared_as_addresses():
    proxies = Proxies.of(["10.0.0.0/8", "[fd00::1]"])
    assert {"10.9.9.9", "::ffff:10.1.1.1", "fd00:0::1"} <= {
        one for one in ("10.9.9.9", "::ffff:10.1.1.1", "fd00:0::1") if one in proxies
    }
    assert not [one for one in ("11.0.0.1", "fd00::2", "proxy", "", "127.0.0.1") if one in proxies]
    assert not is_host("fe80::1%eth0")


# --- behind nginx


NGINX = """
daemon off; worker_processes 1; pid %(folder)s/pid; error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %(folder)s/b; proxy_temp_path %(folder)s/p;
  fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  proxy_max_temp_file_size 0; # its user may not enter the folder of a test of root, and a slow client would be cut off
  proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Prefix ""; proxy_set_header X-Forwarded-Port ""; proxy_set_header Forwarded "";
  server { listen 127.0.0.1:%(port)s; location /kg/ { proxy_pass http://%(goal)s%(path)s; } }
}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def nginx(folder, server, path):
    """A real proxy in front of a server."""
    command = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if command is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    goal = "{}:{}".format(*server.host)
    (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "port": port, "goal": goal, "path": path}, encoding="ascii")
    with (folder / "log").open("w") as log, subprocess.Popen([command, "-c", folder / "nginx.conf"], stderr=log) as process:
        try:
            assert until(lambda: listens(port) or process.poll() is not None), (folder / "log").read_text()
            assert process.poll() is None, (folder / "log").read_text()
            yield Server(f"http://127.0.0.1:{port}/kg/", process, server.log)
        finally:
            process.terminate()


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.complete
@pytest.mark.parametrize("path", ["/", ""], ids=["cut off", "handed on"])
def test_behind_nginx_every_link_leads_somewhere(tmp_path, below, path):
    with nginx(tmp_path, below, path) as proxy:
        crawl(proxy, "/kg", each=4)  # the server is asked for all of them without the proxy
        assert endpoint_below(proxy) == proxy.address + "sparql"
        csv = proxy.ask(path="/kg/q/hazard-ratios.csv", Range="bytes=0-9")
        assert (csv.status, len(csv.body)) == (206, 10)
        assert proxy.ask(path="/kg/q/hazard-ratios.csv", Accept_Encoding="gzip").headers["content-encoding"] == "gzip"
        forged = proxy.ask(path="/kg/", X_Forwarded_Host="evil.org", X_Forwarded_Prefix="/evil", Forwarded="host=evil.org")
        assert "evil" not in forged.text
        page = links(proxy.ask(path="/kg/", Accept="text/html").text)
        assert (
            urljoin(proxy.address, next(one for one in page if one.endswith("style.css"))) == proxy.address + "static/style.css"
        )


def endpoint_below(server):
    told = Graph().parse(data=server.ask(path="/kg/sparql").text, format="turtle")
    return str(next(told.objects(None, SD.endpoint)))
