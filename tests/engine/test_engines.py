"""The same object over the packaged graph, a folder and a real SPARQL endpoint over HTTP on loopback."""

from urllib.parse import parse_qs

import pyoxigraph
import pytest
from isomorphic import isomorphic
from rdflib import Graph, URIRef
from standin import StandIn, serving

import kg
from kg.ask.results import Table, to_csv
from kg.engine.store import Embedded, read
from kg.pipeline.build import write
from kg.resources import GRAPH_FILE, folder
from kg.turtle import to_turtle


class Endpoint(StandIn):
    """SPARQL 1.1 Protocol, query by POST, over one store."""

    store = pyoxigraph.Store()

    def answer(self):
        form = parse_qs(self.body())
        if self.path == "/broken":
            return self.reply("text/plain", b"out of order", 500)
        if self.path == "/page":
            return self.reply("text/html", b"<p>hello</p>")
        if self.path == "/cut":
            return self.reply("application/sparql-results+json", b'{"head": {"vars": ["x"]}, "results": {"bind')
        answer = self.store.query(form["query"][0], use_default_graph_as_union=True)
        if isinstance(answer, pyoxigraph.QueryTriples):
            return self.reply("application/n-triples", answer.serialize(format=pyoxigraph.RdfFormat.N_TRIPLES))
        return self.reply("application/sparql-results+json", answer.serialize(format=pyoxigraph.QueryResultsFormat.JSON))


@pytest.fixture(scope="module")
def address():
    Endpoint.store.load(path=str(folder("graph") / GRAPH_FILE), format=pyoxigraph.RdfFormat.TRIG)
    with serving(Endpoint) as found:
        yield found


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


def test_the_graph_is_an_rdflib_dataset_too():
    data = kg.open().as_rdflib()
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


def test_from_is_obeyed_and_a_variable_of_that_name_is_no_from(graph):
    inferred = "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/mcrc-kg/inferred> { ?s ?p ?o }"
    everything = "SELECT (COUNT(*) AS ?from) { ?s ?p ?o FILTER(?o != ' FROM ') } # FROM nowhere"
    few, all_of_it = (next(iter(graph.query(q).to_dicts()[0].values())) for q in (inferred, everything))
    assert 0 < few < all_of_it


def test_a_blank_node_of_a_text_is_one_node_in_its_graph_and_in_the_union():
    engine = Embedded()
    engine.load_text("[] <urn:p> <urn:o> .", "urn:g")
    both = engine.query("ASK { GRAPH <urn:g> { ?s <urn:p> ?o } ?s <urn:p> ?o }")
    assert (both, len(engine.union())) == (True, 1)


def test_constructed_blank_nodes_survive(graph):
    made = graph.query(
        "CONSTRUCT { _:a <urn:p> _:b . _:b <urn:p> _:a . _:c <urn:q> _:d . _:e <urn:q> _:d . _:d <urn:r> 1 } WHERE {}"
    )
    assert isomorphic(Graph().parse(data=to_turtle(made), format="turtle"), made)


@pytest.mark.parametrize("place", ["http://localhost:abc/", "http://local host/sparql", "http://127.0.0.1:1/sparql"])
def test_addresses_that_lead_nowhere(place):
    with pytest.raises(kg.OutsideError):
        kg.open(place).query("ASK {}")


def test_a_service_that_does_not_answer(graph):
    with pytest.raises(kg.OutsideError):
        graph.query("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")


def test_a_passage_can_be_shown_by_its_name(graph):
    assert any(row["value"] == "HR = 0.80, P = 0.0093" for row in graph.describe("passage:ohhara-2016.21742-21763"))


RDF_NS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.mark.parametrize(
    "text",
    [
        "_:a <urn:p> _:d . _:b <urn:p> _:d .",
        "_:a <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> _:a .",
        "<urn:x> <urn:y> _:a . _:a rdf:first 1; rdf:rest _:b . _:b rdf:first 2 ; rdf:rest _:a .",
        "<urn:x> <urn:y> [ rdf:first 1 ; <urn:z> 3; rdf:rest () ], [ rdf:first 1 ], [ rdf:first 1, 2 ; rdf:rest ( 3 ) ] .",
        "<urn:x> <urn:y> ( 1 2 ) , ( ( 1 ) [ <urn:z> () ] ) . <urn:x> <urn:l> _:l . <urn:z> <urn:l> _:l . "
        "_:l rdf:first 1 ; rdf:rest () .",
        "<urn:a> <urn:b> _:x, _:y . _:x <urn:p> _:x . _:x <urn:q> [ <urn:r> [] ] .",
        f"<urn:a> <urn:l> {'( ' * 60}{') ' * 60} .",
    ],
)
def test_turtle_of_any_blank_nodes_says_the_same(text):
    given = Graph().parse(data=f"@prefix rdf: <{RDF_NS}> . {text}", format="turtle")
    assert isomorphic(Graph().parse(data=to_turtle(given), format="turtle"), given)


def test_turtle_of_long_chains_and_lists():
    chain = " ".join(f"_:b{n} <urn:p> _:b{n + 1} ." for n in range(3000))
    for text in (f"<urn:a> <urn:p> _:b0 . {chain}", f"<urn:a> <urn:p> ( {' '.join(map(str, range(3000)))} ) ."):
        given = read("text/turtle", text.encode())
        assert len(read("text/turtle", to_turtle(given).encode())) == len(given)


def test_a_blank_node_of_a_triple_term_is_the_one_outside():
    given = f"_:r <{RDF_NS}reifies> <<( _:b <urn:p> 1 )>> . _:b <urn:q> 2 . <urn:x> <urn:y> _:b ."
    again = read("text/turtle", to_turtle(read("text/turtle", given.encode())).encode())
    (term,) = again.objects(None, URIRef(RDF_NS + "reifies"))
    assert (term.subject, URIRef("urn:q"), None) in again
    assert (URIRef("urn:x"), None, term.subject) in again
