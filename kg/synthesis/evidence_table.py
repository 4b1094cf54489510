"""The evidence table of a group of patients: the comparisons of each contrast with benefit, harm, and what limits certainty.

Layout after the summary of findings of GRADE (Guyatt et al., Journal of Clinical Epidemiology 64 (2011) 383-394): one entry for
each population and pair of arms. Nothing is pooled here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.results import Result, Table
from kg.synthesis import cells
from kg.synthesis.comparison import Comparison, Side
from kg.synthesis.comparisons import comparisons
from kg.synthesis.contrasts import once
from kg.synthesis.harms import Harm, Harms
from kg.synthesis.kinds import KINDS, contrast_of, kind_of
from kg.synthesis.patients import Patients

ONE_ARM = "one arm, without comparator"
_FIRST = ("OS", "PFS", "ORR")  # the outcomes that come first
_AGREEING = ("equal", "rounds to")
_CONTRAST = ("section", "contrast_kind", "contrast", "trial", "phase", "line_of_therapy", "population", "subset", "endpoint",
             "grade", "primary_endpoint")  # fmt: skip
_CHECKED = ("agreeing", "differing", "superseded")
COLUMNS = (*_CONTRAST, *cells.PRINTED, "computed_difference", *cells.COMPUTED, *_CHECKED, "statement", "document", "place",
           "study_iri", "population_iri", "result_iri", "passage_iri")  # fmt: skip


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
    """The entries in the order of their contrasts, and the values of the studies that have no comparison there."""

    entries: Sequence[Entry]
    single: Table
    populations: int  # that fit the patients

    @property
    def groups(self) -> Mapping[str, Mapping[str, Sequence[Entry]]]:
        """The entries by kind of contrast, then by contrast."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for one in self.entries:
            found.setdefault(one.kind, {}).setdefault(one.contrast, []).append(one)
        return found

    def to_table(self) -> Table:
        """One row for each outcome of an entry and each adverse event, then for each value of one arm.

        The columns are those of ``reported-results``; what was computed is in those that begin with ``computed_``. ``agreeing``,
        ``differing`` and ``superseded`` count the pairs of figures with other documents in the question ``corroboration``.
        """
        rows: list[cells.Row] = []
        for entry in self.entries:
            rows += [_result_row(entry, one) for one in entry.results]
            rows += [_harm_row(entry, one) for one in entry.harms]
        rows += [_single_row(one) for one in self.single.to_dicts()]
        return cells.table(COLUMNS, rows)


def difference(one: Comparison) -> str | None:
    """The difference of the printed values of both arms, with as many decimals as the more exact one; None without two numbers.

    Medians and rates are subtracted as printed: the reference arm from the experimental arm.
    """
    try:
        found = Decimal(one.experimental.value or "") - Decimal(one.reference.value or "")
    except InvalidOperation:
        return None
    return f"{found:+f}" if found.is_finite() else None


def primary(one: Comparison) -> str:
    """Whether the endpoint is a primary endpoint of the study, and whether the study met it, as the documents say.

    What a study met or missed is that of its whole population, which the text says for a part of it.
    """
    if one.endpoint not in (*one.primary, *one.met, *one.missed):
        return ""
    outcome = ", not met" if one.endpoint in one.missed else ", met" if one.endpoint in one.met else ""
    return f"primary{' in the whole study' if one.wholes else ''}{outcome}"


def evidence_table(
    found: Iterable[Comparison], safety: Table, corroboration: Table, single: Table, populations: int
) -> EvidenceTable:
    """The evidence table of these comparisons.

    ``safety`` and ``corroboration`` are the answers to the questions of these names about the studies, ``single`` is the answer
    to ``arm-values`` about the populations, of which studies with comparisons and adverse events are left out.
    """
    pairs: dict[tuple[str, str, str, str], list[Comparison]] = defaultdict(list)
    studies = set()
    for one in found:
        studies.add(one.study)
        if not one.adverse:
            pairs[one.study, one.group, *one.pair].append(one)
    checked = _checked(corroboration)
    harms = Harms(safety)
    entries = []
    for results in pairs.values():
        first = results[0]
        entries.append(Entry(kind_of(first), contrast_of(first), tuple(sorted(results, key=_outcome_order)), harms.of(first),
                             {one.result: checked.get(_figures(one), {}) for one in results}))  # fmt: skip
    events = {str(row["event"]) for row in safety}
    kept = (row for row in single.rows if _keeps(dict(zip(single.columns, row, strict=True)), studies, events))
    return EvidenceTable(_in_order(entries), Table(single.columns, tuple(kept)), populations)


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
    groups = patients.populations(graph.answer)
    read = comparisons(graph.answer, groups, document=only)
    found = [one for each in once(read, every) if (one := _facing(each, treatment, against)) is not None]
    studies = tuple(map(URIRef, sorted({one.study for one in found})))
    safety, checked = ((graph.ask(name, trial=studies, **scope) if studies else Table((), ())) for name, scope in (
        ("safety", {"document": document}), ("corroboration", {})))  # fmt: skip
    alone = {"population": tuple(map(URIRef, sorted(groups)))} if against is None else {}
    if treatment is not None:
        alone["regimen"] = tuple(map(URIRef, sorted(treatment.regimens)))
    single = graph.ask("arm-values", document=document, **alone) if groups and alone.get("population") else Table((), ())
    return evidence_table(found, safety, checked, single, len(groups))


