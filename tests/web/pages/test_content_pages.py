"""The working pages: comparisons, pools, maps, printed tables, claims, discrepancies, files; they say what the graph says."""

import csv
import hashlib
import io
import json
import re
import zipfile
from urllib.parse import urlencode

import pytest
from htmlpage import get
from paths import TESTS
from rdflib import URIRef
from tiers import few

from kg.ask.catalogue import catalogue
from kg.ask.results import to_csv, to_json
from kg.exports import EXPORTERS
from kg.namespaces import BASE
from kg.synthesis.indirect import ASSUMPTION
from kg.web.pages.archives import file_name, zipped

TABLES = TESTS / "tables"
POOL = {
    "endpoint": "OS",
    "experimental": "anti-EGFR regimen",
    "reference": "anti-VEGF regimen",
    "stratum": "all-RAS wild-type population",
}
REFUSED = {name: POOL[name] for name in ("endpoint", "experimental", "reference")} | {"document": "ohhara-2016"}
COMPARE = {"one": "cetuximab", "other": "bevacizumab"}
PAGES = {
    "library": "/q",
    "question": "/q/hazard-ratios",
    "question-graph": "/q/resistance",
    "question-wide": "/q/reported-results?trial=CRYSTAL",
    "question-federated": "/q/uniprot-function",
    "compare-form": "/compare",
    "compare": f"/compare?{urlencode(COMPARE)}",
    "pool": f"/pool?{urlencode(POOL)}",
    "pool-refused": f"/pool?{urlencode(REFUSED)}",
    "network": "/network",
    "mechanism": "/mechanism?thing=cetuximab",
    "timeline": "/timeline",
    "tables": "/tables",
    "table": "/tables/3",
    "discrepancies": "/discrepancies",
    "claims": "/claims",
    "corroboration": "/corroboration",
    "downloads": "/downloads",
    "about": "/about",
}
LOOKS = [(390, False), (390, True), (1280, False), (1280, True)]


@pytest.fixture(scope="module")
def printed_at(graph):
    """The printed figure at the address of each passage."""
    return {row["passage_iri"].replace(BASE, "/"): row["printed"] for row in graph.ask("passages")}


@pytest.mark.parametrize(("page", "words"), [("pool", POOL), ("compare", COMPARE | {"stratum": POOL["stratum"]})])
def test_analyses_take_names_as_people_type_them(site, page, words):
    typed = {"anti-EGFR regimen": "anti-EGFR", "cetuximab": "Erbitux", POOL["stratum"]: "RAS wt"}
    other = {name: typed.get(value, value) for name, value in words.items()}
    assert other != words
    assert get(f"{site}/{page}.csv?{urlencode(other)}").text == get(f"{site}/{page}.csv?{urlencode(words)}").text
    assert get(f"{site}/{page}?{urlencode(other)}").status == 200


