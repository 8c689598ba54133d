"""What question 1 measures: least squares and logistic regression, image by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from report.answers.base import NoRecords, Records
from report.answers.curves import PERCENT
from report.answers.intervals import over_images
from report.experiments.forecasts import Outputs, unpacked
from report.experiments.regression import BrightnessResults, ClassifierResults
from report.statistics import Estimate, bootstrap

Floats = NDArray[np.float64]
POINTS = "percentage points"
NUM_BINS = 15


def classifier(records: Records, arm: str) -> tuple[ClassifierResults, tuple[str, ...]]:
    """Return the one fit of an arm, with the id of its record."""
    found = records.arm("regression", arm, ClassifierResults)
    return found.results[0], found.records


def labels_of(model: ClassifierResults) -> NDArray[np.int64]:
    """Return the true class of each test image."""
    return np.array([int(digit) for digit in model.labels])


def hits(model: ClassifierResults) -> Floats:
    """Return 1 for each test image that the model recognises, else 0."""
    return np.array([a == b for a, b in zip(model.labels, model.predicted, strict=True)], dtype=np.float64)


def fairest_brier(least_squares: ClassifierResults) -> Floats:
    """Return the Brier scores of the reading that does least squares the greater favour: as it comes, or repaired."""
    readings = (outputs_of(least_squares).brier, least_squares.forecast.brier)
    return min((unpacked(reading) for reading in readings), key=lambda scores: float(scores.mean()))


def different_problems(records: Records) -> tuple[Estimate, Estimate, Estimate]:
    """Compare logistic regression with least squares on classes, and least squares with the mean on a number."""
    return accuracy_difference(records), brier_difference(records), variance_explained(records)


def accuracy_difference(records: Records) -> Estimate:
    """Estimate the test accuracy of softmax regression minus that of least squares."""
    logistic, first = classifier(records, "logistic")
    least_squares, second = classifier(records, "least_squares")
    difference = hits(logistic) - hits(least_squares)
    return over_images(difference, unit=POINTS, scale=PERCENT, signed=True, records=first + second)


def brier_difference(records: Records) -> Estimate:
    """Estimate the Brier score of softmax regression minus that of least squares; below 0 it is the better."""
    logistic, first = classifier(records, "logistic")
    least_squares, second = classifier(records, "least_squares")
    difference = unpacked(logistic.forecast.brier) - fairest_brier(least_squares)
    return over_images(difference, unit="Brier score", signed=True, records=first + second)


def brightness_errors(records: Records) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Return each test image's squared error, of least squares and of the training mean, in grey levels squared."""
    found = records.arm("regression", "brightness", BrightnessResults)
    task = found.results[0]
    truth = unpacked(task.truth)
    return (truth - unpacked(task.predicted)) ** 2, (truth - task.training_mean) ** 2, found.records


def variance_explained(records: Records) -> Estimate:
    """Estimate R² on the test images, against predicting the training mean."""
    fitted, mean, ids = brightness_errors(records)
    return bootstrap(
        [fitted, mean],
        lambda a, b: PERCENT * (1 - a.sum(-1) / b.sum(-1)),
        unit="percent",
        n_of="test images",
        paired=True,
        records=ids,
    )


def _typical_error(squared: Floats, records: tuple[str, ...]) -> Estimate:
    return bootstrap(
        [squared],
        lambda errors: np.sqrt(errors.mean(-1)),
        unit="grey levels",
        n_of="test images",
        paired=False,
        records=records,
    )


def brightness_error(records: Records) -> Estimate:
    """Estimate the root mean squared error of least squares."""
    fitted, _, ids = brightness_errors(records)
    return _typical_error(fitted, ids)


def brightness_error_of_mean(records: Records) -> Estimate:
    """Estimate the root mean squared error of predicting the training mean."""
    _, mean, ids = brightness_errors(records)
    return _typical_error(mean, ids)


def pair_over_majority(records: Records) -> Estimate:
    """Estimate the accuracy on the pair of classes minus that of always naming the commoner one."""
    model, ids = classifier(records, "pair_logistic")
    return over_images(hits(model) - always_one(model), unit=POINTS, scale=PERCENT, signed=True, records=ids)


