"""The same object over the packaged graph, a folder and a real SPARQL endpoint over HTTP on loopback."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pyoxigraph
import pytest
from rdflib import Graph

import kg
from kg.build import write
from kg.resources import GRAPH_FILE, folder
from kg.results import Table, to_csv


class Endpoint(BaseHTTPRequestHandler):
    """SPARQL 1.1 Protocol, query by POST, over one store."""

    store = pyoxigraph.Store()

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/broken":
            return self.reply(500, "text/plain", b"out of order")
        if self.path == "/page":
            return self.reply(200, "text/html", b"<p>hello</p>")
        if self.path == "/cut":
            return self.reply(200, "application/sparql-results+json", b'{"head": {"vars": ["x"]}, "results": {"bind')
        answer = self.store.query(form["query"][0], use_default_graph_as_union=True)
        if isinstance(answer, pyoxigraph.QueryTriples):
            return self.reply(200, "application/n-triples", answer.serialize(format=pyoxigraph.RdfFormat.N_TRIPLES))
        return self.reply(200, "application/sparql-results+json", answer.serialize(format=pyoxigraph.QueryResultsFormat.JSON))

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    Endpoint.store.load(path=str(folder("graph") / GRAPH_FILE), format=pyoxigraph.RdfFormat.TRIG)
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_three_ways_to_open_give_one_answer(graph, built, address, tmp_path):
    write(built, tmp_path)
    answers = [
        opened.ask("hazard-ratios", drug="panitumumab") for opened in (graph, kg.open(tmp_path), kg.open(f"{address}/sparql"))
    ]
    assert isinstance(answers[0], Table)
    assert len({to_csv(answer) for answer in answers}) == 1


def test_a_remote_endpoint_answers_every_form(address):
    remote = kg.open(f"{address}/sparql")
    assert remote.query("ASK { ?s ?p ?o }") is True
    made = remote.query("CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 3")
    assert isinstance(made, Graph)
    assert len(made) == 3
    assert remote.find("bevacizumab")[0].label == "bevacizumab"
    assert len(remote.describe("drug:bevacizumab")) > 5


@pytest.mark.parametrize(("path", "said"), [("/broken", "500"), ("/page", "text/html"), ("/cut", "does not parse")])
def test_a_remote_endpoint_that_misbehaves(address, path, said):
    with pytest.raises(kg.OutsideError, match=said):
        kg.open(address + path).query("ASK {}")


def test_a_remote_endpoint_does_not_pretend_to_be_local(address):
    with pytest.raises(kg.UsageError):
        kg.open(f"{address}/sparql").as_rdflib()
    with pytest.raises(kg.UsageError):
        kg.open(f"{address}/sparql").validate()


def test_the_graph_is_an_rdflib_dataset_too(graph):
    data = graph.as_rdflib()
    rows = list(data.query("PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> SELECT ?d { ?d a mcrc:AntiEgfrAgent }"))
    assert len(rows) == 4


def test_a_folder_without_a_graph(tmp_path):
    with pytest.raises(kg.InputError, match="mcrc-kg build"):
        kg.open(tmp_path)


def test_results_are_values_and_do_not_change(graph):
    answer = graph.ask("adverse-event-rates")
    row = answer.to_dicts()[0]
    assert isinstance(row["percent"], str)
    with pytest.raises(AttributeError):
        answer.rows = ()
