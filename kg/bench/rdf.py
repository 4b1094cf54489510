"""The synthetic evidence as N-Quads: the vocabulary of a review in the graph of the ontology, its facts in a graph of its own."""

from __future__ import annotations

from collections.abc import Iterator

from kg.bench.axioms import of_study, reference, stated
from kg.bench.model import Comparison, Count, Named, Passage, Review, Statement, Study, Value
from kg.bench.nquads import (
    ALTERNATIVE,
    COMMENT,
    FROM,
    LABEL,
    TYPE,
    Described,
    Pair,
    decimal,
    english,
    integer,
    iri,
    kinds,
    link,
    maybe,
    named,
    own,
    text,
)  # fmt: skip
from kg.namespaces import ID, MAPPINGS_GRAPH, ONTOLOGY_GRAPH, PREFIXES

_THERE = "https://example.org/drug/"


def quads(review: Review) -> Iterator[str]:
    """The lines of a review, each with its line feed; the same for the same review."""
    source = f"<{ID}source/{review.slug}>"
    for graph, found in (
        (f"<{ONTOLOGY_GRAPH}>", _vocabulary(review)),
        (f"<{MAPPINGS_GRAPH}>", _mappings(review)),
        (source, _document(review)),
        (source, _mechanism(review)),
        (source, (pair for study in review.studies for pair in _study(review, study))),
        (source, _words(review)),
    ):
        for subject, pairs in found:
            for predicate, value in pairs:
                yield f"{subject} {predicate} {value} {graph} .\n"


def _described(kind: str, thing: Named, *more: Pair) -> Described:
    definition = f"A synthetic entity of the kind {thing.kind}."
    return iri(kind, thing.slug), [
        *kinds(thing.kind),
        (TYPE, f"<{PREFIXES['owl']}NamedIndividual>"),
        (LABEL, english(thing.label)),
        (f"<{PREFIXES['obo']}IAO_0000115>", english(definition)),
        *maybe(ALTERNATIVE, thing.alias, english),
        *more,
    ]


def _vocabulary(review: Review) -> Iterator[Described]:
    yield from (_described("drug", drug) for drug in review.drugs)
    shared = (own("participatesIn"), iri("pathway", review.pathway.slug))
    yield from (_described("target", target, shared) for target in review.targets)
    yield _described("pathway", review.pathway)
    yield _described("locus", review.locus, (own("inGeneOf"), iri("target", review.targets[1].slug)))
    for regimen in review.regimens:
        backbone = [(own("hasBackbone"), iri("regimen", regimen.backbone.slug))] if regimen.backbone else []
        yield _described("regimen", Named(regimen.slug, regimen.label, "Regimen"), *backbone)


def _mappings(review: Review) -> Iterator[Described]:
    """One identifier for each targeted drug."""
    for position, drug in enumerate(review.drugs[:2]):
        number = 2 * review.number + position
        there = f"<{_THERE}{number}>"
        yield iri("drug", drug.slug), [(f"<{PREFIXES['skos']}exactMatch>", there)]
        yield there, [(f"<{PREFIXES['skos']}notation>", text(f"EXAMPLE:{number}")), (LABEL, english(drug.label))]


def _document(review: Review) -> Iterator[Described]:
    source = iri("source", review.slug)
    yield (
        source,
        [
            *kinds("SourceDocument"),
            (LABEL, english(review.label)),
            (f"<{PREFIXES['dcterms']}bibliographicCitation>", text(f"{review.label}. Synthetic, number {review.number}.")),
            (f"<{PREFIXES['dcterms']}identifier>", f"<https://example.org/review/{review.number}>"),
            (own("checksum"), text(review.checksum)),
            (own("documentKind"), iri("kind", "review")),
            (own("publicationYear"), integer(2024)),
        ],
    )
    for part in review.parts:
        yield (
            iri("part", part.slug),
            [
                *kinds("SourceTable" if part.table else "Paragraph"),
                (LABEL, english(part.label)),
                (own("ofDocument"), source),
                (own("partStart"), integer(part.start)),
                (own("partEnd"), integer(part.end)),
            ],
        )
    for row in review.rows:
        yield (
            iri("row", row.slug),
            [
                *kinds("TableRow"),
                (own("ofTable"), iri("part", row.table.slug)),
                (own("rowNumber"), integer(row.number)),
                (own("rowSection"), text(row.section)),
                (own("rowKind"), text(row.kind)),
                (own("printedTrial"), text(row.trial)),
                (own("printedRegimen"), text(row.regimen)),
            ],
        )
    yield from map(_passage, review.passages)


