"""A few of the generated requests of ``fuzz.py``, to a server of their own."""

import os

import pytest
from fuzz import PATIENT, left_behind, send_many, state
from server import served

COUNT = int(os.environ.get("MCRC_KG_FUZZ", "1500"))


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    with served(tmp_path_factory.mktemp("fuzz"), *(word for limit in PATIENT for word in ("--limit", limit))) as one:
        yield one


@pytest.mark.complete
def test_generated_requests_find_no_fault_and_leave_nothing_behind(patient):
    before = state(patient)
    send_many(patient, COUNT)
    left_behind(patient, before)
