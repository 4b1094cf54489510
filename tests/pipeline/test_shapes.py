"""The shapes: a failing example for every constraint, none for the facts, and the form that every engine reads alike."""

import re
from functools import cache

import pytest
from paths import TESTS
from rdflib import RDF, SH
from tiers import few

import kg
from kg.engine.store import embed
from kg.graph import KnowledgeGraph
from kg.namespaces import BASE
from kg.pipeline.build import assemble
from kg.pipeline.validate import check, check_files, shapes

BAD = sorted((TESTS / "bad").glob("*.ttl"))

pytestmark = pytest.mark.usefixtures("_files_are_read_once")


def shapes_with(*kinds):
    """The names of the shapes that have a constraint of these kinds."""
    return sorted({shape for kind in kinds for shape in shapes().subjects(kind)})


def expectation(path):
    match = re.match(r"# expect: (\w+): (.+)", path.read_text(encoding="utf-8").splitlines()[0])
    return match[1], match[2]


def test_packaged_facts_have_neither_errors_nor_warnings(built):
    assert check(built).findings == ()


def test_the_graph_validates_itself(graph):
    assert graph.validate().conforms


def test_the_small_valid_graph_is_valid():
    assert check_files([TESTS / "good.ttl"]).findings == ()


@cache
def findings(path):
    return check_files([path]).findings


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_failing_example_fails_for_its_reason(path):
    severity, message = expectation(path)
    found = findings(path)
    assert any(f.severity == severity and message in f.message for f in found), [str(f) for f in found]


def pattern(message):
    """A message as a pattern, its placeholders standing for anything."""
    return re.compile(".*?".join(map(re.escape, re.split(r"\{\?\w+\}", message))))


def test_every_constraint_has_a_failing_example():
    found = {f.message for path in BAD for f in findings(path)}
    messages = {str(m) for m in shapes().objects(None, SH.message)}
    assert [m for m in messages if not any(pattern(m).search(text) for text in found)] == []


@pytest.mark.parametrize("shape", shapes_with(SH.sparql, SH["or"]))
def test_a_shape_with_a_rule_of_its_own_has_the_name_of_its_failing_example(shape):
    path = TESTS / "bad" / f"{shape.removeprefix(BASE + 'shape/')}.ttl"
    message = next(shapes().objects(shape, SH.sparql / SH.message | SH.message))
    assert any(pattern(str(message)).search(f.message) for f in findings(path))


def test_severity_and_message_are_where_every_engine_reads_them():
    """A severity belongs to a shape; a message on a shape replaces, in engines of others, those of all its SPARQL constraints."""
    required = shapes()
    for shape, constraint in required.subject_objects(SH.sparql):
        assert {*required.predicates(shape)} <= {RDF.type, SH.targetClass, SH.severity, SH.sparql}, shape
        assert {*required.predicates(constraint)} == {SH.message, SH.prefixes, SH.select}, shape
        assert len([*required.objects(shape, SH.sparql)]) == 1, shape


def test_no_message_has_an_iri():
    """Each engine writes an IRI in a message in a way of its own."""
    assert [f for path in BAD for f in findings(path) if "://" in f.message] == []


@pytest.mark.parametrize(
    ("table", "old", "new", "place"),
    few(
        [
            ("arm-results.tsv", "\tmedian\t20.3\tmo\t", "\tmedian\t23.0\tmo\t", "arm-results.tsv:2:value"),
            ("arm-results.tsv", "\tmo\t\t\t\t\t\t\t\t\t\t\t7057-7064\t", "\tmo\t\t\t\t\t\t\t\t\t\t\t\t", "arm-results.tsv:2"),
            (
                "comparisons.tsv",
                "AVF2107g-IFL-bevacizumab\tAVF2107g-IFL-placebo\tAVF2107g-all-OS",
                "AVF2107g-IFL-placebo\tAVF2107g-IFL-bevacizumab\tAVF2107g-all-OS",
                "comparisons.tsv:2:experimental_result",
            ),
            ("comparisons.tsv", "0.63\t0.95", "0.95\t0.63", ":ci_lower"),
            ("discrepancies.tsv", "SPIRITT-KRAS-wild-type-PFS-FOLFIRI-bevacizumab-text ", "", "warning: "),
        ],
        ("comparisons.tsv", "0.63\t0.95", "0.95\t0.63", ":ci_lower"),
    ),
)
def test_a_wrong_fact_is_found_at_its_place(own_facts, table, old, new, place, edit):
    edit(table, old, new)
    report = check(assemble(own_facts))
    assert any(place in str(finding) for finding in report.findings), [str(f) for f in report.findings]


def test_a_consistently_wrong_fact_changes_an_answer(built_review, own_facts, edit):
    """A verdict cannot be checked by a shape; the golden answers hold it."""
    edit("comparisons.tsv", "0.004\t\t\t\tsignificant\tsignificant", "0.004\t\t\t\t\timproved")
    again = assemble(own_facts)
    assert check(again).conforms
    right, wrong = (KnowledgeGraph(embed(build.graphs)).ask("reported-results") for build in (built_review, again))
    assert list(right) != list(wrong)


def test_errors_are_one_base_class():
    assert all(
        issubclass(error, kg.KgError) for error in (kg.DataError, kg.UsageError, kg.NotFoundError, kg.InputError, kg.OutsideError)
    )
