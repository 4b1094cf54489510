"""What CONTRIBUTING and SECURITY say can be followed: files and folders exist, commands are known, headers are sent."""

import re
import shlex
import tomllib

import pytest
from paths import ROOT

from kg.cli.commands import app
from kg.web.http.security_headers import SECURITY

NAMES = ["CONTRIBUTING.md", "SECURITY.md"]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
TOP = {path.name for path in ROOT.iterdir()}
PLACEHOLDER = re.compile(r"[A-Z]{4,}|\*")


def quoted(name):
    """What stands between backticks within a line, and the lines of code."""
    text = TEXTS[name]
    code = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", rest) + "".join(code).splitlines()


def words():
    return [(name, word) for name in NAMES for one in quoted(name) for word in one.split()]


def paths():
    """Words that begin with the name of a file or folder of the project."""
    return sorted(
        {(name, word.rstrip("/")) for name, word in words() if word.split("/")[0] in TOP and not PLACEHOLDER.search(word)}
    )


def test_there_are_paths_to_check():
    assert len(paths()) > 15


@pytest.mark.parametrize(("name", "path"), paths())
def test_each_path_exists(name, path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_each_link_leads_to_a_file_and_its_heading(name):
    links = re.findall(r"\]\(([^)\s]+)\)", TEXTS[name])
    assert links
    for link in links:
        file, _, heading = link.partition("#")
        text = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).is_file() else ""
        assert (ROOT / file).exists(), link
        titles = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        assert not heading or heading in titles, link


def test_each_command_of_the_program_exists():
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    named = {one.split()[1] for name in NAMES for one in quoted(name) if one.startswith("mcrc-kg ")}
    assert named
    assert named <= known


def test_the_set_up_installs_what_the_steps_call():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    brought = {re.split(r"[<>=\[]", need)[0] for need in settings["project"]["optional-dependencies"]["test"]}
    assert {"pytest", "pre-commit", "ruff", "mypy"} <= brought


def test_the_check_of_a_question_that_is_named_is_the_one_of_the_hook():
    (step,) = (one for one in quoted("CONTRIBUTING.md") if "check_queries" in one)
    assert shlex.split(step)[:2] == ["python", ".ci/check_queries.py"]
    assert " ".join(shlex.split(step)[:2]) in (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_the_report_goes_to_the_repository_and_to_no_address():
    assert "Report a vulnerability" in TEXTS["SECURITY.md"]
    assert "@" not in TEXTS["SECURITY.md"]


def test_the_headers_that_are_promised_are_sent(server):
    sent = server.ask(path="/about", Accept="text/html").headers
    for header, value in SECURITY.items():
        assert sent[header.lower()] == value
    assert "script-src 'self';" in sent["content-security-policy"]
    assert "frame-ancestors 'none'" in sent["content-security-policy"]
    assert (sent["x-content-type-options"], sent["referrer-policy"]) == ("nosniff", "no-referrer")


def test_the_promises_of_the_endpoint_hold(server):
    assert server.ask("POST", "/sparql", b"DELETE WHERE { ?s ?p ?o }", Content_Type="application/sparql-update").status == 403
    refused = server.query("SELECT * { SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o } }")
    assert refused.status == 403
    assert server.query("SELECT").status == 400
    secret = "urn:secret-of-a-client"
    assert server.query(f"SELECT * {{ <{secret}> ?p ?o }}").status == 200
    assert secret not in server.log.read_text()
