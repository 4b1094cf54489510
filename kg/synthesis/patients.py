"""A group of patients: a biomarker, a line of therapy, the side of the primary tumour, and words of the description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import Parameter, catalogue
from kg.ask.name_index import words as words_of
from kg.ask.results import Result
from kg.errors import NotFoundError
from kg.synthesis.comparison import UNSELECTED
from kg.synthesis.comparisons import stratum
from kg.synthesis.memberships import bound, table

_BIOMARKERS = (Parameter("biomarker", "mcrc:BiomarkerState"), Parameter("biomarker", "mcrc:SequenceVariant"))
_STRATUM = Parameter("biomarker", "owl:Class")
_LINE, _SIDE = Parameter("line", "mcrc:LineOfTherapy"), Parameter("side", "mcrc:TumourSide")


class Named(Protocol):
    """A graph that knows the names of entities."""

    def answer(self, sparql: str) -> Result:
        """The answer to a query."""
        ...

    def term(self, parameter: Parameter, value: Any) -> Node:
        """The entity with a name."""
        ...

    def terms(self, parameter: Parameter, value: Any) -> tuple[Node, ...]:
        """The entity with a name, and those that a value for it also stands for."""
        ...


@dataclass(frozen=True)
class Patients:
    """A group of patients; what is None or empty does not restrict it."""

    biomarker: URIRef | None = None  # a class of populations, a biomarker state, or a sequence variant
    unselected: bool = False  # only populations that no biomarker selected
    lines: tuple[Node, ...] = ()
    side: Node | None = None
    words: tuple[str, ...] = ()

    @classmethod
    def named(
        cls,
        graph: Named,
        biomarker: str | None = None,
        line: str | None = None,
        side: str | None = None,
        words: str | None = None,
    ) -> Patients:
        """The group of patients with these names.

        Raises :class:`~kg.errors.NotFoundError` with the nearest names for an unknown one.
        """
        entity = None if biomarker is None else biomarker_of(graph, biomarker)
        return cls(
            entity or None,
            entity is not None and not entity,
            () if line is None else graph.terms(_LINE, line),
            None if side is None else graph.term(_SIDE, side),
            tuple(words_of(words or "")),
        )

    def populations(self, query: Callable[[str], Result]) -> Fitting:
        """The populations that fit."""
        asked = catalogue("synthesis")["patients"]
        rows = table(query, asked.bind({} if self.biomarker is None else {"biomarker": self.biomarker}))
        inside = {row["study"] for row in bound(query, "studies-in-line", "line", map(str, self.lines))} if self.lines else None
        fit = [
            row
            for row in rows
            if not (self.unselected and row["selected"])
            and (self.side is None or row["side"] == str(self.side))
            and set(self.words) <= set(words_of(f"{row['trial']} {row['population']}"))
        ]
        groups = {row["group"]: row["study"] for row in fit if inside is None or row["study"] in inside}
        return Fitting(groups, {row["study"]: row["trial"] for row in fit if inside is not None and not row["lined"]})


@dataclass(frozen=True)
class Fitting:
    """The populations that fit a group of patients, each with its study, by their IRIs.

    ``unlined`` are the studies (names by IRI) that fit, but for which no document states a line of therapy, if one is asked for.
    """

    groups: Mapping[str, str]
    unlined: Mapping[str, str]


def biomarker_of(graph: Named, text: str) -> URIRef:
    """The biomarker state, sequence variant or class of populations with this name; empty for "unselected population".

    Raises :class:`~kg.errors.NotFoundError` with the biomarker states.
    """
    for parameter in _BIOMARKERS:
        try:
            return URIRef(str(graph.term(parameter, text)))
        except NotFoundError:
            continue
    try:
        return URIRef(stratum(graph.answer, text, lambda name: graph.term(_STRATUM, name)))
    except NotFoundError as error:
        known = sorted({row["label"] for row in table(graph.answer, catalogue("synthesis")["biomarker-states"].sparql)})
        raise NotFoundError(
            f"no biomarker is called '{text}'; the biomarkers are {', '.join([*known, UNSELECTED.label])}, and the names "
            "of variants and of classes of populations"
        ) from error
