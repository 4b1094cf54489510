"""What the review says in words is found from everything that it names, and nothing is said that it does not say."""

import pytest

REVIEW = "ohhara-2016"


def about(graph, thing):
    return {row["statement"] for row in graph.ask("statements-about", thing=thing)}


def of_study(graph, trial):
    return {row["statement"] for row in graph.ask("statements-of-study", trial=trial)}


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        ("aflibercept", "soluble decoy receptor"),
        ("target:EGFR", "autophosphorylation of its intracellular domain"),
        ("5-FU", "fluoropyrimidine that is given intravenously"),
        ("capecitabine", "fluoropyrimidine that is given orally"),
        ("state:RAS-wild-type", "defined by codons: no mutation in codons 12, 13, 59, 61, 117 and 146 of KRAS and NRAS"),
        ("target:BRAF", "BRAF mutations were more common in the transverse and right"),
        ("gene:BRAF", "BRAF mutations were associated with peritoneal"),
        ("gene:KRAS", "Activating mutation of KRAS exon 2 is associated with intrinsic resistance"),
        ("gene:KRAS", "KRAS mutations were more common in the right"),
        ("gene:NRAS", "restricted to patients wild type in KRAS and NRAS"),
        ("state:RAS-wild-type", "restricted to patients wild type in KRAS and NRAS"),
        ("state:KRAS-mutant", "Patients with KRAS mutation might have had a worse PFS and OS"),
        ("regimen:trastuzumab-lapatinib", "HERACLES gave trastuzumab with lapatinib as dual-targeted therapy"),
        ("locus:KRAS-exon-2", "KRAS mutation was looked for in codons 12 and 13"),
        ("neutropenia", "Neutropenia of grade 3 or 4 was significantly more frequent with FOLFOXIRI plus bevacizumab"),
        ("neutropenia", "Neutropenia was one of the two most common toxicities of grade 3 or 4 with FOLFOX and gefitinib"),
        ("diarrhea", "Diarrhea was among the most frequent adverse events of grade 3 or higher with regorafenib"),
        ("mFOLFOX6", "TREE-1/2 evaluated bevacizumab added to mFOLFOX6, bFOL or CapeOX"),
        ("quality of life", "Cetuximab preserved quality of life measures in NCIC CO.17"),
        ("trial:BRiTE", "ML18147 was conducted because of the result of BRiTE"),
    ],
)
def test_a_statement_is_found_from_what_it_names(graph, thing, words):
    assert any(words in statement for statement in about(graph, thing))


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ("EPIC", "So far, the detailed results of BOND-1 and EPIC by KRAS status have not been published"),
        ("BOND-1", "So far, the detailed results of BOND-1 and EPIC by KRAS status have not been published"),
        ("COIN", "Microsatellite instability was associated with nodal-only metastases"),
        ("TRIBE", "Stomatitis of grade 3 or 4 was significantly more frequent"),
        ("PRIME", "17% of the patients wild type in KRAS exon 2"),
        ("CRYSTAL", "A similar outcome was seen in CRYSTAL"),
        ("ML18147", "because of the result of BRiTE"),
        ("NCIC CO.17", "preserved quality of life"),
    ],
)
def test_a_statement_is_found_from_each_study(graph, trial, words):
    assert any(words in statement for statement in of_study(graph, trial))


def test_a_statement_about_a_part_is_not_one_about_its_sibling(graph):
    assert not any("KRAS mutations" in statement for statement in about(graph, "gene:BRAF"))
    assert not any("NRAS exon 4" in statement for statement in about(graph, "gene:KRAS") if "KRAS exon" not in statement)


@pytest.mark.parametrize(("table", "places"), [("Table 1", 5), ("Table 2", 4), ("Table 3", 1), ("Table 4", 1)])
def test_the_places_where_a_table_is_cited(graph, table, places):
    thing = f"part:{REVIEW}.{table.lower().replace(' ', '-')}"
    rows = [row for row in graph.ask("statements-about", thing=thing) if f"{table} is cited" in row["statement"]]
    assert len({row["passage_iri"] for row in rows}) == len(rows) == places


def test_search_finds_fluoropyrimidines(graph):
    assert any("given orally" in name.label for name in graph.find("fluoropyrimidine"))


def test_names_that_the_review_does_not_print_are_said(graph):
    remarks = {row["about"]: row["remark"] for row in graph.ask("remarks") if "prints no name of this study" in row["remark"]}
    for author in ("Misale et al.", "Diaz et al."):
        assert remarks[author].endswith("the label is the name of its first author, as the text cites it.")
    assert "CRYSTAL RAS analysis" in remarks
    assert not {"PEAK", "PANERB", "HERACLES", "BOND-1"} & set(remarks)


@pytest.mark.parametrize(
    ("trial", "number", "whole"),
    [
        ("CRYSTAL", 1063, 1198),
        ("OPUS", 315, 337),
        ("PANERB", 28, 106),
        ("phase II study of capecitabine plus erlotinib", 4, 13),
    ],
)
def test_a_share_names_its_whole(graph, trial, number, whole):
    rows = [row for row in graph.ask("enrolment", trial=trial, document=REVIEW) if row["out_of"] == whole]
    assert number in {row["participants"] for row in rows}


def test_the_subgroups_of_coin_are_populations_of_its_two_arms(graph):
    rows = [row for row in graph.ask("comparisons", trial="COIN") if "exploratory" in row["population"]]
    assert {(row["regimen"], row["population"].removeprefix("KRAS wild type, chemotherapy "), row["effect"]) for row in rows} == {
        ("FOLFOX or CapeOX + cetuximab", "FOLFOX (exploratory subgroup)", "HR 0.72"),
        ("FOLFOX or CapeOX + cetuximab", "CapeOX (exploratory subgroup)", "HR 1.02"),
    }
    arms = {row["regimen"] for row in graph.ask("arms-of-trial", trial="COIN")}
    assert arms == {"FOLFOX or CapeOX", "FOLFOX or CapeOX + cetuximab"}, "a subgroup is no randomised arm"


def test_what_is_ours_is_not_a_fact_of_the_review(graph):
    assert not [row for row in graph.ask("actions-of-drug") if row["drug"] in ("trastuzumab", "lapatinib")]
    assert "mechanism" not in {row["topic"] for row in graph.ask("statements-of-study", trial="HERACLES")}, "called silent"
    assert len(graph.ask("not-reported", thing="lapatinib", reporting_item="mechanism of action")) == 1
    steps = graph.explain("trastuzumab", "acts on", "HER2").steps
    assert [step.because for step in steps] == ["the ontology states it"]
    populations = {row["population"] for row in graph.ask("populations", trial="phase II study of capecitabine plus erlotinib")}
    assert not any("evaluable" in population for population in populations)
    remarks = [row for row in graph.ask("remarks") if row["about"].startswith("C-TASK FORCE")]
    assert remarks
    assert not [row for row in remarks if "single arm" in row["remark"].lower()]
    studies = {row["trial"]: row["design"] or "" for row in graph.ask("studies", document=REVIEW)}
    assert "single-arm" not in studies["C-TASK FORCE"]
    assert "single-arm" in studies["phase II study of FOLFOX plus gefitinib"], "the review says so"
