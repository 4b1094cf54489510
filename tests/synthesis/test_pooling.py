"""Pooling: the figures of metafor on published data to 1e-6, what holds for any studies, distributions, and what is refused."""

import csv
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import TESTS

import kg
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import FEW, METHODS, _chi2_tail, _t_quantile, _t_tails, indirect, pool

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
        spread = (found.random.standard_error, found.hartung_knapp.standard_error, found.modified.standard_error)
        assert spread[2] == max(spread[:2])
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
    assert found.modified.upper / found.modified.lower >= found.random.upper / found.random.lower
    assert found.modified.upper / found.modified.lower >= found.hartung_knapp.upper / found.hartung_knapp.lower * 0.999999
    assert found.headline == (found.modified if len(studies) < FEW else found.random)
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
    one, other = ((each.lower, each.upper) for each in (found.hartung_knapp, found.modified))
    assert one[1] / one[0] < found.random.upper / found.random.lower < other[1] / other[0], (
        "only the modified form is not too narrow"
    )


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


def integral(density, start, end, panels=2000):
    """Simpson's rule."""
    width = (end - start) / panels
    inner = math.fsum((4 if i % 2 else 2) * density(start + i * width) for i in range(1, panels))
    return (density(start) + inner + density(end)) * width / 3


@given(st.floats(0, 40), st.integers(1, 60))
def test_the_tails_of_student_are_the_integral_of_its_density(t, freedom):
    """With the tangent of an angle in the place of t, the density is a power of the cosine."""
    total = math.sqrt(math.pi) * math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2))
    found = 2 * integral(lambda angle: math.cos(angle) ** (freedom - 1), math.atan(t / math.sqrt(freedom)), math.pi / 2) / total
    assert _t_tails(t, freedom) == pytest.approx(found, rel=1e-8)


@given(st.floats(0, 200), st.integers(1, 60))
def test_the_tail_of_chi_squared_is_the_integral_of_its_density(x, freedom):
    """With the square of y in the place of x, the density has no pole."""
    scale = 2 ** (1 - freedom / 2) / math.gamma(freedom / 2)
    start = math.sqrt(x)
    found = scale * integral(lambda y: y ** (freedom - 1) * math.exp(-(y**2) / 2), start, start + 20)
    assert _chi2_tail(x, freedom) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("freedom", [*range(1, 40), 1000])
def test_five_percent_lie_beyond_the_quantile(freedom):
    assert _t_tails(_t_quantile(freedom), freedom) == pytest.approx(0.05, rel=1e-12)


def test_pooling_needs_nothing_but_the_standard_library():
    heavy = "{'numpy', 'scipy', 'statsmodels'}"
    code = f"import sys, kg.synthesis.pooling; print(*{{name.split('.')[0] for name in sys.modules}} & {heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split() == []
