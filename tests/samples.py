"""Comparisons made for tests, and rows compared by value."""

import dataclasses

from rdflib import Literal

from kg.synthesis.comparison import Arm, Comparison


def arm(regimen, rate=None, participants=None):
    return Arm(f"urn:{regimen}", regimen, participants, (), rate)


def comparison(experimental="A", reference="C", **changes):
    """A comparison that may be pooled, unless changed."""
    plain = Comparison(
        "s", "T", "g", "p", "OS", arm(experimental), arm(reference), "Table 1", "1", "HR", 0.7, "0.70",
        p_comparator="=", p_value=0.01, p_printed="0.010", ci_level=95.0,
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def comparable(row):
    """A row by value; engines write the same decimal in different ways."""
    return tuple(None if term is None else term.toPython() if isinstance(term, Literal) else str(term) for term in row)
