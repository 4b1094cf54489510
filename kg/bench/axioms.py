"""What the document of synthetic evidence states of shared entities, annotated as the pipeline does (``kg.pipeline.triples``)."""

from __future__ import annotations

from collections.abc import Iterator

from kg.bench.model import Passage, Review, Study
from kg.bench.nquads import FROM, LABEL, TYPE, Described, english, integer, iri, kinds, maybe, own
from kg.namespaces import PREFIXES

_OWL, _SOURCE = PREFIXES["owl"], f"<{PREFIXES['dcterms']}source>"


def stated(name: str, review: Review, triple: tuple[str, str, str], place: Passage | None = None) -> Described:
    """The annotation that a review makes a statement, at a place if it is known; ``name`` is that of its blank node."""
    subject, predicate, object_ = triple
    return f"_:{name}", [
        (TYPE, f"<{_OWL}Axiom>"),
        (f"<{_OWL}annotatedSource>", subject),
        (f"<{_OWL}annotatedProperty>", predicate),
        (f"<{_OWL}annotatedTarget>", object_),
        (_SOURCE, iri("source", review.slug)),
        *maybe(FROM, place, lambda one: iri("passage", one.slug)),
    ]


def of_study(review: Review, study: Study) -> Iterator[Described]:
    """The arms and populations of a study and the facts about it, each with its annotation."""
    trial = iri("trial", study.slug)
    facts = [
        *((own("hasDesign"), iri("design", design)) for design in study.designs),
        *((own(name), iri(kind, slug)) for name, kind, slug in (
            ("phase", "phase", study.phase), ("inLine", "line", study.line), ("primaryEndpoint", "endpoint", study.primary),
            ("analyses", "trial", study.analyses),
        ) if slug),
    ]  # fmt: skip
    parts = [
        *((own("hasArm"), iri("arm", arm.slug)) for arm in study.arms),
        *((own("hasPopulation"), iri("population", one.slug)) for one in study.populations),
    ]
    yield trial, [*facts, *parts]
    for position, (predicate, value) in enumerate((*facts, *parts)):
        place = study.place if position < len(facts) else None
        yield stated(f"s{review.number}x{study.number}x{position}", review, (trial, predicate, value), place)


def reference(review: Review, study: Study) -> Iterator[Described]:
    """The number by which a review cites a study."""
    name = iri("reference", f"{review.slug}.{study.number}")
    yield iri("trial", study.slug), [(own("citedAs"), name)]
    yield (
        name,
        [
            *kinds("Reference"),
            (LABEL, english(f"{review.label}, reference {study.number}")),
            (own("referenceNumber"), integer(study.number)),
        ],
    )
