"""The true answers to questions on synthetic evidence, computed from the objects that were generated, never by a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.bench.model import Comparison, Named, Review, Study, Value
from kg.namespaces import ID

Row = tuple[str | None, ...]
_LONG = {"OS": "overall survival", "PFS": "progression-free survival", "ORR": "objective response rate"}
_NOTATION = {"hazard-ratio": "HR", "odds-ratio": "OR"}


@dataclass(frozen=True)
class Known:
    """A question about one entity, with some of its columns and the true rows of these, in any order."""

    question: str
    parameters: dict[str, str]
    columns: tuple[str, ...]
    rows: list[Row]


def known(review: Review) -> Iterator[Known]:
    """Questions about the entities of a review with their true answers; the parameters are labels."""
    trial, (one, other, _) = review.trials[0], review.drugs
    base, first = review.regimens[:2]
    for study in (*review.trials[:1], *review.trials[-1:]):
        yield _reported(study)
        yield _arms(study)
    yield _hazard_ratios(review, one)
    yield _sided("comparisons-with-drug", review, one, experimental=True)
    yield _sided("comparisons-against-drug", review, other, experimental=False)
    compared = [one for one in review.comparisons if one.experimental.arm.regimen == first and one.reference.arm.regimen == base]
    pair = {"regimen": first.label, "against": base.label}
    yield Known("comparisons", pair, _COMPARED, [_compared(review, one) for one in compared])
    yield Known("evidence-levels", {"trial": trial.label}, ("computed_level", "passage_iri"),
                [(str(level(trial, one)), place(one)) for one in trial.comparisons])  # fmt: skip
    yield Known("citations", {"trial": trial.label}, ("citation", "trial"), [(str(trial.number), trial.label)])
    yield Known("drugs-of-regimen", {"regimen": first.label}, ("drug", "always"), [(drug.label, "yes") for drug in first.drugs])
    yield Known("regimens-with-drug", {"drug": one.label}, ("regimen", "holds", "trial"), list(_received(review, one)))
    yield Known("actions-of-drug", {"drug": other.label}, ("target", "passage_iri"),
                [(one.object.label, f"{ID}passage/{one.place.slug}") for one in review.actions if one.drug == other])  # fmt: skip
    yield Known("populations-at-locus", {"locus": review.locus.label}, ("found", "trial", "population_iri"),
                list(_at_locus(review)))  # fmt: skip
    yield Known("claims-on-study", {"trial": trial.label}, ("direction", "claim"),
                [(one.direction, claim.label) for claim in review.claims for one in claim.evidence
                 if one.study is trial])  # fmt: skip
    yield Known("adverse-events", {"agent": first.label}, ("statement", "trial"),
                [(said.label, said.study) for study in review.trials for said in study.statements
                 if said.topic == "safety" and said.about == ("regimen", first.slug)])  # fmt: skip
    yield Known("statements-of-study", {"trial": trial.label}, ("topic", "statement"),
                [(said.topic, said.label) for said in trial.statements])  # fmt: skip


def totals(made: Iterable[Review]) -> Counter[str]:
    """The number of rows of questions about the whole graph."""
    found: Counter[str] = Counter()
    for review in made:
        trials, studies = review.trials, review.studies
        comparisons = review.comparisons
        values = [value for study in studies for value in study.values]
        twice = [one for one in comparisons if one.reading and one.population.slug.endswith("-RAS-wild-type")]
        found.update(
            {
                "reported-results": len(comparisons) + sum(1 for study in studies for _ in study.single),
                "comparisons": len(comparisons),
                "arm-values": len(values),
                "evidence-levels": len(comparisons),
                "confidence-intervals": sum(one.interval is not None for one in comparisons),
                "comparisons-printed-twice": len(twice),
                "same-trial-across-strata": sum(one.endpoint == "OS" for one in comparisons),
                "medians": sum(value.endpoint == "OS" for value in values),
                "response-rates": sum(value.endpoint == "ORR" for value in values),
                "adverse-event-rates": len(trials),
                "enrolment": sum(len(study.counts) for study in studies),
                "studies": len(studies),
                "facts-per-study": len(studies),
                "citations": len(studies),
                "trials-without-numbers": len(studies) - len(trials),
                "reanalyses": len(studies) - len(trials),
                "primary-endpoints": len(trials),
                "populations": sum(len(study.populations) for study in studies),
                "passages": len(review.passages),
                "documents": 1,
                "coverage": len(review.parts),
                "claims": sum(len(claim.evidence) or 1 for claim in review.claims),
                "discrepancies": len(review.discrepancies),
                "approvals": 1,
                "statements": sum(len(study.statements) for study in studies) + len(review.statements),
                "components-of-regimen": sum(len(regimen.adds) for regimen in review.regimens),
                "actions-of-drug": sum(one.property != "losesEffectByMutationAt" for one in review.actions),
                "resistance": sum(one.property == "losesEffectByMutationAt" for one in review.actions),
                "remarks": sum(bool(study.remark) + sum(bool(one.remark) for one in study.populations) for study in studies),
            }
        )
    return found


def pooled(review: Review) -> list[str]:
    """The trials whose overall survival in RAS wild type enters the pooled effect of the first drug against the backbone."""
    base = review.regimens[0]
    return sorted(
        study.label for study in review.trials
        for one in study.comparisons
        if one.endpoint == "OS" and one.interval and one.population.criterion == "RAS wild type"
        and review.drugs[0] in one.experimental.arm.regimen.drugs and one.reference.arm.regimen == base
    )  # fmt: skip


def direct(review: Review) -> list[str]:
    """The passages of the results that compare the two drugs of a review directly; an arm with both drugs is not counted."""
    sides = [{review.regimens[1].slug}, {review.regimens[2].slug}]
    return sorted(place(one) for one in review.comparisons
                  if [{one.experimental.arm.regimen.slug}, {one.reference.arm.regimen.slug}] in (sides, sides[::-1]))  # fmt: skip


def level(study: Study, one: Comparison) -> int:
    """The level of evidence, by the method of the project: design, then a step down for each weakness."""
    best = 2 if "randomised" in study.designs or study.phase == "III" else 3
    weak = (one.population.whole is not None, study.phase != "III", study.primary != one.endpoint)
    return min(5, best + sum(weak))


def place(one: Comparison | Value) -> str:
    """The IRI of the passage of a result."""
    return f"{ID}passage/{one.place.slug}"


def _where(one: Comparison | Value) -> str:
    return one.place.part.label if one.place.part.table else "text"


def _size(value: Value) -> str | None:
    return None if value.size is None else str(value.size.participants)


def _reported(study: Study) -> Known:
    columns = ("population", "line_of_therapy", "endpoint", "experimental_arm", "experimental_n", "experimental_value",
               "reference_arm", "reference_n", "reference_value", "unit", "statistic", "effect_value", "ci_lower", "ci_upper",
               "p_comparator", "p_value", "authors_reading", "place", "passage_iri")  # fmt: skip
    rows: list[Row] = []
    for one in study.comparisons:
        e, r = one.experimental, one.reference
        rows.append((one.population.criterion, study.line, one.endpoint, e.arm.regimen.label, _size(e), e.printed,
                     r.arm.regimen.label, _size(r), r.printed, e.unit, _NOTATION[one.statistic], one.ratio,
                     *(one.interval or (None, None)), one.p_comparator, one.p, one.reading, _where(one), place(one)))  # fmt: skip
    for value in study.single:
        endpoint = f"{value.endpoint} (grade {value.grade})" if value.grade else value.endpoint
        rows.append((value.population.criterion, study.line, endpoint, value.arm.regimen.label, _size(value), value.printed,
                     None, None, None, value.unit, *[None] * 7, _where(value), place(value)))  # fmt: skip
    return Known("reported-results", {"trial": study.label}, columns, rows)


def _arms(study: Study) -> Known:
    rows: list[Row] = [(one.arm.regimen.label, one.population.criterion, str(one.participants), one.place.part.label)
                       for one in study.counts if one.arm]  # fmt: skip
    return Known("arms-of-trial", {"trial": study.label}, ("regimen", "population", "n", "place"), rows)


def _hazard_ratios(review: Review, drug: Named) -> Known:
    rows: list[Row] = [
        (one.population.criterion, one.experimental.arm.regimen.label, one.reference.arm.regimen.label, one.ratio,
         f"P {one.p_comparator} {one.p}", one.reading, place(one))
        for one in _with(review, drug, experimental=True) if one.endpoint == "OS"
    ]  # fmt: skip
    columns = ("population", "regimen", "against", "hazard_ratio", "p", "authors_reading", "passage_iri")
    return Known("hazard-ratios", {"drug": drug.label}, columns, rows)


def _with(review: Review, drug: Named, experimental: bool) -> Iterator[Comparison]:
    """The comparisons with a drug in one arm and not in the other."""
    for one in review.comparisons:
        sides = [drug in value.arm.regimen.drugs for value in (one.experimental, one.reference)]
        if sides == [experimental, not experimental]:
            yield one


_COMPARED = ("trial", "population", "endpoint", "regimen", "against", "effect", "p", "authors_reading", "computed_level",
             "passage_iri")  # fmt: skip


def _compared(review: Review, one: Comparison) -> Row:
    study = next(study for study in review.trials if one in study.comparisons)
    return (study.label, one.population.criterion, one.endpoint, one.experimental.arm.regimen.label,
            one.reference.arm.regimen.label, f"{_NOTATION[one.statistic]} {one.ratio}", f"{one.p_comparator} {one.p}",
            one.reading, str(level(study, one)), place(one))  # fmt: skip


def _sided(question: str, review: Review, drug: Named, experimental: bool) -> Known:
    rows = [_compared(review, one) for one in _with(review, drug, experimental)]
    return Known(question, {"drug": drug.label}, _COMPARED, rows)


def _received(review: Review, drug: Named) -> Iterator[Row]:
    """The regimens with a drug, each with the trials in which an arm received it."""
    for regimen in review.regimens:
        if drug in regimen.drugs:
            trials = [study.label for study in review.trials for arm in study.arms if arm.regimen == regimen]
            yield from ((regimen.label, "always", trial) for trial in trials or (None,))


def _at_locus(review: Review) -> Iterator[Row]:
    for study in review.trials:
        for one in study.populations:
            for found, loci in (("wild type", one.wild_type_at), ("mutant", one.mutant_at)):
                if review.locus.slug in loci:
                    yield found, study.label, f"{ID}population/{one.slug}"
