"""The agent server with a real client: every tool over standard input and output, limits, hostile input, HTTP on this machine."""

import json
import os
import re
import sys
import time
from datetime import timedelta

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validate
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from paths import ROOT
from rdflib import Literal, URIRef

from kg.agents.answers import Caps
from kg.agents.messages import in_tool_words
from kg.ask.briefing import RULES
from kg.ask.catalogue import catalogue
from kg.ask.results import short

MAIN = ["-c", "from kg.cli import main; main()", "mcp"]
TOOLS = {"list_questions", "ask", "find", "describe", "explain", "compare", "pool", "schema", "sparql"}
PAGE = ROOT / "docs" / "agents.md"
PREFIX = "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> "
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SECONDS = 3
BOUNDED = settings(
    max_examples=30, deadline=timedelta(seconds=SECONDS + 2), derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


class Agent:
    """A client of one server, for tests that wait."""

    def __init__(self, portal, client, log):
        self._portal = portal
        self.client = client
        self._log = log

    def do(self, method, *words):
        return self._portal.call(getattr(self.client, method), *words)

    def call(self, tool, **arguments):
        return self.do("call_tool", tool, arguments)

    def told(self, tool, **arguments):
        """The text and the structured content of an answer that is no error."""
        found = self.call(tool, **arguments)
        text = "\n".join(part.text for part in found.content)
        assert not found.is_error, text
        return text, found.structured_content

    def refused(self, tool, **arguments):
        """The text of a tool error: one that says no path and shows no stack."""
        found = self.call(tool, **arguments)
        text = "\n".join(part.text for part in found.content)
        assert found.is_error, text
        assert not re.search(r"Traceback|File \"|/kg/|\.py\b|errors\.pydantic", text), text
        assert 0 < len(text) < 2500
        return text

    def log(self):
        return self._log.read_text()


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    log = tmp_path_factory.mktemp("agent") / "log"
    words = StdioServerParameters(
        command=sys.executable,
        args=[*MAIN, "--time-limit", str(SECONDS)],
        cwd=str(log.parent),
        env=dict(os.environ),  # the package under test is found as it is here
    )
    with (
        log.open("w") as errors,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(stdio_client(words, errlog=errors))) as client,
    ):
        yield Agent(portal, client, log)


def cell(term):
    """What a structured answer holds for a term."""
    if term is None:
        return None
    value = term.toPython() if isinstance(term, Literal) else None
    if isinstance(value, (bool, int, float)):
        return value
    if type(value).__name__ == "Decimal":
        return float(value)
    text = " ".join(short(term).split())
    return text if len(text) <= Caps.cell else text[: Caps.cell] + "…"


