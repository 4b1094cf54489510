"""What clients send costs time that grows no faster than its length, in the process that serves everybody.

The entries are taken from the route table, the parameters that the handlers read, the tools and the commands, so that a new one
is tried without being named here. Costs are the processor time of the process, as the kernel counts it.
"""

import ast
import asyncio
import contextlib
import http.client
import io
import os
import socket
import time
from urllib.parse import quote, quote_plus

import pytest
from adversarial import INPUTS
from linear import grows_linearly
from mcp.server.mcpserver.exceptions import ToolError
from paths import TESTS
from server import served, until
from starlette.routing import Route
from tiers import few
from typer.main import get_command

from kg.agents.server import create_server
from kg.cli.commands import app
from kg.engine import federation
from kg.engine.oxigraph import Oxigraph
from kg.errors import KgError
from kg.web.app import routes
from kg.web.http.server_limits import Limits
from kg.web.pages.site import site

BODY = Limits().body_limit << 20
URL = Limits().url_limit
HEADERS = Limits().header_limit
MOST = 0.25  # seconds of processor time that a request may cost the server
VALID = ("nested", "signs", "services")  # queries that parse: how long the engine takes to evaluate them is not the matter here
FREE = 0.05  # seconds below which a growth is not told from the noise of the machine
SHORT = ("unclosed-escapes", "nested-groups")  # kinds of text that are tried every time
EVERY = bool(os.environ.get("MCRC_KG_EVERY_EXAMPLE"))  # otherwise each kind of text is tried in some of the places that take any
HEADER_NAMES = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "Expect",
    "Forwarded",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Origin",
    "Range",
    "Transfer-Encoding",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
]
TYPES = (
    "application/sparql-query",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "text/plain",
    "application/json",
)


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A server that ends what the engine does with these texts soon."""
    words = ("--time-limit", "0.3", "--limit", "slow_slots=2", "--limit", "fast_time=0.1")
    with served(tmp_path_factory.mktemp("linear"), *words) as server:
        for path in ("/", "/search?q=a", "/q", "/sparql?query=ASK{}", "/plot/network.svg"):  # what is loaded once is not counted
            server.ask(path=path)
        assert until(lambda: idle(server), 60)  # what it does in the background would be counted too
        yield server


def idle(server):
    """Whether a server does nothing by itself for half a second."""
    before = used(server.process.pid)
    time.sleep(0.5)
    return used(server.process.pid) - before < 0.005


def used(process):
    """Seconds for which a process had a processor so far, all its threads together."""
    return time.clock_gettime((~process << 3) | 2)  # CPUCLOCK_SCHED of another process, see clock_getcpuclockid(3)


def cost(server, message):
    """The processor time that a request costs the server, the least of three tries if it is much, and the status."""
    least, said = float("inf"), b""
    for _ in range(3):
        before = used(server.process.pid)
        said = exchange(server, message)
        least = min(least, used(server.process.pid) - before)
        if least < FREE:
            break
    return least, said


def exchange(server, message):
    with socket.create_connection(server.host, timeout=60) as connection:
        try:
            connection.sendall(message)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            answer.read()
            return str(answer.status)
        except (ConnectionError, http.client.HTTPException) as error:  # a refusal may close before all was sent
            return type(error).__name__


def hold(server, what, message):
    """Fail when a request at the limit costs too much, or more than its length allows beside one of an eighth of it."""
    large, said = cost(server, message(1))
    assert said != "500", what
    assert large < MOST, f"{what}: {large:.3f} s ({said})"
    if large >= FREE:
        small, _ = cost(server, message(1 / 8))
        assert large < 8 * 2 * max(small, FREE / 8), f"{what}: {small:.4f} s, then {large:.4f} s for 8 times as much"


def get(path, head=()):
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *head]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def post(path, kind, body):
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Type: {kind}"]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def parameters():
    """The names of all parameters that handlers read, and of those of the canned questions."""
    from kg.ask.catalogue import questions

    found = {parameter.name for asked in questions().values() for parameter in asked.parameters}
    for path in (TESTS.parent / "kg" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "getlist"):
                holder = ast.unparse(node.func.value)
                if ("query_params" in holder or holder in ("given", "params", "asked")) and node.args:
                    constants = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                    found |= {value for value in constants if isinstance(value, str)}
    return sorted(found)


def some(number):
    """A quarter of the kinds of text, another one for each of four numbers."""
    return list(INPUTS.items()) if EVERY else list(INPUTS.items())[number % 4 :: 4]


def paths():
    return sorted({route.path for route in routes(site(None)) if isinstance(route, Route)})


def bodies():
    """Each kind of text in bodies of two types, each type with two kinds in five; those that are tried every time with all."""
    return [
        (name, kind)
        for number, name in enumerate(INPUTS)
        for at, kind in enumerate(TYPES)
        if EVERY or name in SHORT or (at - number) % len(TYPES) < 2
    ]


@pytest.mark.parametrize(("name", "kind"), few(bodies(), *((name, kind) for name in SHORT for kind in TYPES)))
def test_a_body_costs_no_more_than_its_length(patient, name, kind):
    def message(share):
        text = INPUTS[name](int(BODY * share) - 10)
        if kind == "application/x-www-form-urlencoded" and name not in ("fields", "empty-fields", "percents", "equals"):
            text = "query=" + quote_plus(text)
        return post("/sparql", kind, text.encode()[: int(BODY * share)])

    hold(patient, f"{name} as {kind}", message)


@pytest.mark.parametrize("header", few(HEADER_NAMES, "Accept", "Range", "X-Forwarded-For"))
def test_a_header_costs_no_more_than_its_length(patient, header):
    for name, text in INPUTS.items():

        def message(share, text=text):
            value = "".join(char for char in text(int(HEADERS * share) - 300) if " " <= char <= "~").strip()
            return get("/sparql?query=ASK%7B%7D", [f"{header}: {value}"])

        hold(patient, f"{header}: {name}", message)


def test_many_headers_cost_no_more_than_their_length(patient):
    for header in HEADER_NAMES:
        line = f"{header}: a"
        hold(patient, header, lambda share, line=line: get("/", [line] * int((HEADERS - 300) * share / (len(line) + 2))))


@pytest.mark.parametrize("path", few(paths(), "/", "/search"))
def test_an_address_costs_no_more_than_its_length(patient, path):
    """Some kinds of text in the path where the route takes one, and in parameters that any handler reads."""
    names, route = parameters(), paths().index(path)
    for number, (name, text) in enumerate(some(route), start=route):

        def message(share, text=text, number=number):
            room = int((URL - 200) * share)
            address = path
            if "{" in path:
                head, _, rest = path.partition("{")
                address = head + quote(text(room // 2), safe="")[: room // 2] + rest.partition("}")[2]
                room //= 2
            # another few parameters for each kind of text, all of them in turn over all kinds
            taken = [names[(number * 3 + one) % len(names)] for one in range(3)]
            values = [f"{one}={quote_plus(text(room // 3))[: room // 3]}" for one in taken]
            return get(address + "?" + "&".join([f"q={quote_plus(text(room))[: room // 4]}", *values])[:room])

        hold(patient, f"{path} with {name}", message)


def reads_linearly(what, function, text, size):
    """Fail when a function takes much more than eight times as long for eight times the text; errors of ours are answers."""

    def prepared(length):
        def call():
            with contextlib.suppress(KgError, ToolError, SystemExit):
                function(given)

        given = text(length)[:length]
        return call

    grows_linearly(what, prepared, size)


@pytest.mark.parametrize("name", few(INPUTS, *SHORT))
def test_the_process_of_a_query_reads_in_linear_time(name):
    """What the server does not do itself: the policy on endpoints, and the words about a syntax error."""
    for function in (lambda query: federation.check(query, ("u:b",)), federation.named):
        reads_linearly(name, function, INPUTS[name], 1 << 18)
    if not name.startswith(VALID):
        reads_linearly(name, Oxigraph({"ex": "http://e.example/"})._evaluate, INPUTS[name], 1 << 18)


@pytest.mark.complete
def test_the_tools_for_agents_read_in_linear_time(graph):
    server, tried = create_server(graph), 0
    for tool in asyncio.run(server.list_tools()):
        schema = tool.input_schema
        others = dict.fromkeys(schema.get("required", ()), "ASK {}")
        for name, about in schema.get("properties", {}).items():
            if "string" not in (about.get("type"), *(one.get("type") for one in about.get("anyOf", ()))):
                continue
            tried += 1
            for kind, text in some(tried):
                if kind.startswith(VALID):
                    continue

                def call(given, tool=tool, name=name, others=others):
                    asyncio.run(server.call_tool(tool.name, {**others, name: given}))

                reads_linearly(f"{tool.name}: {name}: {kind}", call, text, about.get("maxLength", 20_000))


def commands(group, words=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


def is_text(parameter):
    """Whether a parameter of a command is a text; typer tells so in two ways, by its version."""
    described = getattr(parameter, "type_descriptor", None)
    return described.annotation is str if described else parameter.type.name == "text"


NO_TEXTS = {
    "serve",
    "mcp",
    "bench",
    "build",
    "reason",
    "export",
    "audit",
    "validate",
}  # they read no text of more than a path


@pytest.mark.parametrize(("words", "command"), [pytest.param(*one, id=" ".join(one[0])) for one in commands(get_command(app))])
def test_a_command_reads_its_arguments_in_linear_time(words, command, graph, tmp_path, monkeypatch):
    if words[-1] in NO_TEXTS:
        pytest.skip("reads no text of more than a path")
    monkeypatch.chdir(tmp_path)
    # the graph is open already: to load it each time would hide what the text costs
    monkeypatch.setattr("kg.graph.open_graph", lambda folder=None: graph)
    texts = [one for one in command.params if is_text(one) and one.name not in ("graph", "form")]
    if not texts:
        pytest.skip("takes no text")
    for number, parameter in enumerate(texts):
        for kind, text in list(INPUTS.items())[number % 6 :: 6]:
            if kind.startswith(VALID):
                continue

            def call(given, parameter=parameter):
                others = [one for one in texts if one.required and one is not parameter]
                line = [*(["--endpoint", "OS"] if any("--endpoint" in one.opts for one in others) else [])]
                for one in others:
                    line += ["a"] if one.param_type_name == "argument" else [one.opts[0], "a"]
                line += [given] if parameter.param_type_name == "argument" else [f"{parameter.opts[0]}={given}"]
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    command.main(line, prog_name="mcrc-kg", standalone_mode=True)

            reads_linearly(f"{' '.join(words)} {parameter.name}: {kind}", call, text, 1 << 15)
