"""What is measured on synthetic evidence: every question of the catalogue, and the functions of a graph.

A parameter that takes an entity gets one of the first review, which every graph contains: its answer has the same size in all
graphs, so that its cost should not grow. The answer to a question about the whole graph grows with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rdflib import URIRef

from kg.ask.catalogue import catalogue
from kg.bench.model import Review
from kg.graph import KnowledgeGraph
from kg.namespaces import ID

STRATUM = "all-RAS wild-type population"
# the parameter --document; where it does not name a document, the answer grows with the graph
SCOPE = "mcrc:EvidenceScope"
# about what several documents say of one study, and what readers did not find: in synthetic evidence each study has one document
# and no readers, and they have no rows
SEVERAL = frozenset({"analyses", "contradictions", "corroboration", "expected-results", "not-reported"})


@dataclass(frozen=True)
class Case:
    """A question with the values of its parameters, or a function of a graph with its arguments.

    ``whole`` says that the answer grows with the graph.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    whole: bool = False

    @property
    def is_question(self) -> bool:
        """Whether it is a question of the catalogue with IRIs for its parameters, so that other engines can be asked, too."""
        return self.name in catalogue() and not self.arguments

    @property
    def id(self) -> str:
        """The name, and what is given."""
        kinds = (one.removeprefix(ID).partition("/")[0] for one in self.arguments if one.startswith(ID))
        return " ".join((self.name, *self.values, *kinds, *(["by name"] if self.name in catalogue() and self.arguments else [])))

    @property
    def sparql(self) -> str:
        """The query of a question with its parameters."""
        return catalogue()[self.name].bind(_terms(self.values))

    def rows(self, graph: KnowledgeGraph) -> int:
        """Ask the graph, and return the length of the answer."""
        if self.name in catalogue():
            # one row for each place, as other engines answer the same query
            asked = catalogue()[self.name]
            places: dict[str, Any] = {"every_place": True} if asked.merges else {}
            named = _terms(self.values) if self.is_question else {asked.parameters[0].name: self.arguments[0]}
            return len(graph.ask(self.name, **named, **places))
        return _FUNCTIONS[self.name](graph, *self.arguments)


def _terms(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: URIRef(value) for name, value in values.items()}


_FUNCTIONS: dict[str, Callable[..., int]] = {
    "find": lambda graph, text: len(graph.find(text)),
    "describe": lambda graph, entity: len(graph.describe(entity)),
    "explain": lambda graph, thing: len(graph.explain(thing).steps),
    "pool": lambda graph, *sides: len(graph.pool(*sides).to_table()),
    "compare": lambda graph, *sides: len(graph.compare(*sides).to_table()),
    "network": lambda graph: len(graph.network().to_table()),
}


def cases(review: Review) -> list[Case]:
    """All cases, with entities of a review."""
    return [*_questions(review), *functions(review)]


def functions(review: Review) -> list[Case]:
    """The functions of a graph, with names of entities of a review."""
    drug, other, _ = review.drugs
    trial = review.trials[0]
    result = f"{ID}result/{trial.comparisons[0].slug}"
    return [
        Case("arms-of-trial", arguments=(trial.label,)),
        Case("find", arguments=(drug.label,)),
        Case("describe", arguments=(drug.label,)),
        Case("explain", arguments=(result,)),
        Case("explain", arguments=(f"{ID}claim/{review.claims[0].slug}",)),
        Case("pool", arguments=("OS", drug.label, review.regimens[0].label, STRATUM)),
        Case("compare", arguments=(drug.label, other.label)),
        Case("network", whole=True),
    ]


def _questions(review: Review) -> Iterator[Case]:
    """Each question with each of its parameters that takes an entity; and as it is, unless its default is another entity."""
    entities = _entities(review)
    for name, question in catalogue().items():
        own = [one for one in question.parameters if one.type in entities or f"{name} {one.name}" in entities]
        if all(one.default is None or one.type == SCOPE for one in own):
            yield Case(name, whole=True)
        for parameter in own:
            special = entities.get(f"{name} {parameter.name}") or entities.get(parameter.name) or entities[parameter.type]
            yield Case(name, {parameter.name: special})


def _entities(review: Review) -> dict[str, str]:
    """The entity for each type of parameter, and for parameters that need another one: by name, or by question and name."""
    trial = review.trials[0]
    base, first = (f"regimen/{regimen.slug}" for regimen in review.regimens[:2])
    drug = f"drug/{review.drugs[0].slug}"
    found = {
        "mcrc:Drug": drug,
        "mcrc:Study": f"trial/{trial.slug}",
        "mcrc:Population": f"population/{trial.populations[-1].slug}",
        "mcrc:Regimen": first,
        "mcrc:TrialArm": f"arm/{trial.arms[0].slug}",
        "mcrc:Claim": f"claim/{review.claims[0].slug}",
        "mcrc:Pathway": f"pathway/{review.pathway.slug}",
        "mcrc:MolecularTarget": f"target/{review.targets[0].slug}",
        "mcrc:BiomarkerLocus": f"locus/{review.locus.slug}",
        "review-table document": f"source/{review.slug}",
        "passages document": f"source/{review.slug}",
        "coverage document": f"source/{review.slug}",
        "rdfs:Resource": drug,
        "comparisons-against-drug drug": f"drug/{review.drugs[1].slug}",
        "agent": first,
        "against": base,
        "backbone": base,
    }
    return {name: ID + slug for name, slug in found.items()}
