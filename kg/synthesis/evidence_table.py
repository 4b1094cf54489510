"""The evidence table of a group of patients: the comparisons of each contrast with benefit, harm, and what limits certainty.

Layout after the summary of findings of GRADE (Guyatt et al., Journal of Clinical Epidemiology 64 (2011) 383-394): one entry for
each population and pair of arms. Nothing is pooled here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.results import Result, Table
from kg.synthesis.comparison import Comparison, Side
from kg.synthesis.comparisons import comparisons, same_ratio
from kg.synthesis.contrasts import once, outcome
from kg.synthesis.harms import Harm, Harms
from kg.synthesis.kinds import KINDS, contrast_of, kind_of
from kg.synthesis.patients import Fitting, Patients

OUTCOMES = ("OS", "PFS", "ORR")  # those that come first
_AGREEING = ("equal", "rounds to")


class Answering(Protocol):
    """A graph that answers queries and canned questions."""

    def answer(self, sparql: str) -> Result:
        """The answer to a query."""
        ...

    def ask(self, name: str, /, **params: Any) -> Table:
        """The answer to a canned question."""
        ...


@dataclass(frozen=True)
class Entry:
    """One population and pair of arms: its contrast, the comparison of each outcome, and the adverse events of both arms."""

    kind: str
    contrast: str
    results: tuple[Comparison, ...]
    harms: tuple[Harm, ...]
    others: Mapping[str, tuple[Comparison, ...]]  # by result: the reports with another ratio, such as that of another data cut
    checked: Mapping[str, Mapping[str, int]]

    @property
    def first(self) -> Comparison:
        """A comparison with what all share: study, population and arms."""
        return self.results[0]

    @property
    def subset(self) -> bool:
        """Whether the population is a part of another population of the study."""
        return bool(self.first.wholes)

    def is_part_of(self, others: Iterable[Entry]) -> bool:
        """Whether the population is a part of that of another of these entries with the same arms."""
        return any(one.first.group in self.first.wholes and one.first.pair == self.first.pair for one in others)

    @property
    def patients(self) -> int:
        """The greatest number of patients in both arms; 0 where none is printed."""
        return max((one.experimental.participants or 0) + (one.reference.participants or 0) for one in self.results)

    def outcome(self, endpoint: str) -> Comparison | None:
        """The comparison of an endpoint, if there is one."""
        return next((one for one in self.results if one.endpoint == endpoint), None)


@dataclass(frozen=True)
class EvidenceTable:
    """The entries in the order of their contrasts, and the values of arms of which no comparison is there."""

    entries: Sequence[Entry]
    single: Table
    single_harm: Table  # the rows of the question safety on these studies
    populations: int  # that fit the patients
    unlined: Mapping[str, str]  # studies that fit but for the line of therapy, which no document states: names by IRI

    @property
    def groups(self) -> Mapping[str, Mapping[str, Sequence[Entry]]]:
        """The entries by kind of contrast, then by contrast."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for one in self.entries:
            found.setdefault(one.kind, {}).setdefault(one.contrast, []).append(one)
        return found

    @property
    def uncompared(self) -> set[str]:
        """The IRIs of the studies with values of one arm and without any comparison."""
        return {str(row["study_iri"]) for row in self.single} - {one.first.study for one in self.entries}

    @property
    def valued(self) -> set[tuple[str, str, str]]:
        """The study, population and endpoint of the values of one arm, by their names."""
        return {(str(row["trial"]), str(row["population"]), str(row["endpoint"])) for row in self.single}

    def to_table(self) -> Table:
        """One row for each outcome of an entry and each adverse event, then for each value of one arm.

        The columns are those of ``reported-results``; what was computed is in those that begin with ``computed_``. ``agreeing``,
        ``differing`` and ``superseded`` count the pairs of figures with other documents in the question ``corroboration``.
        """
        from kg.synthesis.evidence_rows import rows_of

        return rows_of(self)


def evidence_table(
    found: Iterable[Comparison],
    read: Iterable[Comparison],
    safety: Table,
    corroboration: Table,
    single: Table,
    fitting: Fitting,
) -> EvidenceTable:
    """The evidence table of these comparisons; ``read`` are those of all documents, also without precedence.

    ``safety`` and ``corroboration`` are the answers to the questions of these names about the studies, ``single`` is the answer
    to ``arm-values`` about the populations, of which adverse events, and values that a comparison has, are left out.
    """
    pairs: dict[tuple[str, str, str, str], list[Comparison]] = defaultdict(list)
    studies = set()
    ways: dict[tuple[str, frozenset[str]], tuple[str, str]] = {}  # one direction for each study and pair of regimens
    for each in found:
        way = ways.setdefault((each.study, frozenset(each.pair)), each.pair)
        one = each if each.pair == way else each.turn()
        studies.add(one.study)
        if not one.adverse:
            pairs[one.study, one.group, *one.pair].append(one)
    reports: dict[tuple[str, ...], list[Comparison]] = defaultdict(list)
    for one in read:
        reports[outcome(one)].append(one)
    checked = _checked(corroboration)
    harms = Harms(safety)
    entries = []
    for results in pairs.values():
        first = results[0]
        entries.append(Entry(kind_of(first), contrast_of(first), tuple(sorted(results, key=_outcome_order)), harms.of(first),
                             {one.result: _others(one, reports[outcome(one)]) for one in results},
                             {one.result: checked.get(_figures(one), {}) for one in results}))  # fmt: skip
    events = {str(row["event"]) for row in safety}
    compared = {
        (one.group, one.endpoint, arm.label)
        for lines in pairs.values()
        for one in lines
        for arm in (one.experimental, one.reference)
    }
    kept = [row for row, named in zip(single.rows, single.to_dicts(), strict=True) if _keeps(named, compared, events)]
    alone = Table(single.columns, tuple(kept))
    trials = {row["trial"] for row in alone if str(row["study_iri"]) not in studies}
    harm = tuple(row for row, named in zip(safety.rows, safety.to_dicts(), strict=True) if named["trial"] in trials)
    shown = {one.first.study for one in entries} | {str(row["study_iri"]) for row in alone}
    unlined = {study: trial for study, trial in fitting.unlined.items() if study not in shown}
    return EvidenceTable(_in_order(entries), alone, Table(safety.columns, harm), len(fitting.groups), unlined)