def _passage(passage: Passage) -> Described:
    return iri("passage", passage.slug), [
        *kinds("Passage"),
        (own("inPart"), iri("part", passage.part.slug)),
        (own("startOffset"), integer(passage.start)),
        (own("endOffset"), integer(passage.end)),
        *maybe(own("printed"), passage.printed, text),
        *maybe(own("inRow"), passage.row, link("row")),
        *maybe(own("column"), passage.column, text),
    ]


def _mechanism(review: Review) -> Iterator[Described]:
    """The components of the regimens, and the actions of the drugs."""
    for regimen in review.regimens:
        for drug, place in regimen.adds:
            component = iri("component", f"{regimen.slug}-{drug.slug}")
            yield iri("regimen", regimen.slug), [(own("hasComponent"), component)]
            yield (
                component,
                [
                    *kinds("RegimenComponent"),
                    (LABEL, english(f"{drug.label} in {regimen.label}")),
                    (own("ofDrug"), iri("drug", drug.slug)),
                    (FROM, iri("passage", place.slug)),
                ],
            )
    for position, action in enumerate(review.actions):
        actor, object_ = iri("drug", action.drug.slug), iri(action.object_type, action.object.slug)
        yield actor, [(own(action.property), object_)]
        name = f"a{review.number}x{position}"
        yield stated(name, review, (actor, own(action.property), object_), action.place)


def _study(review: Review, study: Study) -> Iterator[Described]:
    yield (
        iri("trial", study.slug),
        [
            *kinds(study.kind),
            (LABEL, english(study.label)),
            (FROM, iri("passage", study.place.slug)),
            *maybe(ALTERNATIVE, study.alias, english),
            *maybe(COMMENT, study.remark, english),
        ],
    )
    yield from of_study(review, study)
    yield from reference(review, study)
    for arm in study.arms:
        yield (
            iri("arm", arm.slug),
            [
                *kinds("TrialArm"),
                (LABEL, english(arm.label)),
                (own("assignedRegimen"), iri("regimen", arm.regimen.slug)),
            ],
        )
    for one in study.populations:
        yield (
            iri("population", one.slug),
            [
                *kinds("Population"),
                (LABEL, english(one.label)),
                (own("selectionCriterion"), text(one.criterion)),
                *((own("isWildTypeAt"), iri("locus", locus)) for locus in one.wild_type_at),
                *((own("isMutantAt"), iri("locus", locus)) for locus in one.mutant_at),
                *maybe(own("hasState"), one.state, named("state")),
                *maybe(own("subsetOf"), one.whole, link("population")),
                *maybe(COMMENT, one.remark, english),
            ],
        )
    yield from map(_count, study.counts)
    yield from map(_value, study.values)
    yield from map(_comparison, study.comparisons)
    yield from map(_statement, study.statements)


def _count(count: Count) -> Described:
    return iri("result", count.slug), [
        *kinds("ParticipantCount"),
        (own("inPopulation"), iri("population", count.population.slug)),
        (own("participants"), integer(count.participants)),
        (FROM, iri("passage", count.place.slug)),
        *maybe(own("forArm"), count.arm, link("arm")),
        *maybe(own("percentage"), count.percentage, decimal),
        *maybe(own("outOf"), count.out_of, link("result")),
    ]


def _value(value: Value) -> Described:
    statistic = "median" if value.endpoint in ("OS", "PFS") else "proportion"
    return iri("result", value.slug), [
        *kinds("ArmResult"),
        (own("forArm"), iri("arm", value.arm.slug)),
        (own("inPopulation"), iri("population", value.population.slug)),
        (own("forEndpoint"), iri("endpoint", value.endpoint)),
        (own("hasStatistic"), iri("statistic", statistic)),
        (own("unit"), text(value.unit)),
        (own("value"), decimal(value.printed)),
        (own("valueAsPrinted"), text(value.printed)),
        (FROM, iri("passage", value.place.slug)),
        *maybe(own("sampleSize"), value.size, link("result")),
        *maybe(own("grade"), value.grade, text),
    ]