@pytest.mark.parametrize("number", "1234")
def test_a_printed_table_comes_back_and_every_figure_leads_to_its_place(site, printed_at, number):
    page = get(f"{site}/tables/{number}").page
    with (TABLES / f"table-{number}.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    sections = [row[0].text for row in page.rows if len(row) == 1]
    assert sections == [*dict.fromkeys(row["section"] for row in expected if row["section"])]
    rows = [row for row in page.rows if len(row) > 1]
    for row, wanted in zip(rows, expected, strict=True):
        cells = [cell.text if cell.text != "none" else "" for cell in row]
        assert cells == [wanted[name] for name in ("trial", "regimen", "n", "orr", "pfs", "os")]
        for cell in row[2:]:
            if cell.text:
                (link,) = cell.links
                assert printed_at[link].replace(" … ", ", ") == cell.text
    assert any(link.startswith("/id/passage/") and get(site + link).status == 200 for link in page.links)


def test_the_tables_are_counted_by_the_graph(site, graph):
    text = " ".join(get(f"{site}/tables").page.text.split())
    for row in graph.query(catalogue("pages")["tables"].sparql):
        assert f"{row['rows']} rows, {row['figures']} figures" in text
    assert get(f"{site}/tables/9").status == 404


@pytest.mark.parametrize("asked", [COMPARE, {"one": "FOLFIRI", "other": "FOLFIRI + bevacizumab"}], ids=["direct", "indirect"])
def test_a_comparison_is_that_of_the_library(site, graph, asked):
    found = graph.compare(**asked)
    page = get(f"{site}/compare?{urlencode(asked)}").page
    assert [len(table) - 1 for table in page.tables] == [
        len(part) for part in (found.direct, found.indirect, found.left_out) if part
    ]
    assert (ASSUMPTION in page.text) == bool(found.indirect)
    assert found.answer in " ".join(page.text.split())
    assert {stratum for stratum in found.gaps if stratum not in page.text} == set()
    assert {one.passage.replace(BASE, "/") for one in found.direct} <= set(page.links)
    assert get(f"{site}/compare.csv?{urlencode(asked)}").text == to_csv(found.to_table())


def test_a_comparison_says_what_it_left_out_and_what_the_source_pooled(site, graph):
    asked = {"one": "anti-EGFR regimen", "other": "anti-VEGF regimen", "endpoint": "OS"}
    text = get(f"{site}/compare?{urlencode(asked)}").text
    found = graph.compare(**asked)
    assert "Pooled results of the documents" in text
    assert f"{len(found.left_out)} comparisons not used, with the reason" in text


def test_the_forms_offer_what_no_thing_is_named_after(site):
    text = get(f"{site}/pool").text
    for words in ("no targeted agent", "unselected population"):
        assert f">{words}</option>" in text
    assert "OS, anti-VEGF regimen against no targeted agent, unselected population, second-line" in text


def test_a_comparison_says_what_two_drugs_share(site, graph):
    asked = {"one": "cetuximab", "other": "panitumumab"}
    page = get(f"{site}/compare?{urlencode(asked)}").page
    for name in graph.compare(**asked).shared:
        assert f"/mechanism?{urlencode({'thing': name})}" in page.links


def test_a_pool_is_that_of_the_library(site, graph):
    found = graph.pool(*POOL.values())
    page = get(f"{site}/pool?{urlencode(POOL)}").page
    text = " ".join(page.text.split())
    main = found.pooled.modified
    said = f"{main.value:.2f} 95% CI {main.lower:.2f} to {main.upper:.2f}, modified Hartung-Knapp, {len(found.studies)} studies"
    assert said in text
    assert found.footnote in text
    assert found.interpretation in text
    assert f"Q = {found.pooled.q:.2f}" in text
    assert len(page.tables[-1]) - 1 == len(found.left_out)
    for left in found.left_out:
        assert left.reason in text
    assert get(f"{site}/pool.csv?{urlencode(POOL)}").text == to_csv(found.to_table())
    assert json.loads(get(f"{site}/pool.json?{urlencode(POOL)}").text) == json.loads(to_json(found.to_table()))
    assert get(f"{site}/pool.xml?{urlencode(POOL)}").status == 404


def test_a_pool_names_its_strongest_study_that_is_missing(site, graph):
    asked = {"endpoint": "OS", "experimental": "anti-VEGF regimen", "reference": "no targeted agent", "line": "first-line"}
    asked["document"] = "ohhara-2016"
    text = " ".join(get(f"{site}/pool?{urlencode(asked)}").page.text.split())
    assert "This leaves out AVF2107g (HR 0.66, P < 0.001), the strongest of the studies" in text
    assert text.index("AVF2107g") < text.index("Heterogeneity")


def test_the_page_of_a_result_and_the_plot_of_its_trial_agree(site, graph):
    """The abstract of CRYSTAL prints HR 0.796 and P = .0093, and no interval: both name the computed one as such."""
    row = next(row for row in graph.ask("reported-results", trial="CRYSTAL") if row["effect_value"] == "0.796")
    facts = graph.query(catalogue("pages")["rests-on-passage"].bind({"thing": URIRef(row["passage_iri"])}))
    path = next(one["fact_iri"] for one in facts if "-vs-" in one["fact_iri"]).replace(BASE, "/")
    text = " ".join(get(site + path).page.text.split())
    assert "Confidence intervalnot printed at this place" in text.replace("interval not", "intervalnot")
    trial = get(site + row["study_iri"].replace(BASE, "/")).text
    drawn = re.search(r"0\.796 \((0\.\d\d) to (0\.\d\d), interval computed from P = \.0093, not reported\)", trial)
    assert drawn
    assert f"{drawn[1]}–{drawn[2]}, 95% interval from P = .0093, not reported" in text
    assert "Dashed line: interval computed from P, not reported." in trial


@pytest.mark.parametrize(
    ("trial", "figure", "said"),
    [
        ("NCIC CO.17", "0.55", "only gives a bound"),
        ("meta-analysis of anti-EGFR against anti-VEGF therapy", "0.77", "0.63–0.95, 95%"),
    ],
)
def test_the_page_of_a_result_without_a_computed_interval(site, graph, trial, figure, said):
    rows = graph.ask("reported-results", trial=trial, document="ohhara-2016")
    row = next(row for row in rows if row["effect_value"] == figure)
    facts = graph.query(catalogue("pages")["rests-on-passage"].bind({"thing": URIRef(row["passage_iri"])}))
    path = next(one["fact_iri"] for one in facts if "-vs-" in one["fact_iri"]).replace(BASE, "/")
    text = " ".join(get(site + path).page.text.split())
    assert said in text
    assert ("Computed interval" in text) == (figure == "0.55")


def test_a_trial_without_a_ratio_has_words_in_place_of_a_plot(site, graph):
    trial = next(row["study_iri"] for row in graph.ask("reported-results", trial="BICC-C"))
    text = get(site + trial.replace(BASE, "/")).text
    assert (
        "No ratio is printed, so there is no forest plot. In words: OS, same targeted drugs, another chemotherapy: BICC-C" in text
    )
    assert "<figure" not in text


def test_a_refused_pool_is_explained(site):
    answer = get(f"{site}/pool?{urlencode(REFUSED)}")
    assert answer.status == 200
    assert "different lines of therapy" in answer.page.text
    assert "--" not in answer.page.text
    assert get(f"{site}/pool.csv?{urlencode(REFUSED)}").status == 422


def test_the_pools_on_offer_can_be_made(site):
    offers = [link for link in get(f"{site}/pool").page.links if link.startswith("/pool?")]
    assert len(offers) > 3
    for link in offers:
        assert "Pooled effect" in get(site + link).text, link


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/compare?one=cetuximub&other=bevacizumab", 404, "nearest: cetuximab"),
        ("/compare?one=cetuximab&other=cetuximab", 400, "both sides are"),
        ("/compare?one=cetuximab&other=", 400, "also choose a second treatment"),
        ("/pool?endpoint=OS&experimental=cetuximab", 400, "also choose a reference treatment"),
        ("/pool?method=XX", 400, "DL, PM, REML"),
        ("/pool?colour=red", 400, "colour"),
        ("/network?by=colours", 400, "drugs, regimens"),
        ("/mechanism?thing=FOLFOX4", 404, "FOLFOX4"),
        ("/claims?line=fifth", 404, "fifth"),
        ("/corroboration?document=ohara-2016", 404, "ohara-2016"),
        ("/corroboration?year=2016", 400, "no parameter 'year'"),
        ("/downloads/x.zip", 404, "mcrc-kg.ttl"),
        ("/about?x=1", 400, "no parameter 'x'"),
    ],
)
def test_a_mistake_says_what_helps(site, path, status, told):
    answer = get(site + path)
    assert answer.status == status
    assert told in answer.page.text


