"""What clients send costs time that grows no faster than its length, in the process that serves everybody.

The entries are taken from the route table, the parameters that the handlers read, the tools and the commands, so that a new one is
tried without being named here. Costs are the processor time of the process, as the kernel counts it.
"""

import ast
import http.client
import inspect
import socket
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from adversarial import INPUTS
from server import served
from starlette.routing import Route

from kg.web.app import routes
from kg.web.limits import Limits
from kg.web.pages.site import site

HERE = Path(__file__).parent
BODY = Limits().body_limit << 20
URL = Limits().url_limit
HEADERS = Limits().header_limit
MOST = 0.25  # seconds of processor time that a request may cost the server
FREE = 0.02  # seconds below which a growth is not told from the noise of the machine
HEADER_NAMES = (
    "Accept Accept-Encoding Accept-Language Authorization Content-Encoding Content-Type Cookie Expect Forwarded Host If-Match "
    "If-Modified-Since If-None-Match If-Range Origin Range Transfer-Encoding User-Agent X-Forwarded-For X-Forwarded-Host "
    "X-Forwarded-Prefix X-Forwarded-Proto"
).split()
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
    words = ("--time-limit", "1", "--limit", "slow_places=2", "--limit", "quick_time=0.1")
    with served(tmp_path_factory.mktemp("linear"), *words) as server:
        for path in ("/", "/search?q=a", "/q", "/sparql?query=ASK{}", "/plot/network.svg"):  # what is loaded once is not counted
            server.ask(path=path)
        yield server


def used(process):
    """Seconds for which a process had a processor so far, all its threads together."""
    return time.clock_gettime((~process << 3) | 2)  # CPUCLOCK_SCHED of another process, see clock_getcpuclockid(3)


def cost(server, message):
    """The processor time that a request costs the server, and the first line of the answer; the least of three tries if it is much."""
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
    """Fail when the larger of two requests costs more than its length allows; ``message`` makes one from a share of the limit."""
    small, _ = cost(server, message(1 / 8))
    large, said = cost(server, message(1))
    assert said != "500", what
    assert large < MOST, f"{what}: {large:.3f} s ({said})"
    assert large < FREE or large < 8 * 2 * max(small, FREE / 8), f"{what}: {small:.4f} s, then {large:.4f} s for 8 times as much"


def get(path, head=()):
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *head]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def post(path, kind, body):
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parameters():
    """The names of all parameters that handlers read, and of those of the canned questions."""
    from kg.catalogue import questions

    found = {parameter.name for asked in questions().values() for parameter in asked.parameters}
    for path in (HERE.parent / "kg" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "getlist"):
                holder = ast.unparse(node.func.value)
                if ("query_params" in holder or holder in ("given", "params", "asked")) and node.args:
                    found |= {one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return sorted(found)


def paths():
    return sorted({route.path for route in routes(site(None)) if isinstance(route, Route)})


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", INPUTS)
def test_a_body_costs_no_more_than_its_length(patient, kind, name):
    def message(share):
        text = INPUTS[name](int(BODY * share) - 10)
        if kind == "application/x-www-form-urlencoded" and name not in ("fields", "empty-fields", "percents", "equals"):
            text = "query=" + quote_plus(text)
        return post("/sparql", kind, text.encode()[: int(BODY * share)])

    hold(patient, f"{name} as {kind}", message)


@pytest.mark.parametrize("header", HEADER_NAMES)
def test_a_header_costs_no_more_than_its_length(patient, header):
    for name, text in INPUTS.items():

        def message(share, text=text):
            value = "".join(char for char in text(int(HEADERS * share) - 300) if " " <= char <= "~").strip()
            return get("/sparql?query=ASK%7B%7D", [f"{header}: {value}"])

        hold(patient, f"{header}: {name}", message)


def test_many_headers_cost_no_more_than_their_length(patient):
    for header in HEADER_NAMES:
        hold(patient, header, lambda share, header=header: get("/", [f"{header}: a"] * int((HEADERS - 300) * share / len(header + ": a\r\n"))))


@pytest.mark.parametrize("path", paths())
def test_an_address_costs_no_more_than_its_length(patient, path):
    """Each kind of text in the path where the route takes one, and in each parameter of it that any handler reads."""
    names = parameters()
    for number, (name, text) in enumerate(INPUTS.items()):

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
            return get(address + "?" + "&".join([f"q={quote_plus(text(room))[: room // 4]}", *values])[: room])

        hold(patient, f"{path} with {name}", message)


def test_the_process_of_a_query_reads_in_linear_time():
    """What the server does not do itself: the policy on endpoints and the words about a syntax error."""
    from kg import federation
    from kg.errors import InputError, RefusedError
    from kg.store import Embedded

    engine = Embedded()
    for name, text in INPUTS.items():
        for what in (lambda query: federation.check(query, ("u:b",)), federation.named, engine.query if len(text(100)) < 0 else federation.may_federate):
            costs = []
            for size in (1 << 15, 1 << 18):
                query = text(size)
                started = time.thread_time()
                try:
                    what(query)
                except (InputError, RefusedError):
                    pass
                costs.append(time.thread_time() - started)
            assert costs[1] < FREE or costs[1] < 8 * 3 * max(costs[0], FREE / 8), f"{name}: {costs}"
