"""The comparisons of two arms in the graph, with the groups that determine which of them may be pooled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from rdflib import URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.name_index import key
from kg.ask.results import Result
from kg.errors import DataError, NotFoundError
from kg.namespaces import MCRC
from kg.synthesis.comparison import UNSELECTED, UNTARGETED, Arm, Comparison, Side
from kg.synthesis.effects import half_unit, is_number
from kg.synthesis.memberships import Group, Memberships, bound, depths, groups_of, is_stratum, memberships, selected, table

# classes of regimens whose targeted agent the source does not name
_TARGETED_KINDS = {str(MCRC.AntiEgfrRegimen), str(MCRC.AntiVegfRegimen)}
# the greatest difference of a ratio and the inverse of another one that may be the same, by rounding to two decimals
_INVERTED = 0.01
# the columns that give the order of the comparisons
_ORDER = ("trial", "population", "outcome", "experimental_label", "reference_label", "place", "passage")
# the columns of the query with numbers
_NUMBERS = {"value", "ci_lower", "ci_upper", "ci_level", "p_value", "p_sides", "precedence",
            "experimental_n", "experimental_rate", "reference_n", "reference_rate"}  # fmt: skip
# the columns with what is printed of a result
_PRINTED = ("statistic", "value", "printed", "ci_lower", "ci_upper", "lower_printed", "upper_printed", "ci_level", "interval",
            "p_comparator", "p_value", "p_printed", "p_sides", "hypothesis", "reading", "wording", "favours", "favours_from",
            "reading_against_p", "event", "unit", "analysis")  # fmt: skip


def comparisons(
    query: Callable[[str], Result],
    groups: Collection[str] | None = None,
    *,
    endpoint: Node | None = None,
    study: Node | None = None,
    document: Node | None = None,
) -> list[Comparison]:
    """Every comparison in the graph, at each place where it is printed, in order of study, population and endpoint.

    ``endpoint``, ``study`` and ``document`` restrict the list; ``groups`` are the IRIs of the only populations to read.
    """
    values = {name: value for name, value in (("endpoint", endpoint), ("study", study)) if value is not None}
    scope = {} if document is None else {"document": document}
    if groups is None:
        rows = list(table(query, catalogue("synthesis")["comparisons"].bind(values | scope)))
    else:  # the populations are fewer than the results on an endpoint, so that only they are bound
        read_rows = bound(query, "comparisons", "group", groups, scope)
        rows = [row for row in read_rows if all(row[name] == str(value) for name, value in values.items())]
        rows.sort(key=lambda row: [row[name] for name in _ORDER])
    rows = [_with_numbers(row) for row in rows]
    belongs = memberships(query, rows)
    inside, sizes = depths(query, belongs), _sizes(rows)
    return [_comparison(row, belongs, inside, sizes) for row in rows]


def same_ratio(one: Comparison, other: Comparison) -> bool:
    """Whether two reports have one ratio: the less exact figure includes the more exact one."""
    if one.value is None or other.value is None:
        return False
    if one.turned != other.turned:  # one is the inverse of what is printed, and has no printed digits
        return abs((one.ratio or 0) - (other.ratio or 0)) <= _INVERTED
    return abs(one.value - other.value) <= max(half_unit(one.printed or ""), half_unit(other.printed or "")) * (1 + 1e-9)


def compared_arms(query: Callable[[str], Result], line: str | None = None, document: Node | None = None) -> list[Comparison]:
    """Which arms were compared, in a line of therapy (an IRI) or in all: one for each study, population and pair of arms.

    These comparisons have neither a result nor an endpoint nor a place; ``document`` restricts them to what it reports.
    """
    shelf = catalogue("synthesis")
    scope = {} if document is None else {"document": document}
    if line is None:
        rows = list(table(query, shelf["compared-arms"].bind(scope)))
    else:
        studies = (row["study"] for row in table(query, shelf["studies-in-line"].bind({"line": URIRef(line)})))
        rows = list(bound(query, "compared-arms", "study", studies, scope))
    belongs = memberships(query, rows)
    inside = depths(query, belongs)
    nothing = dict.fromkeys((*_PRINTED, *_NUMBERS)) | dict.fromkeys(("outcome", "place", "passage", "result", "document"), "")
    nothing |= dict.fromkeys(("experimental_value", "reference_value"))
    return [_comparison(nothing | row, belongs, inside, {}) for row in rows]


def _with_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in which invalid numbers are replaced by None: a graph may contain any text where a number is expected."""
    return {name: None if name in _NUMBERS and not is_number(value) else value for name, value in row.items()}


