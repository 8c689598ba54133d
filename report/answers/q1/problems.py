"""Question 1, what each model is for: classes, and a number."""

from __future__ import annotations

from report.answers.q1 import accuracy, answer, brightness, calibration
from report.conclude.claims import MARGIN
from report.conclude.interval_rules import Above, Below
from report.conclude.rules import AllOf
from report.conclude.statistics import Estimate
from report.record.reader import Records

USEFUL_VARIANCE = 50.0
"""Per cent of the variance: a regression that explains less has missed most of what there is to predict."""


@answer.claim(
    "Q1.3",
    "The two models serve different problems.",
    AllOf(
        (
            Above(MARGIN, of="the difference in accuracy", unit="points"),
            Below(0.0, of="the difference in Brier score"),
            Above(USEFUL_VARIANCE, of="R²", unit="%"),
        )
    ),
    note="For the Brier score, least squares is read in the way that favours it: its outputs as they come, or clipped and "
    "divided by their sum, whichever scores better. Least squares can classify too, if less well. Logistic regression was not tried on "
    "the brightness: its outputs are probabilities.",
    place="Q1, first sentence and summary",
)
def different_problems(records: Records) -> tuple[Estimate, Estimate, Estimate]:
    """On classes, logistic minus least squares in accuracy and in Brier score; on a brightness, R² of least squares."""
    return (
        accuracy.accuracy_difference(records),
        calibration.brier_difference(records),
        brightness.variance_explained(records),
    )
