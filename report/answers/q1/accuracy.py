"""Question 1, accuracy: both models against each other, and against always naming one class."""

from __future__ import annotations

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import IntervalChart
from report.answers.curves import PERCENT
from report.answers.intervals import by_sign, over_images, row
from report.answers.q1 import answer
from report.answers.q1.classifiers import POINTS, always_one, classifier, hits, labels_of, pair_names
from report.conclude.statistics import Estimate
from report.record.reader import Records

SHIRT = CLASS_NAMES.index("Shirt")


def accuracy_difference(records: Records) -> Estimate:
    """Estimate the test accuracy of softmax regression minus that of least squares."""
    difference = hits(classifier(records, "logistic")) - hits(classifier(records, "least_squares"))
    return over_images(difference, unit=POINTS, scale=PERCENT, signed=True)


@answer.illustration("Q1.4")
def gains_over_majority(records: Records) -> tuple[Estimate, Estimate]:
    """Test accuracy of logistic regression on two classes that are hard to tell apart, and on ten, minus always naming one class."""
    pair, ten = (
        over_images(hits(model) - always_one(model), unit=POINTS, scale=PERCENT, signed=True)
        for model in (classifier(records, arm) for arm in ("pair_logistic", "logistic"))
    )
    return pair, ten


@answer.number("least-squares-accuracy", "least_squares")
@answer.number("logistic-accuracy", "logistic")
def accuracy(records: Records, arm: str) -> Estimate:
    """Estimate the test accuracy of least squares or of softmax regression."""
    return over_images(hits(classifier(records, arm)), unit="percent", scale=PERCENT)


@answer.number("shirts-least-squares", "least_squares")
@answer.number("shirts-logistic", "logistic")
def shirts_recognised(records: Records, arm: str) -> Estimate:
    """Estimate the share of the shirts that least squares or softmax regression recognises."""
    model = classifier(records, arm)
    return over_images(hits(model)[labels_of(model) == SHIRT], unit="percent", scale=PERCENT)


@answer.figure("q1-differences")
def accuracy_differences(records: Records, findings: Findings) -> FigureSpec:
    """Draw logistic regression minus least squares in accuracy, over all images and for each class."""
    logistic, least_squares = classifier(records, "logistic"), classifier(records, "least_squares")
    difference, labels = hits(logistic) - hits(least_squares), labels_of(logistic)
    overall = accuracy_difference(records)
    rows = [row("all classes", overall)]
    for place, name in enumerate(CLASS_NAMES):
        if (of_class := labels == place).any():
            rows.append(row(name, over_images(difference[of_class], unit=POINTS, scale=PERCENT, signed=True)))
    return FigureSpec(
        chart=IntervalChart(
            rows=rows,
            x_label="images recognised, logistic regression minus least squares (percentage points)",
            margin=0.3,
        ),
        title=by_sign(
            findings["Q1.3"],
            overall,
            above="Logistic regression recognises more test images than least squares",
            below="Least squares recognises more test images than logistic regression",
            neither="Neither model clearly recognises more test images",
            withheld="Test images recognised, logistic regression minus least squares",
        ),
        caption="Bars: 95 % intervals, paired bootstrap over test images. Shaded: ±0.3 points.",
    )


@answer.figure("q1-majority")
def against_majority(records: Records, findings: Findings) -> FigureSpec:
    """Draw logistic regression on two and on ten classes against always naming one of them."""
    pair, ten = classifier(records, "pair_logistic"), classifier(records, "logistic")
    rows = [
        row("two classes, always one class", over_images(always_one(pair), unit="percent", scale=PERCENT)),
        row("two classes, logistic", accuracy(records, "pair_logistic")),
        row("ten classes, always one class", over_images(always_one(ten), unit="percent", scale=PERCENT)),
        row("ten classes, logistic", accuracy(records, "logistic")),
        row("ten classes, least squares", accuracy(records, "least_squares")),
    ]
    return FigureSpec(
        chart=IntervalChart(rows=rows, x_label="test images recognised (%)", zero=None),
        title=by_sign(
            findings["Q1.3"],
            min(gains_over_majority(records), key=lambda gain: gain.value),
            above="On two classes and on ten, logistic regression beats always naming one class",
            below="Logistic regression does not beat always naming one class on both problems",
            neither="Whether logistic regression beats always naming one class on both problems is not settled",
            withheld="Logistic regression on two and on ten classes",
        ),
        caption=(
            f"The two classes, {pair_names(pair)}, are those that least squares confuses most on held-out training images. "
            "Bars: 95 % intervals, bootstrap over test images."
        ),
    )
