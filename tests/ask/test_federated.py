"""Every federated question against a stand-in for its endpoint: real HTTP on loopback, a few triples in the endpoint's shape."""

import csv
import re
import socket

import pyoxigraph
import pytest
from paths import TESTS
from rdflib import SKOS, Literal, URIRef
from standin import StandIn, serving

import kg
from kg.ask.catalogue import catalogue, question
from kg.ask.results import to_csv
from kg.engine.store import Embedded
from kg.namespaces import MAPPINGS_GRAPH
from kg.resources import folder

HERE = TESTS / "federated"
QUESTIONS = catalogue("federated")
# another value of each parameter, and the first cells of the rows that its links lead to
OTHERS = {
    "bgee-colon": ({"target": "VEGF-A"}, ["VEGF-A"]),
    "chembl-mechanism": ({"drug": "erlotinib"}, ["erlotinib"]),
    "idsm-potency": ({"drug": "gefitinib"}, []),
    "mesh-classes": ({"drug": "bevacizumab"}, []),
    "rhea-structure": ({"drug": "5-fluorouracil"}, ["5-fluorouracil"]),
    "ubergraph-systems": ({"event": "rash or desquamation"}, ["First system", "Second system"]),
    "uniprot-function": ({"target": "RAS"}, ["RAS"]),
    "uniprot-location": ({"target": "VEGF-A"}, ["VEGF-A"]),
    "uniprot-pathway": ({"pathway": "VEGF pathway"}, ["VEGF pathway"] * 3),
    "wikidata-citations": ({"trial": "FIRE-3"}, []),
    "wikidata-drugs": ({"drug": "capecitabine"}, []),
}
SERVICE = re.compile(r"SERVICE <([^>]*)>")


class Endpoint(StandIn):
    """SPARQL 1.1 Protocol, query by direct POST; the path names the data, and what was asked is kept."""

    stores: dict[str, pyoxigraph.Store]
    asked: list[str]

    def answer(self):
        query = self.body()
        self.asked.append(query)
        if self.path == "/page":
            return self.reply("text/html", b"<p>hello</p>")
        answer = self.stores[self.path].query(query, use_default_graph_as_union=True)
        self.reply("application/sparql-results+json", answer.serialize(format=pyoxigraph.QueryResultsFormat.JSON))


@pytest.fixture(scope="module")
def address():
    Endpoint.stores = {f"/{name}": pyoxigraph.Store() for name in QUESTIONS}
    for name in QUESTIONS:
        Endpoint.stores[f"/{name}"].load(path=str(HERE / f"{name}.trig"))
    with serving(Endpoint) as found:
        yield found


