"""Who is answered when many ask for much: what is remembered of clients and texts, and a server under attack."""

import http.client
import json
import subprocess
import sys
import threading
import time
from urllib.parse import quote

import pytest
from paths import ROOT
from server import served, until

from kg.engine.processes.costs import RecentCosts
from kg.engine.processes.query_limits import QueryLimits
from kg.engine.processes.scheduler import Scheduler
from kg.errors import BusyError, ShareError
from kg.web.http.request_limits import _client

SOAK = ROOT / "benchmarks" / "soak.py"
CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


# --- what is remembered


def test_what_a_client_cost_is_forgotten_by_halves():
    now = [0.0]
    accounts = RecentCosts(10, half_life=30, clock=lambda: now[0])
    accounts.add("client", 4)
    now[0] = 30
    assert accounts.cost("client") == pytest.approx(2)
    accounts.add("client", 1)
    assert accounts.cost("client") == pytest.approx(3)
    now[0] = 90
    assert accounts.cost("client") == pytest.approx(0.75)
    assert accounts.cost("other") is None


def test_many_cheap_queries_make_no_expensive_client():
    accounts = RecentCosts(10, half_life=30)
    for _ in range(1000):
        accounts.raise_to("client", 0.002)
    assert accounts.cost("client") == pytest.approx(0.002, rel=0.01)


def test_a_million_addresses_do_not_fill_the_memory():
    accounts = RecentCosts(100, half_life=30)
    for number in range(10_000):
        accounts.add(number, 1)
        accounts.raise_to("regular", 0.001)
    assert len(accounts) == 100
    assert accounts.cost("regular") is not None, "whoever asks all the time is not forgotten"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_client_is_its_address_or_its_network(address, name):
    assert _client({"client": (address, 1)}) == name


# --- who goes first


def scheduler(**limits):
    return Scheduler(QueryLimits(**{"fast_slots": 1, "slow_slots": 1, "waiting_time": 5, "queue_length": 16, **limits}))


def ran(there, client, seconds, text=0, end="answered"):
    """A query that took so long."""
    ticket = there.enter(client, text)
    ticket.used, ticket.end = seconds, end
    there.leave(ticket)


def order(there, clients):
    """In which order these are served, who all wait for a place that somebody has."""
    holder, served_, threads = there.enter("holder"), [], []

    def wait(client):
        ticket = there.enter(client)
        served_.append(client)
        there.leave(ticket)

    for number, client in enumerate(clients):
        threads.append(threading.Thread(target=wait, args=(client,)))
        threads[-1].start()
        assert until(lambda waiting=number + 1: there.counts()["waiting"] == waiting)
    there.leave(holder)
    for thread in threads:
        thread.join()
    return served_


def test_clients_are_served_by_what_they_cost_lately():
    there = scheduler()
    for client, seconds in (("heavy", 0.09), ("light", 0.001), ("middle", 0.02)):
        ran(there, client, seconds)
    assert order(there, ["heavy", "middle", "unknown", "light"]) == ["light", "middle", "unknown", "heavy"]


def test_unknown_clients_wait_behind_known_ones_when_unknown_ones_were_expensive():
    there = scheduler()
    ran(there, "known", 0.04)
    assert order(there, ["known", "new"]) == ["known", "new"], "both are likely as cheap: the first comes first"
    for number in range(10):
        ran(there, f"runaway {number}", 0.1, end="limited")
    assert order(there, ["newer", "known"]) == ["known", "newer"]


def test_in_a_crowd_the_last_comes_first():
    there = scheduler(queue_length=64)
    clients = [f"client {number}" for number in range(34)]
    assert order(there, clients) == [clients[-1], clients[-2], *clients[:-2]], "as long as it is one"


def test_an_expensive_client_is_refused_at_once_while_the_slow_slots_are_taken():
    there = scheduler(queue_length=4)
    there.demote(there.enter("first"))
    ran(there, "runaway", 0.1, end="limited")
    trial = there.enter("runaway")
    assert trial.queue == "trial", "its next query is tried, but not in a place of the others"
    waiter = threading.Thread(target=lambda: there.leave(there.enter("runaway")))
    waiter.start()
    assert until(lambda: there.counts()["waiting"] == 1)
    with pytest.raises(ShareError, match="processor time") as raised:
        there.check("runaway")
    assert raised.value.after > 20
    assert there.refused == 1
    ran(there, "other", 0.001)
    there.check("other")
    trial.end = "limited"
    there.leave(trial)
    waiter.join()
    with pytest.raises(BusyError) as raised:
        there.demote(there.enter("runaway"))
    assert raised.value.after > 50, "who goes on is told to stay away for longer"


def test_a_text_that_is_known_needs_no_trust_in_its_client():
    there = scheduler()
    there.demote(slow := there.enter("first"))
    ran(there, "runaway", 0.1, end="limited")
    ran(there, "somebody", 0.001, text=7)
    ticket = there.enter("runaway", text=7)
    assert ticket.queue == "fast"
    there.leave(ticket)
    slow.used, slow.text, slow.end = 9.0, 8, "limited"
    with pytest.raises(BusyError, match="long queries are taken"):
        there.demote(there.enter("somebody"))
    there.leave(slow)
    again = there.enter("innocent", text=8)
    assert again.queue == "slow", "a text that is known to be slow takes no fast slot"
    with pytest.raises(BusyError, match="long queries are taken"):
        there.check("innocent too", text=8)


