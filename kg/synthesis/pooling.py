"""The pooled effect of several studies, its heterogeneity, and the prediction interval. Arithmetic only, without the graph.

References: DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188; Paule and Mandel, J Res NBS 87 (1982) 377-385;
Viechtbauer, J Educ Behav Stat 30 (2005) 261-293 (REML); Hartung and Knapp, Statistics in Medicine 20 (2001) 3875-3889; Knapp
and Hartung, Statistics in Medicine 22 (2003) 2693-2710, and Röver, Knapp and Friede, BMC Medical Research Methodology 15 (2015)
99 (the modified interval, for few studies); IntHout, Ioannidis, Rovers and Goeman, BMJ Open 6 (2016) e010247 (prediction
interval); Higgins and Thompson, Statistics in Medicine 21 (2002) 1539-1558 (I squared); Bucher, Guyatt, Griffith and Walter, J
Clin Epidemiol 50 (1997) 683-691 (indirect comparison); NIST Digital Library of Mathematical Functions, 8.4, 8.8 and 8.17 (the
tails of the distributions).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from kg.errors import DataError, UsageError
from kg.synthesis.effects import EffectSize

METHODS = ("DL", "PM", "REML")
# with fewer studies, the modified Hartung-Knapp interval is the main result
FEW = 5
_STEPS = 200
_NEAR = 1e-10
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """A pooled ratio with its 95% limits and two-sided P value, and its logarithm with the standard error."""

    log: float
    standard_error: float
    value: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class Pooled:
    """The result of pooling: estimates, heterogeneity, weights in percent, and the main estimates with each study left out."""

    fixed: Estimate
    random: Estimate
    hartung_knapp: Estimate
    modified: Estimate  # Hartung-Knapp with a standard error that is never below that of the random effects
    prediction: tuple[float, float] | None
    q: float
    q_p_value: float
    tau2: float
    i2: float
    weights_fixed: tuple[float, ...]
    weights_random: tuple[float, ...]
    leave_one_out: tuple[Estimate, ...]
    method: str

    @property
    def few(self) -> bool:
        """Whether there are fewer than five studies, so that a normal interval is too narrow."""
        return len(self.weights_fixed) < FEW

    @property
    def headline(self) -> Estimate:
        """The main result: the modified Hartung-Knapp estimate of few studies, else the normal random-effects estimate."""
        return self.modified if self.few else self.random

    @property
    def effect(self) -> EffectSize:
        """The random-effects estimate as an effect size."""
        return EffectSize(self.random.log, self.random.standard_error, f"pooled, random effects ({self.method})")


def pool(effects: Sequence[EffectSize], method: str = "DL") -> Pooled:
    """The pooled effect of two or more studies on the logarithmic scale.

    ``method`` estimates the variance between studies: "DL" after DerSimonian and Laird, "PM" after Paule and Mandel, "REML" by
    restricted maximum likelihood. The modified Hartung-Knapp interval is never narrower than the normal one. I squared is in
    percent. The prediction interval uses the standard error after Hartung and Knapp, with k - 1 degrees of freedom, and needs
    three studies.

    Raises :class:`~kg.errors.DataError` for fewer than two studies, :class:`~kg.errors.UsageError` for an unknown method.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method '{method}'; choose one of {', '.join(METHODS)}")
    if len(effects) < 2:
        raise DataError(
            f"{len(effects)} comparison cannot be pooled; two are needed" if effects else "no comparison can be pooled"
        )
    main = "modified" if len(effects) < FEW else "random"
    without = (_combined([*effects[:i], *effects[i + 1 :]], method)[main] for i in range(len(effects)) if len(effects) > 2)
    return Pooled(**_combined(effects, method), leave_one_out=tuple(without), method=method)


def indirect(one: EffectSize, other: EffectSize) -> EffectSize:
    """The effect of A against B through C, from A against C and B against C (Bucher).

    It assumes that the effects would have been the same in the patients of both legs.

    >>> found = indirect(EffectSize(math.log(0.8), 0.1, ""), EffectSize(math.log(0.9), 0.2, ""))
    >>> round(found.value, 3), round(found.standard_error, 3)
    (0.889, 0.224)
    """
    return EffectSize(one.log - other.log, math.hypot(one.standard_error, other.standard_error), "indirect (Bucher)")


@dataclass(frozen=True)
class _Weighted:
    """Studies with weights: the inverses of their variances, each increased by the variance between studies."""

    logs: Sequence[float]
    weights: Sequence[float]

    @classmethod
    def of(cls, effects: Sequence[EffectSize], tau2: float = 0.0) -> _Weighted:
        """The studies weighted for a variance between them."""
        return cls([one.log for one in effects], [1 / (one.standard_error**2 + tau2) for one in effects])

    def total(self, power: int = 1) -> float:
        """The sum of a power of the weights."""
        return math.fsum(weight**power for weight in self.weights)

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return math.fsum(w * log for w, log in zip(self.weights, self.logs, strict=True)) / self.total()

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return math.sqrt(1 / self.total())

    @property
    def percent(self) -> tuple[float, ...]:
        """The weights in percent of their sum."""
        total = self.total()
        return tuple(100 * weight / total for weight in self.weights)

    def squares(self, power: int = 1) -> float:
        """The sum of squared distances from the mean, with this power of the weights: Q for the first power."""
        mean = self.mean
        return math.fsum(w**power * (log - mean) ** 2 for w, log in zip(self.weights, self.logs, strict=True))


