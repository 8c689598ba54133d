"""Question 1: linear and logistic regression, on classes and on a number."""

from __future__ import annotations

from report.answers import q1_figures as figures
from report.answers import q1_measures as measures
from report.answers.base import Answer

ANSWER = Answer(
    name="q1",
    title="Linear and logistic regression: what does each model predict?",
    experiments=("regression",),
    measures={
        "Q1.3": measures.different_problems,
        "Q1.4": measures.pair_over_majority,
        "Q1.5": measures.ten_classes_over_chance,
        "share-outside": measures.share_outside,
        "least-squares-accuracy": measures.least_squares_accuracy,
        "logistic-accuracy": measures.logistic_accuracy,
        "pair-accuracy": measures.pair_accuracy,
        "least-squares-confidence": measures.least_squares_confidence,
        "logistic-confidence": measures.logistic_confidence,
        "calibration-difference": measures.calibration_difference,
        "brightness-error": measures.brightness_error,
        "brightness-error-of-mean": measures.brightness_error_of_mean,
        "distance-to-minimum": measures.distance_to_minimum,
    },
    figures={
        "q1-calibration": figures.calibration,
        "q1-outputs": figures.outputs,
        "q1-differences": figures.accuracy_differences,
        "q1-weights": figures.weights,
        "q1-majority": figures.against_majority,
        "q1-brightness": figures.brightness,
        "q1-card": figures.card,
    },
    tables={"q1-classifiers": figures.classifiers, "q1-brightness-errors": figures.brightness_table},
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
