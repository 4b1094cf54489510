"""The pooled analysis of the comparisons of two sides: its main result, its sensitivity, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rdflib import URIRef

from kg.ask.results import Table
from kg.errors import DataError
from kg.synthesis import cells
from kg.synthesis.comparison import Comparison
from kg.synthesis.contrasts import Contrast, LeftOut, select
from kg.synthesis.effects import EffectSize
from kg.synthesis.interpretation import interpretation, joined
from kg.synthesis.pooling import Estimate, Pooled, pool

# a standard error that is uncertain by more than this factor, because of rounding, is marked
UNCERTAIN = 2.0
MODIFIED = "modified Hartung-Knapp"
_COLUMNS = ("study", "population", "line_of_therapy", "endpoint", *cells.PRINTED, *cells.COMPUTED, "computed_weight_fixed",
            "computed_weight_random", "remark", "document", "analysis", "place", "passage_iri")  # fmt: skip


@dataclass(frozen=True)
class Synthesis:
    """A pooled effect with the studies that entered it and the comparisons that were left out.

    ``bounded`` are the studies of which only a bound of the P value is printed, and ``at_bounds`` the pooled effect with them.
    """

    studies: tuple[Comparison, ...]
    left_out: tuple[LeftOut, ...]
    pooled: Pooled
    stratum: str | None = None  # the IRI of the requested stratum
    bounded: tuple[Comparison, ...] = ()
    at_bounds: Pooled | None = None

    @property
    def effects(self) -> list[EffectSize]:
        """The effect sizes of the studies, in their order."""
        return [one.effect for one in self.studies]

    @property
    def ratio(self) -> str:
        """The abbreviation of the pooled ratio."""
        return self.studies[0].statistic or "ratio"

    @property
    def interval(self) -> str:
        """The name of the interval of the main result."""
        return MODIFIED if self.pooled.few else f"random effects ({self.pooled.method})"

    @property
    def headline(self) -> str:
        """The main result in words, with a strong study that is missing in it, and the result with that study."""
        number = len(self.studies)
        words = f"{self.ratio} {_told(self.pooled.headline)}, {self.interval}, {number} studies"
        if not self.bounded or self.at_bounds is None:
            return words
        names = joined(f"{one.trial} ({one.statistic} {one.digits}, {one.p})" for one in self.bounded)
        strongest = max(map(_strength, self.bounded)) > max(map(_strength, self.studies))
        lacking = "the strongest of the studies" if strongest else "of which only a bound of the P value is printed"
        bound = "at the bound of its P value" if len(self.bounded) == 1 else "at the bounds of their P values"
        return f"{words}. This leaves out {names}, {lacking}; with it {bound}: {_told(self.at_bounds.headline)}"

    @property
    def footnote(self) -> str:
        """The interval that is not the main result, in words."""
        if not self.pooled.few:
            return f"{MODIFIED[0].upper()}{MODIFIED[1:]} interval: {_told(self.pooled.modified)}"
        name = f"Random effects ({self.pooled.method}) with a normal interval, too narrow for few studies"
        return f"{name}: {_told(self.pooled.random)}"

    @cached_property
    def interpretation(self) -> str:
        """One sentence on what limits the pooled studies, from what the documents state of them."""
        return interpretation(self.studies)

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
        return found

    @property
    def contradictions(self) -> list[Comparison]:
        """The studies whose printed P value contradicts their printed interval."""
        return [one for one in self.studies if one.p_agrees is False]

    def to_table(self) -> Table:
        """The numbers of a forest plot: each study, the pooled estimates, and the pooled effect without each study in turn.

        The first estimate is the main result. Columns that begin with ``computed_`` have what was computed, with 95% limits and
        weights in percent; all other figures are as printed.
        """
        return cells.table(_COLUMNS, self._lines())

    def _lines(self) -> Iterator[cells.Row]:
        pooled, number = self.pooled, len(self.studies)
        for one, fixed, random in zip(self.studies, pooled.weights_fixed, pooled.weights_random, strict=True):
            yield {
                "study": one.trial,
                "population": one.population,
                "line_of_therapy": one.line,
                "endpoint": one.endpoint,
                **cells.printed(one),
                **cells.computed(one, weighted=True),
                "computed_weight_fixed": f"{fixed:.1f}",
                "computed_weight_random": f"{random:.1f}",
                "document": one.document,
                "analysis": one.analysis,
                "place": one.place,
                "passage_iri": URIRef(one.passage),
            }
        normal = (f"random effects ({pooled.method})", pooled.random)
        main, other = ((MODIFIED, pooled.modified), normal) if pooled.few else (normal, (MODIFIED, pooled.modified))
        origin = f"{number} studies"
        yield {**_estimate(*main, origin), "remark": f"{self.headline}. {self.interpretation}"}
        for name, estimate in (other, ("unmodified Hartung-Knapp", pooled.hartung_knapp), ("fixed effect", pooled.fixed)):
            yield _estimate(name, estimate, origin)
        if self.at_bounds:
            names = joined(one.trial for one in self.bounded)
            bounds = joined(f"{one.p} of {one.trial} taken as its bound" for one in self.bounded)
            yield _estimate(f"{self.interval} with {names}", self.at_bounds.headline, f"{origin}, and {bounds}")
        for one, estimate in zip(self.studies, pooled.leave_one_out, strict=False):
            yield _estimate(f"{self.interval} without {one.trial}", estimate, f"{number - 1} studies")
        if pooled.prediction:
            limits = dict(zip(cells.ESTIMATE[1:3], map(cells.decimals, pooled.prediction), strict=True))
            yield {"study": "prediction interval", "population": "pooled", **limits, "computed_from": origin}

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
        pooled = pool([one.effect for one in studies], method)
    except DataError as error:
        lines = [
            str(error),
            *(f"available: {one.trial}, {one.population}" for one in studies),
            *(f"left out: {one}" for one in left),
        ]
        raise DataError("\n".join(lines)) from error
    more = _with_bounds(found, contrast, studies)
    bounded = tuple(one for one in more if one.at_bound)
    at_bounds = pool([one.effect for one in more], method) if bounded else None
    return Synthesis(tuple(studies), tuple(left), pooled, contrast.stratum, bounded, at_bounds)


def _with_bounds(found: Sequence[Comparison], contrast: Contrast, studies: Sequence[Comparison]) -> list[Comparison]:
    """The pooled studies, with others of their stratum and line of which only a bound of the P value is printed, taken at it."""
    trials, like = {one.of_trial for one in studies}, studies[0]
    taken = []
    for one in found:
        here = contrast.stratum is not None or one.stratum == like.stratum
        there = contrast.line is not None or one.line == like.line
        if one.statistic == like.statistic and here and there:
            taken.append(one if one.of_trial in trials else one.bounded or one)
    return select(taken, contrast)[0]


def _estimate(name: str, found: Estimate, origin: str) -> cells.Row:
    numbers = cells.estimated(found.value, (found.lower, found.upper), found.p_value)
    return {"study": name, "population": "pooled", **numbers, "computed_from": origin}


def _told(found: Estimate) -> str:
    return f"{found.value:.2f} (95% CI {found.lower:.2f} to {found.upper:.2f})"


def _strength(one: Comparison) -> float:
    """How many standard errors a ratio differs from 1."""
    return abs(one.effect.log) / one.effect.standard_error
