"""Question 1, the fitted classifiers: what their records hold, image by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from report.answers.classes import in_a_sentence
from report.answers.q1 import answer
from report.conclude.statistics import Estimate
from report.experiments.linear_fits import ClassifierResults
from report.experiments.predictions import Outputs
from report.record.reader import NoRecords, Records

Floats = NDArray[np.float64]
POINTS = "percentage points"
MODELS = {"least squares": "least_squares", "logistic regression": "logistic"}
"""Names of the fits to ten classes, by their labels."""


def classifier(records: Records, arm: str) -> ClassifierResults:
    """Return the one fit of an arm."""
    return records.arm("regression", arm, ClassifierResults).results[0]


def labels_of(model: ClassifierResults) -> NDArray[np.int64]:
    """Return the true class of each test image."""
    return np.array([int(digit) for digit in model.labels])


def hits(model: ClassifierResults) -> Floats:
    """Return 1 for each test image that the model recognises, else 0."""
    return np.array([a == b for a, b in zip(model.labels, model.predicted, strict=True)], dtype=np.float64)


def always_one(model: ClassifierResults) -> Floats:
    """Return 1 for each test image that the best constant answer gets right."""
    labels = labels_of(model)
    return np.asarray(labels == np.bincount(labels).argmax(), dtype=np.float64)


def outputs_of(model: ClassifierResults) -> Outputs:
    """Return what is known of least squares' raw outputs."""
    if model.outputs is None:
        raise NoRecords("regression: the outputs of least squares")
    return model.outputs


def pair_names(model: ClassifierResults) -> str:
    """Name the classes that a model tells apart."""
    return " and ".join(in_a_sentence(c) for c in model.classes)


@answer.number("distance-to-minimum")
def distance_to_minimum(records: Records) -> Estimate:
    """Return the bound on how far softmax regression stopped above its minimum."""
    fit = classifier(records, "logistic").lbfgs
    if fit is None:
        raise NoRecords("regression: the minimum of softmax regression")
    return Estimate(
        value=fit.excess, unit="nats", n=1, n_of="fits", method="upper bound from the gradient and the penalty"
    )
