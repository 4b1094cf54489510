"""The W3C's tests of the SPARQL 1.1 Protocol, each with its requests over HTTP; ``w3c/protocol.py`` has them."""

import pytest
from server import served
from w3c.protocol import CASES, G, ask, get, graph, none, says, send


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """A server of three graphs with one triple each."""
    folder = tmp_path_factory.mktemp("protocol")
    quads = "".join(f"<{G}{number}#it> <http://example.org/p> <http://example.org/o> <{G}{number}> .\n" for number in (1, 2, 3))
    data = folder / "graphs.nq"
    data.write_text(quads, encoding="utf-8")
    with served(folder, "--graph", data) as server:
        yield server


@pytest.mark.parametrize("name", CASES)
def test_protocol(graphs, name):
    for exchange in CASES[name]:
        reply = send(graphs, exchange)
        assert exchange.holds(reply), (exchange, reply)


def test_no_update_was_carried_out(graphs):
    """After all of them, whatever their order."""
    for name, exchanges in CASES.items():
        if "update" in name:
            for exchange in exchanges:
                send(graphs, exchange)
    assert says(True)(send(graphs, get(None, ("query", ask(graph(1), graph(2), graph(3), none("<urn:a> ?p ?o"))))))
