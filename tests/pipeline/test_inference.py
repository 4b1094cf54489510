"""What follows from the facts: classes of drugs, regimens and populations, and the drugs of a regimen."""

import pytest
from rdflib import RDF, Graph, URIRef

from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, expand
from kg.pipeline.rules import infer


def members(graph, name):
    return {row["member"] for row in graph.ask("members", **{"class": f"mcrc:{name}"})}


def test_drugs_are_filed_by_their_targets(graph):
    assert members(graph, "AntiEgfrAgent") == {"cetuximab", "panitumumab", "gefitinib", "erlotinib"}
    assert members(graph, "AntiVegfAgent") == {"bevacizumab", "aflibercept", "ramucirumab", "regorafenib", "fruquintinib"}
    assert members(graph, "DirectVegfr2Blocker") == {"fruquintinib", "ramucirumab", "regorafenib"}, (
        "bevacizumab silences it through VEGF-A"
    )


def test_all_ras_wild_type_is_also_kras_exon_2_wild_type_and_not_the_reverse(graph):
    all_ras, exon_2 = members(graph, "AllRasWildTypePopulation"), members(graph, "KrasExon2WildTypePopulation")
    assert all_ras < exon_2
    assert "CRYSTAL, KRAS wild type" in exon_2 - all_ras
    assert "OPUS, KRAS wild type" not in exon_2, "the source names the gene alone"


def test_what_a_criterion_states_is_apart_from_what_was_tested(graph):
    stated, tested = members(graph, "KrasWildTypePopulation"), members(graph, "KrasExon2WildTypePopulation")
    other = "PRIME, KRAS exon 2 wild type, other RAS mutant"
    assert other in tested - stated, "the criterion states a mutation of RAS"
    assert other in members(graph, "RasMutantPopulation")
    assert "OPUS, KRAS wild type" in stated - tested
    assert members(graph, "AllRasWildTypePopulation") < stated
    assert not stated & members(graph, "RasMutantPopulation")


def test_a_variant_is_a_mutation_of_its_codon_exon_and_gene(built):
    own = Graph()
    population = expand("population:new")
    own.add((population, RDF.type, MCRC.Population))
    own.add((population, MCRC.hasVariant, expand("variant:KRAS-G12C")))
    inferred = infer({ONTOLOGY_GRAPH: built.graphs[ONTOLOGY_GRAPH], URIRef("urn:own"): own})
    loci = {expand(name) for name in ("locus:KRAS-codon-12", "locus:KRAS-exon-2", "gene:KRAS")}
    assert set(inferred.objects(population, MCRC.isMutantAt)) == loci
    assert {MCRC.KrasExon2MutantPopulation, MCRC.RasMutantPopulation} <= set(inferred.objects(population, RDF.type))
    assert expand("variant:KRAS-mutation") in inferred.objects(population, MCRC.hasVariant)


def test_wild_type_at_an_exon_is_wild_type_at_its_codons_and_says_nothing_of_the_gene(built):
    inferred = built.graphs[INFERRED_GRAPH]
    found = set(inferred.objects(expand("population:PRIME-KRAS-wild-type"), MCRC.isWildTypeAt))
    assert found == {expand("locus:KRAS-codon-12"), expand("locus:KRAS-codon-13")}


def test_a_reanalysis_has_the_disease_of_its_study(built):
    inferred = built.graphs[INFERRED_GRAPH]
    study = expand("trial:PRIME-RAS-analysis")
    assert expand("disease:metastatic-colorectal-cancer") in inferred.objects(study, MCRC.hasCondition)
    assert expand("disease:colorectal-cancer") in inferred.objects(expand("trial:PRIME"), MCRC.hasCondition)


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
    "a_class",
    [
        "AntiEgfrRegimen",
        "AntiVegfRegimen",
        "OxaliplatinBasedRegimen",
        "IrinotecanBasedRegimen",
        "RasMutantPopulation",
        "KrasExon2MutantPopulation",
        "RasLocus",
    ],
)
def test_each_defined_class_has_members(graph, a_class):
    assert members(graph, a_class)
