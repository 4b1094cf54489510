"""One cell of the facts made wrong at random: some layer notices, the build, the shapes, the audit or the golden answers."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import mutation, noticed

# columns whose cells no check can hold against anything; docs/curation.md names them too
BLIND = set()


@pytest.mark.complete
@settings(
    max_examples=int(os.environ.get("MUTATIONS", "5")),
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_a_wrong_cell_is_noticed(data):
    change = mutation(lambda choices: data.draw(st.sampled_from(list(choices))))
    assert (change.table, change.column) in BLIND or noticed(change) != "nothing", change
