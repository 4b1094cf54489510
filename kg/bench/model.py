"""The synthetic evidence as objects, before it is written as RDF: a review, its vocabulary, and the studies that it describes.

Each object has the slug of its IRI in ``slug``; the part before the slug is the type (``trial``, ``arm``, ``result``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Passage:
    """A place in the text of a review: its part, its offsets, and the figure printed there; in a table also row and column."""

    slug: str
    part: Part
    start: int
    end: int
    printed: str | None = None
    row: Row | None = None
    column: str | None = None


@dataclass
class Part:
    """A paragraph or table of a review."""

    slug: str
    label: str
    table: bool
    start: int
    end: int = 0


@dataclass(frozen=True)
class Row:
    """A row of a table, as printed."""

    slug: str
    table: Part
    number: int
    section: str
    kind: str
    trial: str
    regimen: str


@dataclass(frozen=True)
class Named:
    """An entity of the shared vocabulary: a drug, a target, a pathway or a locus."""

    slug: str
    label: str
    kind: str
    alias: str | None = None


@dataclass(frozen=True)
class Action:
    """A stated action of a drug: the property, the type and slug of its object, the label of the object, and the place."""

    drug: Named
    property: str
    object_type: str
    object: Named
    place: Passage


@dataclass(frozen=True)
class Regimen:
    """A regimen: its backbone and what it adds, each drug with the place that states it."""

    slug: str
    label: str
    backbone: Regimen | None
    adds: tuple[tuple[Named, Passage], ...]

    @property
    def drugs(self) -> tuple[Named, ...]:
        """All drugs, those of the backbone first."""
        return (*(self.backbone.drugs if self.backbone else ()), *(drug for drug, _ in self.adds))


@dataclass(frozen=True)
class Arm:
    """An arm of a study."""

    slug: str
    label: str
    regimen: Regimen


@dataclass(frozen=True)
class Population:
    """A population: criterion, slugs of its loci, the population that includes it, remark, stated biomarker state."""

    slug: str
    label: str
    criterion: str
    wild_type_at: tuple[str, ...] = ()
    mutant_at: tuple[str, ...] = ()
    whole: Population | None = None
    remark: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Count:
    """A printed number of participants."""

    slug: str
    population: Population
    participants: int
    place: Passage
    arm: Arm | None = None
    percentage: int | None = None
    out_of: Count | None = None


@dataclass(frozen=True)
class Value:
    """A value of an endpoint in one arm."""

    slug: str
    arm: Arm
    population: Population
    endpoint: str
    printed: str
    unit: str
    place: Passage
    size: Count | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A comparison of two arms, with the digits as printed."""

    slug: str
    experimental: Value
    reference: Value
    statistic: str
    ratio: str
    p_comparator: str
    p: str
    place: Passage
    interval: tuple[str, str] | None = None
    reading: str | None = None

    @property
    def population(self) -> Population:
        """The population of both values."""
        return self.experimental.population

    @property
    def endpoint(self) -> str:
        """The endpoint of both values."""
        return self.experimental.endpoint


@dataclass(frozen=True)
class Statement:
    """A statement in words: its topic, what it is about (type and slug), and what its topic needs."""

    slug: str
    label: str
    topic: str
    about: tuple[str, str]
    place: Passage
    study: str | None = None
    event: str | None = None
    grade: str | None = None
    frequency: str | None = None
    year: int | None = None
    agency: str | None = None
    reference: int | None = None


@dataclass
class Study:
    """A study and everything that its review reports of it."""

    slug: str
    label: str
    kind: str
    number: int
    place: Passage
    alias: str | None = None
    phase: str | None = None
    line: str | None = None
    designs: tuple[str, ...] = ()
    primary: str | None = None
    analyses: str | None = None
    remark: str | None = None
    arms: list[Arm] = field(default_factory=list)
    populations: list[Population] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    @property
    def single(self) -> Iterator[Value]:
        """The values that no comparison uses."""
        used = {value.slug for one in self.comparisons for value in (one.experimental, one.reference)}
        return (value for value in self.values if value.slug not in used)


@dataclass(frozen=True)
class Evidence:
    """One line of evidence for a claim."""

    slug: str
    direction: str
    study: Study
    result: Comparison | None


@dataclass(frozen=True)
class Claim:
    """A claim of the authors about a drug, with its evidence."""

    slug: str
    label: str
    about: Named
    place: Passage
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Discrepancy:
    """A printed P value and words that do not fit it."""

    slug: str
    study: Study
    result: Comparison
    first: str
    second: str
    second_place: Passage


@dataclass
class Review:
    """A document with its own drugs, targets, pathway, locus and regimens, and the studies of these."""

    slug: str
    label: str
    number: int
    drugs: tuple[Named, ...]
    targets: tuple[Named, ...]
    pathway: Named
    locus: Named
    checksum: str = ""
    regimens: list[Regimen] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)

    @property
    def trials(self) -> list[Study]:
        """The studies with arms."""
        return [study for study in self.studies if study.arms]

    @property
    def comparisons(self) -> list[Comparison]:
        """All comparisons."""
        return [one for study in self.studies for one in study.comparisons]