def side(query: Callable[[str], Result], label: str, entity: str) -> Side:
    """The regimens of one side: the members of a class, the regimens that include a drug, or a regimen and its variants.

    The label "no targeted agent" means all regimens whose drugs, with those that may be chosen, are all cytotoxic, supportive or
    placebo.

    Raises :class:`~kg.errors.DataError` when no arm of any study receives one of them.
    """
    asked = MCRC.Regimen if label == UNTARGETED else URIRef(entity)
    regimens = {row["regimen"] for row in table(query, catalogue("synthesis")["regimens-of-side"].bind({"entity": asked}))}
    if label == UNTARGETED:
        belongs = groups_of(query, "regimens", regimens)
        return Side(label, frozenset(
            one for one in regimens if (one, "targeted") not in belongs and (one, "optional") not in belongs
            and not any(kind.iri in _TARGETED_KINDS for kind in belongs[one, "kind"])
        ))  # fmt: skip
    if not regimens:
        raise DataError(f"no arm of any study receives '{label}'; give a drug, a regimen, or a class of regimens")
    return Side(label, frozenset(regimens))


def stratum(query: Callable[[str], Result], text: str, named: Callable[[str], Node]) -> str:
    """The IRI of the stratum with this name; empty for "unselected population". ``named`` finds the class of a name.

    Raises :class:`~kg.errors.NotFoundError` with the list of all strata.
    """
    if key(text) in (key(UNSELECTED.label), "unselected"):
        return UNSELECTED.iri
    known = (Group(row["group"], row["label"]) for row in table(query, catalogue("synthesis")["strata"].bind({})))
    strata = {one.iri: one.label for one in (UNSELECTED, *filter(is_stratum, known))}
    with suppress(NotFoundError):
        if (found := str(named(text))) in strata:
            return found
    raise NotFoundError(f"no stratum is called '{text}'; the strata are {', '.join(sorted(strata.values()))}")


def _sizes(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """The number of patients of a population who received a regimen, where all its results agree on it."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        for name in ("experimental", "reference"):
            if row[f"{name}_n"] is not None:
                found[row["group"], row[name]].add(row[f"{name}_n"])
    return {key: sizes.pop() for key, sizes in found.items() if len(sizes) == 1}


def _comparison(
    row: Mapping[str, Any], belongs: Memberships, inside: Mapping[str, int], sizes: Mapping[tuple[str, str], int]
) -> Comparison:
    def groups(thing: str, role: str) -> list[Group]:
        return belongs.get((thing, role), [])

    def labels(thing: str, role: str) -> tuple[str, ...]:
        return tuple(sorted({one.label for one in groups(thing, role)}))

    strata = _narrowest_first(groups(row["group"], "stratum"), inside) or selected(groups(row["group"], "state"))
    return Comparison(
        **{name: row[name] for name in ("study", "trial", "group", "population", "place", "passage", "result", *_PRINTED)},
        document=row["document"] or "",
        precedence=row["precedence"],
        outranked=bool(row.get("outranked")),
        same=frozenset(one.iri for one in groups(row["study"], "same")),
        apart=frozenset(one.iri for one in groups(row["group"], "apart")),
        endpoint=row["outcome"],
        experimental=_arm(row, "experimental", belongs, sizes),
        reference=_arm(row, "reference", belongs, sizes),
        strata=strata or (UNSELECTED,),
        wholes=frozenset(whole.iri for whole in groups(row["group"], "whole")),
        lines=tuple(groups(row["study"], "line")),
        analyses=frozenset(one.iri for one in groups(row["study"], "analyses")),
        phases=labels(row["study"], "phase"),
        primary=labels(row["study"], "primary"),
        met=labels(row["study"], "met"),
        missed=labels(row["study"], "missed"),
        adverse=bool(row.get("adverse")),
        arms_of_study=len(groups(row["study"], "arm")),
        enrolled=_enrolled(groups(row["group"], "patients"), row["group"]),
    )


def _arm(row: Mapping[str, Any], name: str, belongs: Memberships, sizes: Mapping[tuple[str, str], int]) -> Arm:
    regimen = row[name]
    drugs = belongs.get((regimen, "targeted"), [])
    size = row[f"{name}_n"] if row[f"{name}_n"] is not None else sizes.get((row["group"], regimen))
    return Arm(regimen, row[f"{name}_label"], size, tuple(sorted(drugs, key=lambda drug: drug.label)), row[f"{name}_rate"],
               row[f"{name}_value"], (regimen, "optional") in belongs,
               frozenset(drug.iri for drug in belongs.get((regimen, "cytotoxic"), ())),
               _enrolled(belongs.get((row["group"], "patients"), ()), regimen))  # fmt: skip


def _enrolled(counts: Iterable[Group], who: str) -> int | None:
    """The number of participants of a population, or of those who received a regimen, where all documents agree on it."""
    numbers = {one.label for one in counts if one.iri == who}
    return int(number) if len(numbers) == 1 and (number := numbers.pop()).isdecimal() else None


def _narrowest_first(strata: Iterable[Group], inside: Mapping[str, int]) -> tuple[Group, ...]:
    """The biomarker strata among the classes of a population, the one that is inside the most others first."""
    return tuple(sorted(filter(is_stratum, strata), key=lambda one: (-inside.get(one.iri, 0), one.label)))
