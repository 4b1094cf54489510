"""Pages of a graph with two documents, over HTTP: the choice of a document, and what belongs to which."""

import csv
import io
import re
from html import unescape
from urllib.parse import urlencode

import pytest
from documents import with_abstract
from server import served

import kg
from kg.ask.results import to_csv
from kg.pipeline.build import write

TRIBE = {"one": "FOLFOXIRI + bevacizumab", "other": "FOLFIRI + bevacizumab"}
RESULT = "ohhara-2016.TRIBE-all-OS-FOLFOXIRI-bevacizumab-vs-FOLFIRI-bevacizumab-text"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The folder of a graph of the review and the abstract of TRIBE."""
    place = tmp_path_factory.mktemp("two")
    build = with_abstract(place)
    write(build, place / "graph")
    return place / "graph"


@pytest.fixture(scope="module")
def two(both, tmp_path_factory):
    with served(tmp_path_factory.mktemp("server"), "--graph", both) as one:
        yield one


def text(server, path, **values):
    reply = server.made(path + (f"?{urlencode(values)}" if values else ""), accept="text/html")
    assert reply.status == 200, reply.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", reply.text)).split())


@pytest.mark.parametrize(("document", "ratios"), [("best", ["0.79"]), ("ohhara-2016", ["0.83"]), ("all", ["0.79", "0.83"])])
def test_a_comparison_is_that_of_the_chosen_document(two, both, document, ratios):
    reply = two.made(f"/compare.csv?{urlencode(TRIBE | {'endpoint': 'OS', 'document': document})}")
    rows = csv.DictReader(io.StringIO(reply.text))
    assert [row["effect_value"] for row in rows if row["evidence"] == "direct"] == ratios
    assert reply.text == to_csv(kg.open(both).compare(*TRIBE.values(), "OS", document=document).to_table())


def test_the_page_says_which_report_goes_first(two):
    said = text(two, "/compare", **TRIBE, endpoint="OS")
    assert "the same trial; loupakis-2014 has precedence over ohhara-2016" in said
    assert "0.63" in said
    assert "1.00" in said


@pytest.mark.parametrize("path", ["/compare", "/pool", "/network", "/mechanism", "/compare.csv", "/plot/network.svg"])
def test_an_unknown_document_is_refused_with_those_that_there_are(two, path):
    reply = two.made(f"{path}?{urlencode({'document': 'nothing'})}", accept="text/html")
    assert reply.status == 404
    assert "no document is called &#39;nothing&#39;; give best, all, or one of: loupakis-2014" in reply.text.replace("'", "&#39;")


def test_the_form_offers_the_documents(two):
    page = two.made("/compare", accept="text/html").text
    field = page.partition('name="document"')[2].partition("</select>")[0]
    assert [name for name in ("best", "all", "loupakis-2014", "ohhara-2016") if f'value="{name}"' in field] == [
        "best",
        "all",
        "loupakis-2014",
        "ohhara-2016",
    ]
    assert 'value="best" selected' in field


def test_a_result_names_its_document_and_what_has_precedence(two):
    said = text(two, f"/id/result/{RESULT}")
    assert "Document Ohhara et al. 2016" in said
    assert "another report of this outcome has precedence: TRIBE, all patients: overall survival" in said
    other = text(two, "/id/result/loupakis-2014.TRIBE-all-OS-abstract")
    assert "Document Loupakis et al. 2014" in other
    assert "95% CI 0.63–1.00" in other
    assert "has precedence:" not in other
    assert "after this result" in other


def test_a_document_has_a_page_with_its_facts(two):
    said = text(two, "/id/source/loupakis-2014")
    assert "article abstract" in said
    assert "https://doi.org/10.1056/NEJMoa1403108" in said
    assert "primary endpoint progression-free survival Abstract, Methods" in said
    assert "Abstract, Results 2 2" in said
    review = text(two, "/id/source/ohhara-2016")
    assert review.count("loupakis-2014") == 4, (  # among the first rows, and in the whole table
        "its results on overall and progression-free survival go after those of the abstract"
    )


def test_a_trial_counts_the_results_of_all_documents(two):
    assert "2 documents print 21 results" in text(two, "/id/trial/TRIBE")
    assert "Loupakis et al. 2014 : Loupakis F, et al." in text(two, "/about")