@pytest.mark.parametrize("given", [{}, {"stratum": "KRAS wild-type population", "line": "first-line"}, {"by": "regimens"}])
def test_the_network_lists_every_pair(site, graph, given):
    page = get(f"{site}/network?{urlencode(given)}").page
    expected = [[text or "none" for text in row] for row in graph.network(**given).to_table().texts()]
    assert [[cell.text for cell in row] for row in page.rows] == expected[:2000]
    rest = len(expected) - 2000
    assert rest < 0 or f"of {len(expected)} rows are shown" in page.text, "a page has no more rows than that"


def test_the_mechanism_lists_every_way(site, graph):
    page = get(f"{site}/mechanism?thing=EGFR").page
    assert len(page.tables[0]) - 1 == len(graph.mechanism("EGFR").paths)
    assert {row[0].text for row in page.rows} <= set(graph.mechanism("EGFR").drugs)


def test_a_study_that_counts_on_both_sides_of_a_claim_is_named(site, graph):
    """CAIRO2 had the higher response with cetuximab, and no benefit else: it is counted for the claim and against it."""
    sides = {}
    for row in graph.ask("claims"):
        sides.setdefault((row["claim_iri"], row["evidence"]), set()).add(row["direction"])
    both = {key for key, found in sides.items() if {"supports", "disputes"} <= found and key[1]}
    assert "CAIRO2" in {name for _, name in both}
    text = " ".join(get(f"{site}/claims").page.text.split())
    assert "CAIRO2 counts on both sides, because one part of its evidence supports the claim" in text
    assert text.count(" on both sides, because ") == len({claim for claim, _ in both})


