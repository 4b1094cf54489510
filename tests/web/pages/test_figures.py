"""Pictures over HTTP and in pages: drawn once, kept within bounds, with links that lead to pages here."""

import re
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import partial
from threading import Lock, Thread
from urllib.parse import urlencode

import anyio
import pytest
from htmlpage import Page, get
from tiers import few

import kg
from kg.engine.store import Solutions
from kg.plots import Picture
from kg.web.endpoint.query_cache import QueryCache
from kg.web.pages.figure_cache import FigureCache
from kg.web.pages.inline_svg import linked

SIDES = {"endpoint": "OS", "experimental": "anti-EGFR regimen", "reference": "anti-VEGF regimen"}
PICTURES = {
    "forest": ("/plot/forest", SIDES | {"stratum": "all-RAS wild-type population"}),
    "trial": ("/plot/forest", {"trial": "CRYSTAL"}),
    "network": ("/plot/network", {"stratum": "KRAS wild-type population"}),
    "mechanism": ("/plot/mechanism", {"thing": ["cetuximab", "panitumumab"]}),
    "timeline": ("/plot/timeline", {}),
    "answer": ("/q/hazard-ratios", {"drug": "panitumumab"}),
    "ways": ("/q/resistance", {"drug": "cetuximab"}),
}
PAGES = [f"/pool?{urlencode(PICTURES['forest'][1])}", "/network", "/mechanism", "/timeline", "/q/head-to-head", "/q/resistance"]


def made(graph):
    return {
        "forest": graph.forest(*SIDES.values(), "all-RAS wild-type population"),
        "trial": graph.forest(trial="CRYSTAL"),
        "network": graph.network_plot(stratum="KRAS wild-type population"),
        "mechanism": graph.mechanism_map("cetuximab", "panitumumab"),
        "timeline": graph.timeline(),
    }


@pytest.mark.parametrize("form", few(["svg", "png", "pdf"], "svg"))
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_that_of_the_library(site, graph, name, form):
    path, values = PICTURES[name]
    answer = get(f"{site}{path}.{form}?{urlencode(values, doseq=True)}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}[form]
    if name in made(graph):
        assert answer.body == made(graph)[name].to_bytes(f".{form}")
    held = answer.headers["ETag"]
    assert get(f"{site}{path}.{form}?{urlencode(values, doseq=True)}", If_None_Match=held).status == 304


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/plot/pie.svg", 404, "forest, network"),
        ("/plot/forest.bmp", 404, "svg, png, pdf"),
        ("/plot/forest.svg", 400, "give a trial; or"),
        ("/plot/forest.svg?trial=CRISTALL", 404, "CRYSTAL"),
        ("/plot/forest.svg?trial=CRYSTAL&endpoint=OS", 400, "give a trial; or"),
        ("/plot/network.svg?by=colour", 400, "drugs, regimens"),
        ("/plot/timeline.svg?year=2000", 400, "no parameter 'year'"),
        ("/plot/network.svg?stratum=all-RAS+wild-type+population&line=third-line", 422, "there is no comparison"),
    ],
)
def test_a_mistake_says_what_helps(site, path, status, told):
    answer = get(site + path, Accept="*/*")
    assert answer.status == status
    assert told in answer.text


@pytest.mark.parametrize("path", few(PAGES, *PAGES[:2]))
def test_a_picture_in_a_page_leads_to_pages_here(site, path):
    text = get(site + path).text
    drawn = "".join(re.findall(r'<svg class="drawn.*?</svg>', text, re.DOTALL))
    links = Page(drawn).links
    assert links
    for link in dict.fromkeys(links):
        assert link.startswith("/")
        assert get(site + link).status == 200, link
    assert "<style" not in drawn
    assert "w3id.org" not in drawn


def test_two_pictures_in_one_page_do_not_clash(graph):
    drawings = [one.in_page for one in made(graph).values()]
    found = [name for one in drawings for name in Page(one).ids]
    assert len(found) == len(set(found)) > 100
    for one in drawings:
        used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', one))
        assert {a or b for a, b in used} <= set(Page(one).ids)


