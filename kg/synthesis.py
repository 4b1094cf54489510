"""Pooling of what may be pooled: which comparisons stand together, which are left out and why, and the pooled effect.

References: DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188; Paule and Mandel, J Res NBS 87 (1982) 377-385;
Hartung and Knapp, Statistics in Medicine 20 (2001) 3875-3889; Higgins, Thompson and Spiegelhalter, JRSS A 172 (2009) 137-159
(prediction interval); Higgins and Thompson, Statistics in Medicine 21 (2002) 1539-1558 (I squared).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Literal

from kg.effects import EffectSize, from_interval, from_p_value
from kg.errors import DataError, UsageError
from kg.results import Table

METHODS = {"DL": "dl", "PM": "iterated"}


@dataclass(frozen=True)
class Study:
    """One comparison that enters: its study, population, arms, place, and effect size."""

    label: str
    population: str
    line: str
    experimental: str
    reference: str
    place: str
    passage: str
    effect: EffectSize


@dataclass(frozen=True)
class LeftOut:
    """One comparison that does not enter, and why."""

    label: str
    population: str
    place: str
    reason: str


@dataclass(frozen=True)
class Estimate:
    """A pooled ratio with its 95% limits and two-sided P value."""

    value: float
    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True)
class Pooled:
    """What pooling gives: estimates, heterogeneity, weights in percent, and the estimates with each study left out."""

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


def pool(effects: Sequence[EffectSize], method: str = "DL") -> Pooled:
    """The pooled effect of two or more studies on the logarithmic scale.

    ``method`` estimates the variance between studies: "DL" after DerSimonian and Laird, "PM" after Paule and Mandel. I squared is
    in percent. The prediction interval has k - 1 degrees of freedom and needs three studies.

    Raises :class:`~kg.errors.DataError` for fewer than two studies, :class:`~kg.errors.UsageError` for an unknown method or when
    statsmodels is not installed.
    """
    if method not in METHODS:
        raise UsageError(f"'{method}' is no method; choose one of {', '.join(METHODS)}")
    if len(effects) < 2:
        raise DataError(f"{len(effects)} comparison cannot be pooled; it takes two" if effects else "nothing is left to pool")
    whole, random = _combined(effects, method)
    without = (_combined([*effects[:i], *effects[i + 1 :]], method)[1] for i in range(len(effects)) if len(effects) > 2)
    return Pooled(**whole, random=random, leave_one_out=tuple(without))


def _combined(effects: Sequence[EffectSize], method: str) -> tuple[dict[str, Any], Estimate]:
    try:
        import numpy as np
        from scipy import stats
        from statsmodels.stats.meta_analysis import combine_effects
    except ImportError as missing:
        raise UsageError(
            f"the package '{missing.name}' is missing; install it with: pip install 'mcrc-kg[synthesis]'"
        ) from missing
    logs, variances = np.array([e.log for e in effects]), np.array([e.standard_error**2 for e in effects])
    with np.errstate(all="ignore"):  # where studies agree, the library goes on with a variance below 0; ours stops at 0
        found = combine_effects(logs, variances, method_re=METHODS[method])
    k, q, tau2 = len(effects), max(0.0, float(found.q)), max(0.0, float(found.tau2))
    weights = 1 / (variances + tau2)
    mean, error = float(np.average(logs, weights=weights)), float(np.sqrt(1 / weights.sum()))
    adjusted = error * math.sqrt(float(np.average((logs - mean) ** 2, weights=weights) * weights.sum() / (k - 1)))

    def estimate(log: float, standard_error: float, quantile: Any) -> Estimate:
        reach = float(quantile.ppf(0.975)) * standard_error
        p_value = 2 * float(quantile.sf(abs(log) / standard_error)) if standard_error else 0.0
        return Estimate(math.exp(log), math.exp(log - reach), math.exp(log + reach), p_value)

    spread = float(stats.t(k - 1).ppf(0.975)) * math.sqrt(tau2 + error**2)
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


def select(candidates: Table) -> tuple[list[Study], list[LeftOut]]:
    """The comparisons that may stand in one pool, and the others with the reason.

    Raises :class:`~kg.errors.DataError` when those that remain are of different statistics.
    """
    rows = list(candidates)
    left: list[LeftOut] = []
    kept: list[Mapping[str, Any]] = []
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for row in sorted(rows, key=lambda r: (-_precision(r), r["passage"])):
        patients, arms = (row["study"], row["group"]), (row["experimental_arm"], row["reference_arm"])
        reason = _reason(row)
        if reason is None and patients in seen:
            same = seen[patients] == arms
            reason = "printed at another place too" if same else "shares patients with another comparison of its study"
        if reason:
            left.append(_left(row, reason))
        else:
            seen[patients] = arms
            kept.append(row)
    kept, repeated = _without_repeats(kept)
    left += repeated
    if len(statistics := {row["statistic"] for row in kept}) > 1:
        raise DataError(
            f"{' and '.join(sorted(statistics))} do not pool with each other; choose an endpoint that has one of them"
        )
    studies = [_study(row) for row in kept]
    return sorted(studies, key=lambda s: s.label), sorted(left, key=lambda one: (one.label, one.population, one.place))


def _reason(row: Mapping[str, Any]) -> str | None:
    if row["mixed"]:
        return "both arms hold an agent of one kind"
    if not row["in_stratum"]:
        return "another population stratum"
    if not row["in_line"]:
        return "another line of therapy"
    if row["hypothesis"] == "non-inferiority":
        return "tests non-inferiority"
    if row["value"] is None:
        return "no effect printed"
    try:
        _effect(row)
    except DataError as error:
        return str(error)
    return None


def _effect(row: Mapping[str, Any]) -> EffectSize:
    if row["ci_lower"] is not None:
        return from_interval(row["value"], row["ci_lower"], row["ci_upper"])
    if row["p_value"] is None:
        raise DataError("neither interval nor P value printed")
    return from_p_value(row["value"], row["p_value"], row["p_comparator"])


def _without_repeats(rows: list[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[LeftOut]]:
    """Each patient once: no subset beside its whole, no meta-analysis beside the studies that it pools."""
    groups, studies = {row["group"] for row in rows}, {row["study"] for row in rows}
    kept, left = [], []
    for row in rows:
        if groups & set(row["wholes"].split()):
            left.append(_left(row, "a subset of patients who are in already"))
        elif studies & set(row["analyses"].split()):
            left.append(_left(row, "pools studies that are in already"))
        else:
            kept.append(row)
    return kept, left


def _precision(row: Mapping[str, Any]) -> int:
    return len(row["printed"] or "") + len(str(row["p_value"] or ""))


def _left(row: Mapping[str, Any], reason: str) -> LeftOut:
    return LeftOut(row["trial"], row["population"], row["place"], reason)


def _study(row: Mapping[str, Any]) -> Study:
    arms = (row["experimental_arm"], row["reference_arm"])
    return Study(row["trial"], row["population"], row["lines"], *arms, row["place"], row["passage"], _effect(row))


@dataclass(frozen=True)
class Synthesis:
    """A pool with what entered it and what did not."""

    studies: tuple[Study, ...]
    left_out: tuple[LeftOut, ...]
    pooled: Pooled

    def to_table(self) -> Table:
        """The rows of a forest plot in numbers: each study, then the pooled estimates and the prediction interval."""
        rows = [tuple(None if cell is None else Literal(cell) for cell in line) for line in self._lines()]
        columns = ("study", "population", "value", "lower", "upper", "from", "weight_fixed", "weight_random", "passage_iri")
        return Table(columns, tuple(rows))

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        pooled = self.pooled
        for study, fixed, random in zip(self.studies, pooled.weights_fixed, pooled.weights_random, strict=True):
            limits = (_shown(limit) for limit in study.effect.interval())
            weights = (f"{fixed:.1f}%", f"{random:.1f}%")
            yield study.label, study.population, _shown(study.effect.value), *limits, study.effect.how, *weights, study.passage
        for name, one in (
            ("fixed effect", pooled.fixed),
            ("random effects", pooled.random),
            ("Hartung-Knapp", pooled.hartung_knapp),
        ):
            yield name, "pooled", *map(_shown, (one.value, one.lower, one.upper)), f"P = {one.p_value:.3g}", None, None, None
        if pooled.prediction:
            yield "prediction interval", "pooled", None, *map(_shown, pooled.prediction), None, None, None, None


def synthesise(candidates: Table, method: str = "DL") -> Synthesis:
    """The pool of the comparisons that may stand together.

    Raises :class:`~kg.errors.DataError` when they belong to different strata or statistics, or are fewer than two.
    """
    studies, left = select(candidates)
    for column, what, option, values in (
        ("any_stratum", "strata", "--stratum", {study.population for study in studies}),
        ("any_line", "lines of therapy", "--line", {study.line for study in studies}),
    ):
        if all(row[column] for row in candidates) and len(values) > 1:
            raise DataError(f"these comparisons are of different {what} ({'; '.join(sorted(values))}); choose one with {option}")
    return Synthesis(tuple(studies), tuple(left), pool([study.effect for study in studies], method))


def _shown(value: float) -> str:
    return f"{value:.3f}"
