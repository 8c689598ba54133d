"""Question 1, calibration: how well each model's outputs serve as probabilities."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec
from report.answers.charts import Series
from report.answers.curves import PERCENT
from report.answers.intervals import by_sign, over_images
from report.answers.q1 import answer
from report.answers.q1.classifiers import MODELS, POINTS, Floats, classifier, hits, outputs_of
from report.answers.reliability import reliability_diagram
from report.conclude.bootstrap import bootstrap
from report.conclude.statistics import Estimate
from report.experiments.linear_fits import ClassifierResults
from report.experiments.predictions import unpacked
from report.record.reader import Records

NUM_BINS = 15


def _fairest_brier(least_squares: ClassifierResults) -> Floats:
    """Return the Brier scores of the reading that does least squares the greater favour: as it comes, or repaired."""
    readings = (outputs_of(least_squares).brier, least_squares.predictions.brier)
    return min((unpacked(reading) for reading in readings), key=lambda scores: float(scores.mean()))


def brier_difference(records: Records) -> Estimate:
    """Estimate the Brier score of softmax regression minus that of least squares; below 0 it is the better."""
    logistic, first = classifier(records, "logistic")
    least_squares, second = classifier(records, "least_squares")
    difference = unpacked(logistic.predictions.brier) - _fairest_brier(least_squares)
    return over_images(difference, unit="Brier score", signed=True, records=first + second)


def _confidence_minus_accuracy(records: Records, arm: str) -> Estimate:
    model, ids = classifier(records, arm)
    gaps = unpacked(model.predictions.confidence) - hits(model)
    return over_images(gaps, unit=POINTS, scale=PERCENT, signed=True, records=ids)


@answer.number("least-squares-confidence")
def least_squares_confidence(records: Records) -> Estimate:
    """Estimate mean confidence minus accuracy of least squares, its outputs clipped and renormalised."""
    return _confidence_minus_accuracy(records, "least_squares")


@answer.number("logistic-confidence")
def logistic_confidence(records: Records) -> Estimate:
    """Estimate mean confidence minus accuracy of softmax regression."""
    return _confidence_minus_accuracy(records, "logistic")


def _bins_and_gaps(model: ClassifierResults) -> tuple[Floats, Floats]:
    """Return each test image's bin of confidence, and its confidence minus 1 if it is recognised, 0 if not."""
    confidence = unpacked(model.predictions.confidence)
    edges = np.float32(np.arange(1, NUM_BINS) / NUM_BINS)  # rounded as the confidences are, so that 0.6 is on an edge
    return np.searchsorted(edges.astype(float), confidence).astype(float), confidence - hits(model)


def _calibration_error(bins: Floats, gaps: Floats) -> Floats:
    """Return the expected calibration error over the last axis: bins are counted for all rows at once."""
    rows = np.arange(bins[..., 0].size).reshape(*bins.shape[:-1], 1)
    sums = np.bincount((rows * NUM_BINS + bins.astype(int)).ravel(), gaps.ravel(), rows.size * NUM_BINS)
    error: Floats = np.abs(sums.reshape(*bins.shape[:-1], NUM_BINS)).sum(-1) / bins.shape[-1]
    return error


@answer.number("calibration-difference")
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


@answer.figure("q1-calibration")
def calibration(records: Records, findings: Findings) -> FigureSpec:
    """Draw the reliability diagram of both models."""
    models = {label: classifier(records, arm) for label, arm in MODELS.items()}
    curves = [
        Series(
            label=label,
            x=[PERCENT * value for value in model.predictions.calibration.confidence],
            y=[PERCENT * value for value in model.predictions.calibration.accuracy],
        )
        for label, (model, _) in models.items()
    ]
    errors = {label: PERCENT * model.predictions.calibration.error for label, (model, _) in models.items()}
    gap = least_squares_confidence(records)
    return FigureSpec(
        chart=reliability_diagram(curves),
        title=by_sign(
            findings["Q1.3"],
            gap,
            above="Least squares is right less often than its outputs say",
            below="Least squares is right more often than its outputs say",
            neither="On average, least squares is right as often as its outputs say",
            withheld="Confidence and accuracy of both models",
        ),
        alt="Accuracy against confidence in bins of confidence. Expected calibration error: "
        + ", ".join(f"{label} {error:.1f} points" for label, error in errors.items())
        + f". Mean confidence minus accuracy of least squares: {gap.value:+.1f} points.",
        caption=(
            "Test images in 15 bins by their largest probability; empty bins are left out. Outputs of least squares are clipped to [0, 1] "
            "and divided by their sum; logistic regression gives probabilities. Thin line: perfectly calibrated."
        ),
        records=tuple(id for _, ids in models.values() for id in ids),
    )


@answer.table("q1-classifiers")
def classifiers(records: Records, findings: Findings) -> TableSpec:
    """List both models as classifiers and as forecasters."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for label, arm in MODELS.items():
        model, found = classifier(records, arm)
        ids += found
        raw = model.predictions.brier if model.outputs is None else model.outputs.brier
        rows.append(
            [
                label,
                PERCENT * model.train_accuracy,
                PERCENT * float(hits(model).mean()),
                PERCENT * float(unpacked(model.predictions.confidence).mean()),
                float(unpacked(raw).mean()),
                float(unpacked(model.predictions.brier).mean()),
                PERCENT * model.predictions.calibration.error,
                model.penalty,
            ]
        )
    return TableSpec(
        title="Least squares and logistic regression as classifiers",
        caption=(
            "Ten classes, test images except for the training accuracy. The Brier score is that of the outputs as they are and as "
            "probabilities (clipped and divided by their sum); lower is better. The calibration error is above 0 by chance alone."
        ),
        columns=[
            "model",
            "training accuracy (%)",
            "test accuracy (%)",
            "mean confidence (%)",
            "Brier score of outputs",
            "Brier score of probabilities",
            "calibration error (points)",
            "penalty λ",
        ],
        rows=rows,
        records=ids,
    )


@answer.figure("q1-card")
def card(records: Records, findings: Findings) -> FigureSpec:
    """Draw the reliability diagram, small."""
    return calibration(records, findings)
