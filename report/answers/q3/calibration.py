"""Question 3, calibration: the confidence of the trained network, and how often it is right."""

from __future__ import annotations

import numpy as np

from report.answers.answer import FigureSpec, Findings
from report.answers.charts import Series, reliability_diagram
from report.answers.curves import PERCENT, over_seeds
from report.answers.intervals import by_sign
from report.answers.q3 import answer
from report.answers.trained import hundred_epochs, last_test_loss, true_class_log_loss
from report.conclude.statistics import Estimate
from report.experiments.epochs import EpochsResults
from report.record.reader import Arm, Records


@answer.number("confidence-gap")
def confidence_minus_accuracy(records: Records) -> Estimate:
    """Estimate the mean confidence from logits minus the accuracy, on the test images."""

    def gap(run: EpochsResults) -> float:
        bins = run.inspection.calibration
        gaps = np.subtract(bins.confidence, bins.accuracy)
        return PERCENT * float(np.average(gaps, weights=bins.count))

    return over_seeds(hundred_epochs(records, "from_logits"), gap, unit="percentage points", signed=True)


@answer.number("calibration-error", "from_logits")
@answer.number("published-calibration-error", "as_published")
def calibration_error(records: Records, arm: str) -> Estimate:
    """Estimate the expected calibration error."""
    runs = hundred_epochs(records, arm)
    return over_seeds(runs, lambda run: PERCENT * run.inspection.calibration.error, unit="percentage points")


answer.number("last-test-loss", "from_logits")(last_test_loss)
answer.number("true-class-log-loss", "from_logits")(true_class_log_loss)
answer.number("published-test-loss", "as_published")(last_test_loss)
answer.number("published-true-class-log-loss", "as_published")(true_class_log_loss)


@answer.figure("q3-calibration")
def calibration(records: Records, findings: Findings) -> FigureSpec:
    """Draw the reliability diagram of the trained network and of the notebook's."""
    arms = {
        "from logits": hundred_epochs(records, "from_logits"),
        "as published": hundred_epochs(records, "as_published"),
    }
    gap = confidence_minus_accuracy(records)
    errors = {label: PERCENT * arm.mean(lambda run: run.inspection.calibration.error) for label, arm in arms.items()}
    return FigureSpec(
        chart=reliability_diagram(_reliability(label, arm) for label, arm in arms.items()),
        title=by_sign(
            findings["Q3.6"],
            gap,
            above="At the end of training the network is overconfident",
            below="At the end of training the network is underconfident",
            neither="At the end of training the network is neither over- nor underconfident on average",
            withheld="Confidence and accuracy at the end of training",
        ),
        alt="Accuracy against confidence in bins of confidence. Expected calibration error, mean over seeds: "
        + ", ".join(f"{label} {error:.1f} points" for label, error in errors.items())
        + f". Mean confidence minus accuracy from logits: {gap.value:+.1f} points.",
        caption=(
            f"Test images after the last epoch ({', '.join(f'{len(arm.results)} seeds {label}' for label, arm in arms.items())}), "
            "in bins of the largest probability, empty ones left out. As published: the softmax outputs of the notebook's network. Thin line: perfectly calibrated."
        ),
    )


def _reliability(label: str, arm: Arm[EpochsResults], num_bins: int = 15) -> Series:
    """Pool the seeds' bins, weighted by their images."""
    sums = np.zeros((3, num_bins))  # confidence, accuracy, images
    for run in arm.results:
        bins = run.inspection.calibration
        for confidence, accuracy, number in zip(bins.confidence, bins.accuracy, bins.count, strict=True):
            place = min(num_bins - 1, max(0, int(np.ceil(confidence * num_bins)) - 1))
            sums[:, place] += (confidence * number, accuracy * number, number)
    filled = sums[2] > 0
    confidence, accuracy = PERCENT * sums[:2, filled] / sums[2, filled]
    return Series(label=label, x=confidence.tolist(), y=accuracy.tolist())
