"""What the ledger says was measured comes from the records, and is never typed twice."""

import re

import pytest

from report.answers import CLAIMS
from report.conclude.claims import Claim
from report.conclude.interval_rules import Above
from report.conclude.statistics import exact
from report.conclude.verdicts import conclude

MEASURED = [claim for claim in CLAIMS.values() if claim.rule]


@pytest.mark.parametrize(
    ("settings", "measured"), [({"epochs": 40}, "after 40 epochs"), ({}, "after … epochs")], ids=["told", "not told"]
)
def test_settings_are_those_of_the_records(settings, measured):
    claim = Claim(
        id="Q4.1", page="q4", says="", origin="said", kind="E", measured="after {epochs} epochs", rule=Above(0.3)
    )
    estimate = exact(4.0, unit="percentage points", n=5, n_of="seeds", settings=settings)
    assert conclude({"Q4.1": claim}, {"Q4.1": (estimate,)}, "full")["Q4.1"].measured == measured


@pytest.mark.parametrize("claim", MEASURED, ids=lambda claim: claim.id)
def test_a_number_of_epochs_is_never_typed(claim):
    assert not re.search(r"\d epochs|epochs? \d\d", claim.measured)
