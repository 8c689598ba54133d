"""Question 1, calibration: how well each model's outputs serve as probabilities."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings, TableSpec, table_of
from report.answers.charts import Series, reliability_diagram
from report.answers.curves import PERCENT
from report.answers.intervals import by_sign, over_images
from report.answers.q1 import answer
from report.answers.q1.classifiers import MODELS, POINTS, Floats, classifier, hits, outputs_of
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
    logistic, least_squares = classifier(records, "logistic"), classifier(records, "least_squares")
    difference = unpacked(logistic.predictions.brier) - _fairest_brier(least_squares)
    return over_images(difference, unit="", signed=True)


@answer.number("least-squares-confidence", "least_squares")
@answer.number("logistic-confidence", "logistic")
def confidence_minus_accuracy(records: Records, arm: str) -> Estimate:
    """Estimate mean confidence minus accuracy; the outputs of least squares are clipped and renormalised."""
    model = classifier(records, arm)
    gaps = unpacked(model.predictions.confidence) - hits(model)
    return over_images(gaps, unit=POINTS, scale=PERCENT, signed=True)


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
    logistic, least_squares = (_bins_and_gaps(classifier(records, arm)) for arm in ("logistic", "least_squares"))
    samples = [*logistic, *least_squares]
    return bootstrap(samples, _difference, unit=POINTS, n_of="test images", paired=True, signed=True)


def _difference(first_bins: Floats, first_gaps: Floats, second_bins: Floats, second_gaps: Floats) -> Floats:
    return PERCENT * (_calibration_error(first_bins, first_gaps) - _calibration_error(second_bins, second_gaps))


@answer.figure("q1-calibration")
@answer.figure("q1-card")
def calibration(records: Records, findings: Findings) -> FigureSpec:
    """Draw the reliability diagram of both models."""
    models = {label: classifier(records, arm) for label, arm in MODELS.items()}
    curves = [
        Series(
            label=label,
            x=[PERCENT * value for value in model.predictions.calibration.confidence],
            y=[PERCENT * value for value in model.predictions.calibration.accuracy],
        )
        for label, model in models.items()
    ]
    errors = {label: PERCENT * model.predictions.calibration.error for label, model in models.items()}
    gap = confidence_minus_accuracy(records, "least_squares")
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
    )


@answer.table("q1-classifiers")
def classifiers(records: Records, findings: Findings) -> TableSpec:
    """List both models as classifiers and as forecasters."""
    models = {label: classifier(records, arm) for label, arm in MODELS.items()}
    made = {label: model.predictions for label, model in models.items()}
    raw = {label: (model.outputs or model.predictions).brier for label, model in models.items()}
    return table_of(
        models,
        {
            "model": str,
            "training accuracy (%)": lambda label: PERCENT * models[label].train_accuracy,
            "test accuracy (%)": lambda label: PERCENT * float(hits(models[label]).mean()),
            "mean confidence (%)": lambda label: PERCENT * float(unpacked(made[label].confidence).mean()),
            "Brier score of outputs": lambda label: float(unpacked(raw[label]).mean()),
            "Brier score of probabilities": lambda label: float(unpacked(made[label].brier).mean()),
            "calibration error (points)": lambda label: PERCENT * made[label].calibration.error,
            "penalty λ": lambda label: models[label].penalty,
        },
        title="Least squares and logistic regression as classifiers",
        caption=(
            "Ten classes, test images except for the training accuracy. The Brier score is that of the outputs as they are and as "
            "probabilities (clipped and divided by their sum); lower is better. Even a perfectly "
            "calibrated model has a calibration error a little above 0, by chance. The two λ are on different scales: that of least squares is "
            "added to a sum over all images, half of the other to a mean."
        ),
    )