def _combined(effects: Sequence[EffectSize], method: str) -> dict[str, Any]:
    k = len(effects)
    fixed = _Weighted.of(effects)
    q = fixed.squares()
    tau2 = {"DL": _dersimonian_laird, "PM": _paule_mandel, "REML": _reml}[method](effects)
    random = _Weighted.of(effects, tau2)
    mean, error = random.mean, random.error
    adjusted = error * math.sqrt(random.squares() / (k - 1))
    modified = max(error, adjusted)
    normal, student = _NORMAL.inv_cdf(0.975), _t_quantile(k - 1)
    spread = student * math.sqrt(tau2 + adjusted**2)

    def estimate(log: float, standard_error: float, quantile: float, p_value: float) -> Estimate:
        reach = quantile * standard_error
        return Estimate(log, standard_error, math.exp(log), math.exp(log - reach), math.exp(log + reach), p_value)

    return {
        "random": estimate(mean, error, normal, _normal_tails(mean / error)),
        "modified": estimate(mean, modified, student, _t_tails(mean / modified, k - 1)),
        "fixed": estimate(fixed.mean, fixed.error, normal, _normal_tails(fixed.mean / fixed.error)),
        "hartung_knapp": estimate(mean, adjusted, student, _t_tails(mean / adjusted, k - 1) if adjusted else 0.0),
        "prediction": (math.exp(mean - spread), math.exp(mean + spread)) if k > 2 else None,
        "q": q,
        "q_p_value": _chi2_tail(q, k - 1),
        "tau2": tau2,
        "i2": 100 * (q - k + 1) / q if q > k - 1 else 0.0,
        "weights_fixed": fixed.percent,
        "weights_random": random.percent,
    }


def _dersimonian_laird(effects: Sequence[EffectSize]) -> float:
    """The variance between studies by the method of moments; a negative estimate is 0."""
    fixed = _Weighted.of(effects)
    return max(0.0, (fixed.squares() - len(effects) + 1) / (fixed.total() - fixed.total(2) / fixed.total()))


def _paule_mandel(effects: Sequence[EffectSize]) -> float:
    """The variance between studies at which Q is its degrees of freedom; 0 where it is less without any variance.

    Q falls as that variance grows, and ever more slowly, so that Newton's steps from 0 never pass the root.
    """
    tau2 = 0.0
    for _ in range(_STEPS):
        random = _Weighted.of(effects, tau2)
        step = (random.squares() - len(effects) + 1) / random.squares(2) if random.squares(2) else 0.0
        if step <= 0:
            break
        tau2 += step
        if step < _NEAR * tau2:
            break
    return tau2


def _reml(effects: Sequence[EffectSize]) -> float:
    """The variance between studies by Fisher scoring of the restricted likelihood; a negative estimate is 0."""
    tau2 = _dersimonian_laird(effects)
    for _ in range(_STEPS):
        random = _Weighted.of(effects, tau2)
        total, squares = random.total(), random.total(2)
        trace = total - squares / total  # of P, the matrix that takes the residuals
        square = squares - 2 * random.total(3) / total + (squares / total) ** 2  # of P squared
        step = (random.squares(2) - trace) / square
        if (tau2 == 0 and step < 0) or abs(step) < _NEAR:
            break
        tau2 = max(0.0, tau2 + step)
    return tau2


def _normal_tails(z: float) -> float:
    """How much of a normal distribution lies at least as far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def _chi2_tail(x: float, freedom: int) -> float:
    """How much of a chi-squared distribution with whole degrees of freedom lies above a value: a sum of positive terms.

    >>> round(_chi2_tail(3.841459, 1), 6), round(_chi2_tail(5.991465, 2), 6)
    (0.05, 0.05)
    """
    half = x / 2
    order, found = (1.0, math.exp(-half)) if freedom % 2 == 0 else (0.5, math.erfc(math.sqrt(half)))
    while order < freedom / 2:
        found += math.exp(order * math.log(half) - half - math.lgamma(order + 1)) if half else 0.0
        order += 1
    return found


def _t_tails(t: float, freedom: int) -> float:
    """How much of Student's distribution lies at least as far from 0: the incomplete beta function of x.

    >>> round(_t_tails(12.706205, 1), 6), round(_t_tails(2.228139, 10), 6)
    (0.05, 0.05)
    """
    x, y = freedom / (freedom + t**2), t**2 / (freedom + t**2)
    if x <= (freedom + 2) / (freedom + 5):
        return _beta(x, y, freedom / 2, 0.5)
    return 1 - _beta(y, x, 0.5, freedom / 2)


def _beta(x: float, y: float, a: float, b: float) -> float:
    """The regularised incomplete beta function of x = 1 - y, as a series of positive terms, which converges for x < 1."""
    if x == 0:
        return 0.0
    term = math.exp(a * math.log(x) + b * math.log(y) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)) / a
    found, n = 0.0, 0
    while found + term != found:
        found += term
        n += 1
        term *= x * (a + b + n - 1) / (a + n)
    return found


def _t_quantile(freedom: int) -> float:
    """The value beyond which, with its negative, 5% of Student's distribution lie.

    The tail flattens as the value grows, so that Newton's steps from the normal quantile, which is too low, never pass the root.
    """
    t = _NORMAL.inv_cdf(0.975)
    scale = 2 * math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    for _ in range(_STEPS):
        step = (_t_tails(t, freedom) - 0.05) / scale * (1 + t**2 / freedom) ** ((freedom + 1) / 2)
        t += step
        if abs(step) < _NEAR:
            break
    return t
