"""What the tests of runs share."""

import pytest
from stand_ins import experiments as stand_in

from report.experiments import EXPERIMENTS
from report.run import worker


@pytest.fixture
def sum_experiment(monkeypatch):
    """Register the stand-in experiments for one test, and take the sample for the images."""
    known = dict(EXPERIMENTS)
    stand_in.register()
    monkeypatch.setattr(worker, "dataset", stand_in.dataset)
    yield
    EXPERIMENTS.clear()
    EXPERIMENTS.update(known)
