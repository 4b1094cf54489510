"""The page of an entity begins with the answer: a card, efficacy, harm, words; the rest is folded."""

from html import unescape

import pytest
from htmlpage import get
from rdflib import URIRef

from kg.namespaces import ID
from kg.web.pages.cards import card
from kg.web.pages.entity_panels import panels
from kg.web.pages.panels import OPEN, PageContext
from kg.web.pages.result_table import Names

TALL, SOON = 3000, 1500  # pixels at a width of 1280
READ = (
    "/id/drug/cetuximab",
    "/id/drug/bevacizumab",
    "/id/drug/panitumumab",
    "/id/trial/CRYSTAL",
    "/id/trial/FIRE-3",
    "/id/regimen/FOLFOX",
    "/id/endpoint/OS",
    "/id/state/RAS-wild-type",
    "/id/target/VEGF-A",
    "/id/locus/KRAS-exon-2",
    "/id/source/ohhara-2016",
    "/id/claim/ohhara-2016.EGFR-kinase-inhibitors",
    "/id/passage/ohhara-2016.41660-41711",
    "/trials",
    "/sources",
)


@pytest.fixture(scope="module")
def context(graph):
    return PageContext(graph, Names(graph.names()), "")


def lines(context, thing):
    """The lines of a card: for each heading its values as texts with their remarks, and the words of an empty one."""
    made = card(context, thing.partition("/")[0], ID + thing)
    return {
        one.words: [f"{entry.text} ({entry.note})" if entry.note else entry.text for entry in (*one.entries, *one.more)]
        or one.empty
        for one in made
    }


def table(context, kind, heading, thing):
    """The rows of a panel, as dictionaries of texts by column."""
    (panel,) = (one for one in panels(kind) if one.heading == heading)
    made = context.show(panel, f"{ID}{kind}/{thing}").result_table
    return [dict(zip([one.name for one in made.columns], [cell.text for cell in row], strict=True)) for row in made.rows]


def test_the_card_of_a_trial(context):
    fire = lines(context, "trial/FIRE-3")
    assert fire["Phase"] == ["III"]
    assert fire["Line of therapy"] == ["first-line"]
    assert fire["Participants"][0] == "592 (KRAS wild type; 5 documents)"
    assert fire["Arms"] == ["FOLFIRI + bevacizumab (n = 295, KRAS wild type)", "FOLFIRI + cetuximab (n = 297, KRAS wild type)"]
    assert fire["Primary endpoint"] == ["objective response rate (not met (ohhara-2016))"]
    assert fire["Registry number"] == ["NCT00433927"]
    assert {"KRAS wild type", "RAS wild type"} <= set(fire["Populations"])
    assert "Heinemann et al. 2014, abstract" in fire["Documents with results"]


def test_an_empty_line_says_why(context, graph):
    """Readers looked for the primary endpoint of CRYSTAL in the review; nothing is known of the total of BOND-2."""
    told = {row["reporting_item"] for row in graph.ask("not-reported", thing="CRYSTAL") if row["document"] == "ohhara-2016"}
    expected = "primary endpoint and its outcome" in told
    assert lines(context, "trial/CRYSTAL")["Primary endpoint"] == (
        "not reported: looked for in ohhara-2016" if expected else "not in these documents"
    )
    assert lines(context, "trial/BOND-2")["Participants"] == "no total in these documents"
    assert lines(context, "trial/BOND-2")["Arms"][1] == (
        "irinotecan + cetuximab + bevacizumab (n = 43, all patients (irinotecan-refractory))"
    )


def test_the_card_of_a_drug(context, graph):
    found = lines(context, "drug/cetuximab")
    assert found["Kind"] == ["anti-EGFR agent", "monoclonal antibody"]
    assert found["Brand name"] == ["Erbitux"]
    assert found["Targets"] == ["EGFR"]
    lost = {row["locus"] for row in graph.ask("resistance", drug="cetuximab")}
    assert found["Loses its effect by mutation at"][:-1] == sorted(lost)
    assert found["Approved"] == ["2004 (ohhara-2016)"]
    assert found["Studies"][0].startswith("23 studies (first-line 11, ")
    assert lines(context, "drug/bevacizumab")["Loses its effect by mutation at"] == "no biomarker in these documents"
    assert lines(context, "drug/regorafenib")["Harm in words"][0].startswith("Fatal drug-induced liver injury")


@pytest.mark.parametrize(
    ("thing", "heading", "expected"),
    [
        ("regimen/FOLFIRI-cetuximab", "Added to", ["FOLFIRI"]),
        ("population/FIRE-3-RAS-wild-type", "Within", ["KRAS wild type"]),
        ("target/VEGF-A", "Drugs that act on it", ["aflibercept", "bevacizumab"]),
        ("locus/KRAS-exon-2", "Drugs that lose their effect by a mutation here", ["cetuximab", "panitumumab"]),
        ("claim/ohhara-2016.EGFR-kinase-inhibitors", "Document", ["Ohhara et al. 2016"]),
    ],
)
def test_the_cards_of_others(context, thing, heading, expected):
    assert lines(context, thing)[heading] == expected


