"""The SPARQL page in a real browser: with its editor, without the editor's files, and without scripts."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from browser import lacking, served

from kg.ask.catalogue import catalogue
from kg.namespaces import PREFIXES
from kg.web.pages.query import EDITOR

DRUGS = "SELECT ?drug WHERE { ?drug a mcrc:Drug } ORDER BY ?drug"
BROKEN = "SELECT * WHERE {\n  ?s ?p\n}"
WIDTHS = [pytest.param(390, id="phone"), pytest.param(1280, id="desktop")]
DARK = [pytest.param(False, id="light"), pytest.param(True, id="dark")]


@pytest.fixture
def editor(site, visit):
    """The page with its editor, ready."""
    if not EDITOR.is_file():
        lacking("the SPARQL editor is not here", "'pip install -e .' brings it where npm reaches its registry")

    def call(path="/query", **options):
        return _Editor(visit(site, **options), path)

    return call


class _Editor:
    """The page as a person uses it."""

    def __init__(self, visit, path):
        self._visit = visit
        self._path = path

    def __enter__(self):
        self.visit = self._visit.__enter__()
        self.page = self.visit.page
        self.visit.open(self._path)
        self.page.wait_for_selector("form[data-ready]")
        return self

    def __exit__(self, *error):
        self._visit.__exit__(*error)

    def type(self, query):
        self.page.get_by_label("SPARQL query").focus()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(query)

    def text(self):
        return self.page.evaluate("() => document.querySelector('.yasqe .CodeMirror').CodeMirror.getValue()")

    def run(self):
        self.page.get_by_role("button", name="Run", exact=True).click()

    def says(self, text):
        self.page.get_by_role("status").filter(has_text=text).first.wait_for()

    def cells(self):
        return self.page.locator("#sparql-result tbody td").all_inner_texts()


def test_the_settings_name_prefixes_terms_and_questions(site):
    with urlopen(f"{site}/query/settings.json") as answer:
        settings = json.load(answer)
    assert settings["prefixes"] == PREFIXES
    assert set(settings["examples"]) == set(catalogue())
    drug = next(term for term in settings["classes"] if term["iri"] == PREFIXES["mcrc"] + "Drug")
    assert drug["label"] == "drug"
    assert drug["uses"] > 20
    assert PREFIXES["mcrc"] + "inPopulation" in {term["iri"] for term in settings["properties"]}


@pytest.mark.parametrize("dark", DARK)
@pytest.mark.parametrize("width", WIDTHS)
def test_an_example_runs_and_shows_rows(editor, width, dark):
    with editor(width=width, dark=dark) as one:
        one.visit.picture(f"query-{width}{'-dark' if dark else ''}")
        one.page.get_by_label("Find an example").fill("roles mechanism")
        one.page.get_by_role("link", name="drug-roles").click()
        assert "?role_iri" in one.text()
        one.run()
        one.says(" rows in ")
        assert "cetuximab" in one.cells()
        one.visit.picture(f"query-answer-{width}{'-dark' if dark else ''}")
        assert one.visit.axe() == []
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        one.visit.settled()


def test_names_of_the_graph_lead_to_its_pages_here(editor, site):
    with editor() as one:
        one.type(DRUGS)
        one.run()
        one.says(" rows in ")
        link = one.page.get_by_role("link", name="drug:cetuximab")
        assert link.evaluate("a => a.href") == f"{site}/id/drug/cetuximab"
        assert link.get_attribute("target") is None
        assert one.text().startswith(f"PREFIX mcrc: <{PREFIXES['mcrc']}>\n")  # was not declared
        one.visit.settled()


def test_a_link_brings_the_query_back(editor):
    with editor() as one:
        one.type("ASK { ?x a mcrc:Drug }")
        one.run()
        one.says("Answer in")
        one.page.get_by_role("button", name="Link to this query").click()
        link = one.page.get_by_label("Link", exact=True).input_value()
        assert one.page.url == link
        query = one.text()
    address = urlsplit(link)
    assert parse_qs(address.query) == {"query": [query]}
    with editor(f"{address.path}?{address.query}") as two:
        two.says("Answer in")
        assert two.text() == query
        two.page.get_by_text("True", exact=True).wait_for()
        two.visit.settled()


def test_the_keyboard_is_enough(editor):
    with editor() as one:
        press = one.page.keyboard.press
        focused = "() => document.activeElement.textContent.trim() || document.activeElement.ariaLabel"
        while one.page.evaluate(focused) != "SPARQL query":
            press("Tab")
        press("Control+a")
        one.page.keyboard.type("SELECT ?x WHERE { ?x a drug")
        press("Control+Space")
        one.page.get_by_role("listbox", name="Completions").wait_for()
        assert one.visit.axe() == []
        press("Enter")
        one.page.keyboard.type(" ; mcrc:actsO")
        press("Control+Space")
        one.page.get_by_role("listbox", name="Completions").wait_for()
        press("Enter")
        assert "?x a mcrc:Drug ; mcrc:actsOn" in one.text()
        one.page.keyboard.type(" target:EGFR }")
        press("Tab")  # leaves the editor
        assert one.page.evaluate(focused) == "Run"
        press("Enter")
        one.says(" rows in ")
        assert "drug:cetuximab" in one.cells()
        one.visit.settled()


def test_an_error_says_what_and_where(editor):
    with editor() as one:
        one.type(BROKEN)
        one.run()
        one.says("Error")
        assert "3:" in one.page.locator("#sparql-result .sparql-error").inner_text()
        assert one.page.locator(".sparql-wrong").count() == 1
        one.visit.picture("query-error")
        assert one.visit.axe() == []
        assert one.visit.strangers == []
        assert all("400" in complaint for complaint in one.visit.complaints)  # the browser's own line on the refused request


def test_a_graph_is_shown_as_triples(editor):
    with editor(dark=True) as one:
        one.type("DESCRIBE drug:cetuximab")
        one.run()
        one.says(" triples in ")
        one.page.get_by_role("button", name="Shows Response view").click()
        one.page.get_by_role("button", name="Show all").click()
        one.page.get_by_text("A chimeric monoclonal antibody").first.wait_for()
        one.visit.picture("query-graph")
        assert one.visit.axe() == []
        one.visit.settled()


def test_it_works_without_scripts(site, visit):
    with visit(site, javascript=False, width=390) as one:
        one.open("/sparql")  # a browser there is sent to the page
        assert one.page.url == f"{site}/query"
        one.open("/query?example=drug-roles")
        one.page.get_by_role("button", name="Run").click()
        one.page.get_by_role("cell", name="cetuximab", exact=True).first.wait_for()
        one.picture("query-plain")
        one.page.get_by_label("Query").fill(BROKEN)
        one.page.get_by_role("button", name="Run").click()
        assert "3:" in one.page.get_by_role("alert").inner_text()
        one.page.get_by_role("link", name="contents", exact=True).click()
        assert "owl:Class" in one.page.get_by_label("Query").input_value()
        assert one.strangers == []


def test_an_answer_can_be_kept(editor):
    with editor() as one:
        one.type(DRUGS)
        one.run()
        one.says(" rows in ")
        with one.page.expect_download() as kept:
            one.page.get_by_role("button", name="Download Results").click()
        assert "id/drug/cetuximab" in kept.value.path().read_text()
        one.page.get_by_label("Format of the answer").select_option("JSON")
        one.run()
        one.page.wait_for_url("**/sparql?**")
        assert "id/drug/cetuximab" in one.page.locator("body").inner_text()
        one.visit.settled()


def test_another_format_comes_as_a_file(site):
    query = "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> " + DRUGS
    with urlopen(f"{site}/query?{urlencode({'query': query, 'format': 'csv'})}") as answer:
        assert answer.headers.get_content_type() == "text/csv"
        assert b"id/drug/cetuximab" in answer.read()


def test_it_works_without_the_editor(visit):
    with served("query.EDITOR = query.EDITOR / 'absent'") as origin, visit(origin) as one:
        one.open("/query")
        one.page.get_by_role("link", name="drug-roles").click()
        one.page.get_by_role("button", name="Run").click()
        one.page.get_by_role("cell", name="cetuximab", exact=True).first.wait_for()
        one.page.get_by_role("button", name="Link to this query").click()
        assert "role_iri" in one.page.get_by_label("Link", exact=True).input_value()
        assert one.axe() == []
        one.settled()


def test_what_an_answer_holds_is_text(editor, site, visit):
    nasty = 'SELECT ("<img src=x onerror=hit=1>" AS ?x) ("</textarea><script>hit=1</script>&amp;<b onmouseover=hit=1>" AS ?y) {}'
    with editor(f"/query?{urlencode({'query': nasty})}") as one:
        one.says("1 row in")
        assert one.text() == nasty
        assert one.cells()[0] == "<img src=x onerror=hit=1>"
        assert one.page.locator("#sparql-result :is(img, b, script)").count() == 0
        assert one.page.evaluate("() => window.hit") is None
        # the sanitiser parses the text where nothing runs; under the content policy the browser notes the handlers in it
        assert all("inline event handler" in complaint for complaint in one.visit.complaints)
        assert one.visit.strangers == []
    with visit(site) as two:
        two.open(f"/query?{urlencode({'query': nasty, 'format': 'table'})}")
        assert two.page.locator("#sparql-server-result td").all_inner_texts()[0] == "<img src=x onerror=hit=1>"
        assert two.page.evaluate("() => window.hit") is None
        two.settled()
