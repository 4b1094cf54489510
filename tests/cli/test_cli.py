"""The command line: verbs, formats, exit codes, and that a question from a cold start is quick to answer."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT, TESTS
from rdflib import Graph
from server import until

from kg.ask.catalogue import questions
from kg.cli.commands import app

CROSS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
VERBS = sorted(command.name or command.callback.__name__ for command in app.registered_commands)


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_ask_answers_with_the_place(run):
    result = run(
        "ask", "hazard-ratios", "--drug", "cetuximab", "--stratum", "KRAS wild-type population", "--document", "ohhara-2016"
    )
    assert result.returncode == 0, result.stderr
    crystal = next(row for row in table(result.stdout) if row["trial"] == "CRYSTAL" and row["population"] == "KRAS wild type")
    assert (crystal["hazard_ratio"], crystal["p"]) == ("0.80", "P = 0.0093")
    assert crystal["passage_iri"].endswith("/id/passage/ohhara-2016.21742-21763")


def test_ask_without_a_name_is_the_catalogue(run):
    assert {row["question"] for row in table(run("ask").stdout)} == set(questions())


def test_ask_shows_its_query_bound(run):
    shown = run("ask", "actions-of-drug", "--drug", "cetuximab", "--show").stdout
    assert "VALUES ?drug_iri { <https://w3id.org/mcrc-kg/id/drug/cetuximab> } # param: drug" in shown
    assert run("query", shown).stdout == run("ask", "actions-of-drug", "--drug", "cetuximab").stdout


def test_a_question_has_a_manual_of_its_own(run):
    manual = run("ask", "review-table", "--help").stdout
    assert "--table  one of 1, 2, 3, 4; default: 1" in manual
    assert "--stratum  the name of a class; default: population (mcrc:Population)" in run("ask", "hazard-ratios", "--help").stdout
    assert "Usage" in run("ask", "--help").stdout


def test_a_default_is_said(run):
    assert "--trial is trial:FIRE-3 by default" in run("ask", "arms-of-trial").stderr
    assert "--trial" not in run("ask", "arms-of-trial", "--trial", "PEAK").stderr


def test_an_empty_answer_says_what_that_means(run):
    said = run("ask", "adverse-events", "--agent", "tipiracil").stderr
    assert "this does not mean that the documents are silent" in said
    said = run("ask", "analyses", "--trial", "FIRE-3").stderr
    assert "ohhara-2016 was read for follow-up duration of FIRE-3 by two readers and does not report it" in said


def test_a_name_that_does_not_exist_is_said(run):
    result = run("query", "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> SELECT ?x { ?x mcrc:hasEndpoint ?y }")
    assert (result.returncode, result.stdout) == (0, "x\n")
    assert "mcrc:hasEndpoint is not a term of the ontology" in result.stderr
    assert "mcrc:forEndpoint" in result.stderr


def test_info_names_version_and_source(run):
    told = run("info").stderr
    assert "mcrc-kg 0." in told
    assert "Ohhara" in told


def test_query_reads_arguments_files_and_standard_input(run, tmp_path):
    text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    (tmp_path / "q.rq").write_text(text, encoding="utf-8")
    answers = {run("query", text).stdout, run("query", "--file", "q.rq").stdout, run("query", "-", stdin=text).stdout}
    assert len(answers) == 1
    assert int(table(answers.pop())[0]["n"]) > 10_000


def test_ask_and_construct_queries(run):
    assert run("query", "ASK { ?s ?p ?o }").stdout == "answer\ntrue\n"
    turtle = run("query", "CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 5").stdout
    assert len(Graph().parse(data=turtle, format="turtle")) == 5


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "md", "table"])
def test_formats(run, form):
    text = run("ask", "primary-endpoints", "--format", form).stdout
    assert "FIRE-3" in text
    if form == "json":
        assert next(row for row in json.loads(text) if row["trial"] == "FIRE-3")["met"] == "no"


def test_output_is_written_whole(run, tmp_path):
    result = run("ask", "primary-endpoints", "-o", "out.csv")
    assert (result.returncode, result.stdout) == (0, "")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == run("ask", "primary-endpoints").stdout
    assert run("ask", "primary-endpoints", "-o", "nowhere/out.csv").returncode == 4


def test_find_and_show(run):
    assert table(run("find", "AVF2017g").stdout)[0]["label"] == "AVF2107g"
    assert table(run("find", "5-FU").stdout)[0]["label"] == "5-fluorouracil"
    found = table(run("find", "FDA").stdout)
    assert found
    assert all("FDA" in row["matched"].split() for row in found), "not the letters across two words"
    assert table(run("find", "zumab").stdout)[0]["label"] == "bevacizumab"
    assert any(row["property"] == "acts on" and row["value"] == "EGFR" for row in table(run("show", "cetuximab").stdout))


def test_an_identifier_is_found_and_no_other_for_being_like_it(run):
    assert [row["label"] for row in table(run("find", "NCT00154102").stdout)] == ["CRYSTAL"]
    assert table(run("find", "NCT00154103").stdout) == []


def test_an_interrupt_ends_a_query_that_runs():
    words = [sys.executable, "-c", "from kg.cli import main; main()", "query", CROSS]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert until(lambda: processor_seconds(process.pid) > 1.5), "long after all is loaded"
        process.send_signal(signal.SIGINT)
        assert process.wait(3) == -signal.SIGINT


def processor_seconds(process):
    """What a process used of the processor, as Linux tells it."""
    return sum(map(int, Path(f"/proc/{process}/stat").read_text(encoding="ascii").split()[13:15])) / os.sysconf("SC_CLK_TCK")


def test_build_validate_and_ask_the_result(run, tmp_path, review, review_file):
    assert run("build", "--facts", review).returncode == 0
    assert run("build", "--facts", review, "--check").returncode == 0
    assert run("validate", "--facts", review).returncode == 0
    answer = run("ask", "primary-endpoints", "--graph", "graph").stdout
    assert answer == run("ask", "primary-endpoints", "--graph", review_file.parent).stdout != ""
    (tmp_path / "graph" / "mcrc-kg.trig").write_text("# changed\n", encoding="utf-8")
    assert run("build", "--facts", review, "--check").returncode == 1
    missing = run("build", "--facts", review, "--check", "-o", tmp_path / "nothing")
    assert (missing.returncode, "contains no graph" in missing.stderr) == (1, True)


def test_validate_names_files_and_reasons(run):
    bad = TESTS / "bad" / "comparison-interval-wrong-way-round.ttl"
    result = run("validate", bad)
    assert result.returncode == 1
    assert "the limits of the confidence interval are exchanged" in result.stdout
    assert table(run("validate", bad, "--format", "csv").stdout)[0]["severity"] == "error"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["ask", "hazard-ratioz"], 3, "nearest: hazard-ratios"),
        (["ask", "hazard-ratios", "--drug", "cetuximb"], 3, "nearest: cetuximab"),
        (["ask", "hazard-ratios", "--medicine", "x"], 2, "its parameters are: --drug"),
        (["ask", "hazard-ratios", "--drug"], 2, "--drug needs a value"),
        (["ask", "hazard-ratios", "cetuximab"], 2, "write parameters as --name value"),
        (["ask", "primary-endpoints", "--format", "xls"], 2, "choose one of table, csv"),
        (["ask", "primary-endpoints", "--format", "ttl"], 2, "ttl is for graphs"),
        (["ask", "primary-endpoints", "--graph", "nowhere"], 4, "mcrc-kg build -o nowhere"),
        (["query", "SELECT ?x { ?x a }"], 4, "1:19"),
        (["query", "SELECT ?d { ?d a no:Drug }"], 4, "1:25: prefix not found; the query does not declare 'no:'; add PREFIX no:"),
        (["query", "SELECT ?d { ?d a no:Drug }"], 4, "these need no declaration: analysis, arm, "),
        (["query", "# mine\nPREFIX a: <urn:a>\nDELETE WHERE { ?s ?p ?o }"], 4, "this is an update, and the graph is read-only"),
        (["ask", "hazard-ratios", "--stratum", "cetuximab"], 3, "no class is called 'cetuximab'"),
        (["ask", "hazard-ratios", "--drug", "FOLFIRI"], 3, "no drug is called 'FOLFIRI'"),
        (["ask", "hazard-ratios", "--drug", "--endpoint", "PFS"], 2, "--drug needs a value"),
        (["ask", "hazard-ratios", "--drug", "cetuximab", "--drug", "x"], 2, "--drug is given twice"),
        (["validate", "."], 4, "--facts"),
        (["query"], 2, "give one query"),
        (["query", "--file", "nowhere.rq"], 4, "nowhere.rq"),
        (["show", "nothing at all"], 3, "no entity is called"),
        (["validate", "nowhere.ttl"], 4, "no such file"),
        (["validate", "--facts", "nowhere"], 4, "no such folder"),
        (["build", "--nonsense"], 2, "nonsense"),
        (["ask", "primary-endpoints", "--graph", "http://127.0.0.1:9/sparql"], 5, "cannot be reached"),
    ],
)
def test_exit_codes(run, words, code, message):
    result = run(*words)
    assert result.returncode == code, result.stderr
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_version_and_no_rows(run):
    assert run("--version").stdout.startswith("mcrc-kg ")
    result = run("ask", "hazard-ratios", "--endpoint", "ORR")
    assert (result.returncode, len(table(result.stdout))) == (0, 0)
    assert "this does not mean that the documents are silent" in result.stderr


def test_output_goes_through_a_link_and_a_pipe(run, tmp_path):
    (tmp_path / "real.csv").write_text("", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert run("ask", "primary-endpoints", "-o", "link.csv").returncode == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert "FIRE-3" in (tmp_path / "real.csv").read_text(encoding="utf-8")
    assert run("ask", "primary-endpoints", "-o", "/dev/null").returncode == 0
    assert run("ask", "primary-endpoints", "-o", tmp_path).returncode == 4
    assert not list(tmp_path.glob(".*-*"))


def test_a_file_that_is_no_rdf(run, tmp_path):
    (tmp_path / "x.ttl").write_text("this is no turtle", encoding="utf-8")
    result = run("validate", "x.ttl")
    assert (result.returncode, "does not parse" in result.stderr) == (4, True)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"mcrc-kg {verb}\b", readme)


def test_asking_loads_neither_the_validator_nor_the_table_reader(tmp_path):
    code = (
        "import sys; from kg.cli import main\n"
        "sys.argv = ['mcrc-kg', 'ask', 'actions-of-drug', '-o', 'out.csv']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*(m for m in ('pyshacl', 'csvw', 'oxrdflib', 'owlready2', 'networkx') if m in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout.strip() == ""
