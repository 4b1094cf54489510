"""A real browser for the tests: headless Chromium, with what it asks for, what it complains of, and axe-core's findings."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
AXE = HERE / "vendor" / "axe.min.js"
REQUIRED = os.environ.get("MCRC_KG_BROWSER") == "required"
FLAGS = [
    "--no-sandbox",  # the tests also run as root, in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
SETTLED = 15_000  # milliseconds that a page may take before a test gives up


def lacking(what, cure):
    """Skip the test, or fail it where a browser is required (``MCRC_KG_BROWSER=required``)."""
    message = f"{what}; {cure}"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def chromium():
    """The running browser; Debian's by default, another by ``MCRC_KG_CHROMIUM``.

    One for each module: while it runs, its event loop occupies the thread, and no other test could run one.
    """
    path = os.environ.get("MCRC_KG_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        lacking("no Chromium on the path", "install it with 'apt-get install chromium', or name one in MCRC_KG_CHROMIUM")
    if find_spec("playwright") is None:
        lacking("the package 'playwright' is not installed", "install it with: pip install '.[complete]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield browser
        browser.close()


SERVE = """
import sys
from kg.web.pages import query
from kg.web.server import run
from kg.web.pages.site import site
from kg.web.settings import Settings
{before}
run(Settings(), "127.0.0.1", 0, lambda said: print(said, flush=True), site())
"""


@contextmanager
def served(before=""):
    """The site in a process of its own, after these statements; its origin."""
    command = [sys.executable, "-c", SERVE.format(before=before)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://[^/ ]+", process.stdout.readline())[0]
        finally:
            process.terminate()


@dataclass
class Visit:
    """One page in the browser, with what went on while it was open."""

    page: object
    origin: str
    complaints: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    @property
    def strangers(self):
        """The requests that left the site."""
        own = (self.origin + "/", "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]

    def open(self, path):
        """Go to a page of the site; its answer."""
        return self.page.goto(self.origin + path)

    def axe(self, *, impact=("serious", "critical")):
        """What axe-core finds in the page as it is, at these impacts: rule and where."""
        if not AXE.is_file():
            lacking("axe-core is not here", "'pip install -e .' brings it where npm reaches its registry")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))  # through the debugger, which no content policy binds
        # of what passes only the number is asked for: to tell every place of it takes three times as long
        found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")["violations"]
        return [
            f"{one['impact']} {one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in impact
            for node in one["nodes"]
        ]

    def picture(self, name, **options):
        """A screenshot in the folder that ``MCRC_KG_PICTURES`` names, if it names one."""
        if folder := os.environ.get("MCRC_KG_PICTURES"):
            self.page.screenshot(path=Path(folder, f"{name}.png"), full_page=True, **options)

    def settled(self):
        """Whether the visit went without complaint and without leaving the site, as an assertion."""
        assert not self.complaints, self.complaints
        assert self.strangers == []


@pytest.fixture
def visit(chromium):
    """Open a browser window on a site: ``with visit(origin, width=390, dark=True, javascript=False) as v``."""

    @contextmanager
    def call(origin, *, width=1280, height=900, dark=False, javascript=True):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(SETTLED)
        page = context.new_page()
        seen = Visit(page, origin)
        page.on("console", lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        try:
            yield seen
        finally:
            context.close()

    return call
