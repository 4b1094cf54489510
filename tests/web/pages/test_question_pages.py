"""The question library: every page and file says what the graph says, every form its allowed values, and mistakes what helps."""

import csv
import io
import json
from functools import cache
from urllib.parse import urlencode

import pytest
from htmlpage import get
from rdflib import RDFS, URIRef
from tiers import few

from kg.ask.catalogue import catalogue, question
from kg.ask.results import render, short, to_csv
from kg.namespaces import BASE
from kg.web.pages.parameters import MOST_OFFERED, MOST_OPTIONS
from kg.web.pages.questions import MOST_ROWS

NAMES = list(catalogue())
PARAMETERS = [(name, one) for name in NAMES for one in question(name).parameters]
FIRST = {one.of_class or one.choices: (name, one) for name, one in reversed(PARAMETERS)}.values()  # of each kind of value
HOSTILE = '"><script>hit=1</script><img src=x onerror=hit=1>'


def cells(row):
    return {text for cell in row for text in (cell.text, *cell.titles)}


def said(term):
    return " ".join(short(term).split())


def signed(row):
    """The P value of a row with its sign and with the 0 before the point, or nothing."""
    given = {name: str(value) for name, value in row.items() if value is not None and name in ("p", "p_comparator", "p_value")}
    printed = given.get("p") or " ".join(given[name] for name in ("p_comparator", "p_value") if name in given)
    if not any(map(str.isdigit, printed)):  # whether one is printed
        return {printed}
    return {f"P {printed.removeprefix('P ')}".replace(" .", " 0.")}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_rows_of_the_answer(site, answer, name):
    expected, shown = answer(name), get(f"{site}/q/{name}")
    assert shown.status == 200
    rows = shown.page.rows
    assert len(rows) == min(len(expected), MOST_ROWS)
    for row, line in zip(expected.rows, rows, strict=False):
        named = dict(zip(expected.columns, row, strict=True))
        literals = {column: term for column, term in named.items() if term is not None and not isinstance(term, URIRef)}
        plain = {column: said(term) for column, term in literals.items() if column not in ("p", "p_comparator", "p_value")}
        texts = signed(named) | {f"level {text} of 5" if column == "computed_level" else text for column, text in plain.items()}
        assert texts - {""} <= cells(line), name
        places = {str(term) for term in row if isinstance(term, URIRef) and "/id/passage/" in str(term)}
        assert {place.replace(BASE, "/") for place in places} <= {link for cell in line for link in cell.links}
    if len(expected) > MOST_ROWS:
        assert f"Rows 1-{MOST_ROWS} of {len(expected):,}" in shown.page.text
        assert f"/q/{name}.csv" in shown.page.links


@pytest.mark.parametrize("form", few(["csv", "tsv", "json", "md"], "json"))
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_the_command_line_writes(site, answer, name, form):
    file = get(f"{site}/q/{name}.{form}")
    assert file.status == 200
    assert file.text == render(answer(name), form)


def test_a_file_says_what_it_is(site):
    answer = get(f"{site}/q/hazard-ratios.csv?drug=panitumumab&endpoint=PFS")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="hazard-ratios.csv"'
    assert answer.headers["Link"] == '</q/hazard-ratios?drug=panitumumab&endpoint=PFS>; rel="alternate"; type="text/html"'
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    same = get(f"{site}/q/hazard-ratios.csv?drug=panitumumab&endpoint=PFS", If_None_Match=answer.headers["ETag"])
    assert (same.status, same.body) == (304, b"")
    head = get(f"{site}/q/hazard-ratios.csv?drug=panitumumab&endpoint=PFS", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.body))


@pytest.fixture(scope="module")
def allowed(graph):
    """The IRIs that may stand for a thing of a class, by the class."""
    every = {row["entity_iri"] for row in graph.ask("names")}

    @cache
    def of(kind):
        if kind == RDFS.Resource:
            return every
        return every & {row["member_iri"] for row in graph.ask("members", **{"class": kind})}

    return of


