"""Names as people type them: labels of answers, brand names, words in any order, misspellings; unknown words stay unknown."""

import csv

import pytest

import kg
from kg.ask.search import match, not_called
from kg.namespaces import MCRC, expand
from kg.resources import folder

BRANDS = {
    "Adrucil": "5-fluorouracil",
    "Avastin": "bevacizumab",
    "Camptosar": "irinotecan",
    "Cyramza": "ramucirumab",
    "Eloxatin": "oxaliplatin",
    "Erbitux": "cetuximab",
    "Herceptin": "trastuzumab",
    "Iressa": "gefitinib",
    "Lonsurf": "TAS-102",
    "Stivarga": "regorafenib",
    "Tarceva": "erlotinib",
    "Tykerb": "lapatinib",
    "Vectibix": "panitumumab",
    "Xeloda": "capecitabine",
    "Zaltrap": "aflibercept",
}
OTHERS = ["vemurafenib", "sorafenib", "dabrafenib", "afatinib", "neratinib", "tucatinib", "rituximab", "pertuzumab"]
# columns of answers that a parameter of another name takes
SHOWN = {
    "line": ["line_of_therapy"],
    "trial": ["study"],
    "drug": ["drug_a", "drug_b"],
    "regimen": ["experimental_arm", "reference_arm", "against"],
}
# what stands in such columns without being the name of one entity
PRINTED = {"review-table", "variants", "resistance-by-variant", "populations-with-variant", "names-in-tables"}
# cells that name no entity of the class: pathways among the targets, classes of other ontologies or of the query only, a gene
# family, the populations of claims (which are words), and nothing
KNOWN = {
    *(("class", "class", name) for name in ("activity", "entity", "plan", "salvage-line trial")),
    ("document", "document", ""),
    ("gene", "gene", "KRAS or NRAS"),
    ("line", "line_of_therapy", ""),
    ("population", "population", "HER2-positive"),
    ("population", "population", "aged 70 years and older"),
    ("population", "population", "benefit from earlier bevacizumab"),
    ("population", "population", "elderly"),
    ("population", "population", "metastatic colorectal cancer"),
    ("population", "population", "previously treated"),
    ("target", "target", "EGFR signalling"),
    ("target", "target", "VEGF pathway"),
}


def first(graph, text):
    found = graph.find(text)
    return (found[0].label, found[0].how, match(found[0], text)) if found else None


@pytest.mark.parametrize(("brand", "drug"), BRANDS.items())
def test_a_brand_name_is_a_name_of_its_drug(graph, brand, drug):
    assert first(graph, brand) == (drug, "brand name", "exact")
    parameter = graph.questions["drug-roles"].parameter("drug")
    assert graph.label(graph.term(parameter, brand.lower())) == drug


def test_every_brand_name_is_held_where_it_was_seen(graph):
    held = {str(row[0]): str(row[1]) for row in graph.query(f"SELECT ?drug ?name {{ ?drug <{MCRC.brandName}> ?name }}").rows}
    assert sorted(held.values()) == sorted(BRANDS)
    seen = {}
    for path in (folder("ontology") / "mappings").glob("*.sssom.tsv"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["comment"].startswith("brand name"):
                assert row["predicate_id"] == "skos:narrowMatch"
                assert row["see_also"].startswith("https://")
                seen[str(expand(row["subject_id"]))] = row["object_label"].capitalize()
    assert held == seen


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("CALGB 80405", "CALGB/SWOG 80405"),
        ("80405 SWOG", "CALGB/SWOG 80405"),
        ("RAS wt", "RAS wild type"),
        ("KRAS WT", "KRAS wild type"),
        ("FIRE3", "FIRE-3"),
        ("bevacizumab FOLFIRI", "FOLFIRI + bevacizumab"),
    ],
)
def test_a_name_may_be_written_in_other_ways(graph, text, label):
    assert first(graph, text)[::2] == (label, "exact")
    assert graph.label(graph.resolve(text)) == label


def test_words_in_any_order_are_found(graph):
    found = graph.find("cetuximab panitumumab")
    assert "Cetuximab and panitumumab are to be used in RAS wild type only" in {name.text for name in found}
    assert {match(name, "cetuximab panitumumab") for name in found} == {"part"}
    text = "Erbitux and vemurafenib"
    (only,) = graph.find(text)
    assert (only.label, match(only, text)) == ("cetuximab", "within")
    assert not_called([only], text) == f"no entity is called '{text}'; these are called like a part of it"


@pytest.mark.parametrize(
    ("typed", "name"),
    [("cetuximb", "cetuximab"), ("Avastn", "bevacizumab"), ("regorafinib", "regorafenib"), ("CRISTAL", "CRYSTAL")],
)
def test_a_misspelling_offers_the_nearest_name_and_is_not_taken_for_it(run, graph, typed, name):
    assert first(graph, typed)[::2] == (name, "similar")
    with pytest.raises(kg.NotFoundError, match=f"no entity is called '{typed}'; nearest: {name} "):
        graph.resolve(typed)
    assert f"no entity is called '{typed}'; these names are only spelled like it" in run("find", typed).stderr


