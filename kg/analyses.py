"""Analyses of a graph: pooling, comparisons, networks, mechanisms, and their figures.

Modules that compute, need networkx or draw are imported where they are used, so that queries load none of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, catalogue
from kg.ask.results import Result, Table
from kg.errors import UsageError
from kg.namespaces import ID

if TYPE_CHECKING:
    from kg.plots import Picture
    from kg.synthesis.comparison import Comparison, Side
    from kg.synthesis.contrasts import Contrast
    from kg.synthesis.evidence_table import EvidenceTable
    from kg.synthesis.indirect import TreatmentComparison
    from kg.synthesis.mechanism import Mechanism
    from kg.synthesis.meta_analysis import Synthesis
    from kg.synthesis.network import Network

_ENDPOINT = Parameter("endpoint", "mcrc:Endpoint")
_STUDY = Parameter("trial", "mcrc:Study")
_DOCUMENT = Parameter("document", "mcrc:EvidenceScope")
_BEST, _ALL = (URIRef(f"{ID}scope/{name}") for name in ("best", "all"))
_LINE = Parameter("line", "mcrc:LineOfTherapy")
_STRATUM = Parameter("stratum", "owl:Class")
_SIDES = "A ratio below 1 favours the first arm for time to an event; a ratio above 1 favours it for response."
_PARTS = "Rows share patients: a narrower population is part of a wider one."
_AGAIN = "A meta-analysis counts the patients of its trials again."
_YEARS = range(1900, 2101)  # the years that the timeline draws; a graph may state any value


class Analyses(ABC):
    """Analyses of any graph that answers queries and resolves names."""

    @abstractmethod
    def answer(self, sparql: str) -> Result:
        """The answer to a SPARQL query."""

    @abstractmethod
    def ask(self, name: str, /, **params: Any) -> Table:
        """The answer to a question of the catalogue."""

    @abstractmethod
    def resolve(self, text: str) -> URIRef:
        """The IRI of the entity with this name."""

    @abstractmethod
    def label(self, entity: str) -> str | None:
        """The label of an entity."""

    @abstractmethod
    def term(self, parameter: Parameter, value: Any) -> Node:
        """The value of a parameter as an RDF term."""

    @abstractmethod
    def terms(self, parameter: Parameter, value: Any) -> tuple[Node, ...]:
        """The value of a parameter as RDF terms: one, or more where it stands also for others."""

    def pool(
        self,
        endpoint: str,
        experimental: str,
        reference: str,
        stratum: str | None = None,
        line: str | None = None,
        method: str = "DL",
        *,
        document: str = "best",
    ) -> Synthesis:
        """The pooled effect of one side against another on an endpoint, with the studies and the reasons for exclusions.

        Each side is a class of regimens ("anti-EGFR regimen"), a drug or a regimen; ``stratum`` is a class of populations,
        ``line`` a line of therapy; ``method`` as in :func:`kg.synthesis.pooling.pool`. ``document`` is the short name of the only
        document to read; otherwise ("best", "all") all are read, and of several reports of a trial one is pooled: that which has
        precedence.

        Raises :class:`~kg.errors.DataError` when the comparisons must not be pooled, :class:`~kg.errors.NotFoundError` for an
        unknown name.
        """
        from kg.synthesis.meta_analysis import synthesise

        outcome = self.term(_ENDPOINT, endpoint)
        contrast = self._contrast(experimental, reference, stratum, line)
        return synthesise(self._between(contrast, outcome, self._only(document)), contrast, method)

    def compare(
        self,
        one: str,
        other: str,
        endpoint: str | None = None,
        stratum: str | None = None,
        line: str | None = None,
        *,
        document: str = "best",
    ) -> TreatmentComparison:
        """The comparison of two drugs, regimens or classes of regimens.

        It contains the results of studies that compared them, indirect estimates through a common comparator (Bucher method;
        labelled, with the assumption), the strata without any comparison, and the targets and pathways that two drugs share.
        Of several reports of one outcome it gives the one with precedence, with ``document="all"`` every one, else those of the
        document with this short name.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name, :class:`~kg.errors.DataError` when no study arm received
        the treatment.
        """
        from kg.synthesis.comparison import UNTARGETED
        from kg.synthesis.indirect import compare
        from kg.synthesis.mechanism import shared

        contrast = self._contrast(one, other, stratum, line)
        outcome = None if endpoint is None else self.term(_ENDPOINT, endpoint)
        found = self._around(contrast, outcome, self._only(document))
        both = [] if UNTARGETED in (one, other) else shared(self.answer, self.resolve(one), self.resolve(other))
        return compare(found, contrast, both, every=self._every(document))

    def evidence(
        self,
        biomarker: str | None = None,
        line: str | None = None,
        side: str | None = None,
        patients: str | None = None,
        treatment: str | None = None,
        against: str | None = None,
        *,
        document: str = "best",
    ) -> EvidenceTable:
        """What was tested in a group of patients, with benefit and harm: comparisons by contrast, and values of one arm.

        ``biomarker`` is a biomarker state ("RAS wild type"), a variant, a class of populations, or "unselected population";
        ``line`` a line of therapy, which stands also for those that overlap it; ``side`` that of the primary tumour; ``patients``
        are words of the description of a population; ``treatment`` and ``against`` are classes of regimens, drugs or regimens
        of the experimental and of the reference arm. ``document`` as in :meth:`compare`.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name.
        """
        from kg.synthesis.comparison import UNTARGETED
        from kg.synthesis.comparisons import side as side_of
        from kg.synthesis.evidence_table import evidence_of
        from kg.synthesis.patients import Patients

        def named(text: str | None) -> Side | None:
            if text is None:
                return None
            iri = "" if text == UNTARGETED else str(self.resolve(text))
            return side_of(self.answer, text if text == UNTARGETED else self.label(iri) or text, iri)

        chosen = Patients.named(self, biomarker, line, side, patients)
        return evidence_of(self, chosen, named(treatment), named(against), document, self._only(document), self._every(document))

    def network(
        self, by: str = "drugs", stratum: str | None = None, line: str | None = None, *, document: str = "best"
    ) -> Network:
        """The network of comparisons, as a table, a networkx graph and a figure.

        ``by`` as in :func:`kg.synthesis.network.network`; ``stratum`` and ``line`` restrict it, and so does the short name of a
        ``document``.
        """
        from kg.synthesis.comparisons import compared_arms, comparisons
        from kg.synthesis.network import network

        where, only = self._line(line), self._only(document)
        arms = compared_arms(self.answer, where, only)
        return network(arms, by, self._stratum(stratum), where, lambda: comparisons(self.answer, document=only))

    def mechanism(self, *things: str, document: str = "best") -> Mechanism:
        """The paths from drugs to pathways and the mutations that cut them: all, or those through a drug, target or pathway.

        ``document`` is the short name of the only document to read.

        Raises :class:`~kg.errors.NotFoundError` for an unknown name, or for an entity on no path.
        """
        from kg.synthesis.mechanism import mechanism

        return mechanism(self.answer, map(str, map(self.resolve, things)), self._only(document))

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

        outcome = self.term(_ENDPOINT, endpoint)
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

        read = comparisons(self.answer, study=self.term(_STUDY, trial), document=self._only(document))
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
        outcome = None if endpoint is None else self.term(_ENDPOINT, endpoint)
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

    def _between(self, contrast: Contrast, endpoint: Node, document: Node | None) -> list[Comparison]:
        """The comparisons on an endpoint in the populations in which the two sides were compared."""
        from kg.synthesis.comparisons import comparisons
        from kg.synthesis.memberships import populations

        one, other = contrast.experimental.regimens, contrast.reference.regimens
        compared = populations(self.answer, ((one, other), (other, one)), endpoint)
        return comparisons(self.answer, compared, endpoint=endpoint, document=document)

    def _around(self, contrast: Contrast, endpoint: Node | None, document: Node | None) -> list[Comparison]:
        """The comparisons in the populations, of its stratum and line, in which a side was compared with any regimen."""
        from kg.synthesis.comparisons import comparisons
        from kg.synthesis.memberships import populations, within

        either = contrast.experimental.regimens | contrast.reference.regimens
        compared = populations(self.answer, ((either, None), (None, either)), endpoint)
        chosen = within(self.answer, compared, contrast.stratum, contrast.line)
        return comparisons(self.answer, chosen, endpoint=endpoint, document=document)

    def _only(self, document: str) -> Node | None:
        """The one document to read; None for "best" and "all", which read every one."""
        scope = self.term(_DOCUMENT, document)
        return None if scope in (_BEST, _ALL) else scope

    def _every(self, document: str) -> bool:
        """Whether each report of an outcome is shown; only the one with precedence for "best"."""
        return self.term(_DOCUMENT, document) != _BEST

    def _contrast(self, one: str, other: str, stratum: str | None, line: str | None) -> Contrast:
        from kg.synthesis.comparison import UNTARGETED
        from kg.synthesis.comparisons import side
        from kg.synthesis.contrasts import Contrast

        def named(text: str) -> Side:
            if text == UNTARGETED:
                return side(self.answer, text, "")
            iri = str(self.resolve(text))
            return side(self.answer, self.label(iri) or text, iri)

        return Contrast(named(one), named(other), self._stratum(stratum), self._line(line))

    def _stratum(self, text: str | None) -> str | None:
        from kg.synthesis.comparisons import stratum

        return None if text is None else stratum(self.answer, text, lambda name: self.term(_STRATUM, name))

    def _line(self, text: str | None) -> str | None:
        return None if text is None else str(self.term(_LINE, text))
