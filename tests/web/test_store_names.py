"""The names of a store that a server serves: pages and tools take them from the index of the version that the server reads."""

import json
import subprocess
import sys
from urllib.parse import urlencode

import anyio
import pytest
from htmlpage import BROWSER
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from rdflib import RDF, RDFS, URIRef
from server import served

from kg.ask import name_index
from kg.ask.catalogue import question
from kg.ask.name_index import FILE, NameIndex
from kg.engine.disk_store import info_of
from kg.engine.store import Embedded
from kg.exports.store import writing
from kg.graph import KnowledgeGraph
from kg.namespaces import ID, MCRC
from kg.web.pages.parameters import MOST_OFFERED, Field, ParameterValues

DRUG = str(MCRC.Drug)
ONLY = f"{ID}drug/only"  # in the index, and not in the data


def load(place, *names):
    """A store with drugs of these names."""
    file = place.parent / "drugs.nq"
    lines = [f'<{ID}drug/{name}> <{RDFS.label}> "{name}" <urn:g> .\n<{ID}drug/{name}> a <{DRUG}> <urn:g> .\n' for name in names]
    file.write_text("".join(lines).replace(" a ", f" <{RDF.type}> "), encoding="utf-8")
    with writing(place) as new:
        new.load_file(file)
    return place


def index(path, *drugs):
    """An index of drugs, each an IRI and a label."""
    rows = [(iri, label, "drug", "label", label) for iri, label in drugs]
    name_index.write(path, rows, [(iri, DRUG) for iri, _ in drugs])
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store whose index has another drug than its data."""
    place = load(tmp_path_factory.mktemp("names") / "store", "onemab")
    names = place / info_of(place).version / FILE
    names.unlink()
    index(names, (ONLY, "onlymab"))
    return place


def test_a_name_is_looked_up_in_the_index_of_the_store(place):
    with served(place.parent, "--graph", place) as one:
        found = json.loads(one.ask(path="/search.json?q=onlymab").body)
        assert [(name["iri"], name["label"]) for name in found] == [(ONLY, "onlymab")]
        assert "/id/drug/only" in one.ask(path="/search?q=onlymub", Accept=BROWSER).text
        assert "/id/drug/only" in one.ask(path="/id/drug/onlymab", Accept=BROWSER).text, "near the address"
        form = one.ask(path="/q/drug-roles", Accept=BROWSER)
        assert (form.status, "onlymab" in form.text, "onemab" in form.text) == (200, True, False)
        assert one.ask(path="/q/drug-roles.csv?drug=onlymab").status == 200
        assert one.ask(path="/q/drug-roles.csv?drug=onemab").status == 404


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_tools_of_agents_use_the_index_of_the_store(place, transport):
    command = ["-c", "from kg.cli import main; main()", "mcp", "--graph", str(place)]

    async def ask(server):
        async with Client(server) as client:
            found = await client.call_tool("find", {"text": "onlymab"})
            refused = await client.call_tool("ask", {"question": "drug-roles", "parameters": {"drug": "onemab"}})
            asked = await client.call_tool("ask", {"question": "drug-roles", "parameters": {"drug": "onlymab"}})
        assert "drug:only" in found.content[0].text
        assert "onlymab" in refused.content[0].text
        assert (refused.is_error, asked.is_error) == (True, False)

    if transport == "stdio":
        anyio.run(ask, stdio_client(StdioServerParameters(command=sys.executable, args=command)))
        return
    with subprocess.Popen([sys.executable, *command, "--http", "0"], stderr=subprocess.PIPE, text=True) as process:
        try:
            anyio.run(ask, process.stderr.readline().split()[-1])
        finally:
            process.terminate()
            process.wait(20)


def test_a_server_keeps_the_names_of_its_version(tmp_path):
    place = load(tmp_path / "store", "onemab")
    with served(tmp_path, "--graph", place) as old:
        load(place, "twomab")
        load(place, "threemab")
        load(place, "fourmab")
        with served(tmp_path, "--graph", place) as new:
            for server, name in ((old, "onemab"), (new, "fourmab")):
                for asked in ("onemab", "fourmab"):
                    found = json.loads(server.ask(path=f"/search.json?q={asked}").body)
                    assert any(one["matched"] == asked for one in found) == (asked == name)
                    assert (server.ask(path=f"/id/drug/{asked}", Accept=BROWSER).status == 200) == (asked == name)


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["mcp", "--http", "0"]], ids=["serve", "mcp"])
def test_a_damaged_index_is_refused_at_the_start(tmp_path, run, command):
    place = load(tmp_path / "store", "onemab")
    (place / info_of(place).version / FILE).write_bytes(b"names")
    refused = run(*command, "--graph", place)
    assert (refused.returncode, "the names cannot be read" in refused.stderr) == (4, True)


def test_a_store_without_an_index_is_served(tmp_path):
    place = load(tmp_path / "store", "onemab")
    (place / info_of(place).version / FILE).unlink()
    with served(tmp_path, "--graph", place) as one:
        assert [name["label"] for name in json.loads(one.ask(path="/search.json?q=onemab").body)] == ["onemab"]
        assert one.ask(path=f"/q/drug-roles?{urlencode({'drug': 'onemab'})}", Accept=BROWSER).status == 200


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The parameter values of a graph with more drugs than a form lists; two drugs have the last label that it lists."""
    labels = [*(f"drug {number:04}" for number in range(MOST_OFFERED)), f"drug {MOST_OFFERED - 1:04}", "zmab"]
    drugs = [(f"{ID}drug/{number}", label) for number, label in enumerate(labels)]
    names = index(tmp_path_factory.mktemp("many") / FILE, *drugs)
    return ParameterValues(KnowledgeGraph(Embedded(), NameIndex.open(names)))


def test_a_form_lists_a_bounded_number_of_values_and_takes_all(many):
    parameter = question("drug-roles").parameter("drug")
    field = many.field(parameter, "zmab")
    assert (len(field.options), len(field.completions), field.completes) == (MOST_OFFERED, MOST_OFFERED, True)
    assert field.value == "zmab"
    assert "zmab" not in {one.value for one in field.options}
    assert many.terms(parameter, "zmab") == (URIRef(f"{ID}drug/{MOST_OFFERED + 1}"),)
    for one in field.options:
        assert many.terms(parameter, one.value) == (one.iri,)


def test_a_label_of_several_entities_is_no_value_also_at_the_end_of_the_list(many):
    last = many.of(question("drug-roles").parameter("drug"))[-1]
    assert last.label == f"drug {MOST_OFFERED - 1:04}"
    assert last.value == f"drug:{MOST_OFFERED}"


def test_a_long_list_with_groups_becomes_a_text_field(many):
    few = many.of(question("drug-roles").parameter("drug"))[:100]
    grouped = [type(one)(one.value, one.label, one.iri, "drug") for one in few]
    assert not Field("one", "one", "", grouped).completes
    longer = Field("one", "one", "", grouped * 11)
    assert (longer.completes, len(longer.completions)) == (True, MOST_OFFERED)
