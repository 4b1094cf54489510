"""The comparison of two treatments: direct results, indirect comparisons through one common regimen, and gaps.

References: Bucher, Guyatt, Griffith and Walter, J Clin Epidemiol 50 (1997) 683-691; Salanti, Research Synthesis Methods 3 (2012)
80-97 (transitivity).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from rdflib import URIRef

from kg.ask.results import Table
from kg.errors import DataError
from kg.synthesis import cells
from kg.synthesis.comparison import Comparison, Side
from kg.synthesis.contrasts import REPEATED, Contrast, LeftOut, best, select
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import indirect, pool

_COLUMNS = ("evidence", "studies", "population", "line_of_therapy", "endpoint", *cells.PRINTED, *cells.COMPUTED, "remark",
            "document", "analysis", "place", "passage_iri")  # fmt: skip
ASSUMPTION = "assumes that the patients of the two trials are alike in all characteristics that modify the effect"


@dataclass(frozen=True)
class Indirect:
    """An indirect estimate, which no study measured: both sides were compared with the same comparator."""

    via: str
    endpoint: str
    stratum: str
    line: str
    statistic: str
    legs: tuple[tuple[Comparison, ...], tuple[Comparison, ...]]
    effect: EffectSize
    sides: tuple[str, str] = ("", "")  # the names of the two treatments

    @property
    def studies(self) -> str:
        """The studies of both legs."""
        return " against ".join(" + ".join(one.trial for one in leg) for leg in self.legs)

    @property
    def favours(self) -> str | None:
        """The treatment with the better outcome; None where the documents do not say whether more of the event is better."""
        event, log = self.legs[0][0].event, self.effect.log
        if event not in ("desired", "undesired"):
            return None
        return self.sides[(log > 0) != (event == "desired")] if log else "neither"

    @property
    def results(self) -> frozenset[str]:
        """The passages of the results from which it was computed."""
        return frozenset(one.passage for leg in self.legs for one in leg)


@dataclass(frozen=True)
class TreatmentComparison:
    """The comparison of two treatments: direct results, indirect estimates, gaps, and shared targets and pathways."""

    one: str
    other: str
    direct: tuple[Comparison, ...]
    indirect: tuple[Indirect, ...]
    left_out: tuple[LeftOut, ...]
    gaps: tuple[str, ...]
    shared: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The answer in one sentence: how often the two treatments were compared, directly and indirectly, and where not."""
        measured = [one for one in self.direct if not one.analyses]
        trials = sorted({one.trial for one in measured})
        parts = [f"{len(trials)} {'study' if len(trials) == 1 else 'studies'} compared them directly ({', '.join(trials)})"
                 if trials else "no study in these documents compared them directly"]  # fmt: skip
        if self.indirect:
            vias = sorted({one.via for one in self.indirect})
            number = f"{len(self.indirect)} indirect estimate{'' if len(self.indirect) == 1 else 's'}"
            parts.append(f"{number} can be computed (through {', '.join(vias)}), which no study measured")
        else:
            parts.append("no indirect estimate can be computed")
        if self.gaps:
            parts.append(f"neither is available in: {', '.join(self.gaps)}")
        return f"{self.one} against {self.other}: {'; '.join(parts)}."

    def to_table(self) -> Table:
        """One row per direct result, indirect estimate (with its assumption) or gap; ratios are of the first to the second.

        The columns that begin with ``computed_`` have what was computed, with 95% limits; all other figures are as printed. A
        favoured arm is that of the comparison as it is printed, whichever of the two treatments comes first.
        """
        rows = [*map(_direct, self.direct), *map(_indirect, self.indirect), *(self._gap(stratum) for stratum in self.gaps)]
        return cells.table(_COLUMNS, rows)

    def _gap(self, stratum: str) -> cells.Row:
        words = f"no study in these documents compares {self.one} with {self.other}, and no indirect estimate can be computed"
        return {"evidence": "absent", "population": stratum, "remark": words}

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


def _direct(one: Comparison) -> cells.Row:
    return {
        "evidence": "pooled by the source" if one.analyses else "direct",
        "studies": one.trial,
        "population": one.population,
        "line_of_therapy": one.line,
        "endpoint": one.endpoint,
        **cells.printed(one),
        **cells.computed(one),
        "remark": one.lack,
        "document": one.document,
        "analysis": one.analysis,
        "place": one.place,
        "passage_iri": URIRef(one.passage),
    }


def _indirect(one: Indirect) -> cells.Row:
    documents = dict.fromkeys(each.document for leg in one.legs for each in leg)
    return {
        "evidence": "indirect",
        "studies": one.studies,
        "population": one.stratum,
        "line_of_therapy": one.line,
        "endpoint": one.endpoint,
        "statistic": one.statistic,
        **cells.estimated(one.effect.value, one.effect.interval(), one.effect.p_value),
        "computed_from": f"{one.studies}, through {one.via}",
        "favours": one.favours,
        "favours_from": "effect" if one.favours else None,
        "remark": f"through {one.via}; {ASSUMPTION}",
        "document": ", ".join(filter(None, documents)),
    }


