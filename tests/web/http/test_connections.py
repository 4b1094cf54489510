"""Connections: how many, which of them have to wait or to go, and what happens when there are no file handles left."""

import contextlib
import os
import resource
import socket
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from server import COMMAND, served, until

from kg.web.http.acceptor import KIND
from kg.web.http.descriptors import connection_limit
from kg.web.http.server_limits import Limits

CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
POOL = {
    "endpoint": "OS",
    "experimental": "anti-EGFR regimen",
    "reference": "anti-VEGF regimen",
    "stratum": "all-RAS wild-type population",
}
LIMITS = ("--limit", "connections=5", "--limit", "idle_time=60", "--limit", "header_time=60")


def limited(handles):
    """The command with so many file handles and no more."""
    return ["sh", "-c", f'ulimit -n {handles}; exec "$@"', "sh", *COMMAND]


def ask(client, path="/-/health"):
    """Send a request on a connection that stays open."""
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def heard(client):
    """The next answer on a connection: status and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += (more := client.recv(65536))
        if not more:
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65536)
    return int(head.split()[1]), body.decode()


def asked(client, path="/-/health"):
    ask(client, path)
    return heard(client)


def closed(client):
    """Whether the server has closed a connection that has nothing to say."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        client.settimeout(30)


@pytest.fixture
def connect():
    """Connections to a server that are closed in the end."""
    with contextlib.ExitStack() as clients:
        yield lambda server: clients.enter_context(socket.create_connection(server.host, timeout=30))


def begun(server):
    """How many sockets the server has open, by what the kernel says."""
    found = 0
    for one in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            found += os.readlink(one).startswith("socket:")
    return found


# --- the limit


@pytest.mark.complete
def test_a_connection_beyond_the_limit_waits_and_has_its_turn(tmp_path, connect):
    with served(tmp_path, *LIMITS) as server:
        before = begun(server)
        busy = [connect(server) for _ in range(5)]
        for one in busy:
            one.sendall(b"GET /-/health HTTP/1.1\r\nHost: x\r\n")  # and no end
        assert until(lambda: begun(server) == before + 5)
        late = [connect(server) for _ in range(3)]
        for one in late:
            ask(one)
        late[0].settimeout(2.5)
        with pytest.raises(TimeoutError):  # neither an answer nor an end
            late[0].recv(1)
        assert begun(server) == before + 5, "a connection that waits is not accepted"
        late[0].settimeout(30)
        busy[0].close()
        assert heard(late[0]) == (200, "ok\n")
        assert heard(late[1]) == (200, "ok\n"), "the first of those that wait is done, and makes room for the next"
        busy[1].sendall(b"\r\n")
        assert heard(busy[1]) == (200, "ok\n"), "those that were there before are served"
        assert heard(late[2]) == (200, "ok\n")


def test_the_connection_that_is_idle_longest_makes_room(tmp_path, connect):
    with served(tmp_path, *LIMITS) as server:
        clients = [connect(server) for _ in range(5)]
        for one in clients:
            assert asked(one) == (200, "ok\n")
        for one in reversed(clients[1:]):
            assert asked(one) == (200, "ok\n")
        assert asked(connect(server)) == (200, "ok\n")
        assert closed(clients[0])
        assert not any(map(closed, clients[1:]))
        assert asked(connect(server)) == (200, "ok\n")
        assert [closed(one) for one in clients] == [True, False, False, False, True]
        assert asked(clients[2]) == (200, "ok\n")


@pytest.mark.complete
def test_connections_that_never_ask_keep_nobody_out(tmp_path, connect):
    with served(tmp_path, *LIMITS) as server:
        silent = [connect(server) for _ in range(20)]
        for _ in range(3):
            assert asked(connect(server), "/sparql?query=ASK%7B%7D")[0] == 200
        assert sum(map(closed, silent)) >= 5