def test_all_claims_stand_there_with_their_evidence(site, graph):
    page = get(f"{site}/claims").page
    for row in graph.ask("claims"):
        assert row["claim_iri"].replace(BASE, "/") in page.links
        assert row["passage_iri"].replace(BASE, "/") in page.links
        assert (row["evidence"] or "") in page.text
    for claim in {row["claim_iri"] for row in graph.ask("claims")}:
        for row in graph.ask("evidence-of-claim", claim=claim):
            assert row["passage_iri"].replace(BASE, "/") in page.links
    first = get(f"{site}/claims?line=first-line").page
    assert 0 < first.text.count("· ") < page.text.count("· ")


def test_a_claim_stands_with_its_evidence_then_and_now(site, graph):
    text = get(f"{site}/claims").page.text
    for until, words in ((2016, "Evidence until 2016: "), (None, "All evidence: ")):
        for row in graph.ask("claims", **({"until": until} if until else {})):
            numbers = f"studies for: {row['computed_supporting']}, against: {row['computed_disputing']}"
            assert f"{words}{row['computed_standing']} ({numbers})" in text


@pytest.mark.parametrize("document", [None, "rivera-2017"])
def test_every_difference_of_a_document_stands_there_with_both_places(site, graph, document):
    answer = get(f"{site}/corroboration" + (f"?document={document}" if document else ""))
    page = answer.page
    name = document or "ohhara-2016"
    rows = [row for row in graph.ask("corroboration", document=name) if name in (row["document_a"], row["document_b"])]
    assert rows
    for row in rows:
        assert {row["passage_a_iri"].replace(BASE, "/"), row["passage_b_iri"].replace(BASE, "/")} <= set(page.links)
        assert row["trial"] in page.text
    counted = {cells[0].text.split(":")[0].lower(): int(cells[1].text) for cells in page.rows}
    assert counted["differs"] == sum(row["agreement"] == "differs" for row in rows)
    assert sum(counted.values()) == len(rows)
    assert ("<h1>How true is the review?</h1>" in answer.text) == (document is None)


