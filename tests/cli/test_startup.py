"""What a start costs: each command loads what it uses and nothing else, and the short cuts give what the long way gives."""

import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from fcntl import ioctl

import pytest
from paths import ROOT
from rdflib import Graph, Literal, URIRef
from typer.main import get_command

import kg
from kg.ask.catalogue import catalogue, questions
from kg.cli import help as written
from kg.cli.ask import plain
from kg.cli.commands import MODULES, app, application
from kg.engine.disjoint_graphs import note_of, noted
from kg.engine.store import Embedded
from kg.pipeline.build import Build, is_current, write
from kg.resources import PACKAGE, graph_file

HEAVY = {"typer", "pydantic", "rich", "networkx", "pyshacl", "csvw", "matplotlib", "oxrdflib", "multiprocessing", "difflib"}
HELP = [[name, "--help"] for names in MODULES.values() for name in names] + [["--version"]]
ASK = ["ask", "hazard-ratios", "--drug", "cetuximab", "--format", "csv"]
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def loaded(code, *words, name="mcrc-kg"):
    """The modules that a fresh interpreter has loaded after some code, without those that it begins with."""
    end = "import atexit, json, sys; sys.argv = json.loads(sys.argv[1]); before = set(sys.modules)\n"
    end += "atexit.register(lambda: print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr))\n"
    given = json.dumps([name, *words])
    result = subprocess.run([sys.executable, "-c", end + code, given], capture_output=True, text=True, env=plain_environment())
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stderr.splitlines()[-1]))


def plain_environment():
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "MCRC_KG_GRAPH")}


def packages(modules):
    return {module.partition(".")[0] for module in modules}


def run_main(*words):
    return loaded("from kg.cli import main; main()", *words)


def test_the_help_page_loads_only_what_writes_it():
    modules = run_main("--help")
    assert {module for module in modules if module.startswith("kg")} == {"kg", "kg.cli", "kg.cli.help", "kg.cli.streams"}
    assert not packages(modules) & (HEAVY | {"rdflib", "pyoxigraph", "yaml", "dataclasses", "typing", "re", "pathlib", "logging"})


def test_a_question_loads_only_what_answers_it():
    modules = run_main(*ASK)
    assert {"rdflib", "pyoxigraph", "yaml"} <= packages(modules)
    assert not packages(modules) & HEAVY
    rooms = {module.split(".")[1] for module in modules if module.startswith("kg.")}
    assert rooms == {
        "analyses", "ask", "cli", "drawings", "engine", "errors", "files", "graph", "namespaces", "resources", "terms", "turtle",
    }  # fmt: skip


def test_the_package_loads_nothing_and_an_opened_graph_no_questions():
    assert {module for module in loaded("import kg") if not module.startswith("importlib")} <= {"kg", "warnings", "__future__"}
    opened = loaded("import kg; kg.open()")
    assert not packages(opened) & (HEAVY | {"yaml"})
    assert not {module for module in opened if re.match(r"kg\.(cli|pipeline|synthesis|plots|web|agents|exports)\b", module)}


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_the_help_of_a_command_loads_no_graph(words):
    assert not packages(run_main(*words)) & {"rdflib", "pyoxigraph", "yaml", "networkx", "starlette", "mcp"}


def test_a_question_is_answered_without_the_headers_of_the_others():
    code = "import kg; from kg.ask import catalogue\nkg.open().ask('hazard-ratios', drug='cetuximab')\n"
    code += "assert catalogue._parse.cache_info().currsize == 2, catalogue._parse.cache_info()"
    loaded(code)  # the question, and the names of the members of a class


# the help page


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "mcrc-kg"
    path.write_text("from kg.cli import main; main()", encoding="utf-8")
    return path


def made_by_typer(program, columns):
    environment = {**os.environ, "COLUMNS": str(columns)}
    return subprocess.run([sys.executable, program, "--help"], capture_output=True, text=True, env=environment, check=True).stdout


def test_the_written_help_page_is_that_of_typer(program):
    again = "run: COLUMNS=80 mcrc-kg --help > kg/cli/help.txt"
    assert (PACKAGE / "cli" / "help.txt").read_text(encoding="utf-8") == made_by_typer(program, 80), again