def test_many_clients_at_once_are_all_served(tmp_path, connect):
    with served(tmp_path, *LIMITS) as server:
        clients = [connect(server) for _ in range(300)]
        for one in clients:
            one.sendall(b"GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert [heard(one) for one in clients] == [(200, "ok\n")] * 300


# --- file handles


@pytest.fixture
def own_limit():
    """The limit on file handles of this process, restored afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda soft: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_on_handles_is_raised_as_far_as_is_needed(own_limit):
    own_limit(256)
    limits = Limits(connections=500, requests=100)
    assert connection_limit(limits) == 500
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 600 < soft < 1000


@pytest.mark.complete
@pytest.mark.parametrize("handles", [128, 256, 1024])
def test_where_it_cannot_be_raised_there_are_fewer_connections(tmp_path, connect, handles):
    with served(tmp_path, "--limit", "header_time=60", command=limited(handles)) as server:
        (told,) = [line["said"] for line in server.lines() if "file handles" in line.get("said", "")]
        most = int(told.split()[0])
        assert 16 <= most < handles
        clients = [connect(server) for _ in range(handles)]
        for one in clients:
            one.sendall(b"GET /-/health HTTP/1.1\r\nHost: x\r\n")
        assert until(lambda: begun(server) >= most)
        clients[0].sendall(b"\r\n")
        assert heard(clients[0]) == (200, "ok\n")
        ask(clients[0], "/sparql?query=" + quote("SELECT (1 AS ?x) {}"))
        assert heard(clients[0])[0] == 200
        assert KIND not in {line.get("kind") for line in server.lines()}, "handles were left"


@pytest.mark.complete
def test_a_start_among_a_thousand_idle_connections(tmp_path, connect):
    """The library that draws is loaded meanwhile, and needs handles."""
    with served(tmp_path, command=limited(1024)) as server:
        clients = [connect(server) for _ in range(1015)]
        assert until(lambda: server.ask(path="/-/health").text == "ok\n")
        assert server.query("ASK {}").status == 200
        for one in clients:
            one.close()
        assert server.ask(path="/plot/timeline.svg").status == 200
        assert server.ask(path="/-/health").text == "ok\n"
        server.lines()


@pytest.mark.complete
def test_without_handles_clients_that_are_there_are_served_and_others_later(tmp_path, connect):
    with served(tmp_path, "--time-limit", 0.5, "--limit", "fast_slots=2", "--limit", "idle_time=120") as server:
        for path in ("/plot/timeline.svg", f"/pool?{urlencode(POOL)}"):  # after which all libraries are loaded
            assert server.ask(path=path).status == 200
        process = server.process.pid
        client = connect(server)
        assert asked(client, "/sparql?query=ASK%7B%7D")[0] == 200
        before = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (3, before[1]))
        late = [connect(server) for _ in range(20)]
        for one in late:
            ask(one)
        used = seconds(process)
        assert until(lambda: KIND in {line.get("kind") for line in server.lines()})
        for _ in range(20):
            assert asked(client, "/sparql?query=ASK%7B%7D")[0] == 200
        assert asked(client) == (200, f"ok\nmissing: {KIND}\n")
        late[0].settimeout(3)
        with pytest.raises(TimeoutError):
            late[0].recv(1)
        assert seconds(process) - used < 2, "it does not spin"
        for number in range(2):  # each takes an idle worker along; a text that is known to be slow would ask for a new one
            assert asked(client, "/sparql?query=" + quote(f"{CROSS} # {number}"))[0] == 504
        code, text = asked(client, "/sparql?query=ASK%7B%7D%23new")
        assert (code, text) == (
            503,
            "no process can be started for the query now (Too many open files); try again in a few seconds\n",
        )
        code, text = asked(client, "/static/style.css")
        assert (code, text) == (503, "the server is out of file handles, threads or memory; try again in a few seconds\n")
        resource.prlimit(process, resource.RLIMIT_NOFILE, before)
        late[0].settimeout(30)
        assert [heard(one)[0] for one in late] == [200] * 20
        assert asked(client, "/sparql?query=ASK%7B%7D")[0] == 200
        assert asked(connect(server)) == (200, "ok\n")
        lines = server.lines()
        (told,) = [line for line in lines if line.get("kind") == KIND]
        assert told["error"] == "OSError: [Errno 24] Too many open files"
        assert len(lines) < 100


def seconds(process):
    """The processor time that a process took."""
    words = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
