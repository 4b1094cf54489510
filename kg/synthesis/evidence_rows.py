"""The evidence table of a group of patients as rows: one for each outcome, each adverse event, and each value of one arm."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from rdflib import URIRef

from kg.ask.results import Table
from kg.synthesis import cells
from kg.synthesis.comparison import Comparison
from kg.synthesis.evidence_table import Entry, EvidenceTable
from kg.synthesis.harms import Harm

ONE_ARM = "one arm, without comparator"
_CONTRAST = ("section", "contrast_kind", "contrast", "trial", "phase", "line_of_therapy", "population", "subset", "endpoint",
             "grade", "at", "primary_endpoint")  # fmt: skip
_CHECKED = ("agreeing", "differing", "superseded")
COLUMNS = (*_CONTRAST, *cells.PRINTED, "computed_difference", *cells.COMPUTED, *_CHECKED, "statement", "document", "place",
           "study_iri", "population_iri", "result_iri", "passage_iri")  # fmt: skip


def rows_of(found: EvidenceTable) -> Table:
    """The rows of an evidence table, under :data:`COLUMNS`."""
    rows: list[cells.Row] = []
    for entry in found.entries:
        rows += [_result_row(entry, one) for one in entry.results]
        rows += [_harm_row(entry, one) for one in entry.harms]
    rows += [_single_row(one) for one in found.single.to_dicts()]
    rows += [_single_harm(one) for one in found.single_harm.to_dicts()]
    return cells.table(COLUMNS, rows)


def difference(one: Comparison) -> str | None:
    """The difference of the printed values of both arms, with as many decimals as the more exact one; None without two numbers.

    Medians and rates are subtracted as printed: the reference arm from the experimental arm.
    """
    try:
        found = Decimal(one.experimental.value or "") - Decimal(one.reference.value or "")
    except InvalidOperation:
        return None
    return f"{found:+f}" if found.is_finite() else None


def primary(one: Comparison) -> str:
    """Whether the endpoint is a primary endpoint of the study, and whether the study met it, as the documents say.

    What a study met or missed is that of its whole population, which the text says for a part of it.
    """
    if one.endpoint not in (*one.primary, *one.met, *one.missed):
        return ""
    outcome = "not met" if one.endpoint in one.missed else "met" if one.endpoint in one.met else "outcome not stated"
    return f"primary endpoint{' (whole study)' if one.wholes else ''}, {outcome}"


def _result_row(entry: Entry, one: Comparison) -> cells.Row:
    computed, gap = cells.computed(one), difference(one)
    origins = [computed["computed_from"], "difference of the printed values" if gap else None]
    return {
        **_shared(entry, "benefit"),
        **cells.printed(one),
        **computed,
        **entry.checked.get(one.result, {}),
        "endpoint": one.endpoint,
        "primary_endpoint": primary(one),
        "computed_difference": gap,
        "computed_from": "; ".join(filter(None, map(str, filter(None, origins)))) or None,
        "document": one.document,
        "place": one.place,
        "result_iri": URIRef(one.result),
        "passage_iri": URIRef(one.passage),
    }


def _harm_row(entry: Entry, one: Harm) -> cells.Row:
    elsewhere = one.population not in ("", entry.first.population)
    return {
        **_shared(entry, "harm"),
        **({"population": one.population, "population_iri": None, "subset": None} if elsewhere else {}),
        "experimental_arm": entry.first.experimental.label,
        "experimental_value": one.experimental,
        "reference_arm": entry.first.reference.label,
        "reference_value": one.reference,
        "endpoint": one.event,
        "statement": one.statement,
        "passage_iri": URIRef(one.passage_iri),
        **{
            name: getattr(one, name)
            for name in ("grade", "unit", "favours", "favours_from", "authors_reading", "document", "place")
        },
    }


def _shared(entry: Entry, section: str) -> dict[str, cells.Cell]:
    one = entry.first
    return {
        "section": section,
        "contrast_kind": entry.kind,
        "contrast": entry.contrast,
        "trial": one.trial,
        "phase": " / ".join(one.phases),
        "line_of_therapy": ", ".join(line.label for line in one.lines),
        "population": one.population,
        "subset": "yes" if entry.subset else "no",
        "study_iri": URIRef(one.study),
        "population_iri": URIRef(one.group),
    }


def _single_harm(row: Mapping[str, Any]) -> cells.Row:
    """A row of the question safety on a study without comparison."""
    same = ("trial", "population", "grade", "unit", "favours", "favours_from", "authors_reading", "statement", "document",
            "place", "experimental_value", "reference_value", "passage_iri")  # fmt: skip
    return {
        "section": "harm",
        "contrast_kind": ONE_ARM,
        "contrast": row["treatment"],
        "experimental_arm": row["treatment"],
        "endpoint": row["event"],
        **{name: row[name] for name in same},
    }


def _single_row(row: Mapping[str, Any]) -> cells.Row:
    same = ("trial", "line_of_therapy", "population", "endpoint", "grade", "unit", "ci_lower", "ci_upper", "ci_level", "at",
            "document", "place", "study_iri", "population_iri", "result_iri", "passage_iri")  # fmt: skip
    return {
        "section": "benefit",
        "contrast_kind": ONE_ARM,
        "contrast": row["regimen"],
        "experimental_arm": row["regimen"],
        "experimental_n": row["n"],
        "experimental_value": row["printed"],
        **{name: row[name] for name in same},
    }
