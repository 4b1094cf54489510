"""The page of a passage: the figure once, and links to the original that follow from the identifiers in the graph."""

import re

import pytest
from htmlpage import get
from paths import ROOT

from kg.web.pages.originals import REGISTRIES, text_fragment
from kg.web.pages.source_text import Context

REVIEW = "/id/passage/ohhara-2016.21742-21763"
ABSTRACT = "/id/passage/van-cutsem-2007.methods-1c"
RECORD = "/id/passage/nct04322539.record-2"


def main(site, path):
    text = get(site + path).text
    return text[text.index("<main") : text.index("Facts from this passage")]


def test_a_passage_of_an_article_leads_to_its_place_there(site, graph):
    page = main(site, REVIEW)
    (row,) = [one for one in graph.ask("documents") if one["document"] == "ohhara-2016"]
    assert f'href="https://doi.org/{row["doi"]}#:~:text=HR%20%3D%200.80%2C%20P%20%3D%200.0093"' in page
    assert f'href="https://pubmed.ncbi.nlm.nih.gov/{row["pmid"]}"' in page


def test_a_passage_of_an_abstract_leads_to_pubmed_and_one_of_a_record_to_the_registry(site):
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/17470858#:~:text=n%20%3D%20231"' in main(site, ABSTRACT)
    assert f'href="{REGISTRIES["NCT"]}NCT04322539"' in main(site, RECORD)


def test_the_figure_is_shown_once_and_the_offsets_are_small_print(site):
    page = main(site, REVIEW)
    assert re.sub("<[^>]*>", "", page).count("HR = 0.80, P = 0.0093") == 1
    small = re.findall(r'<p class="soft small">(.*?)</p>', page, re.DOTALL)
    assert page.count("21742") - page.count("21742-21763") == sum("characters 21742 to 21763" in one for one in small) == 1


def test_the_addresses_of_registries_are_those_of_the_mappings():
    mapped = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ontology" / "mappings").glob("*.sssom.tsv"))
    assert all(f'"{address}"' in mapped for address in REGISTRIES.values())


@pytest.mark.parametrize(
    ("printed", "context", "fragment"),
    [
        ("", None, ""),
        ("30.3-31.0 mo, A&B", None, "30.3%2D31.0%20mo%2C%20A%26B"),
        ("not reached … P < .001", None, "not%20reached,P%20%3C%20.001"),
        ("<b>", Context("(see [12] the OS\nof ", "1 – 2", ") and [3]"), "of-,1%20%E2%80%93%202,-%29%20and"),
        ("", Context("", " ".join(f"w{n}" for n in range(20)), " …"), "w0%20w1%20w2%20w3,w16%20w17%20w18%20w19"),
    ],
)
def test_the_parts_of_a_text_fragment_are_escaped(printed, context, fragment):
    assert text_fragment(printed, context) == (f"#:~:text={fragment}" if fragment else "")


@pytest.mark.complete
def test_a_browser_goes_to_the_text_of_a_fragment(site, visit):
    """In Chromium, on a long page of this site: with a comma, a dash and the words around it, the second of two equal texts."""
    with visit(site) as one:
        one.open("/about")
        text = one.page.locator("main li, main p").last.inner_text().splitlines()[0]
        words = text.split()
        before, span, after = " ".join(words[:3]), words[3], " ".join(words[4:7])
        one.page.goto("about:blank")
        one.open(f"/about{text_fragment(span, Context(before + ' ', span, ' ' + after))}")
        one.page.wait_for_function("scrollY > 300")
