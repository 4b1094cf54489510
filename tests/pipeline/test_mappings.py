"""Links to other vocabularies: valid SSSOM, held to labels, complete, and found again from either side."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import OWL, RDFS, Graph, URIRef
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
    "disease": set(),
    # of the drugs and targets that later publications name, no identifier is read yet
    "drug": {"adagrasib", "binimetinib", "encorafenib", "fruquintinib", "ipilimumab", "nivolumab", "pembrolizumab", "sotorasib",
             "trastuzumab-deruxtecan"},
    "gene": set(),
    "locus": {f"{gene}-codon-{codon}" for gene in ("KRAS", "NRAS") for codon in (12, 13, 59, 61, 117, 146)} | {"BRAF-codon-600"},
    "site": set(),
    "statistic": {"mean", "rate-at-time", "risk-difference"},
    "target": {"CTLA-4", "MEK", "PD-1"},
    "variant": {f"NRAS-codon-{codon}-mutation" for codon in (59, 117, 146)},
}  # fmt: skip


PAGES = {"nci.page"}  # the registry has no prefix for these


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
            assert ours or prefix in {"semapv", "uminctr", "dcterms", "skos", "hemonc", *PAGES} or start in known, (
                path.name,
                prefix,
                start,
            )


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


@pytest.mark.parametrize(
    ("entity", "identifier", "iris"),
    [
        (
            "cetuximab",
            "chembl.compound:CHEMBL1201577",
            {
                "https://www.ebi.ac.uk/chembl/compound/inspect/CHEMBL1201577",
                "http://rdf.ebi.ac.uk/resource/chembl/molecule/CHEMBL1201577",
            },
        ),
        (
            "cetuximab",
            "rxnorm:318341",
            {
                "https://mor.nlm.nih.gov/RxNav/search?searchBy=RXCUI&searchTerm=318341",
                "http://purl.bioontology.org/ontology/RXNORM/318341",
            },
        ),
        (
            "pathway:EGFR-signalling",
            "reactome:R-HSA-177929",
            {"https://reactome.org/content/detail/R-HSA-177929", "http://purl.uniprot.org/reactome/R-HSA-177929"},
        ),
    ],
)
def test_all_iris_of_an_identifier_are_there(graph, entity, identifier, iris):
    assert {row["identifier_iri"] for row in graph.ask("links", entity=entity) if row["identifier"] == identifier} == iris


CONVERT = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from sssom.parsers import parse_sssom_table
from sssom.writers import write_rdf
for path in sys.argv[1:]:
    write_rdf(parse_sssom_table(path), sys.stdout, "ttl")
"""