@pytest.mark.parametrize("unknown", OTHERS)
def test_an_unknown_drug_is_never_another_one(run, graph, unknown):
    assert graph.find(unknown) == []
    with pytest.raises(kg.NotFoundError, match=f"no drug is called '{unknown}'; try"):
        graph.ask("drug-roles", drug=unknown)
    if unknown == OTHERS[0]:
        done = run("find", unknown)
        assert "no entity is called 'vemurafenib'" in done.stderr
        assert "regorafenib" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("typed", "stratum"),
    [
        ("RAS wild type", "all-RAS wild-type population"),
        ("RAS wt", "all-RAS wild-type population"),
        ("KRAS wild type", "KRAS wild-type population"),
        ("KRAS exon 2 wild type", "KRAS exon 2 wild-type population"),
        ("RAS mutant", "RAS-mutant population"),
    ],
)
def test_a_stratum_may_be_named_as_answers_name_it(graph, typed, stratum):
    sides = ("OS", "cetuximab", "bevacizumab")
    assert graph.ask("hazard-ratios", stratum=typed).rows == graph.ask("hazard-ratios", stratum=stratum).rows
    if "mutant" not in typed:
        assert graph.pool(*sides, typed, "first-line").to_table() == graph.pool(*sides, stratum, "first-line").to_table()
    one, other = (graph.compare("Erbitux", "anti-VEGF", "OS", text).to_table() for text in (typed, stratum))
    assert one == other


def test_a_class_of_regimens_may_be_named_without_its_last_word(graph):
    for kind in ("EGFR", "VEGF"):
        assert graph.label(graph.resolve(f"anti-{kind}")) == f"anti-{kind} regimen"
    typed, full = (graph.pool("OS", *sides, "RAS wild type").to_table() for sides in (
        ("anti-EGFR", "anti-VEGF"), ("anti-EGFR regimen", "anti-VEGF regimen")
    ))  # fmt: skip
    assert typed == full


def test_the_criterion_of_populations_is_accepted_for_all_of_them(graph):
    every = [row for row in graph.ask("arm-values") if row["population"] == "RAS wild type"]
    assert list(graph.ask("arm-values", population="RAS wild type")) == every
    assert len({row["trial"] for row in every}) > 3
    inside = {row["population_iri"] for row in graph.ask("strata") if row["stratum"] == "RAS-mutant population"}
    found = graph.ask("arm-values", population="RAS-mutant population")
    assert {row["population_iri"] for row in found} <= inside
    assert len(found)


def test_every_label_that_an_answer_shows_is_accepted(graph):
    """The labels in a column that has the name of a parameter, or stands for it."""
    refused = set()
    parameters = {(one.name, one.type): one for asked in graph.questions.values() for one in asked.parameters if one.of_class}
    for name, asked in graph.questions.items():
        if asked.endpoint or name in PRINTED:
            continue
        table = graph.ask(name)
        for (parameter, _), one in parameters.items():
            for column in {parameter, *SHOWN.get(parameter, ())} & set(table.columns):
                at = table.columns.index(column)
                for text in {str(row[at]) for row in table.rows if row[at] is not None and ", " not in str(row[at])}:
                    try:
                        graph.terms(one, text)
                    except kg.NotFoundError:
                        refused.add((parameter, column, text))
    assert refused == KNOWN


def test_a_study_is_accepted_by_the_name_in_its_iri(graph):
    parameter = graph.questions["reported-results"].parameter("trial")
    for name in ("FOLFOX-gefitinib", "Misale", "CALGB-SWOG-80405"):
        assert str(graph.term(parameter, name)).endswith(f"/trial/{name}")
    assert graph.ask("enrolment", trial="FOLFOX-gefitinib").rows == graph.ask("enrolment", trial="trial:FOLFOX-gefitinib").rows


def test_a_graded_event_is_accepted_as_answers_show_it(graph):
    assert graph.ask("arm-values", endpoint="diarrhea (grade 3 or 4)").rows == graph.ask("arm-values", endpoint="diarrhea").rows


def test_the_command_line_takes_the_same_names(run):
    words = ("ask", "hazard-ratios", "--drug", "Vectibix", "--stratum", "RAS wt")
    assert (
        run(*words).stdout
        == run("ask", "hazard-ratios", "--drug", "panitumumab", "--stratum", "all-RAS wild-type population").stdout
    )
    done = run("find", "Avastin")
    assert done.stdout.splitlines()[1].startswith("bevacizumab,drug,Avastin,brand name,")