@dataclass(frozen=True)
class Evidence:
    """What there is on two sides: direct results, indirect estimates, and the comparisons that were not used."""

    direct: tuple[Comparison, ...]
    indirect: tuple[Indirect, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def kind(self) -> str:
        """Whether a study compared the sides ("direct"), only an estimate can be computed ("indirect"), or neither ("absent")."""
        return "direct" if any(not one.analyses for one in self.direct) else "indirect" if self.indirect else "absent"


def between(found: Sequence[Comparison], asked: Contrast) -> Evidence:
    """The direct results and indirect estimates of two sides: the one definition, for tables, networks and pages.

    An indirect estimate is computed in each stratum that populations of both legs belong to, and in each line of therapy. If a
    wider stratum has the same results, it is given for the narrowest one only.
    """
    here = [each for each in found if each.within(asked.stratum, asked.line)]
    direct = tuple(each for each in asked.oriented(here) if not asked.mixed(each))
    ways, left = _ways([each for each in here if not each.analyses], asked)
    used = {passage for way in ways for passage in way.results}
    return Evidence(direct, tuple(ways), tuple(one for one in left if one.comparison.passage not in used))


def compare(
    found: Sequence[Comparison], asked: Contrast, shared: Iterable[str] = (), *, every: bool = False
) -> TreatmentComparison:
    """The comparison of two sides: direct results, indirect estimates through one common regimen, and gaps.

    Of the direct results of one outcome those with precedence are given, or ``every`` one. No estimate counts a trial twice.

    The two legs of an indirect estimate share one regimen, the endpoint, the statistic, a stratum and a line of therapy, but no
    study. Several studies of one leg are pooled. ``shared`` are the targets and pathways of both treatments.

    Raises :class:`~kg.errors.DataError` when one side is part of the other.
    """
    one, other = asked.experimental, asked.reference
    if one.regimens <= other.regimens or other.regimens <= one.regimens:
        raise DataError(f"all regimens of '{one.label}' belong to '{other.label}', or the reverse; there is nothing to compare")
    here = [each for each in found if each.within(asked.stratum, asked.line)]
    known = between(here, asked)
    direct, left = list(known.direct), list(known.left_out)
    if not every:
        direct, behind = best(direct)
        left += behind
    left += [LeftOut(each, str(asked.reason(each))) for each in asked.oriented(here) if asked.mixed(each)]
    reached = {stratum for each in direct for stratum in _strata(each, asked)} | {way.stratum for way in known.indirect}
    touched = {
        stratum
        for each in here
        if any(arm in side for arm in (each.experimental, each.reference) for side in (one, other))
        for stratum in _strata(each, asked)
    }
    shown = {each.passage for each in direct}
    once = {str(each): each for each in left if each.comparison.passage not in shown}
    return TreatmentComparison(one.label, other.label, tuple(direct), known.indirect, tuple(once[key] for key in sorted(once)),
                     tuple(sorted(touched - reached)), tuple(shared))  # fmt: skip


def _strata(one: Comparison, asked: Contrast) -> list[str]:
    """The labels of the strata that a population belongs to, the narrowest first; of a requested stratum only its own."""
    return [group.label for group in one.strata if asked.stratum in (None, group.iri)]


def _lines(one: Comparison, asked: Contrast) -> list[str]:
    """The labels of the lines of therapy of a study; of a requested line only its own."""
    return [group.label for group in one.lines if asked.line in (None, group.iri)] or [one.line]


def _ways(found: Sequence[Comparison], asked: Contrast) -> tuple[list[Indirect], list[LeftOut]]:
    left: list[LeftOut] = []
    sides = (asked.experimental, asked.reference)
    legs = [_leg(found, asked, here, there, left) for here, there in (sides, sides[::-1])]
    ways: dict[tuple[str | frozenset[str], ...], Indirect] = {}
    for key in sorted(legs[0].keys() & legs[1].keys()):
        both = {each.of_trial for each in legs[0][key]} & {each.of_trial for each in legs[1][key]}
        pair = tuple(tuple(each for each in leg[key] if each.of_trial not in both) for leg in legs)
        left += [LeftOut(each, "the study compares both treatments with the same control, which would count twice")
                 for leg in legs for each in leg[key] if each.of_trial in both]  # fmt: skip
        if all(pair):
            regimen, via, endpoint, statistic, stratum, line = key
            effects = [pool([each.effect for each in leg]).effect if len(leg) > 1 else leg[0].effect for leg in pair]
            names = (asked.experimental.label, asked.reference.label)
            way = Indirect(via, endpoint, stratum, line, statistic, (pair[0], pair[1]), indirect(*effects), names)
            same = (regimen, endpoint, statistic, line, way.results)
            if same not in ways or _depth(way) < _depth(ways[same]):
                ways[same] = way
    order = sorted(ways.values(), key=lambda way: (way.stratum, way.line, way.endpoint, way.via, way.statistic))
    return order, left


def _depth(way: Indirect) -> int:
    """The position of the stratum among those of its first population; 0 is the narrowest."""
    return [group.label for group in way.legs[0][0].strata].index(way.stratum)


def _leg(
    found: Sequence[Comparison], asked: Contrast, here: Side, there: Side, left: list[LeftOut]
) -> dict[tuple[str, ...], list[Comparison]]:
    """The comparisons of one side with regimens of neither side, grouped by regimen, endpoint, statistic, stratum and line."""
    settings: dict[tuple[str, ...], list[Comparison]] = {}
    for one in (*found, *(one.turn() for one in found)):
        neither = one.reference not in here and one.reference not in there
        if one.experimental in here and one.experimental not in there and neither:
            via = (one.reference.regimen, one.reference.label)
            for stratum, line in product(_strata(one, asked), _lines(one, asked)):
                settings.setdefault((*via, one.endpoint, one.statistic or "", stratum, line), []).append(one)
    leg: dict[tuple[str, ...], list[Comparison]] = {}
    for key, members in settings.items():
        kept, dropped = select(members, Contrast(here, Side(key[0], frozenset({key[0]}))))
        left += [each for each in dropped if each.reason != REPEATED]
        if kept:
            leg[key] = kept
    return leg