@pytest.mark.complete
def test_a_claim_says_how_it_stood_and_stands(context, graph):
    for row in graph.ask("claims"):
        told = lines(context, row["claim_iri"].removeprefix(ID))["The evidence"]
        now = f"{row['computed_standing']} (in all documents, studies for: {row['computed_supporting']}, "
        assert told[-1].startswith(now)
        assert told[0].split("(")[1].startswith("up to 2016, ") or row["document"] != "ohhara-2016"


def test_the_primary_endpoint_comes_first(context):
    rows = table(context, "trial", "Comparisons", "FIRE-3")
    primary = [row["endpoint"].endswith("primary") for row in rows]
    assert primary == sorted(primary, reverse=True)
    assert rows[0] == {
        "population": "KRAS wild type",
        "endpoint": "ORR, primary",
        "regimen": "FOLFIRI + cetuximab",
        "against": "FOLFIRI + bevacizumab",
        "values": "62.0 vs\n58.0%",
        "effect": "OR 1.18\n(0.85–1.64)",
        "p": "P = 0.18",
        "favours": "FOLFIRI + cetuximab; not significant",
        "computed_level": "level 2 of 5",
        "source": "pdq-colon-2025, Treatment of stage IV …",
    }
    assert [row["endpoint"] for row in rows[4:6]] == ["OS", "OS"]


def test_an_unusual_interval_or_test_says_so(context, graph):
    (row,) = [one for one in table(context, "trial", "Comparisons", "NO16966") if one["endpoint"].startswith("PFS")][:1]
    assert row["effect"].endswith("; 97.5% CI)")
    sided = [row for row in graph.ask("comparisons", document="all") if row["p_sides"] == 1]
    assert {row["trial"] for row in sided} == {"FIRE-3", "CORRECT", "BREAKWATER"}
    (row,) = [one for one in table(context, "trial", "Comparisons", "BREAKWATER") if one["endpoint"].startswith("ORR")]
    assert row["p"].endswith(" (one-sided)")


def test_significance_has_a_direction(context):
    """In CAIRO2, the arm with cetuximab had the shorter progression-free survival in KRAS mutant disease."""
    rows = table(context, "drug", "Comparisons with this drug in the experimental arm", "cetuximab")
    found = {row["population"]: row["favours"] for row in rows if (row["trial"], row["endpoint"]) == ("CAIRO2", "PFS, primary")}
    assert found["KRAS mutant"] == "CapeOX + bevacizumab; significant"
    assert found["KRAS wild type"] == "CapeOX + bevacizumab + cetuximab; not significant"


def test_no_result_is_lost_and_none_is_both(context, graph):
    adverse = context.outcomes.adverse
    for kind, thing, question, parameter in (
        ("drug", "cetuximab", "comparisons-with-drug", "drug"),
        ("population", "CAIRO2-all", "comparisons", "population"),
    ):
        answer = graph.ask(question, **{parameter: URIRef(f"{ID}{kind}/{thing}")})
        benefit = [row for row in answer if row["endpoint_iri"] not in adverse]
        heading = next(one.heading for one in panels(kind) if one.question == question)
        assert len(table(context, kind, heading, thing)) == len(benefit)
    harm = table(context, "population", "Comparisons of adverse events", "CAIRO2-all")
    assert len(harm) == len(answer) - len(benefit)


def test_what_is_fatal_comes_first(context, graph):
    rows = table(context, "drug", "Adverse events", "regorafenib")
    assert rows[0]["event"] == "drug-induced liver injury"
    assert len(rows) == len(graph.ask("safety", drug="regorafenib"))


def test_a_page_without_harm_says_so(site):
    text = unescape(get(f"{site}/id/trial/FIRE-3").text)
    assert "None in the graph. This does not mean that there is none." in text
    assert "No rows in the graph for:" in text


def test_all_rows_are_in_the_page(site, graph):
    page = get(f"{site}/id/drug/cetuximab").page
    number = len(graph.ask("comparisons-with-drug", drug="cetuximab")) - 1  # one is on adverse events
    assert f"All {number} rows" in page.text
    assert [len(one) - 1 for one in page.tables[:2]] == [OPEN, number]


def test_pages_are_short_and_begin_with_the_answer(site, visit):
    """Without scripts as well: what is folded is HTML."""
    with visit(site, javascript=False) as one:
        for path in READ:
            one.open(path)
            assert one.page.evaluate("document.documentElement.scrollHeight") <= TALL, path
            for name in ("Efficacy", "Harm"):
                heading = one.page.get_by_role("heading", name=name, level=2)
                if path.startswith(("/id/drug", "/id/trial", "/id/regimen", "/id/endpoint")):
                    assert heading.bounding_box()["y"] <= SOON, (path, name)
        one.settled()
