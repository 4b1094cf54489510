"""Links to other vocabularies: valid SSSOM, held to labels, complete, and found again from either side."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import RDFS, URIRef
from tiers import needed

from kg.errors import InputError
from kg.namespaces import MAPPINGS_GRAPH, expand
from kg.pipeline.build import ontology
from kg.pipeline.mappings import read_mappings
from kg.resources import folder

MAPPINGS = folder("ontology") / "mappings"
FILES = sorted(MAPPINGS.glob("*.sssom.tsv"))
# no counterpart was found that could be verified, by kind; a family is linked by its members where it is
UNLINKED = {
    "drug": set(),
    "target": {"AKT", "MAPK", "PI3K", "STAT"},
    "locus": set(),
    "statistic": set(),
}


def rows(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
from sssom.constants import DEFAULT_VALIDATION_TYPES
from sssom.parsers import parse_sssom_table
from sssom.validators import validate
found = {}
for path in sys.argv[1:]:
    read = parse_sssom_table(path)
    validate(read, DEFAULT_VALIDATION_TYPES)
    found[path] = len(read.df)
print(json.dumps(found))
"""


@pytest.mark.complete
def test_the_sssom_library_reads_every_row():
    needed("sssom")
    done = subprocess.run([sys.executable, "-c", READ, *FILES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {str(path): len(rows(path)) for path in FILES}
    assert "ERROR" not in done.stderr


@pytest.mark.complete
def test_prefixes_expand_as_the_registry_has_them():
    import yaml

    bioregistry = needed("bioregistry")

    for path in FILES:
        header = "\n".join(line[1:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
        for prefix, start in yaml.safe_load(header)["curie_map"].items():
            known = entry.get_uri_prefixes() if (entry := bioregistry.get_resource(prefix)) else set()
            ours = start.startswith("https://w3id.org/mcrc-kg/")
            assert ours or prefix in {"semapv", "uminctr", "dcterms", "skos"} or start in known, (path.name, prefix, start)


@pytest.mark.parametrize("kind", UNLINKED)
def test_what_has_a_counterpart_is_linked(built, kind):
    linked = {s for s in built.graphs[MAPPINGS_GRAPH].subjects() if isinstance(s, URIRef)}
    things = {s for s in ontology().subjects() if isinstance(s, URIRef) and f"/id/{kind}/" in s}
    assert {str(thing).rpartition("/")[2] for thing in things - linked} == UNLINKED[kind]


def test_outcomes_and_trials_are_linked(graph):
    trials = {row["entity_iri"] for row in graph.ask("links") if "/id/trial/" in row["entity_iri"]}
    named = {row["study_iri"] for row in graph.ask("studies")}
    mapped = {str(expand(row["subject_id"])) for path in FILES for row in rows(path) if row["subject_id"].startswith("trial:")}
    assert trials == mapped
    assert trials <= named
    for endpoint in ("OS", "PFS"):
        assert len(graph.ask("links", entity=f"endpoint:{endpoint}")) > 0


def test_both_iris_of_an_identifier_are_there(graph):
    found = {row["identifier_iri"] for row in graph.ask("links", entity="cetuximab") if "chembl" in row["identifier"]}
    assert found == {
        "https://www.ebi.ac.uk/chembl/compound/inspect/CHEMBL1201577",
        "http://rdf.ebi.ac.uk/resource/chembl/molecule/CHEMBL1201577",
    }


@pytest.mark.parametrize(
    ("identifier", "entity"),
    [
        ("NCT00433927", "trial:FIRE-3"),
        ("uniprot:P00533", "target:EGFR"),
        ("CHEMBL1201577", "drug:cetuximab"),
        ("DB00112", "drug:bevacizumab"),
    ],
)
def test_a_thing_is_found_by_its_identifier_elsewhere(graph, identifier, entity):
    assert graph.resolve(identifier) == expand(entity)


@pytest.fixture
def spoil(tmp_path):
    """Read the mappings with one text replaced in one table; the message that comes."""

    def change(name, old, new):
        place = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
        path = place / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        labels = {s: str(o) for s, o in ontology().subject_objects(RDFS.label)}
        with pytest.raises(InputError) as caught:
            read_mappings(place, labels)
        return str(caught.value)

    return change


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "\tchembl.compound:CHEMBL185\t",
            "\tchembel:CHEMBL185\t",
            "the prefix of 'chembel:CHEMBL185' is not in curie_map",
        ),
        ("\tsubject_label\t", "\tname\t", "has no column subject_label"),
        (
            "drug:bevacizumab\tbevacizumab\t",
            "drug:bevacizumab\tbevacizumab-awwb\t",
            "is labelled 'bevacizumab', not 'bevacizumab-awwb'",
        ),
        ("drug:bevacizumab\tbevacizumab\t", "drug:bevacizumib\tbevacizumab\t", "drug:bevacizumib is not in the graph"),
        ("#curie_map:", "#curie_map", "the header does not parse"),
        ("\tchembl.compound:CHEMBL185\t", "\t\t", "the cell is empty"),
    ],
)
def test_a_spoilt_table_is_named_with_its_row(spoil, old, new, message):
    said = spoil("chembl.sssom.tsv", old, new)
    assert message in said
    assert "mappings/chembl.sssom.tsv" in said


def test_other_facts_need_not_have_the_studies_that_are_linked():
    labels = {s: str(o) for s, o in ontology().subject_objects(RDFS.label)}
    linked = set(read_mappings(MAPPINGS, labels).subjects())
    assert expand("drug:cetuximab") in linked
    assert not any("/id/trial/" in thing for thing in linked)


def test_a_repeated_mapping_is_named(spoil):
    row = "drug:cetuximab\tcetuximab\tskos:exactMatch\tchembl.compound:CHEMBL1201577"
    said = spoil("chembl.sssom.tsv", row, row + "\tCetuximab\tsemapv:ManualMappingCuration\tx\t2026-01-01\t\n" + row)
    assert "is already mapped to chembl.compound:CHEMBL1201577" in said


def test_the_command_lists_links(run):
    assert "wikidata:Q420296" in run("link", "cetuximab").stdout
    assert "no verified external identifier" in run("link", "endpoint:benefit").stderr
