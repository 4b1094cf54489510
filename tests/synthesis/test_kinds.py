"""What a comparison tests: an addition, a replacement, or a treatment against none."""

import pytest
from samples import arm, comparison

from kg.synthesis.comparison import Arm
from kg.synthesis.comparisons import comparisons
from kg.synthesis.kinds import ADDED, CHEMOTHERAPY, INSTEAD, KINDS, REMOVED, SUPPORTIVE, kind_of
from kg.synthesis.memberships import Group


@pytest.fixture(scope="module")
def kinds(graph):
    return {(one.trial, one.experimental.label, one.reference.label): kind_of(one) for one in comparisons(graph.answer)}


@pytest.mark.parametrize(
    ("trial", "experimental", "reference", "kind"),
    [
        ("CRYSTAL", "FOLFIRI + cetuximab", "FOLFIRI", ADDED),
        ("CAIRO2", "CapeOX + bevacizumab + cetuximab", "CapeOX + bevacizumab", ADDED),
        ("VELOUR", "FOLFIRI + aflibercept", "FOLFIRI + placebo", ADDED),
        ("pooled analysis of CRYSTAL and OPUS", "chemotherapy + cetuximab", "chemotherapy", ADDED),
        ("FIRE-3", "FOLFIRI + cetuximab", "FOLFIRI + bevacizumab", INSTEAD),
        ("ASPECCT", "panitumumab alone", "cetuximab alone", INSTEAD),
        ("BEACON", "encorafenib + cetuximab", "FOLFIRI or irinotecan + cetuximab", INSTEAD),
        ("BREAKWATER", "mFOLFOX6 + encorafenib + cetuximab", "chemotherapy with or without bevacizumab", INSTEAD),
        ("NCIC CO.17", "cetuximab + best supportive care", "best supportive care", SUPPORTIVE),
        ("CORRECT", "regorafenib alone", "placebo alone", SUPPORTIVE),
        ("TRIBE", "FOLFOXIRI + bevacizumab", "FOLFIRI + bevacizumab", CHEMOTHERAPY),
    ],
)
def test_the_kind_follows_from_the_drugs_of_both_arms(kinds, trial, experimental, reference, kind):
    assert kinds[trial, experimental, reference] == kind


def test_every_comparison_has_a_kind(kinds):
    assert set(kinds.values()) <= set(KINDS)


def test_what_is_turned_leaves_out_what_was_added():
    drug, base = (Group("urn:d", "d"),), frozenset({"urn:c"})
    one = comparison(experimental="c + d", reference="c")
    more, less = Arm("urn:1", "c + d", None, drug, cytotoxic=base), Arm("urn:2", "c", None, (), cytotoxic=base)
    added = type(one)(**{**vars(one), "experimental": more, "reference": less})
    assert (kind_of(added), kind_of(added.turn())) == (ADDED, REMOVED)


def test_a_regimen_without_known_drugs_is_no_supportive_care():
    one = comparison()
    assert kind_of(one) == INSTEAD
    assert kind_of(type(one)(**{**vars(one), "reference": arm("placebo alone")})) == SUPPORTIVE