def always_one(model: ClassifierResults) -> Floats:
    """Return 1 for each test image that the best constant answer gets right."""
    labels = labels_of(model)
    return np.asarray(labels == np.bincount(labels).argmax(), dtype=np.float64)


def ten_classes_over_chance(records: Records) -> Estimate:
    """Estimate the accuracy on ten classes minus 10 %."""
    model, ids = classifier(records, "logistic")
    return over_images(hits(model) - 1 / len(model.classes), unit=POINTS, scale=PERCENT, signed=True, records=ids)


def least_squares_accuracy(records: Records) -> Estimate:
    """Estimate the test accuracy of least squares."""
    model, ids = classifier(records, "least_squares")
    return over_images(hits(model), unit="percent", scale=PERCENT, records=ids)


def logistic_accuracy(records: Records) -> Estimate:
    """Estimate the test accuracy of softmax regression."""
    model, ids = classifier(records, "logistic")
    return over_images(hits(model), unit="percent", scale=PERCENT, records=ids)


def pair_accuracy(records: Records) -> Estimate:
    """Estimate the test accuracy of logistic regression on the pair."""
    model, ids = classifier(records, "pair_logistic")
    return over_images(hits(model), unit="percent", scale=PERCENT, records=ids)


def _confidence_minus_accuracy(records: Records, arm: str) -> Estimate:
    model, ids = classifier(records, arm)
    gaps = unpacked(model.forecast.confidence) - hits(model)
    return over_images(gaps, unit=POINTS, scale=PERCENT, signed=True, records=ids)


def least_squares_confidence(records: Records) -> Estimate:
    """Estimate mean confidence minus accuracy of least squares, its outputs clipped and renormalised."""
    return _confidence_minus_accuracy(records, "least_squares")


def logistic_confidence(records: Records) -> Estimate:
    """Estimate mean confidence minus accuracy of softmax regression."""
    return _confidence_minus_accuracy(records, "logistic")


def _bins_and_gaps(model: ClassifierResults) -> tuple[Floats, Floats]:
    """Return each test image's bin of confidence, and its confidence minus 1 if it is recognised, 0 if not."""
    confidence = unpacked(model.forecast.confidence)
    return np.clip(np.ceil(confidence * NUM_BINS) - 1, 0, NUM_BINS - 1), confidence - hits(model)


def _calibration_error(bins: Floats, gaps: Floats) -> Floats:
    """Return the expected calibration error over the last axis: bins are counted for all rows at once."""
    rows = np.arange(bins[..., 0].size).reshape(*bins.shape[:-1], 1)
    sums = np.bincount((rows * NUM_BINS + bins.astype(int)).ravel(), gaps.ravel(), rows.size * NUM_BINS)
    error: Floats = np.abs(sums.reshape(*bins.shape[:-1], NUM_BINS)).sum(-1) / bins.shape[-1]
    return error


def calibration_difference(records: Records) -> Estimate:
    """Estimate the expected calibration error of softmax regression minus that of least squares."""
    logistic, first = classifier(records, "logistic")
    least_squares, second = classifier(records, "least_squares")
    return bootstrap(
        [*_bins_and_gaps(logistic), *_bins_and_gaps(least_squares)],
        lambda a, b, c, d: PERCENT * (_calibration_error(a, b) - _calibration_error(c, d)),
        unit=POINTS,
        n_of="test images",
        paired=True,
        signed=True,
        records=first + second,
    )


def share_outside(records: Records) -> Estimate:
    """Estimate the share of least squares' outputs on test images that lie outside [0, 1]."""
    model, ids = classifier(records, "least_squares")
    return over_images(unpacked(outputs_of(model).share_outside), unit="percent", scale=PERCENT, records=ids)


def outputs_of(model: ClassifierResults) -> Outputs:
    """Return what is known of least squares' raw outputs."""
    if model.outputs is None:
        raise NoRecords("regression: the outputs of least squares")
    return model.outputs


def distance_to_minimum(records: Records) -> Estimate:
    """Return the bound on how far softmax regression stopped above its minimum."""
    model, ids = classifier(records, "logistic")
    if model.minimum is None:
        raise NoRecords("regression: the minimum of softmax regression")
    return Estimate(
        value=model.minimum.excess,
        unit="nats",
        n=1,
        n_of="fits",
        method="upper bound from the gradient and the penalty",
        records=ids,
    )
