"""A page of the site as a test reads it: rows of tables, links, fields of forms, headings."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 300  # seconds; files to take away are made by a process of low priority
BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@dataclass
class Answer:
    """What a server said: status, headers, body."""

    status: int
    headers: object
    body: bytes
    address: str = ""  # after redirects

    @property
    def text(self):
        return self.body.decode()

    @property
    def page(self):
        return Page(self.text)


def get(address, method="GET", **headers):
    """The answer at an address, whatever its status."""
    named = {"Accept": BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        with urlopen(Request(address, headers=named, method=method), timeout=PATIENCE) as answer:
            return Answer(answer.status, answer.headers, answer.read(), answer.url)
    except HTTPError as error:
        return Answer(error.code, error.headers, error.read())


@dataclass
class Cell:
    text: str = ""
    titles: list = field(default_factory=list)  # what stands there in full where the text is short
    links: list = field(default_factory=list)


class Page(HTMLParser):
    """Tables as lists of rows of cells; links, fields and their options by name; the text."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.links, self.options, self.selected, self.inputs, self.ids = [], [], {}, {}, {}, []
        self.text = ""
        self._row = self._cell = self._select = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if self._cell is not None and "title" in given:
            self._cell.titles.append(given["title"])
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self._row = []
            self.tables[-1].append(self._row)
        elif tag in ("td", "th"):
            self._cell = Cell()
            self._row.append(self._cell)
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
            if self._cell is not None:
                self._cell.links.append(given["href"])
        elif tag in ("select", "datalist"):
            self._select = given.get("name") or given["id"].removeprefix("list-")
            self.options[self._select] = []
        elif tag == "option" and self._select:
            self.options[self._select].append(given.get("value"))
            if "selected" in given:
                self.selected[self._select] = given.get("value")
        elif tag == "input":
            self.inputs[given.get("name")] = given.get("value", "")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = None
        elif tag in ("select", "datalist"):
            self._select = None

    def handle_data(self, data):
        self.text += data
        if self._cell is not None:
            self._cell.text = " ".join((self._cell.text + data).split())

    @property
    def rows(self):
        """The rows of the last table, without its head."""
        return self.tables[-1][1:] if self.tables else []


class Outline(HTMLParser):
    """What a page holds: headings, links, anchors, and the tags that must not come from the data."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.links, self.anchors, self.tags = [], [], set(), []
        self.scripts = []  # their addresses, None for one within the page
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append(given.get("src"))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.links += [given[name] for name in ("href", "src", "action") if given.get(name)]
        if "id" in given:
            self.anchors.add(given["id"])
