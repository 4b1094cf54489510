"""Joins with other graphs: real rows of public tables beside the packaged graph, the same answer in two engines."""

import csv
import io
import json
import re
from collections import Counter
from functools import cache

import pytest
from isomorphic import isomorphic
from paths import ROOT, TESTS
from rdflib import Dataset, Graph
from rdflib.plugins.sparql import prepareQuery

import kg
from kg.ask.catalogue import catalogue
from kg.ask.results import to_csv
from kg.engine.store import Embedded
from kg.graph import KnowledgeGraph
from kg.pipeline.tables import described, read_batch
from kg.pipeline.triples import Origins, from_tables
from kg.resources import GRAPH_FILE, folder

HERE = TESTS / "joins"
SAMPLES = {
    "civic-evidence": "civic",
    "omop-regimens": "omop",
    "opentargets-approvals": "opentargets",
    "uniprot-kinases": "uniprot",
    "wikidata-genes": "wikidata",
}


def joined(sample, graph=None):
    engine = Embedded()
    for path in (graph or folder("graph") / GRAPH_FILE, sample):
        engine.load_file(path)
    return KnowledgeGraph(engine)


@cache
def answer(name, sample=None, graph=None):
    return joined(sample or HERE / f"{SAMPLES[name]}.ttl", graph).query(catalogue("joins")[name].sparql)


def rows(name, sample=None):
    """The rows of the answer as CSV has them."""
    return list(csv.DictReader(io.StringIO(to_csv(answer(name, sample)))))


def test_every_join_has_a_sample_and_an_answer():
    assert set(catalogue("joins")) == set(SAMPLES) == {path.stem for path in HERE.glob("*.csv")}
    assert (
        {path.stem for path in HERE.glob("*.ttl")}
        == {path.name for path in HERE.iterdir() if path.is_dir()}
        == set(SAMPLES.values())
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_file_keeps_the_rules(name):
    item = catalogue("joins")[name]
    assert len(item.sparql.splitlines()) <= 40
    assert item.summary
    assert len(item.description) > 30
    assert item.tags[0] == "joins"
    assert "ORDER BY" in item.sparql
    assert "SERVICE" not in item.sparql
    prepareQuery(item.sparql)


@pytest.mark.parametrize("name", SAMPLES)
def test_answer(name):
    assert to_csv(answer(name)) == (HERE / f"{name}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_other_engine_gives_the_same_answer(name, review_file, built_review):
    data = Dataset(default_union=True)
    for graph, triples in built_review.graphs.items():
        data.addN((*triple, data.graph(graph)) for triple in triples)
    data.parse(HERE / f"{SAMPLES[name]}.ttl", format="turtle")
    there = data.query(catalogue("joins")[name].sparql)
    ours = answer(name, graph=review_file)
    assert ours.rows
    assert [[None if cell is None else str(cell) for cell in row] for row in there] == [
        [None if cell is None else str(cell) for cell in row] for row in ours.rows
    ]


def tables(sample):
    return read_batch(HERE / sample, described(HERE / sample))


@pytest.mark.parametrize("sample", sorted(SAMPLES.values()))
def test_a_sample_is_the_table_by_the_standard(sample):
    """The Turtle file is what the W3C standard makes of the rows and their description."""
    written = Graph().parse(HERE / f"{sample}.ttl")
    (made,) = from_tables(tables(sample), Origins()).values()
    assert isomorphic(written, Graph().parse(data=made.serialize(format="nt"), format="nt"))


@pytest.mark.parametrize("sample", sorted(SAMPLES.values()))
def test_a_sample_names_its_origin_and_licence_and_contains_no_prose(sample):
    said = json.loads((HERE / sample / "csv-metadata.json").read_text(encoding="utf-8"))
    assert said["dc:source"].startswith("https://github.com/")
    assert said["dc:license"].startswith(("https://creativecommons.org/", "https://www.apache.org/"))
    for table in tables(sample):
        for row in table.rows:
            assert all(len(cell) <= 70 for cell in row.cells.values()), row.cells


def test_the_evidence_of_civic_agrees_and_disagrees():
    found = rows("civic-evidence")
    verdicts = Counter(row["verdict"] for row in found)
    assert verdicts["agrees"] > verdicts["disagrees"] > 0
    assert verdicts["the review states nothing"] > 0
    for row in found:
        resistant = row["civic_says"] in ("Supports: Resistance", "Does Not Support: Sensitivity/Response")
        if row["verdict"] == "the review states nothing":
            assert row["change"].startswith(("BRAF", "ERBB2"))
            assert not row["passage_iri"]
        else:
            assert resistant == (row["verdict"] == "agrees")
            assert row["passage_iri"].startswith("https://w3id.org/mcrc-kg/id/passage/")
    # G13D, on which the papers differ; and a paper that reports a study of the review
    assert {row["verdict"] for row in found if row["change"] == "KRAS G13D"} == {"agrees", "disagrees"}
    assert "20020408" in {row["study"] for row in found}


def test_an_identifier_that_differs_is_seen(tmp_path):
    text = (HERE / "wikidata.ttl").read_text(encoding="utf-8")
    assert "ENSG00000146648" in text
    (tmp_path / "other.ttl").write_text(text.replace("ENSG00000146648", "ENSG00000146649"), encoding="utf-8")
    found = rows("wikidata-genes", tmp_path / "other.ttl")
    assert {row["target"] for row in found if row["agree_ensembl"] == "false"} == {"EGFR"}
    assert {row["agree_entrez"] for row in found} == {"true"}
    assert {row["agree_ensembl"] for row in rows("wikidata-genes")} == {"true"}


def test_the_review_names_few_of_the_approved_drugs():
    found = rows("opentargets-approvals")
    assert {row["drug_there"] for row in found if row["known_here"] == "true"} == {"ramucirumab", "tipiracil + trifluridine"}
    assert len({row["drug_there"] for row in found}) > 20


def test_the_script_of_the_documentation(tmp_path, monkeypatch):
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "linking.md").read_text(encoding="utf-8"), re.DOTALL)
    assert '"civic.ttl"' in script
    monkeypatch.chdir(ROOT)
    exec(script.replace('"civic.ttl"', repr(str(tmp_path / "civic.ttl"))), {})
    assert isomorphic(Graph().parse(tmp_path / "civic.ttl"), Graph().parse(HERE / "civic.ttl"))


def test_the_commands_of_the_documentation(run, tmp_path):
    store = tmp_path / "joined"
    assert run("load", folder("graph") / GRAPH_FILE, HERE / "civic.ttl", "--store", store).returncode == 0
    query = ROOT / "queries" / "joins" / "civic-evidence.rq"
    done = run("query", "--file", query, "--graph", store, "--format", "csv")
    assert done.stdout == (HERE / "civic-evidence.csv").read_text(encoding="utf-8")
    assert len(kg.open(store).ask("hazard-ratios")) > 0