def test_the_help_page_lists_the_commands_in_the_order_of_the_readme():
    page = (PACKAGE / "cli" / "help.txt").read_text(encoding="utf-8").partition("Commands:")[2]
    listed = re.findall(r"^  (\w+) ", page, re.MULTILINE)
    assert listed == re.findall(r"^\| `mcrc-kg (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("argv", "environment"),
    [
        (["mcrc-kg"], {}),
        (["mcrc-kg", "ask", "--help"], {}),
        (["mcrc-kg", "--help", "ask"], {}),
        (["mcrc-kg", "--help"], {"COLUMNS": "120"}),
        (["mcrc-kg", "--help"], {written.COMPLETION: "complete_bash"}),
    ],
)
def test_typer_makes_every_other_page(argv, environment, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert written.page(argv) is None


@pytest.mark.parametrize("columns", [60, 79, 80, 200])
def test_the_help_page_on_a_terminal(columns, program):
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen([sys.executable, program, "--help"], stdout=follower, env=plain_environment()) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the end, on Linux
                break
            if not part:
                break
            shown += part
        assert process.wait() == 0
    os.close(leader)
    assert shown.decode().replace("\r\n", "\n") == made_by_typer(program, columns)


# the commands


def test_every_command_is_in_the_list_of_its_module():
    for module, names in MODULES.items():
        registered = [one for one in app.registered_commands if one.callback.__module__.endswith(f".{module}")]
        found = {one.name or one.callback.__name__ for one in registered}
        found |= {one.name for one in app.registered_groups if one.typer_instance.registered_commands and one.name in names}
        assert found == set(names), module
    assert len(app.registered_commands) + len(app.registered_groups) == sum(map(len, MODULES.values()))


def test_only_the_module_of_the_command_is_loaded():
    modules = run_main("find", "--help")
    assert {module for module in modules if module.startswith("kg.cli.commands.")} == {"kg.cli.commands.query"}
    assert application(["nonsense"]) is app


LINES = [
    [],
    ["--drug", "cetuximab"],
    ["--drug", "cetuximab", "--format", "json"],
    ["--format", "json", "--drug", "cetuximab"],
    ["--drug", "--format", "json"],
    ["--drug=cetuximab", "--output", "a b.csv"],
    ["--graph", "folder", "--format", "csv", "--format", "tsv"],
    ["word", "--drug", "cetuximab", "word"],
    ["--drug", ""],
    ["--formats", "csv"],
    ["--out", "a.csv"],
    ["--limit", "5", "--drug", "cetuximab", "--skip", "0"],
    ["--skip", "007", "--limit", "1"],
    ["--limits", "5"],
]


@pytest.mark.parametrize("rest", LINES, ids=" ".join)
@pytest.mark.parametrize("graph", [None, "", "elsewhere"])
def test_a_plain_question_is_read_as_typer_reads_it(rest, graph, monkeypatch):
    monkeypatch.delenv("MCRC_KG_GRAPH", raising=False)
    if graph is not None:
        monkeypatch.setenv("MCRC_KG_GRAPH", graph)
    read = plain(["ask", "hazard-ratios", *rest])
    command = get_command(app).commands["ask"]
    context = command.make_context("ask", ["hazard-ratios", *rest])
    assert read is not None
    given = {"name": None, "graph": None, "form": None, "output": None, "show_query": False, "limit": None, "skip": 0, **read}
    assert list(given.pop("words")) == context.args
    assert given == context.params


@pytest.mark.parametrize(
    "rest",
    [
        ["--help"],
        ["--show"],
        ["-o", "a.csv"],
        ["-oa.csv"],
        ["--format"],
        ["--format=csv"],
        ["--output="],
        ["--format", "--drug"],
        ["--format", ""],
        ["--drug", "-1"],
        ["--", "--drug"],
        ["-"],
        ["--limit"],
        ["--limit", "0"],
        ["--limit", "-1"],
        ["--limit", "+5"],
        ["--limit", "1_0"],
        ["--limit", "٣"],
        ["--limit", "5.0"],
        ["--limit=5"],
        ["--skip", "x"],
        ["--skip", "9" * 40],
        ["--skip", ""],
    ],
    ids=" ".join,
)
def test_typer_reads_what_is_not_plain(rest):
    assert plain(["ask", "hazard-ratios", *rest]) is None


@pytest.mark.parametrize("words", [[], ["ask"], ["ask", ""], ["ask", "--drug", "x"], ["find", "cetuximab"]], ids=" ".join)
def test_typer_reads_what_names_no_question_first(words):
    assert plain(words) is None


# names and graphs


@pytest.mark.complete
def test_the_names_of_members_are_those_of_all_names(graph):
    every = graph.ask("names").rows
    asked = {parameter.of_class for one in questions().values() for parameter in one.parameters} - {None}
    classes = asked | {row["class"] for row in graph.query("SELECT DISTINCT ?class { ?member a ?class }")}
    for name in sorted(map(str, classes)):
        members = {row["member_iri"] for row in graph.ask("members", **{"class": URIRef(name)})}
        found = graph.answer(catalogue("search")["names-of-members"].bind({"class": URIRef(name)}))
        assert found.rows == tuple(row for row in every if str(row[0]) in members), name


def merged():
    engine = Embedded()
    engine.load_file(graph_file())
    return engine


def opened():
    engine = Embedded()
    engine.load_file(graph_file(), lazily=True)
    return engine


def test_the_packaged_graph_is_opened_without_a_merge():
    engine = opened()
    count = len(engine)
    assert engine._default.is_union
    assert engine.query(COUNT) == merged().query(COUNT)
    assert (len(engine), engine._default.is_union) == (count, True)
    assert len(merged()) == count


@pytest.mark.parametrize(
    "sparql",
    [
        COUNT,
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/mcrc-kg/mappings> { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) from <https://w3id.org/mcrc-kg/mappings> FROM <https://w3id.org/mcrc-kg/inferred> { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) FROM NAMED <https://w3id.org/mcrc-kg/mappings> { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) FROM NAMED <https://w3id.org/mcrc-kg/mappings> { GRAPH ?g { ?s ?p ?o } }",
        "ASK { ?drug a <https://w3id.org/mcrc-kg/ontology#Drug> }",
        "SELECT (COUNT(*) AS ?n) { ?s <http://www.w3.org/2000/01/rdf-schema#subClassOf>* ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s !a ?o }",
    ],
)
def test_an_answer_is_that_of_the_merged_graph(sparql):
    assert opened().query(sparql) == merged().query(sparql)


@pytest.mark.complete
def test_what_needs_the_merged_graph_merges_it():
    count = merged().query(COUNT).rows
    assert len(opened().union()) == len(merged().union())
    engine = opened()
    engine.as_rdflib()
    assert not engine._default.is_union
    assert engine.query(COUNT).rows == count
    engine = opened()
    engine.add(URIRef("urn:g"), [(URIRef("urn:s"), URIRef("urn:p"), Literal("o"))])
    assert int(engine.query(COUNT).rows[0][0]) == int(count[0][0]) + 1


@pytest.mark.parametrize(("again", "union"), [(False, True), (True, False)], ids=["disjoint", "overlapping"])
def test_a_graph_that_is_added_is_merged_only_where_it_states_a_triple_again(again, union):
    engine = opened()
    [(s, p, o)] = engine.query("SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } FILTER(isIRI(?s) && isIRI(?o)) } LIMIT 1").rows
    engine.load_text(f"<{s}> <{p}> <{o if again else 'urn:new'}> .", "urn:g")
    assert engine._default.is_union == union
    assert int(engine.query(COUNT).rows[0][0]) == int(merged().query(COUNT).rows[0][0]) + (not again)
    assert len(engine.query("SELECT * { GRAPH <urn:g> { ?s ?p ?o } }").rows) == 1


@pytest.mark.complete
def test_queries_while_another_thread_merges():
    engine = opened()
    count = merged().query(COUNT).rows
    found = []
    started = threading.Event()

    def ask():
        for _ in range(40):
            found.append(engine.query(COUNT).rows)
            started.set()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait(20)
    engine.as_rdflib()
    for thread in threads:
        thread.join()
    assert set(found) == {count}


def test_a_triple_in_two_graphs_occurs_once(tmp_path):
    triple = (URIRef("urn:s"), URIRef("urn:p"), Literal(1))
    one, two = Graph().add(triple), Graph().add(triple)
    built = Build({URIRef("urn:a"): one})
    path = write(built, tmp_path)
    assert is_current(built, tmp_path)
    assert noted(path) == path.read_bytes()
    both = Build({URIRef("urn:a"): one, URIRef("urn:b"): two})
    old = note_of(path).read_text(encoding="utf-8")
    write(both, tmp_path)
    assert not note_of(path).exists()
    assert is_current(both, tmp_path)
    assert len(kg.open(tmp_path).query("SELECT * { ?s ?p ?o }")) == 1
    note_of(path).write_text(old, encoding="utf-8")
    assert noted(path) is None, "the note of another file"
    assert len(kg.open(tmp_path).query("SELECT * { ?s ?p ?o }")) == 1