def test_all_discrepancies_stand_there_with_both_places(site, graph):
    page = get(f"{site}/discrepancies").page
    rows = graph.query(catalogue("pages")["discrepancies"].sparql)
    assert len(rows) == len(graph.ask("discrepancies"))
    for row in rows:
        assert {row["passage_a"].replace(BASE, "/"), row["passage_b"].replace(BASE, "/")} <= set(page.links)
        assert row["value_a"] in page.text
        assert row["value_b"] in page.text


@pytest.mark.parametrize("form", few(["csv", "kgx", "graphml", "ttl"]))
def test_a_file_to_take_away_is_what_the_export_writes(site, graph, form):
    answer = get(f"{site}/downloads/{file_name(form)}")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file_name(form)}"'
    texts = EXPORTERS[form].texts(graph)
    expected = zipped(texts) if EXPORTERS[form].folder else next(iter(texts.values())).encode()
    assert answer.body == expected
    assert answer.headers["ETag"] == f'"{hashlib.sha256(expected).hexdigest()}"'
    assert get(f"{site}/downloads/{file_name(form)}", If_None_Match=answer.headers["ETag"]).status == 304
    if EXPORTERS[form].folder:
        assert set(zipfile.ZipFile(io.BytesIO(answer.body)).namelist()) == set(texts)


@pytest.mark.complete
def test_the_sums_are_those_of_the_files(site):
    sums = dict(reversed(line.split("  ")) for line in get(f"{site}/downloads/SHA256SUMS").text.splitlines())
    assert set(sums) == {file_name(form) for form in EXPORTERS}
    for name, sum_ in sums.items():
        assert hashlib.sha256(get(f"{site}/downloads/{name}").body).hexdigest() == sum_
    page = get(f"{site}/downloads").page
    assert all(sum_ in page.text for sum_ in sums.values())
    assert "being made" not in page.text


def test_about_says_what_the_graph_says_of_itself(site, graph):
    text = " ".join(get(f"{site}/about").page.text.split())
    assert "This is not medical advice" in text
    source = next(row for row in graph.ask("documents") if row["document"] == "ohhara-2016")
    assert source["citation"] in text
    assert f"{len(graph.ask('passages'))}" in text


@pytest.mark.parametrize("name", few(PAGES, "library", "question", "compare", "network", "table", "about"))
def test_the_links_of_a_page_are_alive(site, name):
    links = dict.fromkeys(link.partition("#")[0] for link in get(site + PAGES[name]).page.links)
    own = [link for link in links if link.startswith("/") and not link.startswith("/downloads/")]
    kinds = {}
    for link in own:  # some of each kind: pages of one kind are made alike
        kinds.setdefault(re.sub(r"(?<=/)[^/?]+(\?.*)?$", "", link), []).append(link)
    for found in kinds.values():
        for link in found[:6]:
            assert get(site + link).status in (200, 303), link


@pytest.mark.complete
@pytest.mark.parametrize(("width", "dark"), LOOKS, ids=["phone", "phone-dark", "desktop", "desktop-dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(site, visit, name, width, dark):
    with visit(site, width=width, dark=dark) as one:
        one.open(PAGES[name])
        one.page.get_by_role("heading", level=1).wait_for()
        one.picture(f"working-{name}-{width}{'-dark' if dark else ''}")
        assert one.axe() == []
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert one.page.locator("h1").count() == 1
        one.settled()


@pytest.mark.complete
def test_it_works_without_scripts_by_keyboard(site, visit):
    with visit(site, width=390, javascript=False) as one:
        one.open("/compare")
        one.page.get_by_label("first treatment", exact=True).focus()
        one.page.keyboard.type("cetux")
        one.page.keyboard.press("Tab")
        one.page.keyboard.type("bevac")
        one.page.get_by_role("button", name="Compare").press("Enter")
        one.page.get_by_role("heading", name="cetuximab against bevacizumab").wait_for()
        one.settled()
