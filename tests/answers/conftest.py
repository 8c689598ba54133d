"""Records made up for tests of what answers conclude from them."""

import pytest

from report.conclude import statistics
from report.record.reader import Arm, NoRecords


class FakeRecords:
    """Stands in for `report.answers.answer.Records`: results by (experiment, arm), one for each seed."""

    def __init__(self, results):
        self.results = results

    def arm(self, experiment, arm, results):
        found = self.results.get((experiment, arm))
        if not found:
            raise NoRecords(f"{experiment}: {arm}")
        assert all(isinstance(result, results) for result in found)
        return Arm(dict(enumerate(found)), {seed: f"{experiment}.{arm}.seed{seed}" for seed in range(len(found))})

    def arms(self, experiment, prefix=""):
        return [arm for name, arm in self.results if name == experiment and arm.startswith(prefix)]


@pytest.fixture
def fake_records():
    """Return a function that turns {(experiment, arm): [results of each seed]} into records."""
    return FakeRecords


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Draw few bootstrap resamples: these tests are about which way a verdict goes, not about the last digit."""
    monkeypatch.setattr(statistics, "RESAMPLES", 400)