@pytest.fixture
def closed():
    """The address of a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/sparql"


@pytest.fixture
def ask(graph, address):
    """The answer to a federated question, its endpoint replaced by the stand-in, and what that was asked."""

    def answer(name, **params):
        Endpoint.asked = []
        text = SERVICE.sub(f"SERVICE <{address}/{name}>", graph.bound(name, **params))
        return graph.query(text), Endpoint.asked

    return answer


def test_every_question_has_its_data_and_its_answer():
    assert len(QUESTIONS) >= 8
    assert {path.stem for path in HERE.glob("*.trig")} == {path.stem for path in HERE.glob("*.csv")} == set(QUESTIONS)
    assert not set(QUESTIONS) & set(catalogue())


@pytest.mark.parametrize("name", QUESTIONS)
def test_answer(ask, name):
    answer, asked = ask(name)
    assert len(answer) > 0
    assert to_csv(answer) == (HERE / f"{name}.csv").read_text(encoding="utf-8")
    assert len(asked) == 1


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_file_runs_as_it_lies(graph, address, name):
    """Any engine can run the text of the file: it sends the links of its default, and gives the same answer as the question."""
    Endpoint.asked = []
    answer = graph.query(SERVICE.sub(f"SERVICE <{address}/{name}>", question(name).sparql))
    assert to_csv(answer) == (HERE / f"{name}.csv").read_text(encoding="utf-8")
    assert len(Endpoint.asked) == 1
    assert "UNDEF" not in Endpoint.asked[0]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_links_in_the_file_are_those_of_its_default(graph, name):
    def sent(text):
        prefixes = dict(re.findall(r"PREFIX (\w+): <([^>]*)>", text))
        for row in re.findall(r"VALUES \?\w+ \{ (.*) \} # link:", text):
            yield [re.sub(r"^(\w+):(\w+)$", lambda name: f"<{prefixes[name[1]]}{name[2]}>", term) for term in row.split()]

    assert list(sent(question(name).sparql)) == list(sent(graph.bound(name)))


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_parameter_is_replaced(ask, name):
    params, first = OTHERS[name]
    answer, _ = ask(name, **params)
    assert [str(row[0]) for row in answer.rows] == first


@pytest.mark.parametrize("name", QUESTIONS)
def test_file_keeps_the_rules(name):
    item = question(name)
    assert len(item.sparql.splitlines()) <= 40
    assert item.summary
    assert len(item.description) > 30
    assert item.tags[0] == "federated"
    assert "ORDER BY" in item.sparql
    assert SERVICE.findall(item.sparql) == [item.endpoint]
    assert item.endpoint.startswith("https://")
    assert set(re.findall(r"# param: (\w+)", item.sparql)) == {parameter.name for parameter in item.parameters}
    assert re.findall(r"VALUES \?(\w+) \{ [^{}]+ \} # link: (\w+)", item.sparql) == [(link, link) for link in item.links]
    assert "UNDEF" not in item.sparql
    assert all(parameter.default for parameter in item.parameters)
    assert item.links
    assert "SERVICE" not in item.local.sparql
    assert not item.local.links


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_sent_are_links_that_the_endpoint_knows(graph, built, name):
    item = question(name)
    here = graph.query(item.local.bind({}))
    linked = built.graphs[MAPPINGS_GRAPH]
    with (folder("ontology") / "mappings" / "iris.tsv").open(encoding="utf-8", newline="") as lines:
        starts = tuple(row["iri_prefix"] for row in csv.DictReader(lines, delimiter="\t") if row["used_by"] == item.endpoint)
    for link in item.links:
        sent = {row[here.columns.index(link)] for row in here.rows}
        assert sent
        for term in sent:
            if isinstance(term, URIRef):
                assert (term, SKOS.notation, None) in linked
                assert str(term).startswith(starts)
            else:
                assert (None, SKOS.notation, Literal(f"pubmed:{term}")) in linked


def test_the_endpoint_is_asked_of_nothing_else(ask):
    _, (asked,) = ask("uniprot-function", target="EGFR")
    assert re.findall(r"<http://purl.uniprot.org/uniprot/(\w+)>", asked) == ["P00533"]


def test_without_a_link_no_endpoint_is_asked(graph):
    assert "SERVICE" not in graph.bound("rhea-structure", drug="cetuximab")
    assert len(graph.ask("rhea-structure", drug="cetuximab")) == 0


def test_an_endpoint_that_is_not_reached_is_named(graph, run, closed):
    text = SERVICE.sub(f"SERVICE <{closed}>", graph.bound("uniprot-function", target="EGFR"))
    for query in (text, f"ASK {{ SERVICE SILENT <urn:x> {{ }} SERVICE <{closed}> {{ ?s ?p ?o }} }}"):
        with pytest.raises(kg.OutsideError, match=re.escape(closed)):
            graph.query(query)
    done = run("query", "-", stdin=text)
    assert done.returncode == 5
    assert done.stderr.startswith("mcrc-kg: ")
    assert closed in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["SELECT *", "ASK"])
def test_an_endpoint_that_answers_with_a_page(graph, address, form):
    Endpoint.asked = []
    with pytest.raises(kg.OutsideError, match="text/html"):
        graph.query(f"{form} {{ SERVICE <{address}/page> {{ ?s ?p ?o }} }}")


def test_an_endpoint_that_is_silent_is_not_awaited_for_ever():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(kg.OutsideError, match=rf"{place}: no answer within 0.2 seconds"):
            Embedded(timeout=0.2).query(f"SELECT * {{ SERVICE <{place}> {{ ?s ?p ?o }} }}")


def test_a_federated_query_that_does_not_parse(graph):
    with pytest.raises(kg.InputError, match="does not parse"):
        graph.query("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o }")
    with pytest.raises(kg.InputError, match="service name is unbound"):
        graph.query("SELECT * { SERVICE ?where { ?s ?p ?o } }")


def test_its_manual_names_the_endpoint(run):
    assert "https://sparql.rhea-db.org/sparql" in run("ask", "rhea-structure", "--help").stdout
