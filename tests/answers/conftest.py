"""What the tests of all answers share."""

import pytest

from report.conclude import bootstrap


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Draw few bootstrap resamples: these tests are about which way a verdict goes, not about the last digit."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", 400)
