"""How to read a pooled effect: what the documents state of its studies that limits it, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.synthesis.comparison import Comparison

# how a population is restricted to an age: "all patients (aged 70 years and older)"
_AGED = "(aged "
_LATE = ("III", "IV")


def interpretation(studies: Sequence[Comparison]) -> str:
    """One sentence that names subsets, missed primary endpoints, phases before III and age limits among the studies."""
    ages = {one.trial: "aged " + one.population.partition(_AGED)[2].partition(")")[0]
            for one in studies if _AGED in one.population}  # fmt: skip
    phases = {one.trial: joined(one.phases) for one in studies if one.phases and not set(one.phases) & {*_LATE}}
    missed = {one.trial: joined(one.missed) for one in studies if one.missed}
    subsets = sorted({f"{one.trial} ({one.population})" for one in studies if one.wholes})
    parts = []
    if subsets:
        all_of_them = len(subsets) == len(studies)
        parts.append(("all studies contribute a subset of their patients: " if all_of_them else
                      "a subset of the patients comes from ") + joined(subsets))  # fmt: skip
    if missed:
        parts.append("the primary endpoint was missed by " + joined(f"{name} ({what})" for name, what in sorted(missed.items())))
    if phases:
        parts.append("a phase before III is stated for " + joined(f"{name} ({what})" for name, what in sorted(phases.items())))
    if ages:
        parts.append("only one age group was enrolled by " + joined(f"{name} ({what})" for name, what in sorted(ages.items())))
    if not parts:
        return "The documents state no subset, missed primary endpoint, phase before III or age limit for these studies."
    return f"Interpret with caution: {'; '.join(parts)}."


def joined(names: Iterable[str]) -> str:
    """Names as text: "A", "A and B", or "A, B and C"."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last
