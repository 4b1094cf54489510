"""Pages of a graph that holds text where a number is expected: they say what is there, and none of them fails."""

import json
import re
from itertools import cycle
from urllib.parse import urlencode

import pytest
from htmlpage import Page
from server import served
from tiers import few

from kg.resources import GRAPH_FILE, folder

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ODD = ["n/a", "about 0.7", "", "1.2.3", "0.77 to 0.9", "∞", "nan", "inf", "-1", "0", "1e999", "<1", "0,77", "½", "٣"]
TYPED = (
    "value|ciLower|ciUpper|pValue|participants|percentage|startOffset|endOffset|rowNumber|year|eventCount|evidenceLevel|"
    "citationNumber"
)
VALUE = r'(?:"[^"]*"(?:\^\^[\w:]+)?|[-\d.]*\d)'
SIDES = [
    ("anti-EGFR regimen", "anti-VEGF regimen"),
    ("cetuximab", "panitumumab"),
    ("bevacizumab", "no targeted agent"),
    ("FOLFIRI", "FOLFIRI + cetuximab"),
]


def printed(text):
    """The graph with odd texts as what is printed."""
    odd = cycle(ODD)
    return re.sub(r'(mcrc:\w+AsPrinted )"[^"]*"', lambda found: f'{found[1]}"{next(odd)}"', text)


def typed(text):
    """The graph with odd texts as values that are typed as numbers."""
    odd = cycle(ODD)
    return re.sub(rf"(mcrc:(?:{TYPED}) ){VALUE}", lambda found: f'{found[1]}"{next(odd)}"^^xsd:decimal', text)


def extreme(text):
    """The graph with numbers that are no ratios, no probabilities and no years."""
    numbers = cycle(["0", "-1", "1000000000000000000000", "99999"])
    return re.sub(rf"(mcrc:(?:{TYPED}) ){VALUE}", lambda found: found[1] + next(numbers), text)


def of_each_kind(server):
    """Two things of each type, by their addresses."""
    query = "SELECT DISTINCT ?s { ?s ?p ?o FILTER(STRSTARTS(STR(?s), 'https://w3id.org/mcrc-kg/id/')) } ORDER BY ?s"
    kinds = {}
    for row in json.loads(server.query(query).body)["results"]["bindings"]:
        path = row["s"]["value"].removeprefix("https://w3id.org/mcrc-kg")
        kinds.setdefault(path.split("/")[2], []).append(path)
    return [path for paths in kinds.values() for path in paths[:: max(1, len(paths) // 2)]]


@pytest.mark.parametrize("change", few([printed, typed, extreme]))
def test_no_page_fails_on_a_value_that_is_no_number(tmp_path, review_file, change):
    # most crashes are of numbers that are none: these are tried in all documents, the others in one
    text = (folder("graph") / GRAPH_FILE if change is typed else review_file).read_text(encoding="utf-8")
    changed = change(text)
    assert sum(one != other for one, other in zip(text.splitlines(), changed.splitlines(), strict=True)) > 300
    (tmp_path / GRAPH_FILE).write_text(changed, encoding="utf-8")
    with served(tmp_path, "--graph", tmp_path, "--time-limit", 60) as server:
        todo = [
            "/",
            "/q",
            "/tables",
            "/discrepancies",
            "/compare",
            "/pool",
            "/network",
            "/mechanism",
            "/timeline",
            "/about",
            "/ontology",
            *("/drugs", "/trials", "/regimens", "/biomarkers", "/sources"),
        ]
        todo += of_each_kind(server)
        for one, other in SIDES:
            for endpoint in ("OS", "PFS"):
                pair = urlencode({"endpoint": endpoint, "experimental": one, "reference": other})
                todo += [f"/pool?{pair}", f"/pool.csv?{pair}", f"/plot/forest.svg?{pair}"]
            todo += [
                f"/compare?{urlencode({'one': one, 'other': other})}",
                f"/compare.csv?{urlencode({'one': one, 'other': other})}",
            ]
        todo += sorted({link for link in Page(server.ask(path="/q").text).links if link.startswith("/q/") and "." not in link})
        assert len(todo) > 100
        failed = [(path, status) for path in todo if (status := server.ask(path=path, Accept=BROWSER).status) >= 500]
        assert not failed