def _others(one: Comparison, reports: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """The reports of the same outcome with another ratio, each ratio once; in the direction of the comparison."""
    found: dict[str, Comparison] = {}
    for each in reports:
        facing = each if each.pair == one.pair else each.turn()
        if one.value is None or facing.value is None or facing.statistic != one.statistic or same_ratio(one, facing):
            continue
        known = found.get(facing.shown)
        if known is None or (facing.has_interval and not known.has_interval):
            found[facing.shown] = facing
    return tuple(found.values())


def evidence_of(
    graph: Answering,
    patients: Patients,
    treatment: Side | None = None,
    against: Side | None = None,
    document: str = "best",
    only: Node | None = None,
    every: bool = False,
) -> EvidenceTable:
    """The evidence table of a group of patients; ``treatment`` and ``against`` restrict the arms.

    A comparison with both in the other order is turned. ``document`` is the scope for questions; ``only`` and ``every`` as for
    :meth:`kg.analyses.Analyses.compare`.
    """
    fitting = patients.populations(graph.answer)
    read = comparisons(graph.answer, fitting.groups, document=only)
    found = [one for each in once(read, every) if (one := _facing(each, treatment, against)) is not None]
    alone = {"population": _entities(fitting.groups)} if against is None else {}
    if treatment is not None:
        alone["regimen"] = _entities(treatment.regimens)
    single = graph.ask("arm-values", document=document, **alone) if alone.get("population") else Table((), ())
    compared = _entities({one.study for one in found})
    studies = (*compared, *_entities({str(row["study_iri"]) for row in single} - {str(one) for one in compared}))
    safety = graph.ask("safety", trial=studies, document=document) if studies else Table((), ())
    checked = graph.ask("corroboration", trial=compared) if compared else Table((), ())
    return evidence_table(found, read, safety, checked, single, fitting)


def _entities(iris: Iterable[str]) -> tuple[URIRef, ...]:
    return tuple(map(URIRef, sorted(iris)))


def _facing(one: Comparison, treatment: Side | None, against: Side | None) -> Comparison | None:
    """The comparison, turned if only then the treatment is in its experimental and the comparator in its reference arm."""
    for way in (one, one.turn()):
        fits = (treatment is None or way.experimental in treatment, against is None or way.reference in against)
        if all(fits):
            return way
    return None


def _keeps(row: Mapping[str, object], compared: set[tuple[str, str, str]], events: set[str]) -> bool:
    """Whether a value of one arm is in no comparison, and is not of an adverse event."""
    key = (str(row["population_iri"]), str(row["endpoint"]), str(row["regimen"]))
    return key not in compared and str(row["endpoint"]) not in events


def _outcome_order(one: Comparison) -> tuple[int, str]:
    return OUTCOMES.index(one.endpoint) if one.endpoint in OUTCOMES else len(OUTCOMES), one.endpoint


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    """By kind, then by contrast, then whole populations before parts, trials before analyses of trials, later phases first.

    Contrasts that only analyses of several trials report are the last ones of their kind.
    """
    tried = {(one.kind, one.contrast) for one in entries if not one.first.analyses}

    def key(one: Entry) -> tuple[object, ...]:
        first = one.first
        phase = max((len(text) for text in first.phases), default=0)  # of I, II and III, the longest is the latest
        contrast = (KINDS.index(one.kind), (one.kind, one.contrast) not in tried, one.contrast)
        return (*contrast, bool(first.analyses), one.subset, -phase, -one.patients, first.trial)

    return sorted(entries, key=key)


def _checked(corroboration: Table) -> Mapping[tuple[str, ...], Mapping[str, int]]:
    """How many pairs of figures agree, differ and are superseded, by outcome."""
    found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    names = {**dict.fromkeys(_AGREEING, "agreeing"), "differs": "differing", "superseded": "superseded"}
    for row in corroboration:
        if name := names.get(str(row["agreement"])):
            arms = (str(row["experimental_arm"]), str(row["reference_arm"]))
            found[str(row["trial"]), str(row["population"]), str(row["endpoint"]), *sorted(arms)][name] += 1
    return found


def _figures(one: Comparison) -> tuple[str, ...]:
    return (one.trial, one.population, one.endpoint, *sorted((one.experimental.label, one.reference.label)))
