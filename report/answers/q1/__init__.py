"""Question 1: linear and logistic regression, on classes and on a number."""

from __future__ import annotations

from report.answers.base import Answer
from report.answers.q1 import accuracy, brightness, calibration, classifiers, outputs
from report.conclude.statistics import Estimate
from report.record.reader import Records


def different_problems(records: Records) -> tuple[Estimate, Estimate, Estimate]:
    """Compare logistic regression with least squares on classes, and least squares with the mean on a number."""
    return (
        accuracy.accuracy_difference(records),
        calibration.brier_difference(records),
        brightness.variance_explained(records),
    )


ANSWER = Answer(
    name="q1",
    title="Linear and logistic regression: what does each model predict?",
    experiments=("regression",),
    measures={
        "Q1.3": different_problems,
        "Q1.4": accuracy.pair_over_majority,
        "Q1.5": accuracy.ten_classes_over_chance,
        "share-outside": outputs.share_outside,
        "least-squares-accuracy": accuracy.least_squares_accuracy,
        "logistic-accuracy": accuracy.logistic_accuracy,
        "pair-accuracy": accuracy.pair_accuracy,
        "least-squares-confidence": calibration.least_squares_confidence,
        "logistic-confidence": calibration.logistic_confidence,
        "calibration-difference": calibration.calibration_difference,
        "brightness-error": brightness.brightness_error,
        "brightness-error-of-mean": brightness.brightness_error_of_mean,
        "distance-to-minimum": classifiers.distance_to_minimum,
    },
    figures={
        "q1-calibration": calibration.calibration,
        "q1-outputs": outputs.outputs,
        "q1-differences": accuracy.accuracy_differences,
        "q1-weights": outputs.weights,
        "q1-majority": accuracy.against_majority,
        "q1-brightness": brightness.brightness,
        "q1-card": calibration.card,
    },
    tables={"q1-classifiers": calibration.classifiers, "q1-brightness-errors": brightness.brightness_table},
    notes={
        "Q1.1": "The share of least-squares outputs outside [0, 1] on the test images is given on the page.",
        "Q1.2": "With its logits' difference for mx + b, the softmax over two classes is this very formula.",
        "Q1.3": (
            "For the Brier score, least squares is read in the way that favours it: its outputs as they come, or clipped and divided "
            "by their sum, whichever scores better."
        ),
        "Q1.4": "It serves two classes. That it serves only two is another matter: see Q1.5.",
        "Q1.5": "Ten per cent is what naming always the same class achieves on the balanced test images.",
    },
    headline="Q1.3",
    headline_label="test accuracy, logistic regression minus least squares",
    card="q1-card",
)
