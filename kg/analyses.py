"""What is computed from a graph beyond its answers: pools, comparisons, networks, mechanisms, and their pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from kg import plots
from kg.catalogue import Parameter
from kg.comparisons import Comparison, comparisons, side
from kg.errors import DataError, UsageError
from kg.evidence import Comparing, Network, compare, network
from kg.mechanism import Mechanism, mechanism
from kg.plots import Picture
from kg.results import Result, Table
from kg.synthesis import Contrast, Synthesis, synthesise

_ENDPOINT = Parameter("endpoint", "mcrc:Endpoint")
_STUDY = Parameter("trial", "mcrc:Study")
_LINE = Parameter("line", "mcrc:LineOfTherapy")
_INTERVALS = "An interval is 95%; what it was computed from stands behind it."
_SIDES = "Below 1 favours the first arm for time to an event, above 1 for response."
_RATIOS = {"HR": "Hazard ratio", "OR": "Odds ratio"}


class Analyses(ABC):
    """Analyses of whatever graph answers queries and knows its names."""

    @abstractmethod
    def query(self, sparql: str) -> Result:
        """The answer to a SPARQL query."""

    @abstractmethod
    def ask(self, name: str, /, **params: Any) -> Table:
        """The answer to a canned question."""

    @abstractmethod
    def resolve(self, text: str) -> URIRef:
        """The IRI of the one entity that a text names."""

    @abstractmethod
    def term(self, parameter: Parameter, value: Any) -> Node:
        """The value of a parameter as an RDF term."""

    def pool(
        self,
        endpoint: str,
        experimental: str,
        reference: str,
        stratum: str | None = None,
        line: str | None = None,
        method: str = "DL",
    ) -> Synthesis:
        """The pooled effect of one side against another on an endpoint, with the studies and what was left out and why.

        Each side is a class of regimens ("anti-EGFR regimen"), a drug or a regimen; ``stratum`` is a class of populations,
        ``line`` a line of therapy; ``method`` as in :func:`kg.pooling.pool`.

        Raises :class:`~kg.errors.DataError` when what is found must not be pooled, :class:`~kg.errors.NotFoundError` for an
        unknown name.
        """
        return synthesise(self._comparisons(endpoint=endpoint), self._contrast(experimental, reference, stratum, line), method)

    def compare(
        self, one: str, other: str, endpoint: str | None = None, stratum: str | None = None, line: str | None = None
    ) -> Comparing:
        """Two drugs, regimens or classes of regimens held against each other.

        Results of studies that compared them, estimates by way of a regimen that both were compared with (Bucher;
        labelled, with the assumption), strata where nothing leads from one to the other, and the targets and pathways that two
        drugs share.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name, :class:`~kg.errors.DataError` for one that no arm was given.
        """
        contrast = self._contrast(one, other, stratum, line)
        ways = mechanism(self.query)
        names = (contrast.experimental.label, contrast.reference.label)
        shared = ways.shared(*names) if set(names) <= set(ways.drugs) else []
        return compare(self._comparisons(endpoint=endpoint), contrast, shared)

    def network(self, by: str = "drugs", stratum: str | None = None, line: str | None = None) -> Network:
        """Which treatments were compared by which studies, only indirectly, or not at all; as table, networkx graph, picture.

        ``by`` as in :func:`kg.evidence.network`; ``stratum`` and ``line`` narrow it down.
        """
        return network(self._comparisons(), by, self._iri(stratum), self._line(line))

    def mechanism(self, *things: str) -> Mechanism:
        """How drugs reach pathways, and which mutations cut the way: all ways, or those that touch a drug, target or pathway.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name, or one that no way touches.
        """
        return mechanism(self.query, map(str, map(self.resolve, things)))

    def forest(
        self,
        endpoint: str | None = None,
        experimental: str | None = None,
        reference: str | None = None,
        stratum: str | None = None,
        line: str | None = None,
        method: str = "DL",
        *,
        trial: str | None = None,
    ) -> Picture:
        """A forest plot: of one side against another on an endpoint, or of all that one trial compared.

        Without ``stratum`` and ``line`` there is a block for each, pooled by itself where it has two studies or more.

        Raises :class:`~kg.errors.UsageError` for neither or both, :class:`~kg.errors.DataError` when there is nothing to draw.
        """
        if trial is not None and not any((endpoint, experimental, reference, stratum, line)):
            return self._trial_forest(trial)
        if trial is not None or endpoint is None or experimental is None or reference is None:
            raise UsageError("give a trial, or an endpoint with an experimental and a reference side")
        found = self._comparisons(endpoint=endpoint)
        contrast = self._contrast(experimental, reference, stratum, line)
        words = ", ".join(text for text in (stratum, line) if text)
        note = _INTERVALS
        if stratum is not None or line is not None:
            pooled = synthesise(found, contrast, method)
            blocks = plots.of_pool(pooled)
            note += f" {len(pooled.left_out)} comparisons left out; 'mcrc-kg pool' lists them with the reasons."
        else:
            blocks = _blocks(found, contrast, method)
            note += " Blocks may share patients: a narrower stratum is part of a wider one."
        title = f"{endpoint}, {experimental} against {reference}" + (f", {words}" if words else "")
        ratio = _ratio(one for block in blocks for one in block.rows)
        return plots.forest(blocks, title, (f"favours {experimental}", f"favours {reference}"), ratio, note)

    def _trial_forest(self, trial: str) -> Picture:
        study = self.term(_STUDY, trial)
        found = _once(comparisons(self.query, study=study))
        name = found[0].trial if found else trial
        arms = {(one.experimental.label, one.reference.label) for one in found}
        title = f"{name}: " + "; ".join(f"{one} against {other}" for one, other in sorted(arms))
        return plots.forest(_by_endpoint(found), title, ("below 1", "above 1"), "Ratio", f"{_INTERVALS} {_SIDES}", by_place=True)

    def forest_of(self, answer: Table, title: str) -> Picture:
        """A forest plot of the comparisons in an answer: those whose passage it names, each once, in blocks by endpoint.

        Raises :class:`~kg.errors.DataError` when the answer names no comparison.
        """
        named = (
            {str(row[answer.columns.index("passage_iri")]) for row in answer.rows} if "passage_iri" in answer.columns else set()
        )
        found = _once(one for one in self._comparisons() if one.passage in named)
        return plots.forest(_by_endpoint(found), title, ("below 1", "above 1"), "Ratio", f"{_INTERVALS} {_SIDES}")

    def network_plot(self, by: str = "drugs", stratum: str | None = None, line: str | None = None) -> Picture:
        """A picture of :meth:`network`."""
        where = ", ".join(text for text in (stratum, line) if text) or "all populations"
        return plots.network_plot(self.network(by, stratum, line), f"What was compared with what: {where}")

    def mechanism_map(self, *things: str) -> Picture:
        """A picture of :meth:`mechanism`."""
        found = self.mechanism(*things)
        return plots.mechanism_map(
            found, f"How {' and '.join(things) or 'the drugs'} reach{'es' if len(things) == 1 else ''} pathways"
        )

    def timeline(self) -> Picture:
        """A picture of the approvals by year, beside the trials of each drug."""
        approvals = [plots.Approval(row["drug"], row["year"], row["agency"], row["trial"]) for row in self.ask("approvals")]
        drugs = {one.drug for one in approvals}
        trials: dict[str, list[str]] = {}
        things: dict[str, str] = {}
        for one in self._comparisons():
            for drug in (*one.experimental.drugs, *one.reference.drugs):
                names = trials.setdefault(drug.label, [])
                things[drug.label] = drug.iri
                if one.trial not in names:
                    names.append(one.trial)
        return plots.timeline(approvals, {drug: sorted(trials.get(drug, [])) for drug in drugs | set(trials)},
                              "Approvals that the source states, and the trials of each drug", things)  # fmt: skip

    def _comparisons(self, endpoint: str | None = None) -> list[Comparison]:
        return comparisons(self.query, **({} if endpoint is None else {"endpoint": self.term(_ENDPOINT, endpoint)}))

    def _contrast(self, one: str, other: str, stratum: str | None, line: str | None) -> Contrast:
        sides = [side(self.query, text, str(self.resolve(text))) for text in (one, other)]
        return Contrast(sides[0], sides[1], self._iri(stratum), self._line(line))

    def _iri(self, text: str | None) -> str | None:
        return None if text is None else str(self.resolve(text))

    def _line(self, text: str | None) -> str | None:
        return None if text is None else str(self.term(_LINE, text))


def _blocks(found: Sequence[Comparison], contrast: Contrast, method: str) -> list[plots.Block]:
    """A block for each stratum and line, pooled where two studies or more may stand together."""
    settings: dict[tuple[str, str], list[Comparison]] = {}
    for one in contrast.oriented(found):
        if not contrast.mixed(one):
            settings.setdefault((one.stratum, one.line), []).append(one)
    blocks = []
    for (stratum, line), members in sorted(settings.items()):
        heading = f"{stratum}, {line}"
        try:
            blocks += plots.of_pool(synthesise(members, Contrast(contrast.experimental, contrast.reference), method), heading)
        except DataError:
            blocks.append(plots.Block(heading, tuple(_once(members))))
    return blocks


def _once(found: Iterable[Comparison]) -> list[Comparison]:
    """Each comparison once, where it is printed with the most digits; in order of endpoint."""
    best: dict[tuple[str, ...], Comparison] = {}
    for one in found:
        key = (one.group, one.endpoint, one.experimental.regimen, one.reference.regimen)
        if key not in best or one.worth() < best[key].worth():
            best[key] = one
    return sorted(best.values(), key=_order)


def _order(one: Comparison) -> tuple[bool, str, str]:
    """Survival first, then by endpoint and population."""
    return one.endpoint not in ("OS", "PFS"), one.endpoint, one.population


def _by_endpoint(found: Iterable[Comparison]) -> list[plots.Block]:
    """A block for each endpoint, which says its ratio."""
    blocks = []
    for endpoint, group in groupby(sorted(found, key=_order), key=lambda one: one.endpoint):
        rows = tuple(group)
        ratios = sorted({_RATIOS.get(one.statistic, "Ratio") for one in rows if one.statistic})
        blocks.append(plots.Block(f"{endpoint} ({' and '.join(ratios)})" if ratios else endpoint, rows))
    return blocks


def _ratio(found: Iterable[Comparison]) -> str:
    names = {one.statistic for one in found if one.statistic}
    if len(names) > 1:
        raise DataError(f"{' and '.join(sorted(names))} do not stand on one axis; choose another endpoint")
    return _RATIOS.get(next(iter(names), ""), "Ratio")