def _comparison(one: Comparison) -> Described:
    lower, upper = one.interval or (None, None)
    return iri("result", one.slug), [
        *kinds("ComparativeResult"),
        (own("experimentalArm"), iri("arm", one.experimental.arm.slug)),
        (own("referenceArm"), iri("arm", one.reference.arm.slug)),
        (own("experimentalResult"), iri("result", one.experimental.slug)),
        (own("referenceResult"), iri("result", one.reference.slug)),
        (own("inPopulation"), iri("population", one.population.slug)),
        (own("forEndpoint"), iri("endpoint", one.endpoint)),
        (own("hasStatistic"), iri("statistic", one.statistic)),
        (own("value"), decimal(one.ratio)),
        (own("valueAsPrinted"), text(one.ratio)),
        (own("pComparator"), text(one.p_comparator)),
        (own("pValue"), decimal(one.p)),
        (own("pValueAsPrinted"), text(one.p)),
        (FROM, iri("passage", one.place.slug)),
        *maybe(own("ciLower"), lower, decimal),
        *maybe(own("ciLowerAsPrinted"), lower, text),
        *maybe(own("ciUpper"), upper, decimal),
        *maybe(own("ciUpperAsPrinted"), upper, text),
        *maybe(own("ciLevel"), lower and "95", decimal),
        *maybe(own("ciLevelAsPrinted"), lower and "95", text),
        *maybe(own("authorsReading"), one.reading, lambda said: iri("verdict", said.replace(" ", "-"))),
    ]


def _statement(one: Statement) -> Described:
    return iri("statement", one.slug), [
        *kinds("Approval" if one.topic == "approval" else "Statement"),
        (LABEL, english(one.label)),
        (own("topic"), iri("topic", one.topic)),
        (own("isAbout"), iri(*one.about)),
        (FROM, iri("passage", one.place.slug)),
        *maybe(own("fromStudy"), one.study, named("trial")),
        *maybe(own("ofEvent"), one.event, named("endpoint")),
        *maybe(own("frequency"), one.frequency, text),
        *maybe(own("year"), one.year, integer),
        *maybe(own("agency"), one.agency, text),
        *maybe(own("citesReference"), one.reference, integer),
    ]


def _words(review: Review) -> Iterator[Described]:
    """Statements about the drugs, the claims with their evidence, and the discrepancies."""
    yield from map(_statement, review.statements)
    for claim in review.claims:
        yield (
            iri("claim", claim.slug),
            [
                *kinds("Claim"),
                (LABEL, english(claim.label)),
                (own("claimedPopulation"), text("metastatic colorectal cancer")),
                (own("claimedLine"), iri("line", "first-line")),
                (own("isAbout"), iri("drug", claim.about.slug)),
                (FROM, iri("passage", claim.place.slug)),
            ],
        )
        for one in claim.evidence:
            yield (
                iri("evidence", one.slug),
                [
                    *kinds("EvidenceLine"),
                    (own("forClaim"), iri("claim", claim.slug)),
                    (own("direction"), iri("direction", one.direction)),
                    (own("citesStudy"), iri("trial", one.study.slug)),
                    *maybe(own("citesResult"), one.result, link("result")),
                ],
            )
    for found in review.discrepancies:
        yield (
            iri("discrepancy", found.slug),
            [
                *kinds("Discrepancy"),
                (own("kindOfDiscrepancy"), text("wording")),
                (own("concerns"), iri("trial", found.study.slug)),
                (own("involvesResult"), iri("result", found.result.slug)),
                (own("firstValue"), text(found.first)),
                (own("firstPassage"), iri("passage", found.result.place.slug)),
                (own("secondValue"), text(found.second)),
                (own("secondPassage"), iri("passage", found.second_place.slug)),
            ],
        )