@pytest.mark.parametrize(("name", "parameter"), few(PARAMETERS, *FIRST), ids=[f"{name}-{one.name}" for name, one in PARAMETERS])
def test_a_form_lists_exactly_the_allowed_values(site, graph, allowed, name, parameter):
    page = get(f"{site}/q/{name}").page
    options = page.options[parameter.name] if parameter.of_class is not None or parameter.choices else []
    offered = [value for value in options if value]
    if parameter.of_class is None:
        assert offered == list(parameter.choices)
        return
    names = allowed(parameter.of_class)
    assert len(offered) == len(set(offered)) == min(len(names), MOST_OFFERED)
    assert {str(graph.term(parameter, value)) for value in offered[:70]} <= names
    if len(names) > MOST_OPTIONS:
        assert parameter.name in page.inputs
    else:
        assert ("" in options) == (parameter.default is None)
        if parameter.default:
            assert str(graph.term(parameter, page.selected[parameter.name])) == str(graph.term(parameter, parameter.default))


@pytest.mark.parametrize("value", ["cetuximab", "drug:cetuximab", BASE + "id/drug/cetuximab", "Erbitux"])
def test_an_address_takes_every_name_of_a_thing(site, graph, value):
    expected = to_csv(graph.ask("actions-of-drug", drug="drug:cetuximab"))
    assert get(f"{site}/q/actions-of-drug.csv?{urlencode({'drug': value})}").text == expected


@pytest.mark.parametrize("value", ["RAS wild type", "RAS wt"])
def test_an_address_takes_the_criterion_of_several_populations(site, graph, value):
    expected = to_csv(graph.ask("arm-values", population=value))
    assert expected.count("\n") > 10
    assert get(f"{site}/q/arm-values.csv?{urlencode({'population': value})}").text == expected
    assert get(f"{site}/q/arm-values?{urlencode({'population': value})}").status == 200


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/q/hazard-ratios?drug=vemurafenib", 404, "no drug is called"),
        ("/q/hazard-ratios?drug=cetuximub", 404, "nearest: cetuximab"),
        ("/q/hazard-ratios.csv?drug=cetuximub", 404, "cetuximab"),
        ("/q/hazard-ratios?medicine=cetuximab", 400, "its parameters are drug, endpoint, stratum"),
        ("/q/hazard-ratios.csv?medicine=cetuximab", 400, "its parameters are drug, endpoint, stratum"),
        ("/q/hazard-ratios.csv?drug=cetuximab&drug=panitumumab", 400, "given twice"),
        ("/q/review-table?table=7", 400, "1, 2, 3, 4"),
        ("/q/hazard-ratios?place=margin", 400, "text, table"),
        ("/q/hazard-ratios?p_below=2", 400, "at most 1"),
        ("/q/hazard-ratios?sort=hazard-ratos", 400, "nearest: hazard_ratio"),
        ("/q/hazard-ratios.csv?population=RAS+wildtyp", 404, "RAS wild type"),
        ("/q/medians?verdict=significant", 400, "its parameters are endpoint, line"),
        ("/q/hazard-ratio", 404, "hazard-ratios"),
        ("/q/hazard-ratios.xlsx", 404, "csv, tsv, json, md"),
        ("/q/hazard-ratios.ttl", 406, "csv, tsv, json or md"),
        ("/q/names.svg", 406, "no figure"),
        ("/q/uniprot-function.csv", 403, "mcrc-kg ask uniprot-function"),
    ],
)
def test_a_mistake_says_what_helps(site, path, status, told):
    answer = get(site + path)
    assert answer.status == status
    assert told in answer.page.text


def test_a_mistake_leaves_the_form_as_it_was_filled_in(site):
    page = get(f"{site}/q/hazard-ratios?drug=cetuximub&endpoint=progression-free+survival").page
    own = {name: value for name, value in page.selected.items() if name in ("drug", "endpoint")}
    assert own == {"drug": "", "endpoint": "progression-free survival"}


def test_filters_in_an_address_are_those_of_the_library(site, graph):
    given = {"drug": "cetuximab", "line": "first-line", "p_below": "0.05", "sort": "p:desc"}
    expected = graph.ask("comparisons-with-drug", **given)
    assert 0 < len(expected) < len(graph.ask("comparisons-with-drug", drug="cetuximab"))
    for form in ("csv", "json"):
        assert get(f"{site}/q/comparisons-with-drug.{form}?{urlencode(given)}").text == render(expected, form)
    page = get(f"{site}/q/comparisons-with-drug?{urlencode(given)}").page
    assert len(page.rows) == len(expected)
    assert f"/q/comparisons-with-drug.csv?{urlencode(given)}" in page.links
    assert page.selected["line"] == "first-line"
    assert page.selected["sort"] == "p:desc"
    assert page.options["place"] == ["", "text", "table"]
    assert "p_below" in page.inputs