def test_links_keep_the_root_whichever_way_they_are_written():
    for name in ("xlink:href", "href"):
        assert (
            linked(f'<a {name}="https://w3id.org/mcrc-kg/id/drug/cetuximab"/>', "/under")
            == '<a href="/under/id/drug/cetuximab"/>'
        )


def test_a_title_and_words_are_escaped(graph):
    hostile = '"><script>'
    for one in (graph.forest_of(graph.ask("head-to-head"), hostile), replace(graph.timeline(), title=hostile)):
        for text in (one.in_page, one.svg):
            assert "<script" not in text
        assert "<title>" not in one.in_page
        ET.fromstring(f"<div>{one.in_page}</div>")


class Yielding(str):
    """A text that lets another thread go on whenever a dictionary looks it up."""

    def __hash__(self):
        time.sleep(0)
        return super().__hash__()


def test_what_is_remembered_may_be_used_from_many_threads():
    class Echo:
        def query(self, sparql):
            return Solutions(("x",), ((None,),) * int(sparql))

    engine, wrong = QueryCache(Echo(), most=100), []

    def work(start):
        for number in range(1000):
            rows = (start + 7 * number) % 60
            try:
                answer = engine.query(Yielding(rows))
            except Exception as error:
                wrong.append(error)
            else:
                wrong.extend([answer] if len(answer.rows) != rows else [])

    threads = [Thread(target=work, args=(start,)) for start in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


def test_an_engine_that_remembers_asks_once():
    asked = []

    class Counting:
        def query(self, sparql):
            asked.append(sparql)
            return True if sparql == "ASK {}" else Solutions(("x",), ((None,),) * 3)

    engine = QueryCache(Counting(), most=5)
    assert engine.query("a") is engine.query("a")
    engine.query("b")  # pushes the first one out
    engine.query("a")
    assert engine.query("ASK {}") is engine.query("ASK {}") is True
    assert asked == ["a", "b", "a", "ASK {}", "ASK {}"]


def test_an_answer_larger_than_all_that_may_be_remembered_is_given_and_not_kept():
    asked = []

    class Large:
        def query(self, sparql):
            asked.append(sparql)
            return Solutions(("x",), ((None,),) * 5)

    engine = QueryCache(Large(), most=5)
    assert len(engine.query("a").rows) == len(engine.query("a").rows) == 5
    assert asked == ["a", "a"]


class Slow:
    """A service that runs what it is given in a thread, and counts how many run at once."""

    def __init__(self):
        self.now = self.most = self.drawn = 0
        self._lock = Lock()

    async def run(self, function, *words):
        return await anyio.to_thread.run_sync(partial(function, *words))

    def make(self, name):
        def draw():
            raise AssertionError("bytes are asked for, not a figure")

        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.drawn += 1
        picture = Picture(name, name, draw)
        object.__setattr__(picture, "to_bytes", lambda form: self._written(name))
        return picture

    def _written(self, name):
        with self._lock:
            self.now -= 1
        return name.encode()


def test_one_picture_is_drawn_at_a_time_and_each_once():
    service = Slow()

    async def ask():
        pictures = FigureCache()
        async with anyio.create_task_group() as group:
            for name in "abcabcabc":
                group.start_soon(pictures.get, service, name, "svg", partial(service.make, name))

    anyio.run(ask)
    assert (service.most, service.drawn) == (1, 3)


def test_too_many_are_told_to_come_again():
    service = Slow()

    async def ask():
        pictures = FigureCache()
        refused = []

        async def one(name):
            try:
                await pictures.get(service, name, "svg", partial(service.make, name))
            except kg.errors.BusyError as error:
                refused.append(str(error))

        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(one, str(number))
        return refused

    assert any("try again" in text for text in anyio.run(ask))