def test_who_is_likely_cheap_finds_room_in_a_full_queue():
    there = scheduler(queue_length=2)
    ran(there, "known", 0.001)
    holder = there.enter("holder")
    refused, answered = [], []

    def wait(client):
        try:
            ticket = there.enter(client)
        except BusyError:
            refused.append(client)
        else:
            answered.append(client)
            there.leave(ticket)

    threads = [threading.Thread(target=wait, args=(client,)) for client in ("new", "newer", "known")]
    for number, thread in enumerate(threads):
        thread.start()
        assert until(lambda come=number + 1: there.counts()["waiting"] + len(refused) == come)
    there.leave(holder)
    for thread in threads:
        thread.join()
    assert refused == ["new"]
    assert answered == ["known", "newer"]


def test_the_more_wait_the_less_a_query_may_take_of_a_fast_slot():
    there = scheduler(fast_time=0.2)
    ticket = there.enter("first")
    assert there.allowance(ticket) == pytest.approx(0.1)
    threads = [threading.Thread(target=lambda n=n: there.leave(there.enter(f"{n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    assert until(lambda: there.counts()["waiting"] == 8)
    assert there.allowance(ticket) == pytest.approx(0.0125)
    ticket.text = 5
    there.proved_slow(ticket)
    ticket.own = True
    assert there.allowance(ticket) == pytest.approx(0.1), "a page's query is known to end"
    there.leave(ticket)
    for thread in threads:
        thread.join()


# --- over HTTP


def ask(server, source, path):
    connection = http.client.HTTPConnection(*server.host, timeout=30, source_address=(source, 0))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


@pytest.mark.complete
def test_whoever_comes_back_with_more_is_told_to_stay_away_longer_and_is_answered_what_is_cheap(tmp_path):
    with served(tmp_path, "--time-limit", 20, "--limit", "slow_slots=1", "--limit", "fast_time=0.4") as one:
        first = threading.Thread(target=ask, args=(one, "127.0.0.2", f"/sparql?query={quote(CROSS)}"))
        first.start()
        assert until(lambda: 'state="slow"} 1' in one.ask(path="/-/metrics").text)
        waits = []
        for number in range(3):
            status, headers = ask(one, "127.0.0.3", f"/sparql?query={quote(CROSS)}%20%23{number}")
            assert status in (429, 503)
            waits.append(int(headers["Retry-After"]))
        assert waits == sorted(waits)
        assert waits[0] < waits[1] < waits[2]
        assert ask(one, "127.0.0.3", "/sparql?query=ASK%7B%7D")[0] == 200
        assert ask(one, "127.0.0.3", "/search?q=cetuximab")[0] == 200


def test_the_queries_for_a_reader_are_those_of_the_reader(server):
    before = server.metric("mcrc_kg_clients")
    assert ask(server, "127.0.0.44", "/id/drug/panitumumab.ttl")[0] == 200  # pages may have their answers already
    assert server.metric("mcrc_kg_clients") == before + 1


@pytest.mark.complete
def test_a_known_runaway_is_refused_before_it_takes_a_place(tmp_path):
    with served(tmp_path, "--time-limit", 3, "--limit", "slow_slots=1", "--limit", "fast_time=0.1") as one:
        assert ask(one, "127.0.0.2", f"/sparql?query={quote(CROSS)}")[0] == 504
        other = threading.Thread(target=ask, args=(one, "127.0.0.3", f"/sparql?query={quote(CROSS)}%20%23other"))
        other.start()
        assert until(lambda: 'state="slow"} 1' in one.ask(path="/-/metrics").text)
        kills = one.metric("mcrc_kg_kills_total")
        status, _ = ask(one, "127.0.0.4", f"/sparql?query={quote(CROSS)}")
        assert status == 503
        assert one.metric("mcrc_kg_refused_early_total") == 1
        assert one.metric("mcrc_kg_kills_total") == kills
        other.join()


@pytest.mark.complete
@pytest.mark.skipif(sys.platform != "linux", reason="the clients take addresses of 127.0.0.0/8")
@pytest.mark.parametrize("texts", ["varied", "same"])
def test_healthy_clients_are_answered_under_attack(texts):
    """200 addresses with queries without end that are sent again 50 ms after each refusal; others that take no long answer."""
    attack = ["--minutes", "0.3", "--runaways", "200", "--pause", "50", "--slow", "10", "--idle", "0", "--kill", "0"]
    words = [sys.executable, str(SOAK), *attack, *(["--same"] if texts == "same" else [])]
    started = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, timeout=180)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    heard = found["healthy"]
    assert found["runaways"]["requests"] > 400, "there was an attack"
    assert sum(one["answered"] for one in heard.values()) >= 0.9 * sum(one["requests"] for one in heard.values()), heard
    for kind in ("known", "known page", "new page"):
        assert heard[kind]["share"] >= 0.9, heard
        assert heard[kind]["median"] < 1, heard
    assert found["log_lines_not_json"] == 0
    assert found["end"]["memory_mb"] < found["start"]["memory_mb"] + 80, "what long answers took is given back"
    assert time.monotonic() - started < 120
