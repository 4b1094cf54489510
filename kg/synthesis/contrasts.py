"""Selection and pooling: which comparisons are pooled, which are left out and why, and the pooled effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True)
class LeftOut:
    """One comparison that is left out, and why; ``lacks`` where only an effect or its standard error is missing."""

    comparison: Comparison
    reason: str
    lacks: bool = False

    def __str__(self) -> str:
        """Study, population, place and reason in one line."""
        one = self.comparison
        return f"{one.trial}, {one.population}, {one.place}: {self.reason}"


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
    """The comparisons that may be pooled, in order of study, and the others with the reason.

    Raises :class:`~kg.errors.DataError` when the remaining comparisons have different statistics.
    """
    left: list[LeftOut] = []
    fit: dict[tuple[str, str], list[Comparison]] = {}
    for one in sorted(contrast.oriented(found), key=Comparison.worth):
        reason = contrast.reason(one)
        if reason or one.lack:
            left.append(LeftOut(one, reason or str(one.lack), lacks=reason is None))
        else:
            fit.setdefault((one.study, one.group), []).append(one)
    kept: list[Comparison] = []
    for same in fit.values():
        if len({one.pair for one in same}) > 1:
            left += [LeftOut(one, "shares its patients with another comparison of the study") for one in same]
        else:
            kept.append(same[0])
            left += [LeftOut(one, "also printed at another place") for one in same[1:]]
    asked = {one.group for one in contrast.oriented(found) if contrast.reason(one) is None}
    kept, repeated = _without_repeats(kept, asked)
    if len(statistics := {one.statistic or "a ratio without a name" for one in kept}) > 1:
        raise DataError(f"{' and '.join(sorted(statistics))} cannot be pooled together; choose an endpoint with only one of them")
    return sorted(kept, key=lambda one: one.trial), sorted(left + repeated, key=str)


def _without_repeats(found: Sequence[Comparison], groups: set[str]) -> tuple[list[Comparison], list[LeftOut]]:
    """Each patient once: no part of another of these populations, and no meta-analysis together with the studies it pools."""
    studies = {one.study for one in found}
    kept: list[Comparison] = []
    left: list[LeftOut] = []
    for one in found:
        if groups & one.wholes:
            left.append(LeftOut(one, "part of another population of this stratum"))
        elif studies & one.analyses:
            left.append(LeftOut(one, "pools studies that are already included"))
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
        """The numbers of a forest plot: each study, the pooled estimates, and the pooled effect without each study in turn."""
        columns = ("study", "population", "value", "lower", "upper", "from", "weight_fixed", "weight_random", "passage_iri")
        rows = [tuple(None if cell is None else _term(cell) for cell in line) for line in self._lines()]
        return Table(columns, tuple(rows))

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        pooled = self.pooled
        for one, fixed, random in zip(self.studies, pooled.weights_fixed, pooled.weights_random, strict=True):
            limits = (_shown(limit) for limit in one.effect.interval())
            weights = (f"{fixed:.1f}%", f"{random:.1f}%")
            yield one.trial, one.population, one.digits, *limits, one.effect.how, *weights, URIRef(one.passage)
        estimates = [
            ("fixed effect", pooled.fixed),
            (f"random effects ({pooled.method})", pooled.random),
            ("Hartung-Knapp", pooled.hartung_knapp),
        ]
        without = [(f"random effects without {one.trial}", found)
                   for one, found in zip(self.studies, pooled.leave_one_out, strict=False)]  # fmt: skip
        for name, estimate in estimates + without:
            numbers = map(_shown, (estimate.value, estimate.lower, estimate.upper))
            yield name, "pooled", *numbers, f"P = {estimate.p_value:.3g}", None, None, None
        if pooled.prediction:
            yield "prediction interval", "pooled", None, *map(_shown, pooled.prediction), None, None, None, None

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
