"""Pooling: the figures of metafor on three published data sets to 1e-6, what holds for any studies, and what is refused."""

import csv
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import TESTS

import kg
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import METHODS, indirect, pool

METAFOR = TESTS / "metafor"
FIGURES = list(csv.DictReader((METAFOR / "figures.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def studies():
    found = {}
    for row in csv.DictReader((METAFOR / "studies.csv").read_text().splitlines()):
        found.setdefault(row["set"], []).append(EffectSize(float(row["log"]), math.sqrt(float(row["variance"])), "counts"))
    return found


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: f"{row['set']}-{row['method']}")
def test_the_figures_are_those_of_metafor(studies, row):
    """tests/metafor/reference.R writes them."""
    found = pool(studies[row["set"]], "DL" if row["method"] == "FE" else row["method"])
    one = found.fixed if row["method"] == "FE" else found.random
    ours = {"log": math.log(one.value), "lower": math.log(one.lower), "upper": math.log(one.upper), "p": one.p_value}
    ours |= {"q": found.q, "q_p": found.q_p_value}
    if row["method"] != "FE":
        hk, ahead = found.hartung_knapp, found.prediction
        ours |= {"tau2": found.tau2, "hk_lower": math.log(hk.lower), "hk_upper": math.log(hk.upper), "hk_p": hk.p_value}
        ours |= {"prediction_lower": math.log(ahead[0]), "prediction_upper": math.log(ahead[1])}
    assert ours == pytest.approx({name: float(row[name]) for name in ours}, abs=1e-6)


effects = st.builds(lambda log, error: EffectSize(log, error, ""), st.floats(-2, 2), st.floats(0.05, 1))


@settings(deadline=None)
@given(st.lists(effects, min_size=2, max_size=8), st.sampled_from(METHODS))
def test_what_holds_for_any_studies(studies, method):
    found = pool(studies, method)
    assert min(s.value for s in studies) * 0.999 <= found.random.value <= max(s.value for s in studies) * 1.001
    assert sum(found.weights_fixed) == pytest.approx(100)
    assert sum(found.weights_random) == pytest.approx(100)
    assert found.tau2 >= 0
    assert 0 <= found.i2 < 100.0001
    assert found.random.upper / found.random.lower >= found.fixed.upper / found.fixed.lower * 0.999999
    assert found.effect.standard_error == pytest.approx(
        math.log(found.random.upper / found.random.lower) / 2 / 1.959964, rel=1e-5
    )
    backwards = pool([EffectSize(-s.log, s.standard_error, "") for s in studies], method)
    assert backwards.random.value == pytest.approx(1 / found.random.value, rel=1e-6)


@settings(deadline=None)
@given(st.lists(effects, min_size=3, max_size=8))
def test_the_methods_agree_on_whether_studies_differ(studies):
    """Both estimates are 0 just where Q does not exceed its degrees of freedom."""
    one, other = pool(studies, "DL"), pool(studies, "PM")
    assert (one.tau2 == 0) == (other.tau2 == 0)


def test_equal_studies_have_no_heterogeneity():
    found = pool([EffectSize(-0.3, 0.2, "")] * 3)
    assert (found.tau2, found.i2) == (0, 0)
    assert found.random.value == pytest.approx(found.fixed.value)
    assert len(found.leave_one_out) == 3
    assert found.hartung_knapp_is_narrower, "a known fault of the untruncated form, which is said"


@given(effects, effects)
def test_an_indirect_estimate_is_less_certain_than_each_of_its_legs(one, other):
    found = indirect(one, other)
    assert found.standard_error >= max(one.standard_error, other.standard_error)
    assert found.value == pytest.approx(one.value / other.value)
    assert indirect(other, one).value == pytest.approx(1 / found.value)


@pytest.mark.parametrize(
    ("studies", "message"), [([], "no comparison can be pooled"), ([EffectSize(0.1, 0.1, "")], "two are needed")]
)
def test_too_few_studies(studies, message):
    with pytest.raises(kg.DataError, match=message):
        pool(studies)


def test_an_unknown_method():
    with pytest.raises(kg.UsageError, match="choose one of DL, PM, REML"):
        pool([EffectSize(0.1, 0.1, "")] * 2, "ML")
