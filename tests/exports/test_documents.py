"""Exports of several documents: each result, edge, graph and citation is that of its own document."""

import csv
import json

import pytest
from documents import opened, with_abstract
from rdflib import DCTERMS, PROV, Graph, Literal, Namespace, URIRef

from kg.exports import export
from kg.exports.nanopubs import publications
from kg.namespaces import ID

VOID = Namespace("http://rdfs.org/ns/void#")
ABSTRACT, REVIEW = (URIRef(f"{ID}source/{name}") for name in ("loupakis-2014", "ohhara-2016"))
DOIS = {ABSTRACT: "https://doi.org/10.1056/NEJMoa1403108", REVIEW: "https://doi.org/10.4251/wjgo.v8.i9.642"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return opened(with_abstract(tmp_path_factory.mktemp("facts")))


def test_a_nanopublication_cites_its_own_document(both):
    found = {}
    for one in publications(both):
        (provenance,) = [graph for name, graph in one.items() if name.endswith("/provenance")]
        (document,) = {value for value in provenance.objects(None, PROV.wasDerivedFrom) if "/source/" in value}
        (cited,) = provenance.objects(None, PROV.hadPrimarySource)
        found.setdefault(document, set()).add(str(cited))
        assert all(f"/{document.rpartition('/')[2]}." in str(name) for name in one)
    assert found == {document: {doi} for document, doi in DOIS.items()}


def test_a_nanopublication_names_the_document_whose_figures_are_repeated(tmp_path):
    report = {"document": "report-2014"}
    about = {"label": "Report 2014", "citation": "Report.", "kind": "news-report", "year": "2014"}
    more = {
        "documents": [report | about | {"primary_source": "loupakis-2014"}],
        "parts": [report | {"part": "text", "kind": "Paragraph", "label": "Report"}],
        "passages": [report | {"passage": "text-1", "part": "text", "sentence": "1", "printed": "508"}],
        "counts": [report | {"count": "n", "population": "TRIBE-all", "participants": "508", "passage": "text-1"}],
    }
    build = with_abstract(tmp_path, more)
    said = [
        (str(document), str(source))
        for one in publications(opened(build))
        for graph in one.values()
        for document, source in graph.subject_objects(PROV.hadPrimarySource)
        if "/source/" in source
    ]
    assert said == [(f"{ID}source/report-2014", str(ABSTRACT))]


def test_each_graph_is_described_and_each_document_is_a_source(both, tmp_path):
    (file,) = export(both, "void", tmp_path / "void.ttl")
    void = Graph().parse(file, format="turtle")
    dataset = URIRef("https://w3id.org/mcrc-kg/dataset")
    assert {ABSTRACT, REVIEW, URIRef("https://w3id.org/mcrc-kg/stated")} <= set(void.objects(dataset, VOID.subset))
    assert {ABSTRACT, REVIEW} <= set(void.objects(dataset, DCTERMS.source))
    for document, doi in DOIS.items():
        assert URIRef(doi) in set(void.objects(document, DCTERMS.source))
        assert void.value(document, VOID.triples) == Literal(len(both.graphs()[document]))


def test_edges_name_the_publication_of_their_document(both, tmp_path):
    edges = next(path for path in export(both, "kgx", tmp_path / "kgx") if path.name == "edges.tsv")
    rows = list(csv.DictReader(edges.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    for document, doi in DOIS.items():
        name = f"passage:{document.rpartition('/')[2]}."
        cited = {row["publications"] for row in rows if row["passage"].startswith(name)}
        assert cited == {doi.replace("https://doi.org/", "DOI:")}
    assert {row["publications"] for row in rows if not row["passage"]} == {""}


def test_a_crate_cites_every_document(both, tmp_path):
    file = next(path for path in export(both, "crate", tmp_path / "crate") if path.name == "ro-crate-metadata.json")
    things = {one["@id"]: one for one in json.loads(file.read_text(encoding="utf-8"))["@graph"]}
    assert [one["@id"] for one in things["./"]["citation"]] == [str(ABSTRACT), str(REVIEW)]
    for document, doi in DOIS.items():
        assert doi in things[str(document)]["identifier"]
    assert "N Engl J Med 2014" in things[str(ABSTRACT)]["name"]
