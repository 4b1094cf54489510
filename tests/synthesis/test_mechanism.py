"""Ways from drugs to pathways, against the canned questions; what mutations cut; what drugs share."""

import networkx as nx
import pytest

import kg


def test_every_stated_action_is_a_first_step(graph):
    steps = {(path.steps[0].source, path.steps[0].words, path.steps[0].target) for path in graph.mechanism().paths}
    stated = {(row["drug"], row["action"], row["target"]) for row in graph.ask("actions-of-drug")}
    assert steps == stated


def test_each_step_leads_to_its_place(graph):
    for path in graph.mechanism().paths:
        assert path.steps[0].passage.startswith("https://w3id.org/mcrc-kg/id/passage/")
        assert path.steps[0].place


def test_direct_and_indirect_ways_differ(graph):
    ways = {path.end: path.direct for path in graph.mechanism("bevacizumab").paths if path.steps[0].target == "VEGFR-2"}
    assert ways == {"VEGF pathway": False, "angiogenesis": False}
    assert any(path.direct and path.steps[0].target == "VEGF-A" for path in graph.mechanism("bevacizumab").paths)


def test_a_ras_mutation_cuts_the_ways_in_which_ras_takes_part(graph):
    found = graph.mechanism("cetuximab")
    cut = found.why_not("KRAS exon 2")
    assert {path.end for path in cut} == {"EGFR signalling", "RAS/RAF/MAPK pathway"}
    assert {path.end for path in found.paths} - {path.end for path in cut} == {"PI3K/AKT pathway", "STAT pathway"}
    assert "; cut by mutation of RAS at KRAS exon 2" in str(cut[0])
    assert len(next(one for one in cut[0].cuts if one.locus == "KRAS exon 2").passages) == 3
    assert graph.mechanism("bevacizumab").why_not("KRAS exon 2") == []
    assert graph.mechanism("erlotinib").why_not("KRAS exon 2") == [], "the source says so of the two antibodies only"


def test_a_mutation_of_a_codon_cuts_what_a_mutation_of_its_exon_cuts(graph):
    found = graph.mechanism("cetuximab")
    assert found.why_not("KRAS codon 12") == found.why_not("KRAS exon 2") != []
    assert found.why_not("BRAF codon 600") == [], "the source does not say so of BRAF"


def test_a_locus_that_nobody_knows_is_no_empty_answer(graph):
    with pytest.raises(kg.NotFoundError, match="no locus is called 'BRAF V600E'; the loci are BRAF codon 600; "):
        graph.mechanism("cetuximab").why_not("BRAF V600E")


def test_cuts_are_those_of_the_canned_question(graph):
    stated = {(row["drug"], row["locus"]) for row in graph.ask("resistance")}
    drawn = {(path.drug, cut.locus) for path in graph.mechanism().paths for cut in path.cuts}
    assert drawn == stated


def test_what_is_shared(graph):
    found = graph.mechanism()
    assert found.shared("bevacizumab", "ramucirumab") == ["VEGF pathway", "VEGFR-2", "angiogenesis"]
    with pytest.raises(kg.NotFoundError, match="there are paths for"):
        found.shared("bevacizumab", "irinotecan")


def test_it_is_a_network_in_layers(graph):
    network = graph.mechanism().to_networkx()
    assert nx.is_directed_acyclic_graph(network)
    assert network.nodes["cetuximab"]["layer"] == "drug"
    assert network.nodes["EGFR"]["layer"] == "target"
    assert network.nodes["EGFR signalling"]["layer"] == "pathway"
    assert network.nodes["VEGF pathway"]["layer"] == "pathway"


def test_a_thing_that_no_way_touches(graph):
    with pytest.raises(kg.NotFoundError, match="no path from a drug"):
        graph.mechanism("CRYSTAL")
