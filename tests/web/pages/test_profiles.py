"""Every thing has its page: with its name, its panels as the graph answers them, and no link that leads nowhere."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from htmlpage import BROWSER, Outline
from rdflib import URIRef
from tiers import few

from kg.ask.catalogue import catalogue
from kg.namespaces import BASE, ID, TYPES
from kg.web.pages.entity_panels import FACTS, LINKED, LINKS, POINTING, PROFILES, panels
from kg.web.pages.links import without_header
from kg.web.pages.panels import SHELF, PageContext
from kg.web.pages.result_table import Names

AGREEING = ("equal", "rounds to")
# of each type so many are read, spread over all, or all with MCRC_KG_EVERY_EXAMPLE; those of the second differ in labels only
MOST = 10_000 if os.environ.get("MCRC_KG_EVERY_EXAMPLE") else 60
ALIKE = {"unreported": 40}
THINGS = "SELECT DISTINCT ?thing WHERE { ?thing ?property ?value } ORDER BY ?thing"


def asked(server, path):
    """What a browser gets; a server that has too much to do is asked once more."""
    reply = server.ask(path=path, Accept=BROWSER)
    if reply.status == 503:
        time.sleep(float(reply.headers["retry-after"]))
        reply = server.ask(path=path, Accept=BROWSER)
    return reply


@pytest.fixture(scope="module")
def all_things(graph):
    """All things with a page, by the type in their IRIs."""
    found = {}
    for row in graph.query(THINGS):
        if str(row["thing"]).startswith(ID):
            found.setdefault(row["thing"].removeprefix(ID).split("/")[0], []).append(row["thing"])
    return found


@pytest.fixture(scope="module")
def things(all_things):
    """Some things of each type."""
    return {kind: iris[:: 1 + len(iris) // ALIKE.get(kind, MOST)] for kind, iris in all_things.items()}


def path_of(iri):
    return iri.removeprefix(BASE.rstrip("/"))


class Pages(dict):
    """The pages of things by their paths, each asked for once."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def __missing__(self, path):
        self[path] = asked(self.server, path)
        return self[path]

    def of(self, things, most):
        """The pages of all things, or of so many of each type."""
        paths = [path_of(iri) for kind in things.values() for iri in kind[:most]]
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(paths, pool.map(self.__getitem__, paths), strict=True))


@pytest.fixture(scope="module")
def pages(server):
    return Pages(server)


of_each = pytest.mark.parametrize("most", few([None, 1], 1), ids=["all", "one of each type"])


def test_every_type_of_thing_is_known(things):
    assert set(things) <= set(TYPES)
    assert set(PROFILES) <= set(TYPES)
    assert set(LINKED) <= set(things)


@of_each
def test_every_thing_has_a_page_with_its_name(pages, things, graph, most):
    labels = {row["s"]: row["label"] for row in graph.query("SELECT ?s ?label { ?s rdfs:label ?label }".replace(
        "rdfs:label", "<http://www.w3.org/2000/01/rdf-schema#label>"))}  # fmt: skip
    for path, reply in pages.of(things, most).items():
        assert (reply.status, reply.kind) == (200, "text/html"), path
        heading = re.findall(r"<h1>(.*?)</h1>", reply.text)
        assert len(heading) == 1, path
        label = labels.get(BASE.rstrip("/") + path)
        shown = unescape(heading[0])  # that of a passage is the part of its document, without the figure
        assert label is None or shown == label or (path.startswith("/id/passage/") and label.startswith(shown)), path


