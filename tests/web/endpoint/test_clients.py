"""The endpoint as programs in use ask it: Python's, those of a shell, Comunica, and this package itself."""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, RDFXML, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed
from tiers import needed

import kg
from kg.errors import OutsideError

COMUNICA = os.environ.get("MCRC_KG_COMUNICA", "")
HTTPIE = shutil.which("http", path=os.pathsep.join(filter(None, (os.environ.get("MCRC_KG_NODE"), os.environ["PATH"]))))
PREFIX = "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
DRUGS = PREFIX + "SELECT DISTINCT ?drug ?name WHERE { ?drug a mcrc:Drug ; rdfs:label ?name } ORDER BY ?drug"
GRAPH = PREFIX + "CONSTRUCT { ?drug rdfs:label ?name } WHERE { ?drug a mcrc:Drug ; rdfs:label ?name }"


@pytest.fixture(scope="module")
def endpoint(server):
    return server.address + "sparql"


@pytest.fixture(scope="module")
def drugs(graph):
    return {row["drug"] for row in graph.query(DRUGS)}


def test_this_package(endpoint, drugs, graph):
    there = kg.open(endpoint)
    assert {row["drug"] for row in there.query(DRUGS)} == drugs
    assert there.ask("hazard-ratios", drug="cetuximab") == graph.ask("hazard-ratios", drug="cetuximab")
    assert there.describe("cetuximab") == graph.describe("cetuximab")
    assert there.query("ASK {}") is True
    assert set(there.query(GRAPH)) == set(graph.query(GRAPH))
    with pytest.raises(OutsideError, match="400"):
        there.query("nonsense")


@pytest.mark.parametrize("method", ["GET", POST])
def test_sparqlwrapper(endpoint, drugs, method):
    client = SPARQLWrapper(endpoint)
    client.setMethod(method)
    client.setQuery(DRUGS)
    client.setReturnFormat(JSON)
    assert {row["drug"]["value"] for row in client.queryAndConvert()["results"]["bindings"]} == drugs
    client.setReturnFormat(XML)
    assert client.queryAndConvert().toxml().count("<binding name") == 2 * len(drugs)
    client.setReturnFormat(CSV)
    assert len(client.queryAndConvert().decode().splitlines()) == len(drugs) + 1
    client.setQuery("SELECT nonsense")
    with pytest.raises(QueryBadFormed, match="does not parse"):
        client.query()


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # SPARQLWrapper makes one
@pytest.mark.parametrize("form", [TURTLE, RDFXML, N3, JSONLD])
def test_sparqlwrapper_gets_graphs(endpoint, drugs, form):
    client = SPARQLWrapper(endpoint)
    client.setQuery(GRAPH)
    client.setReturnFormat(form)
    made = client.queryAndConvert()
    told = made if isinstance(made, Graph) else Graph().parse(data=made.decode(), format="turtle")
    assert {str(drug) for drug in told.subjects()} == drugs


def test_rdflib_as_a_store(endpoint, drugs):
    there = Graph(SPARQLStore(endpoint, method="POST"))
    assert {str(row.drug) for row in there.query(DRUGS)} == drugs
    cetuximab = URIRef("https://w3id.org/mcrc-kg/id/drug/cetuximab")
    label = URIRef("http://www.w3.org/2000/01/rdf-schema#label")
    assert there.value(cetuximab, label) == Literal("cetuximab", lang="en")
    assert (cetuximab, label, None) in there


def test_sparqlwrapper_posts_to_the_address_with_a_slash(endpoint, drugs):
    client = SPARQLWrapper(endpoint + "/")
    client.setMethod(POST)
    client.setQuery(DRUGS)
    client.setReturnFormat(JSON)
    assert {row["drug"]["value"] for row in client.queryAndConvert()["results"]["bindings"]} == drugs


