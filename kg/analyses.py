"""Analyses of a graph: evidence tables, pooling, comparisons, networks and mechanisms.

Modules that compute or need networkx are imported where they are used, so that queries load none of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter
from kg.ask.results import Result, Table
from kg.namespaces import ID

if TYPE_CHECKING:
    from kg.synthesis.comparison import Comparison, Side
    from kg.synthesis.contrasts import Contrast
    from kg.synthesis.evidence_table import EvidenceTable
    from kg.synthesis.indirect import TreatmentComparison
    from kg.synthesis.mechanism import Mechanism
    from kg.synthesis.meta_analysis import Synthesis
    from kg.synthesis.network import Network

ENDPOINT = Parameter("endpoint", "mcrc:Endpoint")
STUDY = Parameter("trial", "mcrc:Study")
_DOCUMENT = Parameter("document", "mcrc:EvidenceScope")
_BEST, _ALL = (URIRef(f"{ID}scope/{name}") for name in ("best", "all"))
_LINE = Parameter("line", "mcrc:LineOfTherapy")
_STRATUM = Parameter("stratum", "owl:Class")


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

        outcome = self.term(ENDPOINT, endpoint)
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
        outcome = None if endpoint is None else self.term(ENDPOINT, endpoint)
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
