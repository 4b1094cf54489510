"""What a comparison tests: a treatment that is added to another one, replaces it, or is compared with supportive care."""

from __future__ import annotations

from kg.synthesis.comparison import Arm, Comparison

ADDED = "added to the comparator"
INSTEAD = "instead of another treatment"
SUPPORTIVE = "against best supportive care or placebo"
CHEMOTHERAPY = "same targeted drugs, another chemotherapy"
REMOVED = "left out of the comparator"
# in the order in which they are shown
KINDS = (ADDED, INSTEAD, SUPPORTIVE, CHEMOTHERAPY, REMOVED)
_NO_TREATMENT = ("supportive care", "placebo")


def kind_of(one: Comparison) -> str:
    """What the experimental arm of a comparison changes, one of :data:`KINDS`.

    The drugs of both arms decide; where no document names them, as in "anti-EGFR agent + chemotherapy", the parts of the names.
    """
    more, less = one.experimental, one.reference
    first, second = ({drug.iri for drug in arm.drugs} for arm in (more, less))
    if _untreated(less):
        return SUPPORTIVE
    if more.choice or less.choice:
        return INSTEAD
    if first == second and more.cytotoxic | less.cytotoxic and not _parts(less) < _parts(more):
        return CHEMOTHERAPY
    if more.cytotoxic == less.cytotoxic:
        unnamed = not (less.drugs or less.cytotoxic)
        if _parts(less) < _parts(more) or (first > second and not unnamed):
            return ADDED
        if _parts(more) < _parts(less) or first < second:
            return REMOVED
    return CHEMOTHERAPY if first == second and more.cytotoxic | less.cytotoxic else INSTEAD


def contrast_of(one: Comparison) -> str:
    """The name of what a comparison tests: "cetuximab added", "cetuximab instead of bevacizumab", "regorafenib".

    The targeted drugs in which the arms differ name it; where these are not known, the regimens.
    """
    kind, first, second = kind_of(one), one.experimental, one.reference
    more, less = (" + ".join(drug.label for drug in arm.drugs if drug not in other.drugs) for arm, other in
                  ((first, second), (second, first)))  # fmt: skip
    if kind == SUPPORTIVE:
        return more or first.label
    if kind == ADDED:
        return f"{more or ' + '.join(sorted(_parts(first) - _parts(second)))} added"
    if kind == REMOVED:
        return f"{less or ' + '.join(sorted(_parts(second) - _parts(first)))} left out"
    if kind == INSTEAD and more and less and not (first.choice or second.choice):
        return f"{more} instead of {less}"
    return f"{first.label} instead of {second.label}"


def _parts(arm: Arm) -> set[str]:
    return set(arm.label.split(" + ")) - {"placebo"}


def _untreated(arm: Arm) -> bool:
    """Whether an arm receives no drug against the tumour, by its drugs and its name."""
    nothing = not (arm.drugs or arm.cytotoxic or arm.choice)
    return nothing and any(words in arm.label.lower() for words in _NO_TREATMENT)
