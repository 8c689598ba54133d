"""What the tests of experiments share."""

import pytest
from stand_ins.experiments import dataset as sample_dataset

from report.experiments import training

HELD_OUT = 80


@pytest.fixture
def dataset(monkeypatch):
    """Return the samples of both parts as a data set, of which 80 training images are held out."""
    monkeypatch.setattr(training, "VALIDATION_SIZE", HELD_OUT)
    return sample_dataset("")
