"""Selection: which comparisons of two sides may be pooled, and which are left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.errors import DataError
from kg.synthesis.comparison import Comparison, Side

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
        if one.rank > top[0].rank:
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
        others = (each for each in every if one.outranked and outcome(one) == outcome(each) and each.rank < one.rank)
        better = min(others, key=Comparison.worth, default=None)
        if better is None:
            kept.append(one)
        else:
            left.append(LeftOut(one, outranked(one, better)))
    return kept, left


def once(found: Iterable[Comparison], every: bool = False) -> list[Comparison]:
    """Each comparison once, or once for ``every`` document, in order of endpoint, then population.

    Of several reports the one with precedence is taken, else that of the most informative place.
    """
    best: dict[tuple[str, ...], Comparison] = {}
    for one in sorted(found, key=Comparison.worth):
        best.setdefault((*outcome(one), one.document if every else ""), one)
    return sorted(best.values(), key=lambda one: (one.endpoint not in ("OS", "PFS"), one.endpoint, one.population, *one.pair))


def outcome(one: Comparison) -> tuple[str, ...]:
    """What two reports of one result have in common: the population, the endpoint and both arms."""
    return (one.group, one.endpoint, *sorted(one.pair))


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