@pytest.mark.complete
def test_no_local_link_is_dead(pages, things, all_things, server):
    """Every local address of another page of a thing, every fragment, and of the other addresses some of each form."""
    seen, anchors = {}, {}
    every = pages.of(things, None)
    for path, reply in every.items():
        page = Outline(reply.text)
        anchors[path] = page.anchors
        for link in page.links:
            parts = urlsplit(link)
            assert parts.scheme in ("", "http", "https"), (path, link)
            if not parts.scheme and not parts.path and parts.fragment:
                assert parts.fragment in page.anchors, (path, link)
            elif not parts.scheme:
                seen.setdefault(link.partition("#")[0], (path, parts.fragment))
    known = {path_of(iri) for kind in all_things.values() for iri in kind}
    todo = [link for link in seen if urlsplit(link).path not in known]
    # every passage and result has the same links to its own file forms and queries: of these a sample, spread over the types
    kinds = {}
    for link in todo:
        parts = urlsplit(link)
        words = parse_qs(parts.query)
        key = (re.sub(r"/[^/]*$", "", parts.path) + parts.path[-5:], tuple(words), tuple(words.get("property", ())))
        if parts.path in ("/sparql", "/query"):
            key = (parts.path, re.sub(r"<[^>]*>", "", words.get("query", [""])[0]))
        kinds.setdefault(key, []).append(link)
    sample = [link for links in kinds.values() for link in links[:: max(1, len(links) // 4)]]
    with ThreadPoolExecutor(2) as pool:
        replies = pool.map(lambda link: asked(server, link), sample)
    dead = [(link, reply.status, seen[link][0]) for link, reply in zip(sample, replies, strict=True) if reply.status >= 400]
    assert not dead, dead[:20]


@pytest.mark.parametrize("number", few([5, 1], 1))
@pytest.mark.parametrize("kind", sorted(PROFILES))
def test_panels_show_what_the_graph_answers(kind, number, graph, things, pages):
    asking = PageContext(graph, Names(graph.names()), "")
    for iri in things[kind][:: max(1, len(things[kind]) // number)]:
        text = pages[iri.removeprefix(BASE.rstrip("/"))].text
        for panel in (*panels(kind), FACTS, *([LINKS] if kind in LINKED else [])):
            shown = asking.show(panel, iri)
            asked = panel.asked
            values = {panel.parameter: URIRef(iri)} if panel.parameter else {}
            answer = graph.query(asked.bind(values)) if panel.shelf else graph.ask(panel.question, **values)
            if panel.outcomes in ("efficacy", "harm"):
                adverse = [row["endpoint_iri"] in asking.outcomes.adverse for row in answer]
                assert len(shown.result_table) == adverse.count(panel.outcomes == "harm")
            else:
                assert len(shown.result_table) == len(answer)
            for row in shown.result_table.rows:
                assert all(cell.text in unescape(text) for cell in row)


def test_a_panel_leads_to_its_query_and_its_file(graph, server):
    asking = PageContext(graph, Names(graph.names()), "")
    thing = ID + "drug/cetuximab"
    for panel in (*panels("drug"), POINTING):
        shown = asking.show(panel, thing)
        tools = dict(shown.tools)
        query = parse_qs(urlsplit(tools["SPARQL query"]).query)["query"][0]
        assert query == without_header(panel.asked.bind({panel.parameter: URIRef(thing)}))
        lines = server.ask(path=tools["CSV"], Accept="*/*")
        assert lines.kind == "text/csv"
        assert len(lines.text.splitlines()) >= len(shown.result_table) + 1


@pytest.mark.parametrize("shelf", [SHELF, *(f"{SHELF}/{name}" for name in ("cards", "lists", "summaries"))])
def test_the_questions_of_the_pages_keep_the_rules(shelf):
    for name, asked in catalogue(shelf).items():
        assert asked.summary, name
        assert len(asked.sparql.splitlines()) <= 40, name
        assert "ORDER BY" in asked.sparql or shelf != SHELF, name


def shown(graph, kind, heading, name):
    """The rows that a panel of a page shows, as texts."""
    asking = PageContext(graph, Names(graph.names()), "")
    (panel,) = (one for one in panels(kind) if one.heading == heading)
    return [[cell.text for cell in row] for row in asking.show(panel, f"{ID}{kind}/{name}").result_table.rows]


def test_a_document_shows_each_of_its_results_once(graph):
    rows = shown(graph, "source", "Results and counts of this document", "asco-post-2015")
    (listed,) = [row for row in graph.ask("documents") if row["document"] == "asco-post-2015"]
    assert len(rows) == len(set(map(tuple, rows))) == int(listed["results"])
    assert ["TRIBE, all patients: overall survival, FOLFOXIRI + bevacizumab: 29.8 mo", "FOLFOXIRI + bevacizumab",
            "loupakis-2014, ohhara-2016, pdq-colon-2025", "Overall Survival"] in rows  # fmt: skip
    assert ["TRIBE, all patients: participants 252", "FOLFOXIRI + bevacizumab", "", "Study Details"] in rows


def test_a_level_says_which_documents_state_each_feature(graph):
    name = "asco-post-2015.TRIBE-all-OS-FOLFOXIRI-bevacizumab-vs-FOLFIRI-bevacizumab-text"
    assert shown(graph, "result", "Reasons for the level of evidence", name) == [
        ["3", "TRIBE", "design", "randomised", "asco-post-2015, loupakis-2014, ohhara-2016"],
        ["3", "TRIBE", "participants of an arm", "252 (FOLFOXIRI + bevacizumab)", "asco-post-2015, ohhara-2016"],
        ["3", "TRIBE", "participants of an arm", "256 (FOLFIRI + bevacizumab)", "asco-post-2015"],
        ["3", "TRIBE", "phase", "phase III", "asco-post-2015"],
        ["3", "TRIBE", "primary endpoint", "progression-free survival", "asco-post-2015, loupakis-2014"],
    ]


def test_the_place_of_a_result_has_its_document(graph):
    for kind, name, heading in (("trial", "TRIBE", "Comparisons"), ("population", "TRIBE-all", "Comparisons"),
                                ("arm", "TRIBE-FOLFOXIRI-bevacizumab", "Values of this arm")):  # fmt: skip
        places = {row[-1] for row in shown(graph, kind, heading, name)}
        assert "loupakis-2014, Abstract, Results" in places, heading
    assert shown(graph, "trial", "Documents with results of this study", "TRIBE") == [
        ["asco-post-2015", "news report", "2015", "7", "3"],
        ["loupakis-2014", "article abstract", "2014", "14", "14"],
        ["ohhara-2016", "review", "2016", "18", "4"],
        ["pdq-colon-2025", "guideline", "2025", "7", "1"],
    ]


def test_a_study_says_that_other_documents_report_other_figures(graph, server):
    """RAISE is in documents that agree, BEBYP in one only."""
    pairs = [row for row in graph.ask("corroboration", trial="TRIBE", document="best") if row["agreement"] not in AGREEING]
    text = unescape(asked(server, "/id/trial/TRIBE").text)
    assert f'<a href="/q/corroboration?trial=trial%3ATRIBE">{len(pairs)} pairs of figures without agreement' in text
    assert asked(server, "/q/corroboration?trial=trial%3ATRIBE").status == 200
    for name in ("RAISE", "BEBYP"):
        reply = asked(server, f"/id/trial/{name}")
        assert reply.status == 200
        assert "/q/corroboration" not in reply.text
