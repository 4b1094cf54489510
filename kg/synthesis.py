"""Pooling of what may be pooled: which comparisons stand together, which are left out and why, and the pooled effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Literal, URIRef

from kg.comparisons import Comparison, Side
from kg.effects import EffectSize
from kg.errors import DataError
from kg.pooling import Pooled, pool
from kg.results import Table


@dataclass(frozen=True)
class LeftOut:
    """One comparison that does not enter, and why; ``lacks`` where only an effect or its error is missing."""

    comparison: Comparison
    reason: str
    lacks: bool = False

    def __str__(self) -> str:
        """Study, population, place and reason in one line."""
        one = self.comparison
        return f"{one.trial}, {one.population}, {one.place}: {self.reason}"


@dataclass(frozen=True)
class Contrast:
    """What is asked: one side against the other, in one stratum and one line of therapy where these are given (as IRIs)."""

    experimental: Side
    reference: Side
    stratum: str | None = None
    line: str | None = None

    def oriented(self, found: Sequence[Comparison]) -> list[Comparison]:
        """The comparisons between the two sides, each with the experimental side first."""
        straight = [one for one in found if one.experimental in self.experimental and one.reference in self.reference]
        turned = [one.turn() for one in found if one.experimental in self.reference and one.reference in self.experimental]
        return straight + [one for one in turned if not self.mixed(one)]

    def mixed(self, one: Comparison) -> bool:
        """Whether an arm belongs to both sides."""
        return one.experimental in self.reference or one.reference in self.experimental

    def reason(self, one: Comparison) -> str | None:
        """Why a comparison does not answer what is asked; None when it does."""
        if self.mixed(one):
            return "both arms hold an agent of one kind"
        if self.stratum is not None and self.stratum not in {group.iri for group in one.strata}:
            return "another population stratum"
        if self.line is not None and self.line not in {group.iri for group in one.lines}:
            return "another line of therapy"
        return "tests non-inferiority" if one.hypothesis == "non-inferiority" else None


def select(found: Sequence[Comparison], contrast: Contrast) -> tuple[list[Comparison], list[LeftOut]]:
    """The comparisons that may stand in one pool, in order of study, and the others with the reason.

    Raises :class:`~kg.errors.DataError` when those that remain are of different statistics.
    """
    left: list[LeftOut] = []
    kept: list[Comparison] = []
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for one in sorted(contrast.oriented(found), key=Comparison.worth):
        patients, arms = (one.study, one.group), (one.experimental.regimen, one.reference.regimen)
        reason, lack = contrast.reason(one), one.lack
        if reason is None and lack is None and patients in seen:
            same = seen[patients] == arms
            reason = "printed at another place too" if same else "shares patients with another comparison of its study"
        if reason or lack:
            left.append(LeftOut(one, reason or str(lack), lacks=reason is None))
        else:
            seen[patients] = arms
            kept.append(one)
    kept, repeated = _without_repeats(kept)
    if len(statistics := {one.statistic or "a ratio without a name" for one in kept}) > 1:
        raise DataError(
            f"{' and '.join(sorted(statistics))} do not pool with each other; choose an endpoint that has one of them"
        )
    return sorted(kept, key=lambda one: one.trial), sorted(left + repeated, key=str)


def _without_repeats(found: Sequence[Comparison]) -> tuple[list[Comparison], list[LeftOut]]:
    """Each patient once: no subset beside its whole, no meta-analysis beside the studies that it pools."""
    groups, studies = {one.group for one in found}, {one.study for one in found}
    kept: list[Comparison] = []
    left: list[LeftOut] = []
    for one in found:
        if groups & one.wholes:
            left.append(LeftOut(one, "a subset of patients who are in already"))
        elif studies & one.analyses:
            left.append(LeftOut(one, "pools studies that are in already"))
        else:
            kept.append(one)
    return kept, left


@dataclass(frozen=True)
class Synthesis:
    """A pool with what entered it and what did not."""

    studies: tuple[Comparison, ...]
    left_out: tuple[LeftOut, ...]
    pooled: Pooled

    @property
    def effects(self) -> list[EffectSize]:
        """The effect sizes of the studies, in their order."""
        return [one.effect for one in self.studies]

    @property
    def contradictions(self) -> list[Comparison]:
        """The studies whose printed P value their printed interval does not allow."""
        return [one for one in self.studies if one.p_agrees is False]

    def to_table(self) -> Table:
        """The rows of a forest plot in numbers: each study, the pooled estimates, and the pool without each study in turn."""
        columns = ("study", "population", "value", "lower", "upper", "from", "weight_fixed", "weight_random", "passage_iri")
        rows = [tuple(None if cell is None else _term(cell) for cell in line) for line in self._lines()]
        return Table(columns, tuple(rows))

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        pooled = self.pooled
        for one, fixed, random in zip(self.studies, pooled.weights_fixed, pooled.weights_random, strict=True):
            limits = (_shown(limit) for limit in one.effect.interval())
            weights = (f"{fixed:.1f}%", f"{random:.1f}%")
            yield one.trial, one.population, _shown(one.effect.value), *limits, one.effect.how, *weights, URIRef(one.passage)
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
    """The pool of the comparisons that may stand together.

    Raises :class:`~kg.errors.DataError` when they belong to different strata, lines or statistics, or are fewer than two.
    """
    studies, left = select(found, contrast)
    for asked, what, option, values in (
        (contrast.stratum, "strata", "--stratum", {one.population for one in studies}),
        (contrast.line, "lines of therapy", "--line", {one.line for one in studies}),
    ):
        if asked is None and len(values) > 1:
            raise DataError(f"these comparisons are of different {what} ({'; '.join(sorted(values))}); choose one with {option}")
    return Synthesis(tuple(studies), tuple(left), pool([one.effect for one in studies], method))


def _term(cell: Any) -> Any:
    return cell if isinstance(cell, URIRef) else Literal(cell)


def _shown(value: float) -> str:
    return f"{value:.3f}"
