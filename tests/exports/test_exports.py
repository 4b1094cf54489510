"""Exports: each read back by a tool that is not ours, nothing lost, the same bytes on every run."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import warnings

import networkx as nx
import pytest
from rdflib import RDF, Dataset, Graph, Literal, Namespace, URIRef
from tiers import few, needed

import kg
from kg.errors import InputError, UsageError
from kg.exports import EXPORTERS, export
from kg.exports.nanopubs import publications
from kg.namespaces import MCRC

VOID = Namespace("http://rdfs.org/ns/void#")
REVIEW = "DOI:10.4251/wjgo.v8.i9.642"


# all but one, in one other process; the crate has the files of three formats
OTHERS = " ".join(sorted({*EXPORTERS} - {"kgx", "trig", "void", "csv"}))


class Made(dict):
    """The files of a format, exported when they are first asked for."""

    def __init__(self, graph, place):
        super().__init__()
        self.graph, self.place = graph, place

    def __missing__(self, name):
        self[name] = export(self.graph, name, self.place / name)
        return self[name]


@pytest.fixture(scope="module")
def made(review_graph, tmp_path_factory):
    """Every format, the graph of the review exported once: its files by format."""
    return Made(review_graph, tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def merged(review_graph):
    whole = Graph()
    for one in review_graph.graphs().values():
        whole += one
    return whole


def rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))


@pytest.mark.parametrize(("name", "syntax"), few([("ttl", "turtle"), ("rdf", "xml"), ("jsonld", "json-ld")], ("ttl", "turtle")))
def test_no_triple_is_lost(made, merged, name, syntax):
    back = Graph().parse(made[name][0], format=syntax)
    assert len(back) == len(merged)
    for triple in ((None, RDF.type, MCRC.ComparativeResult), (None, MCRC.pValue, None), (None, MCRC.citesResult, None)):
        assert set(back.triples(triple)) == set(merged.triples(triple))


@pytest.mark.parametrize(("name", "syntax"), few([("trig", "trig"), ("nq", "nquads")], ("nq", "nquads")))
def test_no_quad_is_lost(made, review_graph, name, syntax):
    back = Dataset()
    back.parse(made[name][0], format=syntax)
    for one, triples in review_graph.graphs().items():
        assert len(back.graph(one)) == len(triples), one


def test_the_context_reads_short_json(made):
    text = json.loads(made["jsonld"][0].read_text(encoding="utf-8"))
    assert text["@context"]["actsOn"] == {"@id": str(MCRC.actsOn), "@type": "@id"}
    cetuximab = next(node for node in text["@graph"] if node["@id"] == "drug:cetuximab")
    assert cetuximab["bindsTo"] == "target:EGFR"


@pytest.mark.parametrize("names", few(["kgx", OTHERS], "kgx"))
def test_the_same_bytes_in_another_process(made, review_file, names, tmp_path):
    code = (
        "import kg, sys; from pathlib import Path; from kg.exports import export\n"
        "graph = kg.open(sys.argv[1])\n"
        "for name in sys.argv[3:]: export(graph, name, Path(sys.argv[2], name))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, review_file.parent, tmp_path, *names.split()], check=True, env=environment)
    for name in names.split():
        for path in made[name]:
            again = tmp_path / path.relative_to(made.place)
            assert again.read_bytes() == path.read_bytes(), path.name


def test_the_crate_has_the_files_of_other_formats(made):
    in_crate = {path.read_bytes() for path in made["crate"]}
    for path in (*made["trig"], *made["void"], *made["csv"]):
        assert path.read_bytes() in in_crate, path.name


@pytest.mark.complete
def test_biolink_takes_every_node_and_edge(made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the model's own code
        biolink = needed("biolink_model.datamodel.pydanticmodel_v2")
    nodes, edges = map(rows, made["kgx"])
    for row in nodes:
        kind = getattr(biolink, row["category"].removeprefix("biolink:"))
        kind(id=row["id"], category=[row["category"]], name=row["name"], description=row["description"] or None)
    known = {row["id"] for row in nodes}
    kept = {"subject", "predicate", "object", "qualified_predicate", "object_aspect_qualifier", "object_direction_qualifier"}
    for row in edges:
        assert row["subject"] in known
        assert row["object"] in known
        kind = getattr(biolink, row["category"].removeprefix("biolink:"))
        given = {name: value for name, value in row.items() if name in kept & set(kind.model_fields) and value}
        numbers = {name: float(row[name]) for name in ("p_value",) if row[name]}
        kind(
            id=row["id"],
            category=[row["category"]],
            primary_knowledge_source=row["primary_knowledge_source"],
            knowledge_level=row["knowledge_level"],
            agent_type=row["agent_type"],
            **given,
            **numbers,
        )


def test_edges_keep_effect_and_p_value(made, merged, graph, tmp_path):
    edges = rows(export(graph, "kgx", tmp_path / "kgx")[1])
    crystal = [r for r in edges if r["population"] == "population:CRYSTAL-RAS-wild-type" and r["object"] == "endpoint:OS"]
    assert {r["publications"] for r in crystal} > {REVIEW}, "another document says it in words"
    crystal = [r for r in crystal if r["publications"] == REVIEW]
    assert {(r["effect_type"], r["effect_size"], r["p_value"], r["reference"]) for r in crystal} == {
        ("HR", "0.69", "0.0024", "regimen:FOLFIRI")
    }
    printed = {s for s in merged.subjects(MCRC.value) if (s, RDF.type, MCRC.ComparativeResult) in merged}
    assert sum(bool(r["effect_size"]) for r in rows(made["kgx"][1])) == len(printed)


@pytest.mark.complete
def test_nanopublications_are_valid(review_graph, merged):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own code
        nanopub = needed("nanopub")
    every = list(publications(review_graph))
    assert len(every) == len({next(iter(one)) for one in every}) == len(set(merged.subjects(RDF.type, MCRC.Result)))
    for one in every[::40]:
        data = Dataset()
        for name, triples in one.items():
            for triple in triples:
                data.graph(name).add(triple)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert nanopub.Nanopub(
                rdf=data, conf=nanopub.NanopubConf(add_prov_generated_time=False, use_test_server=True)
            ).is_valid


def test_networkx_reads_the_network(made):
    network = nx.read_graphml(made["graphml"][0])
    assert network.nodes["drug:cetuximab"]["label"] == "cetuximab"
    relations = {data["relation"] for _, _, data in network.edges("drug:cetuximab", data=True)}
    assert {"binds to", "acts on"} <= relations


def test_counts_of_the_description_are_true(made, review_graph, merged):
    void = Graph().parse(made["void"][0], format="turtle")
    dataset = URIRef("https://w3id.org/mcrc-kg/dataset")
    assert void.value(dataset, VOID.triples) == Literal(len(merged))
    part = next(void.subjects(VOID["class"], MCRC.Passage))
    assert void.value(part, VOID.entities).toPython() == len(review_graph.ask("passages"))
    assert hashlib.sha256(made["trig"][0].read_bytes()).hexdigest() in made["void"][0].read_text(encoding="utf-8")


@pytest.mark.complete
def test_the_crate_lists_every_file_with_its_checksum(made):
    rocrate = needed("rocrate.rocrate")
    root = made["crate"][-1].parent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        crate = rocrate.ROCrate(root)
    listed = {entity.id: entity for entity in crate.get_entities() if entity.type == "File"}
    assert set(listed) == {str(path.relative_to(root)) for path in made["crate"]} - {"ro-crate-metadata.json"}
    for name, entity in listed.items():
        assert hashlib.sha256((root / name).read_bytes()).hexdigest() == entity["sha256"]


def test_the_ending_says_the_format(review_graph, tmp_path):
    assert export(review_graph, None, tmp_path / "x.graphml") == [tmp_path / "x.graphml"]
    with pytest.raises(UsageError, match="unknown format 'docx'; choose one of ttl, trig"):
        export(review_graph, None, tmp_path / "x.docx")


def test_a_folder_that_cannot_be_made(review_graph, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be created"):
        export(review_graph, "kgx", tmp_path / "file" / "kgx")


def test_a_remote_graph_is_not_copied(tmp_path):
    with pytest.raises(UsageError, match="open a folder"):
        export(kg.open("http://127.0.0.1:9/sparql"), "ttl", tmp_path / "x.ttl")


def test_the_command(run, tmp_path):
    done = run("export", "-o", "out.nq")
    assert done.returncode == 0, done.stderr
    assert "out.nq: " in done.stderr
    assert run("export", "-o", "out.docx").returncode == UsageError.exit_code