@pytest.mark.complete
def test_the_sssom_library_writes_the_iris_of_the_endpoints():
    """What others convert joins with the public endpoints, as the graph does."""
    needed("sssom")
    names = {"chembl": "chembl.compound", "mesh": "mesh", "rxnorm": "rxnorm", "uniprot": "uniprot", "wikidata": "wikidata"}
    files = [MAPPINGS / f"{name}.sssom.tsv" for name in names]
    done = subprocess.run([sys.executable, "-c", CONVERT, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = Graph().parse(data=done.stdout, format="turtle")
    objects = {str(iri) for iri in written.objects(None, OWL.annotatedTarget)}
    with (MAPPINGS / "iris.tsv").open(encoding="utf-8", newline="") as lines:
        starts = [row for row in csv.DictReader(lines, delimiter="\t") if row["used_by"] != "page"]
    for name, prefix in names.items():
        theirs = tuple(row["iri_prefix"] for row in starts if row["prefix"] == prefix)
        for row in rows(MAPPINGS / f"{name}.sssom.tsv"):
            local = row["object_id"].removeprefix(f"{prefix}:")
            assert objects & {start + local for start in theirs}, row["object_id"]


def test_at_least_a_thousand_identifiers_are_linked_with_label_date_and_place():
    found = [row for path in FILES for row in rows(path)]
    assert len({(row["subject_id"], row["object_id"]) for row in found}) >= 1000
    for row in found:
        assert row["object_label"], row
        assert row["mapping_date"] <= "2026-12-31", row
        assert row["comment"], row


def test_the_links_reach_the_vocabularies_that_are_joined_on():
    prefixes = {row["object_id"].partition(":")[0] for path in FILES for row in rows(path)}
    wanted = "snomedct omop hemonc meddra oncotree doid uberon dbsnp clinvar clingen.allele so eco sepio"
    assert prefixes >= set(wanted.split())


@pytest.mark.parametrize(
    ("identifier", "entity"),
    [
        ("NCT00433927", "trial:FIRE-3"),
        ("uniprot:P00533", "target:EGFR"),
        ("CHEMBL1201577", "drug:cetuximab"),
        ("DB00112", "drug:bevacizumab"),
        ("civic.vid:12", "variant:BRAF-V600E"),
        ("clinvar:13961", "variant:BRAF-V600E"),
        ("ncit:C156096", "disease:metastatic-colorectal-cancer"),
        ("uberon:0008972", "site:right-colon"),  # the side of the primary tumour is close to it
        ("hgnc:6407", "gene:KRAS"),  # the exons are parts of it
        ("omop:35804761", "regimen:FOLFIRI"),
        ("hemonc:14013", "regimen:FOLFIRI"),
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


CETUXIMAB = "drug:cetuximab\tcetuximab\tskos:exactMatch\tchembl.compound:CHEMBL1201577\tCetuximab\t"


@pytest.mark.parametrize(
    ("old", "new", "column", "message"),
    [
        (
            "\tchembl.compound:CHEMBL185\t",
            "\tchembel:CHEMBL185\t",
            "object_id",
            "the prefix of 'chembel:CHEMBL185' is not in curie_map",
        ),
        ("\tchembl.compound:CHEMBL185\t", "\tCHEMBL185\t", "object_id", "the prefix of 'CHEMBL185' is not in curie_map"),
        (CETUXIMAB, CETUXIMAB.replace("skos:", "skoz:"), "predicate_id", "the prefix of 'skoz:exactMatch' is not in curie_map"),
        (
            CETUXIMAB,
            CETUXIMAB.replace("exactMatch", "exactmatch"),
            "predicate_id",
            "'skos:exactmatch' is not a predicate of the links",
        ),
        (CETUXIMAB, CETUXIMAB.replace("exactMatch", "sameAs"), "predicate_id", "'skos:sameAs' is not a predicate of the links"),
        ("drug:bevacizumab\tbevacizumab\t", "drug:bevacizumab\tbevacizumab-awwb\t", "subject_label", "not 'bevacizumab-awwb'"),
        (
            "drug:bevacizumab\tbevacizumab\t",
            "drug:bevacizumib\tbevacizumab\t",
            "subject_id",
            "drug:bevacizumib is not in the graph",
        ),
        ("\tchembl.compound:CHEMBL185\t", "\t\t", "object_id", "the cell is empty"),
        ("CHEMBL1201577\tCetuximab\t", "CHEMBL1201577\t\t", "object_label", "the cell is empty"),
        ("\t2026-11-22\t", "\t22.11.2026\t", "mapping_date", "'22.11.2026' is not a date"),
        (
            CETUXIMAB,
            CETUXIMAB + "semapv:ManualMappingCuration\tx\t2026-01-01\t\tx\n" + CETUXIMAB,
            "object_id",
            "is already mapped to",
        ),
        (
            "\t".join(("skos:exactMatch", "chembl.compound:CHEMBL1201583", "Bevacizumab")),
            "\t".join(("skos:exactMatch", "chembl.compound:CHEMBL1201577", "Erbitux")),
            "object_label",
            "'Cetuximab' here, but 'Erbitux' in mappings/chembl.sssom.tsv, row ",
        ),
    ],
)
def test_a_spoilt_cell_is_named_with_file_row_column_and_cure(spoil, old, new, column, message):
    said = spoil("chembl.sssom.tsv", old, new)
    assert re.search(rf"mappings/chembl\.sssom\.tsv:\d+:{column}: .*{re.escape(message)}.*; \w+", said), said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\tsubject_label\t", "\tname\t", "has no column subject_label"),
        ("\tobject_label\t", "\tlabel_there\t", "has no column object_label"),
        ("#curie_map:", "#curie_map", "the header does not parse"),
    ],
)
def test_a_spoilt_table_is_named(spoil, old, new, message):
    said = spoil("chembl.sssom.tsv", old, new)
    assert message in said
    assert "mappings/chembl.sssom.tsv" in said


def test_a_label_that_drifted_is_named_across_tables(spoil):
    """One identifier has one label, in whatever table it stands."""
    said = spoil("dbsnp.sssom.tsv", "dbsnp:rs121913529\trs121913529", "dbsnp:rs121913529\trs1")
    assert "dbsnp:rs121913529 is labelled 'rs121913529' here, but 'rs1' in mappings/dbsnp.sssom.tsv" in said


def test_other_facts_need_not_have_the_studies_that_are_linked():
    labels = {s: str(o) for s, o in ontology().subject_objects(RDFS.label)}
    linked = set(read_mappings(MAPPINGS, labels).subjects())
    assert expand("drug:cetuximab") in linked
    assert not any("/id/trial/" in thing or "/id/reference/" in thing for thing in linked)


def test_the_command_lists_links(run):
    assert "wikidata:Q420296" in run("link", "cetuximab").stdout
    assert "no verified external identifier" in run("link", "endpoint:benefit").stderr
