"""Which comparisons a forest plot shows: its blocks, with the name of the ratio and what each side of 1 favours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from kg.errors import DataError
from kg.plots.forest_text import Block, of_pool
from kg.synthesis.comparison import DIFFERENCE, Comparison
from kg.synthesis.contrasts import Contrast, once, outcome
from kg.synthesis.kinds import KINDS, kind_of
from kg.synthesis.meta_analysis import synthesise

_RATIOS = {"HR": "Hazard ratio", "OR": "Odds ratio", "RR": "Risk ratio"}


def pooled_or_not(found: Sequence[Comparison], asked: Contrast, method: str) -> list[Block]:
    """One block for the given stratum or line, else one for each; a block is pooled when two or more studies may be pooled."""
    whole = asked.stratum is not None or asked.line is not None
    settings: dict[str, list[Comparison]] = {}
    for one in asked.oriented(found):
        if not asked.mixed(one) and one.within(asked.stratum, asked.line):
            settings.setdefault("" if whole else f"{one.stratum}, {one.line}", []).append(one)
    blocks = []
    for heading, members in sorted(settings.items()):
        try:
            blocks += of_pool(synthesise(members, asked, method), heading)
        except DataError as why:
            rows = tuple(once(members))
            remark = "" if len(rows) < 2 else f"Not pooled: {str(why).splitlines()[0]}"
            blocks.append(Block(heading, rows, remark=remark))
    return blocks


def others(read: Iterable[Comparison], shown: Sequence[Comparison]) -> list[str]:
    """The documents, in order, with reports of the outcomes shown that are not shown themselves."""
    documents = {outcome(one): {one.document} for one in shown}
    for one in shown:
        documents[outcome(one)].add(one.document)
    return sorted({one.document for one in read if one.document not in documents.get(outcome(one), {one.document})})


def by_endpoint(found: Iterable[Comparison], sides: tuple[str, str] = ("the first-named arm", "the comparator")) -> list[Block]:
    """A block for each endpoint and kind of contrast, with the name of its ratio, and with what each side of 1 favours.

    ``sides`` are the names of the two arms where they differ between the rows of a block.
    """
    blocks = []
    for endpoint, group in groupby(found, key=lambda one: one.endpoint):
        kinds: dict[str, list[Comparison]] = {kind: [] for kind in KINDS}
        for one in group:
            kinds[kind_of(one)].append(one)
        for kind, rows in kinds.items():
            if rows:
                ratios = sorted({_RATIOS.get(one.statistic, "Ratio").lower() for one in rows if one.statistic})
                measured = f"{endpoint} ({' and '.join(ratios)})" if ratios else endpoint
                arms = {(one.experimental.label, one.reference.label) for one in rows}
                favours = favoured_sides(rows, *(next(iter(arms)) if len(arms) == 1 else sides))
                blocks.append(Block(f"{measured}, {kind}", tuple(rows), favours=favours))
    return blocks


def favoured_sides(found: Iterable[Comparison], experimental: str, reference: str) -> tuple[str, str]:
    """The labels for ratios below and above 1; the favoured side depends on whether the counted event is desired."""
    events = {one.event for one in found}
    if events == {"undesired"}:
        return f"favours {experimental}", f"favours {reference}"
    return (f"favours {reference}", f"favours {experimental}") if events == {"desired"} else ("below 1", "above 1")


def ratio_of(found: Iterable[Comparison]) -> str:
    """The name of the ratio of all comparisons, without those that print a difference, which has no place on the axis.

    Raises :class:`~kg.errors.DataError` when they have different ratios; odds ratios and risk ratios stand on one axis.
    """
    names = {one.statistic for one in found if one.statistic and one.statistic != DIFFERENCE}
    if names == {"OR", "RR"}:
        return "Odds or risk ratio"
    if len(names) > 1:
        raise DataError(f"{' and '.join(sorted(names))} cannot share one axis; choose another endpoint")
    return _RATIOS.get(next(iter(names), ""), "Ratio")