def test_the_heads_of_the_columns_sort(site):
    page = get(f"{site}/q/medians?endpoint=OS&line=first-line").page
    assert "/q/medians?endpoint=OS&line=first-line&sort=trial" in page.links
    page = get(f"{site}/q/medians?endpoint=OS&sort=trial").page
    assert "/q/medians?endpoint=OS&sort=trial%3Adesc" in page.links
    trials = [row[0].text for row in page.rows]
    assert trials == sorted(trials, key=str.casefold)


def test_what_an_answer_leaves_out_is_on_its_page(site):
    assert question("adverse-events").leaves_out in " ".join(get(f"{site}/q/adverse-events").page.text.split())


def test_an_overview_does_not_call_what_a_row_cannot_have_not_reported(site):
    assert "not reported" not in get(f"{site}/q/trial-overview?trial=PRIME").page.text.partition("SPARQL query")[0]


def test_the_library_has_all_questions_and_finds_some(site):
    page = get(f"{site}/q").page
    for name in (*NAMES, *catalogue("federated")):
        assert f"/q/{name}" in page.links
    found = get(f"{site}/q?q=RESISTANCE+mutation").page
    assert "/q/resistance" in found.links
    assert "/q/names" not in found.links
    assert HOSTILE not in get(f"{site}/q?{urlencode({'q': HOSTILE})}").text


def test_an_answer_without_rows_says_what_that_means(site):
    text = get(f"{site}/q/approvals?drug=regorafenib&document=ohhara-2016").page.text
    assert "Ohhara-2016 was read for regulatory approval of regorafenib by two readers and does not report it." in text
    text = get(f"{site}/q/adverse-events?{urlencode({'agent': 'FOLFIRI + ramucirumab'})}").page.text
    assert "this does not mean that the documents are silent." in text
    assert "safety regimen 'FOLFIRI + ramucirumab'" in text


def test_the_query_page_says_which_name_does_not_exist(site):
    query = "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> SELECT ?x { ?x mcrc:hasEndpoint ?y }"
    text = get(f"{site}/query?{urlencode({'query': query, 'format': 'table'})}").page.text
    assert "mcrc:hasEndpoint is not a term of the ontology" in text


def test_a_federated_question_shows_its_query_and_is_not_run(site):
    page = get(f"{site}/q/uniprot-function").page
    assert "SERVICE <https://sparql.uniprot.org/sparql>" in page.text
    assert page.tables == []


def test_a_page_leads_to_the_editor_the_files_and_itself(site):
    page = get(f"{site}/q/medians?endpoint=OS").page
    assert "/q/medians?endpoint=OS" in page.links
    assert {f"/q/medians.{form}?endpoint=OS" for form in ("csv", "tsv", "json", "md")} <= set(page.links)
    editor = next(link for link in page.links if link.startswith("/query?query="))
    assert get(site + editor).status == 200
    answer = json.loads(get(f"{site}/q/medians.json?endpoint=OS").text)
    assert len(answer) == len(page.rows)


@pytest.mark.complete
def test_a_changed_form_gives_the_file_of_the_same_values(site, graph, visit):
    with visit(site) as one:
        one.open("/q/hazard-ratios")
        one.page.get_by_label("drug", exact=True).select_option("panitumumab")
        one.page.get_by_label("endpoint").select_option("progression-free survival")
        one.page.get_by_label("stratum").fill("KRAS wild-type population")
        one.page.get_by_role("button", name="Show answer").click()
        one.page.wait_for_url("**stratum=KRAS**")
        shown = one.page.locator("main table tbody tr").count()
        text = get(one.page.get_by_role("link", name="CSV of the answer").evaluate("a => a.href")).text
        one.settled()
    expected = graph.ask("hazard-ratios", drug="panitumumab", endpoint="PFS", stratum="KRAS wild-type population")
    assert text == to_csv(expected)
    assert shown == len(list(csv.reader(io.StringIO(text)))) - 1 == len(expected)


