"""What follows from the facts: classes of drugs, regimens and populations, and the drugs of a regimen."""

import pytest
from rdflib import RDF, Graph, URIRef

from kg.namespaces import INFERRED_GRAPH, MCRC, ONTOLOGY_GRAPH, PREFIXES, expand
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


def reports(*figures):
    """Reports of one hazard ratio, each in a document of its own: kind of document, ratio, limits, data cut."""
    text = "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in PREFIXES.items())
    for number, (kind, ratio, limits, cut) in enumerate(figures):
        interval = f"; mcrc:ciLower {limits[0]} ; mcrc:ciUpper {limits[1]} ; mcrc:ciLevel 95.0 " if limits else ""
        analysis = f"; mcrc:inAnalysis [ mcrc:analysisKind cut:{cut} ] " if cut else ""
        text += f"""
        <urn:{number}> a mcrc:ComparativeResult ; mcrc:forEndpoint endpoint:OS ; mcrc:inPopulation <urn:group> ;
          mcrc:experimentalArm <urn:a> ; mcrc:referenceArm <urn:b> ; mcrc:hasStatistic statistic:hazard-ratio ;
          mcrc:value {ratio} ; mcrc:valueAsPrinted "{ratio}" {interval}{analysis}; prov:wasDerivedFrom
          [ mcrc:inPart [ mcrc:ofDocument [ mcrc:documentKind kind:{kind} ; mcrc:publicationYear 2020 ] ] ] .
        """
    return text


@pytest.mark.parametrize(
    ("figures", "order"),
    [
        # the same ratio with its interval, although the second report goes before the third one
        (
            [("article", "0.697", None, None), ("label", "0.72", (0.60, 0.80), None), ("review", "0.70", (0.54, 0.90), None)],
            [2, 0, 1],
        ),
        # another ratio lends no interval
        ([("article", "0.697", None, None), ("label", "0.72", (0.60, 0.80), None)], [0, 1]),
        # the update before the interim analysis, and before its ratio with an interval
        (
            [
                ("article", "0.52", None, "interim"),
                ("guideline", "0.52", (0.39, 0.70), None),
                ("guideline", "0.60", (0.47, 0.75), "update"),
            ],
            [2, 1, 0],
        ),
        # a report without a stated cut is not known to be later than an interim analysis
        ([("article", "0.52", None, "interim"), ("review", "0.60", None, None)], [0, 1]),
    ],
)
def test_a_report_that_replaces_another_goes_immediately_before_it(built, figures, order):
    own = Graph().parse(data=reports(*figures), format="turtle")
    inferred = infer({ONTOLOGY_GRAPH: built.graphs[ONTOLOGY_GRAPH], URIRef("urn:own"): own})
    names = [URIRef(f"urn:{number}") for number in range(len(figures))]
    places = {name: int(inferred.value(name, MCRC.precedence)) for name in names}
    assert sorted(names, key=places.__getitem__) == [names[number] for number in order]
    best = [name for name in names if (name, MCRC.inScope, expand("scope:best")) in inferred]
    assert best == [names[order[0]]]


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
