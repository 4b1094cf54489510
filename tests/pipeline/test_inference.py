"""What follows from the facts: classes of drugs, regimens and populations, and the drugs of a regimen."""

import pytest
from rdflib import RDF, Graph, URIRef

from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, expand
from kg.pipeline.rules import infer


def members(graph, name):
    return {row["member"] for row in graph.ask("members", **{"class": f"mcrc:{name}"})}


def test_drugs_are_filed_by_their_targets(graph):
    assert members(graph, "AntiEgfrAgent") == {"cetuximab", "panitumumab", "gefitinib", "erlotinib"}
    assert members(graph, "AntiVegfAgent") == {"bevacizumab", "aflibercept", "ramucirumab", "regorafenib"}
    assert members(graph, "DirectVegfr2Blocker") == {"ramucirumab", "regorafenib"}, "bevacizumab silences it through VEGF-A"


def test_all_ras_wild_type_is_also_kras_exon_2_wild_type_and_not_the_reverse(graph):
    all_ras, exon_2 = members(graph, "AllRasWildTypePopulation"), members(graph, "KrasExon2WildTypePopulation")
    assert all_ras < exon_2
    assert "CRYSTAL, KRAS wild type" in exon_2 - all_ras
    assert "OPUS, KRAS wild type" not in exon_2, "the source names the gene alone"


def test_an_or_regimen_may_include_and_does_not_include(graph):
    rows = {row["drug"]: row["always"] for row in graph.ask("drugs-of-regimen", regimen="FOLFOX or FOLFIRI + cetuximab")}
    assert rows["cetuximab"] == "yes"
    assert rows["oxaliplatin"] == rows["irinotecan"] == "no"


def test_ingredients_come_with_their_product(graph):
    assert {"S-1", "tegafur", "gimeracil", "oteracil", "oxaliplatin"} == {
        row["drug"] for row in graph.ask("drugs-of-regimen", regimen="SOX")
    }


def test_a_variant_has_the_drugs_of_its_regimen(graph):
    assert {"5-fluorouracil", "leucovorin", "oxaliplatin"} == {
        row["drug"] for row in graph.ask("drugs-of-regimen", regimen="mFOLFOX6")
    }


def test_own_facts_are_classified_without_a_reasoner(built):
    own = Graph()
    drug = expand("drug:new")
    own.add((drug, RDF.type, MCRC.MonoclonalAntibody))
    own.add((drug, MCRC.sequesters, expand("target:VEGF-C")))
    inferred = infer({ONTOLOGY_GRAPH: built.graphs[ONTOLOGY_GRAPH], URIRef("urn:own"): own})
    assert (drug, MCRC.actsOn, expand("target:VEGF-C")) in inferred
    assert {MCRC.Drug, MCRC.AntiVegfAgent, MCRC.AntiAngiogenicAgent} <= set(inferred.objects(drug, RDF.type))


def test_inferred_and_asserted_do_not_overlap(built):
    inferred = built.graphs[INFERRED_GRAPH]
    asserted = [graph for name, graph in built.graphs.items() if name != INFERRED_GRAPH]
    assert not any(triple in graph for triple in inferred for graph in asserted)


@pytest.mark.parametrize(
    "a_class", ["AntiEgfrRegimen", "AntiVegfRegimen", "OxaliplatinBasedRegimen", "IrinotecanBasedRegimen", "RasMutantPopulation"]
)
def test_each_defined_class_has_members(graph, a_class):
    assert members(graph, a_class)
