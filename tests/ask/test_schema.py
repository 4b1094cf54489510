"""The schema in few words: everything in it exists, everything that the shapes demand is in it, and it fits a model's context."""

import re

import pytest
from rdflib import RDF, SH, BNode, Graph, URIRef

from kg.ask.briefing import RULES, askable, in_full, llms_full_txt, llms_txt
from kg.ask.catalogue import catalogue
from kg.ask.schema import EXAMPLES, body, prefix_lines, schema
from kg.namespaces import MCRC, PREFIXES, contract, expand
from kg.resources import folder

# characters a token, below what o200k_base needs of these texts (3.3 to 3.7): the bound on tokens is kept from the safe side
CHARACTERS = 3.2


@pytest.fixture(scope="module")
def found(graph):
    return schema(graph.query)


@pytest.fixture(scope="module")
def ontology():
    return Graph().parse(folder("ontology") / "terms.ttl")


@pytest.fixture(scope="module")
def shapes():
    read = Graph()
    for path in folder("shapes").glob("*.ttl"):
        read.parse(path)
    return read


def declared():
    """The PREFIX lines that the schema stands for."""
    return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


def test_it_fits_a_context(found):
    assert len(str(found)) / CHARACTERS < 3000
    assert len(llms_txt(found)) / CHARACTERS < 6000


def test_every_name_exists(found, ontology):
    known = {contract(term) for term in ontology.subjects(RDF.type)} | {"prov:wasDerivedFrom", "rdfs:label"}
    for one in found.classes:
        assert one.name in known
        assert {part.name for part in one.properties} <= known
        ranges = {name for part in one.properties for name in part.ranges if name.startswith("mcrc:")}
        assert ranges <= known
    named = set(re.findall(r"\b[a-z]+:[A-Za-z]\w+", str(found)))
    for name in named - known:
        assert expand(name) is not None or name.startswith(("http:", "https:", "doi:")), name


def test_every_class_and_property_of_the_ontology_is_there(found, ontology):
    text = str(found)
    for term in set(ontology.subjects(RDF.type)):
        if isinstance(term, URIRef) and term.startswith(MCRC):
            assert re.search(rf"\b{term.removeprefix(MCRC)}\b", text), term


def test_everything_that_the_shapes_demand_is_there(found, shapes):
    classes = {one.name: {(part.name, part.inverse): part for part in one.properties} for one in found.classes}
    counted = 0
    for shape, target in shapes.subject_objects(SH.targetClass):
        for constraint in shapes.objects(shape, SH.property):
            path = shapes.value(constraint, SH.path)
            inverse = isinstance(path, BNode)
            name = contract(shapes.value(path, SH.inversePath) if inverse else path)
            if not target.startswith(MCRC):
                assert target == expand("owl:Axiom") or str(target).startswith(PREFIXES["owl"])
                assert name in str(found) or name == "obo:IAO_0000115"
                continue
            part = classes[contract(target)][name, inverse]
            least, most = shapes.value(constraint, SH.minCount), shapes.value(constraint, SH.maxCount)
            assert part.least >= (0 if least is None else least.toPython())
            assert most is None or part.most == most.toPython()
            kind = shapes.value(constraint, SH["class"])
            assert kind is None or contract(kind) in part.ranges
            counted += 1
    assert counted > 60


def test_the_numbers_and_examples_are_those_of_the_graph(found, graph):
    counts = {row["class_iri"]: row["members"] for row in graph.ask("contents")}
    for one in found.classes:
        assert counts.get(str(expand(one.name)), 0) == one.members
        if one.members:
            assert expand(one.example) is not None
            assert any(row["value_iri"] == str(expand(one.name)) for row in graph.describe(one.example)), one.example


def test_every_example_parses_and_gives_rows(found, graph):
    blocks = re.findall(r"```sparql\n(.*?)```", str(found), re.DOTALL)
    assert len(blocks) == len(EXAMPLES) == 1
    for name, block in zip(EXAMPLES, blocks, strict=True):
        asked = catalogue("schema")[name]
        assert len(graph.query(declared() + block)) == len(graph.query(asked.sparql)) > 0
        assert block.strip() == body(asked).strip()


def test_the_prefixes_are_all_there():
    text = prefix_lines()
    for name in re.findall(r"^PREFIX (\w+): <(.*)>$", text, re.MULTILINE):
        assert PREFIXES[name[0]] == name[1]
    for name, iri in PREFIXES.items():
        if iri.startswith("https://w3id.org/mcrc-kg/id/"):
            assert f" {name}" in text


@pytest.mark.parametrize("write", [llms_txt, llms_full_txt])
def test_llms_txt_has_the_form_of_llmstxt_org(found, write):
    start, *sections = re.split(r"^## (.*)$", write(found), flags=re.MULTILINE)
    assert start.splitlines()[0] == "# mcrc-kg"
    assert start.splitlines()[2].startswith("> ")
    assert not re.search(r"^#+ ", start.partition("\n")[2], re.MULTILINE)
    assert sections[::2] == ["How to ask", "Optional"]
    for lines in sections[1::2]:
        for line in lines.strip().splitlines():
            assert re.fullmatch(r"- \[[^\]]+\]\(/\S*\): .+", line), line


def test_llms_txt_names_every_question_and_the_rules(found):
    text, full = llms_txt(found), llms_full_txt(found)
    for name, asked in catalogue().items():
        assert re.search(rf"^- {name}\(", text, re.MULTILINE)
        assert in_full(asked) in full
    for endpoint in ("/sparql", "/q/NAME.json", "/id/", "/query"):
        assert endpoint in text
    assert RULES in text
    assert not set(catalogue("federated")) & set(askable())
    one = next(iter(catalogue("federated").values()))
    assert one.name in askable([one.endpoint])


def test_the_command_prints_it(run, found):
    answer = run("info", "--schema")
    assert answer.returncode == 0
    assert answer.stdout == str(found)


@pytest.mark.parametrize(("shelf", "name"), [("schema", "classes"), ("schema", "properties"), ("agents", "places")])
def test_its_queries_answer_alike_in_two_engines(review_graph, plain_review, shelf, name):
    things = [expand("passage:ohhara-2016.44216-44281"), expand("claim:ohhara-2016.EGFR-kinase-inhibitors")]
    text = catalogue(shelf)[name].bind({"thing": things} if name == "places" else {})
    rows = {tuple(str(term) for term in row) for row in plain_review.query(text)}
    assert {tuple(str(term) for term in row) for row in review_graph.query(text).rows} == rows
    assert len(rows) > 1