def test_the_tools_are_described_and_only_read(agent):
    tools = agent.do("list_tools").tools
    assert {tool.name for tool in tools} == TOOLS
    assert set(re.findall(r"^\| `(\w+)\(", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == TOOLS
    for tool in tools:
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert tool.output_schema is None or Draft202012Validator.check_schema(tool.output_schema) is None
        assert 50 < len(tool.description) < 700
        assert tool.annotations.read_only_hint
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
    words = json.dumps([[tool.name, tool.description, tool.input_schema] for tool in tools])
    assert len(words) < 7200  # about 1,900 tokens, in every conversation


def test_the_instructions_say_what_not_to_conclude(agent):
    told = agent.client.instructions
    assert RULES in told
    for word in ("Not medical advice", "population", "not report", "twice", "level of evidence", "passage"):
        assert word in told


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_each_question_answers_as_the_library_does(agent, graph, name):
    expected = graph.ask(name)
    text, answer = agent.told("ask", question=name)
    assert answer["columns"] == list(expected.columns)
    assert answer["total"] == len(expected)
    assert answer["rows"] == [[cell(term) for term in row] for row in expected.rows[: len(answer["rows"])]]
    assert answer["truncated"] == (len(answer["rows"]) < len(expected)) == ("TRUNCATED" in text)
    assert len(answer["rows"]) == min(len(expected), Caps.rows)
    assert answer["next_skip"] == (Caps.rows if answer["truncated"] else None)
    assert len(text) < Caps.characters + 6000
    passages = {short(term) for row in expected.rows[: len(answer["rows"])] for term in row if isinstance(term, URIRef)}
    assert {name for name in passages if name.startswith("passage:")} <= set(answer["citations"])


def test_an_answer_can_be_filtered_and_sorted(agent, graph):
    given = {"drug": "cetuximab", "line": "second-line", "favours": "reference", "p_below": 0.9, "sort": "p:desc"}
    text, answer = agent.told("ask", question="comparisons-with-drug", parameters={**given, "p_below": 0.9})
    assert answer["total"] == len(graph.ask("comparisons-with-drug", **given))
    assert "line=second-line" in text
    assert "second-line or later" in text
    text, _ = agent.told("ask", question="survival-without-progression")
    assert "Leaves out: " in text


def test_every_citation_leads_to_its_place(agent, graph):
    places = {row["passage_iri"]: row["place"] for row in graph.ask("passages")}
    _, answer = agent.told("ask", question="actions-of-drug", parameters={"drug": "aflibercept"})
    assert answer["citations"]
    for name, place in answer["citations"].items():
        assert places[answer["passage_iri"].replace("{X}", name.removeprefix("passage:"))] == place
    text, _ = agent.told("ask", question="reported-results", parameters={"trial": "FIRE-3"})
    assert "34388-34409 Treatment strategy, KRAS wild type, paragraph 2" in text  # the row says only that it is in the text
    text, _ = agent.told("sparql", query=PREFIX + "SELECT ?result { ?result a mcrc:ComparativeResult } ORDER BY ?result LIMIT 2")
    assert "Places: amado-2008.results-3a Abstract, Results" in text  # of results, too


def test_reading_on_gives_all_rows_once(agent, graph):
    rows, skip = [], 0
    while True:
        _, answer = agent.told("ask", question="reported-results", skip=skip)
        rows += answer["rows"]
        skip += Caps.rows  # all pages are of one size, whatever is in them
        if answer["next_skip"] is None:
            break
        assert answer["next_skip"] == skip
    assert rows == [[cell(term) for term in row] for row in graph.ask("reported-results").rows]
    text, answer = agent.told("ask", question="reported-results", skip=10_000)
    assert answer["rows"] == []
    assert "no rows after row 10,000" in text


def test_an_answer_says_its_defaults_its_caution_and_what_no_rows_mean(agent):
    text, answer = agent.told("ask", question="hazard-ratios", parameters={"drug": "Cetuximab"})
    assert "endpoint=endpoint:OS by default" in text.splitlines()[0]
    assert catalogue()["hazard-ratios"].description in text
    assert "CRYSTAL" in text
    assert answer["title"] in text
    text, _ = agent.told("ask", question="hazard-ratios", parameters={"drug": "regorafenib", "endpoint": "ORR"})
    assert "No rows: nothing in the graph matches these values; this does not mean that the documents are silent" in text
    text, answer = agent.told("ask", question="approvals", parameters={"drug": "erlotinib"})
    assert "ohhara-2016 was read for regulatory approval of erlotinib by two readers and does not report it" in text
    assert any("read for regulatory approval" in note for note in answer["notes"])


def test_what_is_wrong_with_a_query_is_said(agent):
    text, answer = agent.told("sparql", query=PREFIX + "SELECT ?x { ?x mcrc:hasEndpoint ?y }")
    assert "mcrc:hasEndpoint is not a term of the ontology, so no pattern with it matches; nearest: " in text
    assert "not reported" not in text
    assert any("mcrc:forEndpoint" in note for note in answer["notes"])
    text, _ = agent.told("sparql", query=PREFIX + "SELECT (GROUP_CONCAT(?n) AS ?refs) (1 AS ?one) { ?s mcrc:citesReference ?n }")
    assert "(empty in every row: refs)" in text
    assert "write GROUP_CONCAT(STR(?n))" in text


def test_every_other_tool_answers(agent):
    text, answer = agent.told("list_questions")
    assert set(catalogue()) == {row[0] for row in answer["rows"]}
    assert not set(catalogue("federated")) & {row[0] for row in answer["rows"]}  # this server asks no one
    text, _ = agent.told("list_questions", topic="claims")
    assert "line: LineOfTherapy (all if left out)" in text
    assert "See 'explain RESULT'" in agent.told("list_questions", topic="evidence")[0]
    text, answer = agent.told("find", text="bevaciz")
    assert answer["rows"][0][0] == "drug:bevacizumab"
    assert len(answer["rows"]) == Caps.rows < answer["total"]
    text, _ = agent.told("describe", entity="cetuximab")
    assert "acts on\tEGFR (target:EGFR)" in text
    text, _ = agent.told("explain", entity="cetuximab", property="acts on", value="EGFR")
    assert "passage:ohhara-2016." in text
    text, _ = agent.told("compare", one="cetuximab", other="bevacizumab", endpoint="OS")
    assert "FIRE-3" in text
    assert "absent" in text
    text, _ = agent.told("schema")
    assert "## Classes" in text
    text, answer = agent.told("sparql", query=PREFIX + "ASK { ?x a mcrc:Drug }")
    assert answer["rows"] == [[True]]
    text, answer = agent.told("sparql", query=PREFIX + "CONSTRUCT { ?x a mcrc:Drug } WHERE { ?x a mcrc:Drug }")
    assert "drug:cetuximab" in text
    assert not answer["truncated"]
    text, answer = agent.told("sparql", query="CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }")
    assert answer["truncated"]
    assert "TRUNCATED" in text
    assert len(text) < Caps.characters + 500


def test_queries_need_no_declaration_of_the_prefixes(agent):
    text, answer = agent.told("sparql", query="SELECT ?label { drug:cetuximab rdfs:label ?label }")
    assert answer["rows"] == [["cetuximab"]]
    text, answer = agent.told("sparql", query='SELECT ?x { ?x a mcrc:Endpoint ; rdfs:label "overall survival" }')
    (hint,) = [note for note in answer["notes"] if "language tag" in note]
    assert '"overall survival"@en' in hint
    assert hint in text


def test_names_are_found_as_people_type_them(agent):
    assert agent.told("find", text="Avastin")[1]["rows"][0] == [
        "drug:bevacizumab",
        "bevacizumab",
        "drug",
        "Avastin",
        "brand name",
    ]
    text, answer = agent.told("find", text="vemurafenib")
    assert answer["rows"] == []
    assert "no entity is called 'vemurafenib'" in text
    assert "encorafenib" not in text
    assert "only spelled like it" in agent.told("find", text="cetuximb")[0]
    typed = agent.told("compare", one="Erbitux", other="bevacizumab", endpoint="OS", stratum="RAS wild type")[1]
    assert (
        typed["rows"]
        == agent.told("compare", one="cetuximab", other="bevacizumab", endpoint="OS", stratum="all-RAS wild-type population")[1][
            "rows"
        ]
    )
    words = {"trial": "CALGB 80405", "population": "RAS wt"}
    assert agent.told("ask", question="arm-values", parameters=words)[1]["total"] > 0


PAGED = {
    "ask": {"question": "comparisons", "parameters": {"document": "all"}},
    "find": {"text": "bevacizumab"},
    "describe": {"entity": "mcrc:Drug"},
    "explain": {"entity": "regorafenib"},
    "compare": {"one": "cetuximab", "other": "bevacizumab"},
    "sparql": {"query": "SELECT ?s ?label { ?s rdfs:label ?label } ORDER BY ?s ?label LIMIT 60"},
}


@pytest.mark.parametrize(("tool", "words"), PAGED.items())
def test_every_tool_has_pages_of_one_size(agent, tool, words):
    text, answer = agent.told(tool, **words)
    assert len(answer["rows"]) == min(Caps.rows, answer["total"])
    if answer["truncated"]:
        assert f"next page: skip={Caps.rows}" in text
        rest = agent.told(tool, **words, skip=answer["next_skip"])[1]
        assert rest["skipped"] == Caps.rows
        assert rest["total"] == answer["total"]
        assert rest["rows"][0] not in answer["rows"] or tool == "explain"  # a premise may stand in several steps


def test_a_long_page_has_shorter_cells_and_not_fewer_rows(agent):
    query = 'SELECT ?n ?long { ?x mcrc:rowNumber ?n BIND(REPLACE(STR(?x), ".", "long text ") AS ?long) } ORDER BY ?x LIMIT 30'
    text, answer = agent.told("sparql", query=query)
    assert len(answer["rows"]) == Caps.rows
    assert len(text) < Caps.characters + 1000
    assert all(len(row[1]) == Caps.cell + 1 for row in answer["rows"])  # the client program has what fits a cell


def test_remarks_captions_and_units_are_with_the_rows_that_they_limit(agent):
    text, answer = agent.told("ask", question="hazard-ratios")
    caption = [note for note in answer["notes"] if note.startswith("Remark on rows") and "Table 4: The caption says" in note]
    rows = [at for at, row in enumerate(answer["rows"], 1) if "Table 4" in row]
    assert caption
    assert caption[0].startswith(f"Remark on rows {', '.join(map(str, rows))}: ")
    assert caption[0] in text
    text, _ = agent.told("ask", question="review-table", parameters={"table": 3})
    assert "Table 3: The caption says: trials of anti-EGFR against anti-VEGF therapy, in KRAS wild type." in text
    assert "pfs and os in months" in text


def test_the_schema_of_answers_is_one_resource(agent):
    assert {tool.output_schema for tool in agent.do("list_tools").tools} == {None}
    schema = json.loads(agent.do("read_resource", "mcrc://answer").contents[0].text)
    Draft202012Validator.check_schema(schema)
    for tool, words in (("find", {"text": "EGFR"}), ("describe", {"entity": "CRYSTAL"}), ("list_questions", {}), *PAGED.items()):
        validate(agent.told(tool, **words)[1], schema)


def test_an_explanation_takes_less_than_a_second(agent):
    agent.told("explain", entity="cetuximab", property="type")
    started = time.monotonic()
    text, answer = agent.told("explain", entity="regorafenib", property="type")
    assert time.monotonic() - started < 1 or os.getloadavg()[0] > 1.5
    assert answer["total"] > 50
    assert "inhibits" in text


def test_the_resources_are_the_schema_and_the_queries(agent):
    listed = {str(one.uri) for one in agent.do("list_resources").resources}
    assert listed == {"mcrc://schema", "mcrc://answer"}
    text = agent.do("read_resource", "mcrc://schema").contents[0].text
    assert text == agent.told("schema")[0]
    read = agent.do("read_resource", "mcrc://question/hazard-ratios").contents[0]
    assert read.text == catalogue()["hazard-ratios"].sparql
    with pytest.raises(Exception, match="no question is called 'hazard'; nearest: hazard-ratios"):
        agent.do("read_resource", "mcrc://question/hazard")


@pytest.mark.parametrize(
    ("tool", "arguments", "cure"),
    [
        ("ask", {"question": "hazard-ratio"}, "nearest: hazard-ratios"),
        ("ask", {"question": "hazard-ratios", "parameters": {"drug": "cetuxmab"}}, "cetuximab (drug:cetuximab)"),
        ("ask", {"question": "hazard-ratios", "parameters": {"drg": "x"}}, "its parameters are: drug, endpoint, stratum"),
        ("ask", {"question": "review-table", "parameters": {"table": 9}}, "table must be one of 1, 2, 3, 4, not '9'"),
        ("ask", {"question": "hazard-ratios", "parameters": {"sort": "hazard"}}, "nearest: hazard_ratio"),
        ("ask", {"question": "chembl-mechanism"}, "no endpoint is allowed"),
        ("ask", {"question": "zzz"}, "list_questions"),
        ("ask", {}, "question: field required"),
        ("ask", {"question": ["medians"]}, "question: input should be a valid string"),
        ("ask", {"question": "medians", "skip": -1}, "skip: input should be greater than or equal to 0"),
        ("ask", {"question": "medians", "parameters": {"line": "x" * 301}}, "at most 300 characters"),
        ("list_questions", {"topic": "weather"}, "the topics are arithmetic, biomarkers"),
        ("describe", {"entity": "zzzzzz"}, "find"),
        ("explain", {"entity": "cetuximab", "property": "acts on", "value": "VEGF-A"}, "describe"),
        ("compare", {"one": "cetuximab", "other": "cetuximab"}, "there is nothing to compare"),
        ("sparql", {"query": "SELECT * {\n ?s ?p\n}"}, "error at 3:"),
        ("sparql", {"query": "SELECT ?x { ?x a no:Drug }"}, "the query does not declare 'no:'; add PREFIX no: <"),
        ("sparql", {"query": "DELETE WHERE { ?s ?p ?o }"}, "error at 1:"),
        ("sparql", {"query": "ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}, "is refused"),
        ("sparql", {"query": "SELECT * { ?s ?p ?o . ?s ?q ?r }"}, "LIMIT"),
        ("sparql", {"query": "x" * 20_001}, "at most 20000 characters"),
        ("drop_everything", {}, "the tools are list_questions, ask"),
    ],
)
def test_an_error_names_the_cure(agent, tool, arguments, cure):
    assert cure in agent.refused(tool, **arguments)


def test_a_runaway_query_is_ended_and_the_server_goes_on(agent):
    started = time.monotonic()
    assert "longer than 3 seconds" in agent.refused("sparql", query=RUNAWAY)
    assert time.monotonic() - started < SECONDS + 3
    assert agent.told("ask", question="medians")[1]["total"] > 10


def test_others_are_answered_while_a_query_runs_away(agent):
    async def both():
        ended = []

        async def one(tool, arguments):
            await agent.client.call_tool(tool, arguments)
            ended.append(tool)

        async with anyio.create_task_group() as group:
            group.start_soon(one, "sparql", {"query": RUNAWAY})
            await anyio.sleep(0.3)
            group.start_soon(one, "ask", {"question": "medians"})
        return ended

    assert agent._portal.call(both) == ["ask", "sparql"]


INJECTIONS = [
    '"} ; DROP ALL #',
    "drug:cetuximab> } #",
    "<http://x y>",
    "} UNION { ?s ?p ?o",
    "\\u0000",
    "\x00",
    "'",
    "a\nb\tc",
    "🧬" * 40,
    "%s{0}",
]
HOSTILE = st.one_of(st.sampled_from(INJECTIONS), st.text(max_size=350), st.text("<>{}\"'\\|^`?#\n\t :a", max_size=60))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
CALLS = {
    "ask": ("question", "parameters", "skip"),
    "find": ("text",),
    "describe": ("entity",),
    "explain": ("entity", "property", "value"),
    "compare": ("one", "other", "endpoint"),
    "sparql": ("query",),
    "list_questions": ("topic",),
}


@BOUNDED
@given(text=HOSTILE)
def test_hostile_values_are_no_queries(agent, text):
    found = agent.call("ask", question="hazard-ratios", parameters={"drug": text})
    assert found.is_error or found.structured_content["columns"][0] == "trial"
    for tool, words in (("find", {"text": text}), ("describe", {"entity": text}), ("sparql", {"query": text})):
        answer = agent.call(tool, **words)
        assert answer.is_error or len(answer.content[0].text) < Caps.characters + 6000


@BOUNDED
@given(data=st.data(), tool=st.sampled_from(sorted(CALLS)))
def test_wrong_types_are_tool_errors(agent, data, tool):
    arguments = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(CALLS[tool], ANYTHING)))
    answer = agent.call(tool, **arguments)
    assert isinstance(answer.content[0].text, str)
    if answer.is_error:
        agent.refused(tool, **arguments)


def test_nothing_of_this_was_a_bug(agent):
    """The last of the tests above: what went wrong unexpectedly would stand in the log."""
    assert agent.told("find", text="EGFR")[1]["total"] > 0
    assert "Traceback" not in agent.log()


def test_messages_of_the_library_speak_of_tools():
    assert in_tool_words("try 'mcrc-kg find' with a part") == "try 'find' with a part"
    assert in_tool_words("x" * 5000).endswith("…")


def test_terms_that_rdflib_does_not_have(agent):
    triple = "<<( <urn:s> <urn:p> 'x'@ar--rtl )>>"
    text, answer = agent.told("sparql", query=f"SELECT ?t ?d {{ VALUES ?t {{ {triple} }} BIND('y'@en--ltr AS ?d) }}")
    shown = '<<( <urn:s> <urn:p> "x"@ar--rtl )>>'
    assert answer["rows"] == [[shown, "y"]]
    assert shown in text
    made, _ = agent.told("sparql", query=f"CONSTRUCT {{ <urn:a> <urn:b> {triple} }} WHERE {{}}")
    assert shown in made


def test_numbers_that_json_does_not_have(agent):
    xsd = "http://www.w3.org/2001/XMLSchema#"
    values = " ".join(f'"{text}"^^<{xsd}double>' for text in ("INF", "NaN", "abc", "1_0")) + f' "maybe"^^<{xsd}boolean>'
    _, answer = agent.told("sparql", query=f"SELECT ?v {{ VALUES ?v {{ {values} }} }}")
    assert [row[0] for row in answer["rows"]] == ["INF", "NaN", "abc", "1_0", "maybe"]
