"""The comparison of two treatments: direct results, indirect comparisons through one common regimen, and gaps.

References: Bucher, Guyatt, Griffith and Walter, J Clin Epidemiol 50 (1997) 683-691; Salanti, Research Synthesis Methods 3 (2012)
80-97 (transitivity).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rdflib import Literal, URIRef

from kg.ask.results import Table
from kg.errors import DataError
from kg.synthesis.comparison import Comparison, Side
from kg.synthesis.contrasts import REPEATED, Contrast, LeftOut, best, figures, select
from kg.synthesis.effects import EffectSize
from kg.synthesis.pooling import indirect, pool

_EFFECT = ("value", "lower", "upper", "ci_level", "p", "computed_value", "computed_lower", "computed_upper", "computed_p")
_COLUMNS = ("evidence", "studies", "population", "line_of_therapy", "endpoint", "statistic", *_EFFECT, "remark", "document",
            "analysis", "place", "passage_iri")  # fmt: skip
ASSUMPTION = "assumes that the patients of the two trials are alike in all characteristics that modify the effect"
# what a gap means when no stratum was given
_NARROW = "; each population is counted in its narrowest stratum only, so give a wider stratum to search more broadly"


_Row = Mapping[str, str | URIRef | None]


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

    @property
    def studies(self) -> str:
        """The studies of both legs."""
        return " against ".join(" + ".join(one.trial for one in leg) for leg in self.legs)


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
    narrow: str = ""

    def to_table(self) -> Table:
        """One row per direct result, indirect estimate (with its assumption) or gap; ratios are of the first to the second.

        The columns that begin with ``computed_`` have what was computed, with 95% limits; all other figures are as printed.
        """
        rows = [*map(_direct, self.direct), *map(_indirect, self.indirect), *(self._gap(stratum) for stratum in self.gaps)]
        return Table(_COLUMNS, tuple(tuple(_term(row.get(name)) for name in _COLUMNS) for row in rows))

    def _gap(self, stratum: str) -> _Row:
        words = (
            f"no study compares {self.one} with {self.other} in this stratum, and no indirect comparison is possible{self.narrow}"
        )
        return {"evidence": "absent", "population": stratum, "remark": words}

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


def _term(cell: str | URIRef | None) -> Literal | URIRef | None:
    return cell if isinstance(cell, URIRef) else Literal(cell) if cell else None


def _direct(one: Comparison) -> _Row:
    turned = "inverse of the printed ratio" if one.turned and one.printed else None
    derived = f"interval from {one.effect.how}" if one.lack is None and one.limits is None else one.lack
    return {
        "evidence": "pooled by the source" if one.analyses else "direct",
        "studies": one.trial,
        "population": one.population,
        "line_of_therapy": one.line,
        "endpoint": one.endpoint,
        "statistic": one.statistic,
        **figures(one),
        "p": one.p,
        "remark": "; ".join(filter(None, (turned, derived))),
        "document": one.document,
        "analysis": one.analysis,
        "place": one.place,
        "passage_iri": URIRef(one.passage),
    }


def _indirect(one: Indirect) -> _Row:
    numbers = [f"{number:.3g}" for number in (one.effect.value, *one.effect.interval())]
    documents = dict.fromkeys(each.document for leg in one.legs for each in leg)
    return {
        "evidence": "indirect",
        "studies": one.studies,
        "population": one.stratum,
        "line_of_therapy": one.line,
        "endpoint": one.endpoint,
        "statistic": one.statistic,
        **dict(zip(("computed_value", "computed_lower", "computed_upper"), numbers, strict=True)),
        "computed_p": f"P = {one.effect.p_value:.2g}",
        "remark": f"through {one.via}; {ASSUMPTION}",
        "document": ", ".join(filter(None, documents)),
    }


def compare(
    found: Sequence[Comparison], asked: Contrast, shared: Iterable[str] = (), *, every: bool = False
) -> TreatmentComparison:
    """The comparison of two sides: direct results, indirect estimates through one common regimen, and gaps.

    Of the direct results of one outcome those with precedence are given, or ``every`` one. No estimate counts a trial twice.

    The two legs of an indirect estimate share one regimen, the endpoint, the statistic, the stratum and the line of therapy, but
    no study. Several studies of one leg are pooled. ``shared`` are the targets and pathways of both treatments.

    Raises :class:`~kg.errors.DataError` when one side is part of the other.
    """
    one, other = asked.experimental, asked.reference
    if one.regimens <= other.regimens or other.regimens <= one.regimens:
        raise DataError(f"all regimens of '{one.label}' belong to '{other.label}', or the reverse; there is nothing to compare")
    here = [each for each in found if each.within(asked.stratum, asked.line)]
    oriented = asked.oriented(here)
    direct = [each for each in oriented if not asked.mixed(each)]
    ways, left = _ways([each for each in here if not each.analyses], asked)
    if not every:
        direct, behind = best(direct)
        left += behind
    left += [LeftOut(each, str(asked.reason(each))) for each in oriented if asked.mixed(each)]
    reached = {_setting(each, asked)[0] for each in direct} | {way.stratum for way in ways}
    touched = {
        _setting(each, asked)[0]
        for each in here
        if any(arm in side for arm in (each.experimental, each.reference) for side in (one, other))
    }
    once = {str(each): each for each in left}
    return TreatmentComparison(one.label, other.label, tuple(direct), tuple(ways), tuple(once[key] for key in sorted(once)),
                     tuple(sorted(touched - reached)), tuple(shared), _NARROW if asked.stratum is None else "")  # fmt: skip


def _setting(one: Comparison, asked: Contrast) -> tuple[str, str]:
    """The labels of stratum and line: the requested ones, or the narrowest stratum and all lines of the study."""
    stratum = next((group.label for group in one.strata if group.iri == asked.stratum), one.stratum)
    return stratum, next((group.label for group in one.lines if group.iri == asked.line), one.line)


def _ways(found: Sequence[Comparison], asked: Contrast) -> tuple[list[Indirect], list[LeftOut]]:
    left: list[LeftOut] = []
    legs = [_leg(found, asked, here, there, left)
            for here, there in ((asked.experimental, asked.reference), (asked.reference, asked.experimental))]  # fmt: skip
    ways = []
    for key in sorted(legs[0].keys() & legs[1].keys()):
        both = {each.of_trial for each in legs[0][key]} & {each.of_trial for each in legs[1][key]}
        pair = tuple(tuple(each for each in leg[key] if each.of_trial not in both) for leg in legs)
        left += [LeftOut(each, "the study compares both treatments with the same control, which would count twice")
                 for leg in legs for each in leg[key] if each.of_trial in both]  # fmt: skip
        if all(pair):
            _, via, endpoint, statistic, stratum, line = key
            effects = [pool([each.effect for each in leg]).effect if len(leg) > 1 else leg[0].effect for leg in pair]
            ways.append(Indirect(via, endpoint, stratum, line, statistic, (pair[0], pair[1]), indirect(*effects)))
    return ways, left


def _leg(
    found: Sequence[Comparison], asked: Contrast, here: Side, there: Side, left: list[LeftOut]
) -> dict[tuple[str, ...], list[Comparison]]:
    """The comparisons of one side with regimens of neither side, grouped by regimen, endpoint, statistic, stratum and line."""
    settings: dict[tuple[str, ...], list[Comparison]] = {}
    for one in (*found, *(one.turn() for one in found)):
        neither = one.reference not in here and one.reference not in there
        if one.experimental in here and one.experimental not in there and neither:
            via = (one.reference.regimen, one.reference.label)
            key: tuple[str, ...] = (*via, one.endpoint, one.statistic or "", *_setting(one, asked))
            settings.setdefault(key, []).append(one)
    leg: dict[tuple[str, ...], list[Comparison]] = {}
    for key, members in settings.items():
        kept, dropped = select(members, Contrast(here, Side(key[0], frozenset({key[0]}))))
        left += [each for each in dropped if each.reason != REPEATED]
        if kept:
            leg[key] = kept
    return leg
