"""What the tests of experiments share."""

import pytest

from fmnist_ref import load_sample, normalize
from report.experiments import training
from report.plan import Dataset

HELD_OUT = 80


@pytest.fixture
def dataset(monkeypatch):
    """Return the samples of both parts as a data set, of which 80 training images are held out."""
    monkeypatch.setattr(training, "VALIDATION_SIZE", HELD_OUT)
    train, test = load_sample("train"), load_sample("test")
    return Dataset(normalize(train.images), train.labels, normalize(test.images), test.labels)
