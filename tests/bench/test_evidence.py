"""Synthetic evidence: it conforms to the shapes, depends on its seed only, and both engines give the answers that it knows."""

import pytest
from rdflib import Dataset, URIRef
from synthetic import make, places, same_rows
from tiers import few

import kg
from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.bench import data
from kg.bench.answers import direct, known, pooled, totals
from kg.bench.cases import SEVERAL, STRATUM, cases
from kg.bench.evidence import STUDIES, review
from kg.bench.rdf import quads
from kg.bench.trials import SCHEMES

SIZE = 10_500
COMPLETE = review(data.SEED, 0, STUDIES)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(SIZE, tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def opened(made):
    return kg.open(made.store)


@pytest.fixture(scope="module")
def whole_review(tmp_path_factory):
    """A graph in which the first review has all its trials."""
    return make(15_000, tmp_path_factory.mktemp("review"))


def test_it_conforms_to_all_shapes(whole_review):
    report = kg.open(whole_review.store).validate()
    assert report.findings == ()


@pytest.mark.parametrize(
    ("printed", "changed", "said"),
    [
        ("participants", "2", "is not in the passage"),
        ("ciLower", "9", "the lower confidence limit is above the value"),
    ],
)
def test_a_changed_figure_would_not_conform(made, tmp_path, printed, changed, said):
    lines = made.quads.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if f"#{printed}> " in line and "/result/" in line)
    value = lines[place].split('"')[1]
    lines[place] = lines[place].replace(f'"{value}"', f'"{changed}"')
    path = tmp_path / "changed.nq"
    path.write_text("".join(lines), encoding="utf-8")
    data.store(path, tmp_path / "store")
    assert any(said in finding.message for finding in kg.open(tmp_path / "store").validate().findings)


@pytest.mark.parametrize(("size", "deviation"), few([(SIZE, 0.05), (11_000, 0.05), (40_000, 0.02)], (SIZE, 0.05)))
def test_the_size_is_that_which_was_asked_for(size, deviation, tmp_path):
    path = tmp_path / "quads.nq"
    data.write(data.evidence(size), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(set(lines)) == len(lines)
    assert abs(len(lines) / size - 1) <= deviation


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    again, other = tmp_path / "again.nq", tmp_path / "other.nq"
    data.write(data.evidence(SIZE), again)
    data.write(data.evidence(SIZE, seed=2), other)
    assert again.read_bytes() == made.quads.read_bytes() != other.read_bytes()


def test_a_larger_graph_contains_the_complete_reviews_of_a_smaller_one():
    small, large = data.evidence(25_000), data.evidence(45_000)
    assert len(large) > len(small) > 2
    assert large[: len(small) - 1] == small[:-1]


@pytest.mark.complete
def test_inferences_from_a_few_reviews_at_a_time_are_those_from_all(tmp_path, monkeypatch):
    reviews = data.evidence(20_000)
    data.write(reviews, tmp_path / "few.nq")
    monkeypatch.setattr(data, "_BATCH", len(reviews))
    data.write(reviews, tmp_path / "all.nq")
    assert (tmp_path / "few.nq").read_bytes() == (tmp_path / "all.nq").read_bytes()


def test_no_two_reviews_share_a_subject():
    one, other = ({line.split(" ", 1)[0] for line in quads(review(1, number, STUDIES))} for number in (0, 1))
    assert one
    assert not one & other


@pytest.mark.parametrize("number", range(len(list(known(COMPLETE)))))
def test_oxigraph_gives_the_known_rows(opened, made, number):
    one = list(known(made.reviews[0]))[number]
    assert one.rows
    same_rows(one, opened.ask(one.question, **one.parameters, **places(one.question)))


@pytest.mark.parametrize("question", totals([COMPLETE]))
def test_oxigraph_gives_the_known_number_of_rows(opened, made, question):
    assert len(opened.ask(question, **places(question))) == totals(made.reviews)[question] > 0


@pytest.fixture(scope="module")
def plain(made):
    """The same quads in rdflib's own engine."""
    graph = Dataset(default_union=True)
    graph.parse(made.quads, format="nquads")
    return graph


@pytest.mark.parametrize(
    "question", ["reported-results", "arms-of-trial", "hazard-ratios", "drugs-of-regimen", "claims-on-study"]
)
def test_rdflib_gives_the_known_rows(opened, made, plain, question):
    one = next(one for one in known(made.reviews[0]) if one.question == question)
    found = plain.query(opened.bound(question, **one.parameters))
    same_rows(one, Table(tuple(map(str, found.vars)), tuple(map(tuple, found))))


def test_pooling_and_comparing_use_the_known_trials(whole_review):
    graph, made = kg.open(whole_review.store), whole_review.reviews[0]
    drug, other, _ = made.drugs
    synthesis = graph.pool("OS", drug.label, made.regimens[0].label, STRATUM)
    assert len(pooled(made)) == 3
    assert sorted(one.trial for one in synthesis.studies) == pooled(made)
    assert sorted(one.passage for one in graph.compare(drug.label, other.label).direct) == direct(made) != []


def test_a_complete_review_has_a_trial_for_each_scheme():
    assert len(COMPLETE.trials) == len(SCHEMES)


def test_every_question_is_measured_with_each_entity_that_it_takes():
    measured = {(case.name, tuple(case.values)) for case in cases(COMPLETE)}
    assert {name for name, _ in measured} >= set(catalogue())
    assert ("comparisons", ("against",)) in measured
    assert ("hazard-ratios", ()) not in measured, "its default is another drug"


@pytest.mark.parametrize("case", [case for case in cases(COMPLETE) if case.is_question and case.values], ids=lambda case: case.id)
def test_each_question_about_one_entity_has_an_answer(whole_review, case):
    values = {name: URIRef(value) for name, value in case.values.items()}
    assert len(kg.open(whole_review.store).ask(case.name, **values, **places(case.name))) == case.rows(
        kg.open(whole_review.store)
    )
    assert (case.rows(kg.open(whole_review.store)) > 0) != (case.name in SEVERAL)
