"""Selection and pooling: which comparisons are pooled, which are left out and why, and the pooled effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Literal, URIRef

from kg.ask.results import Table
from kg.errors import DataError
from kg.synthesis.comparison import Comparison, Side
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import Pooled, pool

# a standard error that is uncertain by more than this factor, because of rounding, is marked
UNCERTAIN = 2.0
# the level of computed intervals, in percent
_LEVEL = 95
_COMPUTED = ("computed_value", "computed_lower", "computed_upper")
_COLUMNS = ("study", "population", "value", "lower", "upper", "ci_level", "from", *_COMPUTED, "computed_p",
            "computed_weight_fixed", "computed_weight_random", "document", "analysis", "passage_iri")  # fmt: skip
# the reason for leaving out a second report of the same figures
REPEATED = "also printed at another place"


@dataclass(frozen=True)
class LeftOut:
    """One comparison that is left out, and why; ``lacks`` where only an effect or its standard error is missing."""

    comparison: Comparison
    reason: str
    lacks: bool = False

    def __str__(self) -> str:
        """Study, population, place with its document, and reason in one line."""
        one = self.comparison
        document = f" of {one.document}" if one.document else ""
        return f"{one.trial}, {one.population}, {one.place}{document}: {self.reason}"


@dataclass(frozen=True)
class Contrast:
    """One side against another, in one stratum and one line of therapy; both are IRIs, None for all."""

    experimental: Side
    reference: Side
    stratum: str | None = None
    line: str | None = None

    def oriented(self, found: Sequence[Comparison]) -> list[Comparison]:
        """The comparisons of the two sides, each with the experimental side first; also those with both sides in one arm."""
        oriented = []
        for one in found:
            if one.experimental in self.experimental and one.reference in self.reference:
                oriented.append(one)
            elif one.experimental in self.reference and one.reference in self.experimental:
                oriented.append(one.turn())
        return oriented

    def mixed(self, one: Comparison) -> bool:
        """Whether an arm belongs to both sides."""
        return one.experimental in self.reference or one.reference in self.experimental

    def reason(self, one: Comparison) -> str | None:
        """Why a comparison does not belong to this contrast; None when it does."""
        if self.mixed(one):
            return f"an arm belongs to both {self.experimental.label} and {self.reference.label}"
        if not one.within(self.stratum, None):
            return "another population stratum"
        if not one.within(None, self.line):
            return "another line of therapy, or a line that is not stated as precisely"
        return "tests non-inferiority" if one.hypothesis == "non-inferiority" else None


def select(found: Sequence[Comparison], contrast: Contrast) -> tuple[list[Comparison], list[LeftOut]]:
    """The comparisons that may be pooled, in order of study, and the others with the reason: no trial is there twice.

    Raises :class:`~kg.errors.DataError` when the remaining comparisons have different statistics.
    """
    left: list[LeftOut] = []
    fit: dict[tuple[str, str], dict[frozenset[str], list[Comparison]]] = {}
    oriented = contrast.oriented(found)
    for one in sorted(oriented, key=Comparison.worth):
        reason = contrast.reason(one)
        if reason:
            left.append(LeftOut(one, reason))
        else:
            fit.setdefault((one.of_trial, one.group), {}).setdefault(frozenset(one.pair), []).append(one)
    kept: list[Comparison] = []
    for pairs in fit.values():
        best = [_first(reports, left) for reports in pairs.values()]
        chosen = [one for one in best if one is not None]
        if len(chosen) > 1:
            left += [LeftOut(one, "shares its patients with another comparison of the study") for one in chosen]
        else:
            kept += chosen
    kept, repeated = _without_repeats(kept, {one.group for one in oriented if contrast.reason(one) is None})
    if len(statistics := {one.statistic or "a ratio without a name" for one in kept}) > 1:
        raise DataError(f"{' and '.join(sorted(statistics))} cannot be pooled together; choose an endpoint with only one of them")
    return sorted(kept, key=lambda one: one.trial), sorted(left + repeated, key=str)


def _first(reports: Sequence[Comparison], left: list[LeftOut]) -> Comparison | None:
    """The report of one result that has precedence and an effect size, if any; the others are added to ``left``."""
    top = [one for one in reports if one.rank == reports[0].rank]
    chosen = next((one for one in top if one.lack is None), None)
    for one in reports:
        if one is chosen:
            continue
        if one.rank != top[0].rank:
            left.append(LeftOut(one, outranked(one, top[0])))
        elif one.lack is not None:
            left.append(LeftOut(one, one.lack, lacks=True))
        elif chosen is not None:
            left.append(LeftOut(one, repeated(one, chosen)))
    return chosen


def repeated(one: Comparison, chosen: Comparison) -> str:
    """Why one of two reports with the same precedence is left out."""
    return REPEATED if one.repeats(chosen) else "another value of the same result is printed at another place"


def outranked(one: Comparison, better: Comparison) -> str:
    """Why a report of the same trial is left out, by the document or the data cut that has precedence over its own."""
    if one.document != better.document:
        return f"the same trial; {better.document} has precedence over {one.document}"
    names = (f"the {cut}" if cut else "a result without a stated data cut" for cut in (better.analysis, one.analysis))
    return "the same trial; {} has precedence over {}".format(*names)


def best(found: Iterable[Comparison]) -> tuple[list[Comparison], list[LeftOut]]:
    """The comparisons over which no other has precedence, and the others with the reason."""
    kept, left = [], []
    every = list(found)
    for one in every:
        others = (each for each in every if one.outranked and _same_outcome(one, each) and each.rank < one.rank)
        better = min(others, key=Comparison.worth, default=None)
        if better is None:
            kept.append(one)
        else:
            left.append(LeftOut(one, outranked(one, better)))
    return kept, left


def _same_outcome(one: Comparison, other: Comparison) -> bool:
    return (one.group, one.endpoint, {*one.pair}) == (other.group, other.endpoint, {*other.pair})


def _without_repeats(found: Sequence[Comparison], groups: set[str]) -> tuple[list[Comparison], list[LeftOut]]:
    """Each patient once: no part of another of these populations, and no meta-analysis together with the studies it pools.

    Two populations of one trial may share patients unless one is mutant where the other is wild type.
    """
    studies = {name for one in found for name in (one.study, *one.same)}
    kept: list[Comparison] = []
    left: list[LeftOut] = []
    for one in sorted(found, key=Comparison.worth):
        same = [each for each in kept if each.of_trial == one.of_trial and each.group not in one.apart]
        if groups & one.wholes:
            left.append(LeftOut(one, "part of another population of this stratum"))
        elif one.study in one.analyses:
            left.append(LeftOut(one, "pools studies that its document does not name"))
        elif studies & one.analyses:
            left.append(LeftOut(one, "pools studies that are already included"))
        elif any(each.analyses & one.analyses for each in kept):
            left.append(LeftOut(one, "pools studies that another of these analyses pools"))
        elif same:
            left.append(LeftOut(one, f"the same trial; may share patients with the population '{same[0].population}'"))
        else:
            kept.append(one)
    return kept, left


@dataclass(frozen=True)
class Synthesis:
    """A pooled effect with the studies that entered it and the comparisons that were left out."""

    studies: tuple[Comparison, ...]
    left_out: tuple[LeftOut, ...]
    pooled: Pooled
    stratum: str | None = None  # the IRI of the requested stratum

    @property
    def effects(self) -> list[EffectSize]:
        """The effect sizes of the studies, in their order."""
        return [one.effect for one in self.studies]

    @property
    def cautions(self) -> list[str]:
        """Cautions for the use of the figures, one line each."""
        found = [f"{one.trial}, {one.population}: the printed confidence interval contradicts the printed {one.p}"
                 for one in self.contradictions]  # fmt: skip
        found += [f"{one.trial}, {one.population}: rounding of ratio and P value makes the standard error uncertain by a factor "
                  f"of {one.effect.rounding:.1f}" for one in self.studies if one.effect.rounding > UNCERTAIN]  # fmt: skip
        narrowest = {one.strata[0] for one in self.studies}
        if self.stratum is not None and len(narrowest) == 1 and self.stratum not in {one.iri for one in narrowest}:
            found.append(f"all pooled studies are in the {narrowest.pop().label}, which is part of the requested stratum")
        lacking = sorted({left.comparison.trial for left in self.left_out if left.lacks} - {one.trial for one in self.studies})
        if lacking:
            found.append(f"not pooled, because no confidence interval is printed or can be derived: {', '.join(lacking)}")
        if self.pooled.hartung_knapp_is_narrower:
            found.append(
                "the Hartung-Knapp interval is narrower than the normal interval; this happens when few studies agree by chance"
            )
        return found

    @property
    def contradictions(self) -> list[Comparison]:
        """The studies whose printed P value contradicts their printed interval."""
        return [one for one in self.studies if one.p_agrees is False]

    def to_table(self) -> Table:
        """The numbers of a forest plot: each study, the pooled estimates, and the pooled effect without each study in turn.

        ``value``, ``lower`` and ``upper`` are as printed, with the level of the interval; the columns that begin with
        ``computed_`` have what was computed, with 95% limits.
        """
        rows = [tuple(None if line.get(name) is None else _term(line[name]) for name in _COLUMNS) for line in self._lines()]
        return Table(_COLUMNS, tuple(rows))

    def _lines(self) -> Iterator[dict[str, Any]]:
        pooled = self.pooled
        for one, fixed, random in zip(self.studies, pooled.weights_fixed, pooled.weights_random, strict=True):
            yield {
                "study": one.trial,
                "population": one.population,
                **figures(one),
                "from": one.effect.how,
                "computed_weight_fixed": f"{fixed:.1f}%",
                "computed_weight_random": f"{random:.1f}%",
                "document": one.document or None,
                "analysis": one.analysis,
                "passage_iri": URIRef(one.passage),
            }
        estimates = [
            ("fixed effect", pooled.fixed),
            (f"random effects ({pooled.method})", pooled.random),
            ("Hartung-Knapp", pooled.hartung_knapp),
        ]
        without = [(f"random effects without {one.trial}", found)
                   for one, found in zip(self.studies, pooled.leave_one_out, strict=False)]  # fmt: skip
        for name, estimate in estimates + without:
            numbers = map(_shown, (estimate.value, estimate.lower, estimate.upper))
            told = {"study": name, "population": "pooled", "computed_p": f"P = {estimate.p_value:.3g}"}
            yield told | dict(zip(_COMPUTED, numbers, strict=True))
        if pooled.prediction:
            limits = dict(zip(_COMPUTED[1:], map(_shown, pooled.prediction), strict=True))
            yield {"study": "prediction interval", "population": "pooled"} | limits

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


def synthesise(found: Sequence[Comparison], contrast: Contrast, method: str = "DL") -> Synthesis:
    """The pooled effect of the comparisons that may be pooled.

    Raises :class:`~kg.errors.DataError` when they belong to different strata, lines or statistics, or are fewer than two.
    """
    studies, left = select(found, contrast)
    for asked, what, option, values in (
        (contrast.stratum, "strata", "--stratum", {one.stratum for one in studies}),
        (contrast.line, "lines of therapy", "--line", {one.line for one in studies}),
    ):
        if asked is None and len(values) > 1:
            raise DataError(f"the comparisons belong to different {what} ({'; '.join(sorted(values))}); choose one with {option}")
    try:
        return Synthesis(tuple(studies), tuple(left), pool([one.effect for one in studies], method), contrast.stratum)
    except DataError as error:
        lines = [
            str(error),
            *(f"available: {one.trial}, {one.population}" for one in studies),
            *(f"left out: {one}" for one in left),
        ]
        raise DataError("\n".join(lines)) from error


def _term(cell: Any) -> Any:
    return cell if isinstance(cell, URIRef) else Literal(cell)


def _shown(value: float) -> str:
    return f"{value:.3f}"


def figures(one: Comparison) -> dict[str, str | None]:
    """What is printed of a comparison, digit by digit, and what was computed from it: an inverse, or 95% limits."""
    told: dict[str, str | None] = {"value": None if one.turned else one.printed}
    if one.limits is not None:
        told |= {"lower": one.limits[0], "upper": one.limits[1], "ci_level": f"{one.ci_level:g}"}
    if one.turned and one.ratio:
        told["computed_value"] = one.digits
    if one.lack is None and (one.limits is None or one.ci_level != _LEVEL):
        told |= dict(zip(_COMPUTED[1:], map(_shown, one.effect.interval()), strict=True))
    return told