@pytest.mark.complete
def test_the_keyboard_is_enough(site, visit):
    with visit(site) as one:
        one.open("/q/actions-of-drug")
        press = one.page.keyboard.press
        for _ in range(40):
            press("Tab")
            if one.page.evaluate("() => document.activeElement.name") == "drug":
                break
        one.page.keyboard.type("regoraf")
        press("Tab")
        assert one.page.evaluate("() => document.activeElement.name") == "document"
        for name in ("Filter and sort", "Show answer"):
            press("Tab")
            assert one.page.evaluate("() => document.activeElement.textContent") == name
        press("Enter")
        one.page.wait_for_url("**drug=regorafenib&**")
        assert set(one.page.locator("tbody tr td:first-child").all_inner_texts()) == {"regorafenib"}
        one.settled()


@pytest.mark.complete
@pytest.mark.parametrize("values", [{"drug": HOSTILE}, {"endpoint": HOSTILE}, {HOSTILE: "x"}], ids=["drug", "endpoint", "name"])
def test_a_hostile_value_is_text(site, visit, values):
    with visit(site) as one:
        one.open(f"/q/hazard-ratios?{urlencode(values)}")
        assert one.page.get_by_role("alert").inner_text().count("<script>") == 1
        assert one.page.locator("main :is(script, img)").count() == 0
        assert one.page.evaluate("() => window.hit") is None
        assert one.strangers == []


def linked(answer):
    """The addresses in the header Link, by relation."""
    links = [one.lstrip("<").split(">; rel=") for one in answer.headers["Link"].split(", ")]
    return {relation.split('"')[1]: address for address, relation in links}


@pytest.mark.parametrize("form", ["json", "csv"])
def test_pages_of_a_file_lead_to_the_next_and_are_together_the_whole(site, graph, form):
    whole = get(f"{site}/q/reported-results.{form}?trial=CRYSTAL")
    assert set(linked(whole)) == {"alternate"}
    read = {"json": json.loads, "csv": lambda text: list(csv.reader(io.StringIO(text)))[1:]}[form]
    rows, address = [], f"/q/reported-results.{form}?trial=CRYSTAL&limit=4"
    while address:
        page = get(site + address)
        assert page.status == 200
        assert linked(page) == linked(get(site + address)), "also when it is remembered"
        assert ("prev" in linked(page)) == bool(rows)
        rows += read(page.text)
        address = linked(page).get("next")
    assert rows == read(whole.text)
    assert len(rows) == len(graph.ask("reported-results", trial="CRYSTAL"))


def test_a_page_shows_some_rows_and_leads_to_the_others(site, graph):
    total = len(graph.ask("loci"))
    first = get(f"{site}/q/loci?limit=4")
    assert len(first.page.rows) == 4
    assert f"Rows 1-4 of {total}" in first.page.text
    assert "/q/loci?limit=4&skip=4" in first.page.links
    second = get(f"{site}/q/loci?limit=4&skip=4")
    assert "/q/loci?limit=4" in second.page.links
    assert [row[0].text for row in first.page.rows + second.page.rows] == [said(row[0]) for row in graph.ask("loci").rows[:8]]
    after = get(f"{site}/q/loci?skip=1000")
    assert (after.status, "No rows after row 1,000" in after.page.text) == (200, True)
    assert "/q/loci.csv" in after.page.links, "the whole answer"


def test_a_long_answer_is_shown_in_pages(site, graph):
    names = graph.ask("names")
    last = get(f"{site}/q/names?limit=10000&skip={len(names) - 3}")
    assert len(last.page.rows) == 3
    assert f"/q/names?limit={MOST_ROWS}&skip={len(names) - 3 - MOST_ROWS}" in last.page.links


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "skip=-1", "limit=1&limit=2", "skip=1e3", "limit=" + "9" * 50, "limit=%D9%A3"]
)
@pytest.mark.parametrize("form", ["", ".csv"])
def test_what_is_no_number_of_rows_is_refused(site, query, form):
    assert get(f"{site}/q/loci{form}?{query}").status == 400


def test_a_figure_has_no_pages(site):
    assert get(f"{site}/q/hazard-ratios.svg?trial=CRYSTAL&limit=1").status == 400
