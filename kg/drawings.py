"""The figures of the analyses of a graph: forest plots, network, mechanism map and timeline.

What draws is imported where it is used, so that queries do not load it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kg.analyses import ENDPOINT, STUDY, Analyses
from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.errors import UsageError

if TYPE_CHECKING:
    from kg.plots import Picture
    from kg.synthesis.comparison import Comparison

_SIDES = "A ratio below 1 favours the first arm for time to an event; a ratio above 1 favours it for response."
_PARTS = "Rows share patients: a narrower population is part of a wider one."
_AGAIN = "A meta-analysis counts the patients of its trials again."
_YEARS = range(1900, 2101)  # the years that the timeline draws; a graph may state any value


class Drawings(Analyses):
    """Analyses of a graph with their figures."""

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
        drug: str | None = None,
        document: str = "best",
    ) -> Picture:
        """A forest plot of two sides on an endpoint, of all comparisons of one trial, or of all that test a drug on an endpoint.

        Without ``stratum`` and ``line`` each stratum and line is a block of its own, which is pooled when it has two or more
        studies. The comparisons of a trial, or of a drug, are shown without pooling. ``document`` as in :meth:`compare`.

        Raises :class:`~kg.errors.UsageError` unless exactly one of these is given, :class:`~kg.errors.DataError` when there is
        nothing to draw.
        """
        sides = any((experimental, reference, stratum, line))
        if trial is not None and not (endpoint or drug or sides):
            return self._trial_forest(trial, document)
        if drug is not None and endpoint is not None and not (trial or sides):
            return self._drug_forest(drug, endpoint, document)
        if trial is not None or drug is not None or endpoint is None or experimental is None or reference is None:
            raise UsageError("give a trial; or an endpoint and a drug; or an endpoint, an experimental and a reference side")
        from kg import plots

        outcome = self.term(ENDPOINT, endpoint)
        contrast = self._contrast(experimental, reference, stratum, line)
        found = self._between(contrast, outcome, self._only(document))
        blocks = plots.pooled_or_not(found, contrast, method)
        rows = [one for block in blocks for one in block.rows]
        asked = [text for text in (stratum, line) if text]
        note = "" if asked else "Blocks share patients if one stratum is part of another."
        title = ", ".join((f"{endpoint}, {experimental} against {reference}", *asked))
        return plots.forest(blocks, title, plots.favoured_sides(rows, experimental, reference), plots.ratio_of(rows), note)

    def _trial_forest(self, trial: str, document: str) -> Picture:
        from kg import plots
        from kg.synthesis.comparisons import comparisons
        from kg.synthesis.contrasts import once

        read = comparisons(self.answer, study=self.term(STUDY, trial), document=self._only(document))
        found = once(read, every=self._every(document))
        arms = {(one.experimental.label, one.reference.label) for one in found}
        title = found[0].trial if found else trial
        if len(arms) == 1:
            title += ": {} against {}".format(*arms.pop())
        return self._listed(found, title, others=plots.others(read, found))

    def _drug_forest(self, drug: str, endpoint: str, document: str) -> Picture:
        found = self._named_in(self.ask("comparisons-with-drug", drug=drug, document=document), endpoint, document)
        name = self.label(self.resolve(drug)) or drug
        title = f"{endpoint}: comparisons with {name} in the experimental arm"
        return self._listed(found, title, (name, "the comparator"))

    def forest_of(self, answer: Table, title: str) -> Picture:
        """A forest plot of the comparisons whose passages are in an answer, each once, grouped by endpoint.

        Raises :class:`~kg.errors.DataError` when the answer contains no comparison.
        """
        return self._listed(self._named_in(answer), title)

    def _named_in(self, answer: Table, endpoint: str | None = None, document: str = "best") -> list[Comparison]:
        from kg.synthesis.comparisons import comparisons
        from kg.synthesis.contrasts import once
        from kg.synthesis.memberships import populations_at

        columns = [number for number, name in enumerate(answer.columns) if name in ("passage_iri", "other_passage_iri")]
        named = {str(row[column]) for row in answer.rows for column in columns if row[column] is not None}
        outcome = None if endpoint is None else self.term(ENDPOINT, endpoint)
        found = comparisons(self.answer, populations_at(self.answer, named), endpoint=outcome, document=self._only(document))
        return once((one for one in found if one.passage in named), every=self._every(document))

    def _listed(
        self,
        found: Sequence[Comparison],
        title: str,
        sides: tuple[str, str] = ("the first-named arm", "the comparator"),
        others: Sequence[str] = (),
    ) -> Picture:
        from kg import plots

        groups, studies = {one.group for one in found}, {one.study for one in found}
        blocks = plots.by_endpoint(found, sides)
        mixed = any("below 1" in (one.favours or ()) for one in blocks)
        notes = {
            _SIDES: mixed,
            _PARTS: any(groups & one.wholes for one in found),
            _AGAIN: any(studies & one.analyses for one in found),
            f"The same outcomes are also in {', '.join(others)}, over which the documents shown have precedence.": bool(others),
        }
        note = " ".join(text for text, holds in notes.items() if holds)
        return plots.forest(blocks, title, ("below 1", "above 1"), "Ratio", note)

    def network_plot(
        self, by: str = "drugs", stratum: str | None = None, line: str | None = None, *, document: str = "best"
    ) -> Picture:
        """A figure of :meth:`network`."""
        from kg import plots

        where = ", ".join(text for text in (stratum, line) if text) or "all populations"
        return plots.network_plot(self.network(by, stratum, line, document=document), f"Network of comparisons: {where}")

    def mechanism_map(self, *things: str, document: str = "best") -> Picture:
        """A figure of :meth:`mechanism`."""
        from kg import plots

        found = self.mechanism(*things, document=document)
        return plots.mechanism_map(found, f"Mechanism map: {', '.join(things) or 'all drugs'}")

    def timeline(self) -> Picture:
        """A figure of the approvals by year, with the studies of each drug."""
        from kg import plots

        approvals = [
            plots.Approval(row["drug"], row["year"] if row["year"] in _YEARS else None, row["agency"], row["trial"])
            for row in self.ask("approvals")
        ]
        studies = self.answer(catalogue("synthesis")["studies-of-drugs"].bind({}))
        assert isinstance(studies, Table)
        trials: dict[str, list[str]] = {one.drug: [] for one in approvals}
        for row in studies:
            trials.setdefault(row["drug"], []).append(row["trial"])
        things = {row["drug"]: row["drug_iri"] for row in studies}
        return plots.timeline(approvals, trials, "Approvals stated in the documents, and the studies of each drug", things)