def remote(endpoint):
    """A query of another store that has the drugs from the endpoint."""
    # in a line of its own: rdflib takes # in an IRI for a comment before SERVICE
    return f"{PREFIX}\nSELECT ?drug ?name {{ SERVICE <{endpoint}> {{ ?drug a mcrc:Drug ; rdfs:label ?name }} }}"


def test_rdflib_federates_with_it(endpoint, drugs):
    assert {str(row.drug) for row in Graph().query(remote(endpoint))} == drugs


def test_pyoxigraph_federates_with_it(endpoint, drugs):
    assert {row["drug"].value for row in pyoxigraph.Store().query(remote(endpoint))} == drugs


@pytest.mark.complete
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_by_address(endpoint, drugs, library):
    assert set(needed(library).read_csv(f"{endpoint}?{urlencode({'query': DRUGS, 'format': 'csv'})}")["drug"]) == drugs


def test_the_standard_library(endpoint, drugs):
    asked = urllib.request.Request(endpoint, urlencode({"query": DRUGS}).encode(), {"Accept": "application/json"})
    with urllib.request.urlopen(asked, timeout=20) as reply:
        assert {row["drug"]["value"] for row in json.load(reply)["results"]["bindings"]} == drugs


@pytest.mark.skipif(not shutil.which("wget"), reason="wget is not here")
def test_wget(endpoint, drugs):
    words = ["wget", "-q", "-O", "-", "--tries=1", "--timeout=20", "--header=Accept: text/csv"]
    by_address = [*words, f"{endpoint}?{urlencode({'query': DRUGS})}"]
    by_form = [*words, f"--post-data={urlencode({'query': DRUGS})}", endpoint]
    for command in (by_address, by_form):
        assert len(subprocess.run(command, capture_output=True, check=True).stdout.splitlines()) == len(drugs) + 1


@pytest.mark.complete
@pytest.mark.skipif(not HTTPIE, reason="HTTPie is neither here nor in the folder that MCRC_KG_NODE names, as .ci/run makes")
def test_httpie(endpoint, drugs):
    words = [HTTPIE, "--ignore-stdin", "--body", "--check-status", "--timeout=20", "--pretty=none"]
    for more in (["GET", endpoint, f"query=={DRUGS}"], ["--form", "POST", endpoint, f"query={DRUGS}"]):
        done = subprocess.run([*words, *more, "Accept:text/csv"], capture_output=True, check=True)
        assert len(done.stdout.splitlines()) == len(drugs) + 1


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
def test_curl(endpoint, drugs):
    def curl(*words):
        return subprocess.run(["curl", "-sS", "--max-time", "20", *words], capture_output=True, text=True, check=True).stdout

    assert len(curl("-H", "Accept: text/csv", "--data-urlencode", f"query={DRUGS}", endpoint).splitlines()) == len(drugs) + 1
    assert "cetuximab" in curl("-G", "--data-urlencode", f"query={DRUGS}", endpoint)
    assert "cetuximab" in curl("-H", "Content-Type: application/sparql-query", "--data-binary", DRUGS, endpoint)
    assert "HTTP/1.1 200" in curl("-I", "-G", "--data-urlencode", f"query={DRUGS}", endpoint)
    assert curl("-o", os.devnull, "-w", "%{http_code}", "-d", "query=nonsense", endpoint) == "400"


@pytest.mark.complete
@pytest.mark.skipif(not COMUNICA, reason="MCRC_KG_COMUNICA names no folder with @comunica/query-sparql, as .ci/run makes")
def test_comunica(endpoint, drugs):
    """It finds out by the service description and its first answers that this is a SPARQL endpoint."""
    command = Path(COMUNICA) / "node_modules" / ".bin" / "comunica-sparql"
    for source in (endpoint, f"sparql@{endpoint}"):
        words = [command, source, "-q", DRUGS, "-t", "application/sparql-results+json"]
        path = os.pathsep.join(filter(None, (os.environ.get("MCRC_KG_NODE"), os.environ["PATH"])))
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "PATH": path})
        assert {row["drug"]["value"] for row in json.loads(done.stdout)["results"]["bindings"]} == drugs