def _facing(one: Comparison, treatment: Side | None, against: Side | None) -> Comparison | None:
    """The comparison, turned if only then the treatment is in its experimental and the comparator in its reference arm."""
    for way in (one, one.turn()):
        fits = (treatment is None or way.experimental in treatment, against is None or way.reference in against)
        if all(fits):
            return way
    return None


def _keeps(row: Mapping[str, object], studies: set[str], events: set[str]) -> bool:
    return str(row["study_iri"]) not in studies and str(row["endpoint"]) not in events


def _outcome_order(one: Comparison) -> tuple[int, str]:
    return _FIRST.index(one.endpoint) if one.endpoint in _FIRST else len(_FIRST), one.endpoint


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    """By kind, then by contrast, then whole populations before parts, trials before analyses of trials, later phases first.

    Contrasts that only analyses of several trials report are the last ones of their kind.
    """
    tried = {(one.kind, one.contrast) for one in entries if not one.first.analyses}

    def key(one: Entry) -> tuple[object, ...]:
        first = one.first
        phase = max((len(text) for text in first.phases), default=0)
        known = (one.kind, one.contrast) in tried
        return (
            KINDS.index(one.kind),
            not known,
            one.contrast,
            bool(first.analyses),
            one.subset,
            -phase,
            -one.patients,
            first.trial,
        )

    return sorted(entries, key=key)


def _checked(corroboration: Table) -> Mapping[tuple[str, ...], Mapping[str, int]]:
    """How many pairs of figures agree, differ and are superseded, by outcome."""
    found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    names = {**dict.fromkeys(_AGREEING, "agreeing"), "differs": "differing", "superseded": "superseded"}
    for row in corroboration:
        if name := names.get(str(row["agreement"])):
            outcome = (row["trial"], row["population"], row["endpoint"], row["experimental_arm"], row["reference_arm"])
            found[tuple(map(str, outcome))][name] += 1
    return found


def _figures(one: Comparison) -> tuple[str, ...]:
    return (one.trial, one.population, one.endpoint, one.experimental.label, one.reference.label)


def _result_row(entry: Entry, one: Comparison) -> cells.Row:
    computed, gap = cells.computed(one), difference(one)
    origins = [computed["computed_from"], "difference of the printed values" if gap else None]
    return {
        **_shared(entry, "benefit"),
        **cells.printed(one),
        **computed,
        **entry.checked.get(one.result, {}),
        "endpoint": one.endpoint,
        "primary_endpoint": primary(one),
        "computed_difference": gap,
        "computed_from": "; ".join(filter(None, map(str, filter(None, origins)))) or None,
        "document": one.document,
        "place": one.place,
        "result_iri": URIRef(one.result),
        "passage_iri": URIRef(one.passage),
    }


def _harm_row(entry: Entry, one: Harm) -> cells.Row:
    return {
        **_shared(entry, "harm"),
        "experimental_arm": entry.first.experimental.label,
        "experimental_value": one.experimental,
        "reference_arm": entry.first.reference.label,
        "reference_value": one.reference,
        "endpoint": one.event,
        "statement": one.statement,
        "passage_iri": URIRef(one.passage_iri),
        **{
            name: getattr(one, name)
            for name in ("grade", "unit", "favours", "favours_from", "authors_reading", "document", "place")
        },
    }


def _shared(entry: Entry, section: str) -> dict[str, cells.Cell]:
    one = entry.first
    return {
        "section": section,
        "contrast_kind": entry.kind,
        "contrast": entry.contrast,
        "trial": one.trial,
        "phase": " / ".join(one.phases),
        "line_of_therapy": ", ".join(line.label for line in one.lines),
        "population": one.population,
        "subset": "yes" if entry.subset else "no",
        "study_iri": URIRef(one.study),
        "population_iri": URIRef(one.group),
    }


def _single_row(row: Mapping[str, Any]) -> cells.Row:
    same = ("trial", "line_of_therapy", "population", "endpoint", "grade", "unit", "ci_lower", "ci_upper", "ci_level", "document",
            "place", "study_iri", "population_iri", "result_iri", "passage_iri")  # fmt: skip
    return {
        "section": "benefit",
        "contrast_kind": ONE_ARM,
        "contrast": row["regimen"],
        "experimental_arm": row["regimen"],
        "experimental_n": row["n"],
        "experimental_value": row["printed"],
        **{name: row[name] for name in same},
    }
