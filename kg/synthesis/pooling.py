"""The pooled effect of several studies, its heterogeneity, and the prediction interval. Arithmetic only, without the graph.

References: DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188; Paule and Mandel, J Res NBS 87 (1982) 377-385;
Viechtbauer, J Educ Behav Stat 30 (2005) 261-293 (REML); Hartung and Knapp, Statistics in Medicine 20 (2001) 3875-3889; IntHout,
Ioannidis, Rovers and Goeman, BMJ Open 6 (2016) e010247 (prediction interval); Higgins and Thompson, Statistics in Medicine 21
(2002) 1539-1558 (I squared); Bucher, Guyatt, Griffith and Walter, J Clin Epidemiol 50 (1997) 683-691 (indirect comparison).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kg.errors import DataError, UsageError
from kg.synthesis.effects import EffectSize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHODS = ("DL", "PM", "REML")
_LIBRARY = {"DL": "dl", "PM": "iterated"}
_STEPS = 200
_NEAR = 1e-10


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
    """The result of pooling: estimates, heterogeneity, weights in percent, and the estimates with each study left out."""

    fixed: Estimate
    random: Estimate
    hartung_knapp: Estimate
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
    def effect(self) -> EffectSize:
        """The random-effects estimate as an effect size."""
        return EffectSize(self.random.log, self.random.standard_error, f"pooled, random effects ({self.method})")

    @property
    def hartung_knapp_is_narrower(self) -> bool:
        """Whether the Hartung-Knapp interval is narrower than the normal one, a known problem with few studies."""
        return self.hartung_knapp.upper / self.hartung_knapp.lower < self.random.upper / self.random.lower


def pool(effects: Sequence[EffectSize], method: str = "DL") -> Pooled:
    """The pooled effect of two or more studies on the logarithmic scale.

    ``method`` estimates the variance between studies: "DL" after DerSimonian and Laird, "PM" after Paule and Mandel, "REML" by
    restricted maximum likelihood. I squared is in percent. The prediction interval uses the standard error after Hartung and
    Knapp, with k - 1 degrees of freedom, and needs three studies.

    Raises :class:`~kg.errors.DataError` for fewer than two studies, :class:`~kg.errors.UsageError` for an unknown method or when
    statsmodels is not installed.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method '{method}'; choose one of {', '.join(METHODS)}")
    if len(effects) < 2:
        raise DataError(
            f"{len(effects)} comparison cannot be pooled; two are needed" if effects else "no comparison can be pooled"
        )
    whole, random = _combined(effects, method)
    without = (_combined([*effects[:i], *effects[i + 1 :]], method)[1] for i in range(len(effects)) if len(effects) > 2)
    return Pooled(**whole, random=random, leave_one_out=tuple(without), method=method)


def indirect(one: EffectSize, other: EffectSize) -> EffectSize:
    """The effect of A against B through C, from A against C and B against C (Bucher).

    It assumes that the effects would have been the same in the patients of both legs.

    >>> found = indirect(EffectSize(math.log(0.8), 0.1, ""), EffectSize(math.log(0.9), 0.2, ""))
    >>> round(found.value, 3), round(found.standard_error, 3)
    (0.889, 0.224)
    """
    return EffectSize(one.log - other.log, math.hypot(one.standard_error, other.standard_error), "indirect (Bucher)")


def _combined(effects: Sequence[EffectSize], method: str) -> tuple[dict[str, Any], Estimate]:
    try:
        import numpy as np
        from scipy import stats
        from statsmodels.stats.meta_analysis import combine_effects
    except ImportError as missing:
        raise UsageError(
            f"the package '{missing.name}' is missing; install it with: pip install '.[synthesis]' in a copy of the project"
        ) from missing
    logs, variances = np.array([e.log for e in effects]), np.array([e.standard_error**2 for e in effects])
    k = len(effects)
    with np.errstate(all="ignore"):  # where studies agree, the library continues with a negative variance; here it is 0
        found = combine_effects(logs, variances, method_re=_LIBRARY.get(method, "dl"), atol=_NEAR, maxiter=_STEPS)
        if method == "PM" and found.tau2 == 0 and found.q > k - 1:
            # because of rounding its last step crossed the root, and it returned 0; its default tolerance stops before that
            found = combine_effects(logs, variances, method_re=_LIBRARY[method])
    q = max(0.0, float(found.q))
    tau2 = _reml(logs, variances, max(0.0, float(found.tau2))) if method == "REML" else max(0.0, float(found.tau2))
    weights = 1 / (variances + tau2)
    mean, error = float(np.average(logs, weights=weights)), float(np.sqrt(1 / weights.sum()))
    adjusted = error * math.sqrt(float(np.average((logs - mean) ** 2, weights=weights) * weights.sum() / (k - 1)))

    def estimate(log: float, standard_error: float, quantile: Any) -> Estimate:
        reach = float(quantile.ppf(0.975)) * standard_error
        p_value = 2 * float(quantile.sf(abs(log) / standard_error)) if standard_error else 0.0
        return Estimate(log, standard_error, math.exp(log), math.exp(log - reach), math.exp(log + reach), p_value)

    spread = float(stats.t(k - 1).ppf(0.975)) * math.sqrt(tau2 + adjusted**2)
    whole = {
        "fixed": estimate(float(found.mean_effect_fe), float(found.sd_eff_w_fe), stats.norm),
        "hartung_knapp": estimate(mean, adjusted, stats.t(k - 1)),
        "prediction": (math.exp(mean - spread), math.exp(mean + spread)) if k > 2 else None,
        "q": q,
        "q_p_value": float(stats.chi2(k - 1).sf(q)),
        "tau2": tau2,
        "i2": 100 * (q - k + 1) / q if q > k - 1 else 0.0,
        "weights_fixed": tuple(100 * float(w) for w in found.weights_rel_fe),
        "weights_random": tuple(100 * float(w) for w in weights / weights.sum()),
    }
    return whole, estimate(mean, error, stats.norm)


def _reml(logs: NDArray[np.float64], variances: NDArray[np.float64], start: float) -> float:
    """The variance between studies by Fisher scoring of the restricted likelihood; a negative estimate is 0."""
    tau2 = start
    for _ in range(_STEPS):
        weights = 1 / (variances + tau2)
        total, squares = weights.sum(), (weights**2).sum()
        residuals = logs - (weights * logs).sum() / total
        trace = total - squares / total  # of P, the matrix that takes the residuals
        square = squares - 2 * (weights**3).sum() / total + (squares / total) ** 2  # of P squared
        step = float((((weights * residuals) ** 2).sum() - trace) / square)
        if (tau2 == 0 and step < 0) or abs(step) < _NEAR:
            break
        tau2 = max(0.0, tau2 + step)
    return tau2
