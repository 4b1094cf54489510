"""A seeded generator of synthetic evidence: reviews of studies in the vocabulary of the project.

Each review has its own drugs, targets, pathway, locus, regimens and studies, and depends on the seed and its number only. A
larger graph has more reviews, and the first ones are the same: the answer to a question about one entity has the same size in
every graph. Shared with all other reviews are endpoints, lines of therapy, RAS loci, and one drug of the backbone.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from kg.bench.model import Action, Claim, Discrepancy, Evidence, Named, Population, Regimen, Review, Statement, Study
from kg.bench.text import WORDS, Text, word
from kg.bench.trials import SCHEMES, Plan, Scheme, print_table, single_arm, two_arms

STUDIES = len(SCHEMES)
# words that a review uses for its vocabulary, and for its trials
_WORDS = 8


def reviews(seed: int) -> Iterator[Review]:
    """Review after review, without end; each contains one trial for each scheme."""
    number = 0
    while True:
        yield review(seed, number, STUDIES)
        number += 1


def review(seed: int, number: int, trials: int) -> Review:
    """One review with this many trials, which are the first ones of the complete review."""
    random = Random(f"{seed} {number}")
    made = _vocabulary(number)
    text = Text(made)
    _introduction(made, text, number % 2 == 0)
    plans: list[Plan] = []
    for index, scheme in enumerate(SCHEMES[:trials]):
        plans.append(_trial(made, text, Random(f"{seed} {number} {index}"), index, scheme))
        if index == 0:
            _reanalysis(made, text)
    _discussion(made, text, random)
    _tables(made, text, plans)
    text.finish()
    return made


def _vocabulary(number: int) -> Review:
    names = [_word(number, index) for index in range(_WORDS)]
    slug = f"synthetic-{number}"
    code = 2 * number
    drugs = (
        Named(f"{names[0]}mab", f"{names[0]}mab", "MonoclonalAntibody", f"QX-{code}"),
        Named(f"{names[1]}mab", f"{names[1]}mab", "MonoclonalAntibody", f"QX-{code + 1}"),
        Named(f"{names[2]}bine", f"{names[2]}bine", "CytotoxicAgent"),
    )
    targets = tuple(
        Named(name.upper(), name.upper(), kind, f"{name} {what}")
        for name, kind, what in ((names[4], "Receptor", "receptor"), (names[5], "Enzyme", "kinase"))
    )
    pathway = Named(f"{names[6]}-pathway", f"{names[6]} pathway", "Pathway")
    locus = Named(f"{targets[1].slug}-exon-2", f"{targets[1].label} exon 2", "BiomarkerLocus")
    return Review(slug, f"Review of {drugs[0].label}", number, drugs, targets, pathway, locus)


def _word(number: int, index: int) -> str:
    """A word for the thing of this index in the review of this number."""
    return word(_WORDS * (number + 1) + index)


def _introduction(made: Review, text: Text, irinotecan: bool) -> None:
    """The paragraph that defines the regimens and states the actions of the drugs."""
    one, other, cytotoxic = made.drugs
    shared = Named("irinotecan", "irinotecan", "") if irinotecan else Named("oxaliplatin", "oxaliplatin", "")
    text.part("introduction", f"Introduction of {made.slug}")
    name = _word(made.number, 3).title()
    base = Regimen(name, name, None, ((cytotoxic, text.quote(cytotoxic.label)), (shared, text.quote(shared.label))))
    first = _extended(base, one, text)
    made.regimens += [base, first, _extended(base, other, text), _extended(first, other, text)]
    stated = (
        (one, "bindsTo", "target", made.targets[0]),
        (other, "inhibits", "target", made.targets[1]),
        (other, "inhibitsPathway", "pathway", made.pathway),
        (one, "losesEffectByMutationAt", "locus", made.locus),
    )
    for drug, action, kind, thing in stated:
        made.actions.append(Action(drug, action, kind, thing, text.quote(f"{drug.label} and {thing.label}")))
    words = text.quote(f"{one.label} was studied first")
    label = f"{one.label.title()} binds {made.targets[0].label}"
    made.statements.append(
        Statement(f"{made.slug}.mechanism", label, "mechanism", ("drug", one.slug), words, reference=made.number % 90 + 1)
    )
    year = 2000 + made.number % 24
    label = f"{one.label.title()} was first approved in {year}"
    printed = text.quote(str(year), figure=True)
    about = ("drug", one.slug)
    made.statements.append(Statement(f"{made.slug}.approval", label, "approval", about, printed, year=year, agency="FDA"))


def _extended(base: Regimen, drug: Named, text: Text) -> Regimen:
    place = text.quote(f"{base.label} + {drug.label}")
    return Regimen(f"{base.slug}-{drug.slug}", f"{base.label} + {drug.label}", base, ((drug, place),))


def _trial(made: Review, text: Text, random: Random, index: int, scheme: Scheme) -> Plan:
    """A paragraph about one trial, with the numbers that the text prints; those that the table prints later are returned."""
    name = _word(made.number, WORDS // 2 + index).upper()
    text.part(f"trial-{index + 1}", f"Trials of {made.slug}, paragraph {index + 1}")
    study = Study(name, name, "ClinicalTrial", len(made.studies) + 1, text.quote(name), f"{name}-{index + 1}")
    study.line, study.phase, study.designs = scheme.line, scheme.phase, scheme.designs
    study.primary = random.choice(("OS", "PFS"))
    study.populations += _populations(made, name, index)
    made.studies.append(study)
    plan = (two_arms if scheme.reference is not None else single_arm)(made, study, text, random, scheme)
    regimen = study.arms[0].regimen
    event, frequency = random.choice(("hypertension", "diarrhea", "rash", "fatigue")), random.choice(("common", "rare"))
    study.statements += [
        Statement(
            f"{made.slug}.{name}-safety", f"{event.title()} was {frequency} with {regimen.label} in {name}", "safety",
            ("regimen", regimen.slug), text.quote(f"{event} was {frequency}"), name, event, frequency=frequency,
        ),
        Statement(
            f"{made.slug}.{name}-design", f"{name} followed earlier studies of {regimen.label}", "background",
            ("regimen", regimen.slug), text.quote(f"{name} followed earlier studies"), name, reference=study.number,
        ),
    ]  # fmt: skip
    if index == 0:
        study.remark = "The first trial of the review."
    return plan


def _populations(made: Review, name: str, index: int) -> list[Population]:
    """All patients, those wild type and those mutant at the locus of the review, and those wild type at all RAS loci."""
    ras = tuple(f"{gene}-exon-{exon}" for gene in ("KRAS", "NRAS") for exon in (2, 3, 4))
    own = (made.locus.slug,)
    remark = None if index % 4 else "The paragraph names the gene once."
    all_ = Population(f"{name}-all", f"{name}, all patients", "all patients")
    gene = made.targets[1].label
    wild = Population(f"{name}-wild-type", f"{name}, {gene} wild type", f"{gene} wild type", own, (), all_, remark)
    mutant = Population(f"{name}-mutant", f"{name}, {gene} mutant", f"{gene} mutant", (), own, all_)
    label = f"{name}, RAS wild type"
    return [
        all_, wild, mutant,
        Population(f"{name}-RAS-wild-type", label, "RAS wild type", ras, (), wild, state="RAS-wild-type"),
    ]  # fmt: skip


def _reanalysis(made: Review, text: Text) -> None:
    """A retrospective analysis of the first trial, without numbers of its own."""
    first = made.studies[0]
    name = f"{first.label} analysis"
    slug = f"{first.slug}-analysis"
    made.studies.append(Study(slug, name, "RetrospectiveAnalysis", len(made.studies) + 1, text.quote(name), analyses=first.slug))


def _discussion(made: Review, text: Text, random: Random) -> None:
    """The claims of the authors, with studies for and against, and a discrepancy."""
    text.part("discussion", f"Discussion of {made.slug}")
    trials = [study for study in made.trials if study.comparisons]
    for drug, pattern in zip(made.drugs[:2], (("supports", "supports"), ("supports", "disputes", "inconclusive")), strict=True):
        claim = f"{made.slug}.{drug.slug}-benefit"
        place = text.quote(f"{drug.label} helps")
        evidence = tuple(
            Evidence(f"{claim}-{place_}", direction, study, random.choice(study.comparisons[:2]) if place_ < 3 else None)
            for place_, (direction, study) in enumerate(zip(pattern, trials, strict=False), start=1)
        )
        made.claims.append(Claim(claim, f"{drug.label.title()} lengthens survival", drug, place, evidence))
    if trials:
        result = trials[0].comparisons[0]
        words = text.quote("there was no difference")
        made.discrepancies.append(
            Discrepancy(f"{made.slug}.wording", trials[0], result, f"P {result.p_comparator} {result.p}", "no difference", words)
        )


def _tables(made: Review, text: Text, plans: list[Plan]) -> None:
    """The table of the review: it is printed at the end, and its results belong to the trials."""
    table = text.part("table-1", "Table 1", table=True)
    for study, plan in zip(made.trials, plans, strict=True):
        print_table(made, study, plan, text, table)
