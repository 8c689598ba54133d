"""What the tests of runs share."""

import pytest
from stand_ins import experiments as stand_in

from report.experiments import EXPERIMENTS
from report.run import worker


@pytest.fixture
def sum_experiment():
    """Register the stand-in experiments for one test, and take the sample for the images; what the test patches is undone first."""
    known = dict(EXPERIMENTS)
    stand_in.register()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "dataset", stand_in.dataset)
        yield
    EXPERIMENTS.clear()
    EXPERIMENTS.update(known)
