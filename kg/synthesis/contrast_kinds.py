"""What differs between the regimens of two arms: an added drug, another treatment, or supportive care alone."""

from __future__ import annotations

from kg.namespaces import ID
from kg.synthesis.comparison import Arm, Comparison
from kg.synthesis.memberships import Memberships

ADDED, REPLACED, SUPPORTIVE = "added to a regimen", "instead of another treatment", "against best supportive care or placebo"
KINDS = (ADDED, REPLACED, SUPPORTIVE)
_SUPPORT = f"{ID}regimen/best-supportive-care"


def contrast_of(one: Comparison, parts: Memberships) -> tuple[str, str]:
    """The kind of a contrast and its name, from the components of both regimens."""
    first, second = one.experimental, one.reference
    own, other = _labels(parts, first, "own"), _labels(parts, second, "own")
    active, against = _labels(parts, first, "active"), _labels(parts, second, "active")
    added = own or active
    if second.regimen == _SUPPORT or (not against and _labels(parts, second, "inactive")):
        return SUPPORTIVE, " + ".join(sorted(added)) or first.label
    backbones = {group.iri for group in parts.get((first.regimen, "backbone"), ())}
    shared = backbones & {second.regimen, *(group.iri for group in parts.get((second.regimen, "backbone"), ()))}
    if shared and (second.regimen in shared or not other):
        return ADDED, f"{' + '.join(sorted(own)) or first.label} added"
    if against and against < active:
        return ADDED, f"{' + '.join(sorted((own & active) - against or active - against))} added"
    mine, theirs = sorted((own or active) - against), sorted((other or against) - active)
    if mine and theirs:
        return REPLACED, f"{' + '.join(mine)} instead of {' + '.join(theirs)}"
    return REPLACED, f"{first.label} instead of {second.label}"


def _labels(parts: Memberships, arm: Arm, role: str) -> set[str]:
    return {group.label for group in parts.get((arm.regimen, role), ())}
