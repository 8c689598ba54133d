"""What question 1 shows: calibration, weights, outputs, intervals, and the brightness task."""

from __future__ import annotations

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.base import FigureContent, Findings, Records, TableContent, by_verdict
from report.answers.classes import in_a_sentence
from report.answers.curves import PERCENT
from report.answers.intervals import by_sign, over_images, row
from report.answers.q1_measures import (
    Floats,
    accuracy_difference,
    always_one,
    brightness_errors,
    classifier,
    hits,
    labels_of,
    least_squares_accuracy,
    least_squares_confidence,
    logistic_accuracy,
    outputs_of,
    pair_accuracy,
    variance_explained,
)
from report.charts import ImageGrid, IntervalChart, LineChart, Panel, Series, Tile
from report.experiments.forecasts import unpacked
from report.experiments.regression import BrightnessResults, ClassifierResults

NUM_GROUPS = 20
SCALE_END = 0.99
"""Quantile of the weights at which the colours end: scaled to the largest weight, all others would be pale."""
MODELS = {"least squares": "least_squares", "logistic regression": "logistic"}


def calibration(records: Records, findings: Findings) -> FigureContent:
    """Draw the reliability diagram of both models."""
    models = {label: classifier(records, arm) for label, arm in MODELS.items()}
    series = [Series(label="as sure as right", x=[0.0, 100.0], y=[0.0, 100.0], role="reference")]
    series += [
        Series(
            label=label,
            x=[PERCENT * value for value in model.forecast.bin_confidence],
            y=[PERCENT * value for value in model.forecast.bin_accuracy],
        )
        for label, (model, _) in models.items()
    ]
    errors = {label: PERCENT * model.forecast.calibration_error for label, (model, _) in models.items()}
    gap = least_squares_confidence(records)
    return FigureContent(
        chart=LineChart(
            panels=[Panel(series=series, x_label="confidence (%)", y_label="share of these images recognised (%)")]
        ),
        title=by_sign(
            findings["Q1.3"],
            gap,
            above="Least squares is right less often than its outputs say",
            below="Least squares is right more often than its outputs say",
            neither="On average, least squares is as sure as it is right",
            withheld="Confidence and accuracy of both models",
        ),
        alt="Accuracy against confidence in bins of confidence. Expected calibration error: "
        + ", ".join(f"{label} {error:.1f} points" for label, error in errors.items())
        + f". Mean confidence minus accuracy of least squares: {gap.value:+.1f} points.",
        caption=(
            "Test images in 15 bins of the largest probability, empty ones left out. Outputs of least squares are clipped to [0, 1] "
            "and divided by their sum; logistic regression gives probabilities as it is. Thin line: as sure as right."
        ),
        records=tuple(id for _, ids in models.values() for id in ids),
    )


def weights(records: Records, findings: Findings) -> FigureContent:
    """Draw what each model has learnt per class, as images."""
    tiles: list[Tile] = []
    ids: tuple[str, ...] = ()
    roughness = {}
    for label, arm in MODELS.items():
        model, found = classifier(records, arm)
        images = unpacked(model.weights).reshape(len(model.classes), 28, 28)
        roughness[label] = _roughness(images)
        images = np.clip(images / np.quantile(np.abs(images), SCALE_END), -1, 1)
        tiles += [
            Tile(pixels=image.flatten().tolist(), caption=f"{CLASS_NAMES[c]}, {label}")
            for c, image in zip(model.classes, images, strict=True)
        ]
        ids += found
    smoother = min(roughness, key=lambda label: roughness[label])
    return FigureContent(
        chart=ImageGrid(tiles=tiles, columns=5, kind="weights"),
        title="What each linear model has learnt of a class is one image of weights",
        alt=(
            "Twenty images of 28 × 28 weights, ten for least squares and ten for logistic regression. From one pixel to the next the "
            "weights change by "
            + " and ".join(f"{value:.2f} ({label})" for label, value in roughness.items())
            + f" times their own spread, so that those of {smoother} are the smoother."
        ),
        caption=(
            "Weights of each class on the pixels, in units of the model's 99th percentile, at which the colours end. An image's score "
            "for a class is the sum of its pixels times these weights, plus a constant."
        ),
        records=ids,
    )


def _roughness(images: Floats) -> float:
    """Return the root mean square difference of neighbours in a row, over the standard deviation."""
    return float(np.sqrt((np.diff(images, axis=2) ** 2).mean()) / images.std())


def outputs(records: Records, findings: Findings) -> FigureContent:
    """Draw how least squares' outputs are spread."""
    model, ids = classifier(records, "least_squares")
    found = outputs_of(model)
    centres = ((np.array(found.edges[:-1]) + np.array(found.edges[1:])) / 2).tolist()
    series, highest = [], 0.0
    for label, counts in (("own class", found.true_class), ("other classes", found.other_classes)):
        shares = (PERCENT * np.array(counts) / sum(counts)).tolist()
        highest = max(highest, *shares)
        series.append(Series(label=label, x=centres, y=shares))
    series += [Series(label=f"{end:g}", x=[end, end], y=[0.0, highest], role="reference") for end in (0.0, 1.0)]
    outside = PERCENT * float(unpacked(found.share_outside).mean())
    return FigureContent(
        chart=LineChart(
            panels=[Panel(series=series, x_label="output of least squares", y_label="share of outputs per 0.05 (%)")]
        ),
        title=f"Of the outputs of least squares, {outside:.0f} % are no probabilities",
        alt=(
            f"Distribution of the outputs for an image's own class and for the other nine. They run from {found.lowest:.2f} to "
            f"{found.highest:.2f}; {outside:.1f} % lie below 0 or above 1."
        ),
        caption=f"All outputs for {len(model.labels):,} test images, ten for each. Thin lines: 0 and 1.",
        records=ids,
    )


def accuracy_differences(records: Records, findings: Findings) -> FigureContent:
    """Draw logistic regression minus least squares in accuracy, over all images and for each class."""
    logistic, first = classifier(records, "logistic")
    least_squares, second = classifier(records, "least_squares")
    both = first + second
    difference, labels = hits(logistic) - hits(least_squares), labels_of(logistic)
    overall = accuracy_difference(records)
    rows = [row("all classes", overall)]
    for place, name in enumerate(CLASS_NAMES):
        if (labels == place).any():
            estimate = over_images(
                difference[labels == place], unit="percentage points", scale=PERCENT, signed=True, records=both
            )
            rows.append(row(name, estimate))
    return FigureContent(
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
            neither="Neither model can be told to recognise more test images",
            withheld="Test images recognised, logistic regression minus least squares",
        ),
        alt="Differences in accuracy, logistic regression minus least squares: "
        + "; ".join(f"{r.label}, {r.value:+.1f} points ({r.low:+.1f} to {r.high:+.1f})" for r in rows)
        + ".",
        caption="Bars: 95 % intervals, paired bootstrap over test images. Shaded: ±0.3 points.",
        records=both,
    )


def against_majority(records: Records, findings: Findings) -> FigureContent:
    """Draw logistic regression on two and on ten classes against always naming one of them."""
    pair, first = classifier(records, "pair_logistic")
    ten, second = classifier(records, "logistic")
    rows = [
        row(
            f"{label}, one answer for all",
            over_images(always_one(model), unit="percent", scale=PERCENT, records=ids),
        )
        for label, model, ids in (("two classes", pair, first), ("ten classes", ten, second))
    ]
    rows.insert(1, row("two classes, logistic", pair_accuracy(records)))
    rows += [
        row("ten classes, logistic", logistic_accuracy(records)),
        row("ten classes, least squares", least_squares_accuracy(records)),
    ]
    return FigureContent(
        chart=IntervalChart(rows=rows, x_label="test images recognised (%)", zero=None),
        title=by_verdict(
            findings["Q1.5"],
            supported="Logistic regression serves ten classes as it serves two",
            refuted="On ten classes logistic regression does worse than guessing",
            undetermined="On ten classes logistic regression can't be told from guessing",
            withheld="Logistic regression on two and on ten classes",
        ),
        alt="Test accuracy: " + "; ".join(f"{r.label}, {r.value:.1f} %" for r in rows) + ".",
        caption=(
            f"The two classes, {pair_names(pair)}, are those which least squares confused most on held-out training images. "
            "Bars: 95 % intervals, bootstrap over test images."
        ),
        records=first + second,
    )


def pair_names(model: ClassifierResults) -> str:
    """Name the classes that a model tells apart."""
    return " and ".join(in_a_sentence(c) for c in model.classes)


def brightness(records: Records, findings: Findings) -> FigureContent:
    """Draw true against predicted brightness."""
    found = records.arm("regression", "brightness", BrightnessResults)
    task = found.results[0]
    truth, predicted = unpacked(task.truth), unpacked(task.predicted)
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(NUM_GROUPS, len(truth)))
    ends = [float(predicted.min()), float(predicted.max())]
    r_squared = variance_explained(records)
    return FigureContent(
        chart=LineChart(
            panels=[
                Panel(
                    series=[
                        Series(label="truth as predicted", x=ends, y=ends, role="reference"),
                        Series(
                            label="mean of the truth",
                            x=[float(predicted[g].mean()) for g in groups],
                            y=[float(truth[g].mean()) for g in groups],
                            low=[float(np.quantile(truth[g], 0.1)) for g in groups],
                            high=[float(np.quantile(truth[g], 0.9)) for g in groups],
                        ),
                    ],
                    x_label="predicted brightness of the lower half (grey levels)",
                    y_label="true brightness (grey levels)",
                )
            ]
        ),
        title=by_sign(
            findings["Q1.3"],
            r_squared,
            above="From the upper half of an image, least squares predicts the brightness of the lower",
            below="Least squares predicts the brightness of the lower half worse than its mean does",
            neither="Least squares can't be told from predicting the mean",
            withheld="Predicted and true brightness of the lower half",
        ),
        alt=(
            f"True against predicted mean brightness of the lower half, in {len(groups)} groups of test images. Least squares explains "
            f"{r_squared.value:.1f} % of the variance about the training mean of {task.training_mean:.0f} grey levels."
        ),
        caption=(
            f"{len(truth):,} test images in {len(groups)} groups of equal size by predicted brightness, 0 black to 255 white. "
            "Line: mean of the truth; band: from its 10th to its 90th percentile; thin line: truth as predicted."
        ),
        records=found.records,
    )


def classifiers(records: Records, findings: Findings) -> TableContent:
    """List both models as classifiers and as forecasters."""
    rows: list[list[str | float | int]] = []
    ids: tuple[str, ...] = ()
    for label, arm in MODELS.items():
        model, found = classifier(records, arm)
        ids += found
        raw = model.forecast.brier if model.outputs is None else model.outputs.brier
        rows.append(
            [
                label,
                PERCENT * model.train_accuracy,
                PERCENT * float(hits(model).mean()),
                PERCENT * float(unpacked(model.forecast.confidence).mean()),
                float(unpacked(raw).mean()),
                float(unpacked(model.forecast.brier).mean()),
                PERCENT * model.forecast.calibration_error,
                model.penalty,
            ]
        )
    return TableContent(
        caption=(
            "Ten classes, test images except for the first column. The Brier score is given for the outputs as they come and as "
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


def brightness_table(records: Records, findings: Findings) -> TableContent:
    """List the errors of least squares and of the training mean on the brightness task."""
    fitted, mean, ids = brightness_errors(records)
    return TableContent(
        caption="Mean brightness of the lower half of a test image, predicted from the upper half. Grey levels run from 0 to 255.",
        columns=["prediction", "root mean squared error (grey levels)", "mean absolute error (grey levels)", "R² (%)"],
        rows=[
            [
                label,
                float(np.sqrt(errors.mean())),
                float(np.sqrt(errors).mean()),
                PERCENT * float(1 - errors.sum() / mean.sum()),
            ]
            for label, errors in (("least squares", fitted), ("training mean", mean))
        ],
        records=ids,
    )


def card(records: Records, findings: Findings) -> FigureContent:
    """Draw the reliability diagram, small."""
    return calibration(records, findings)
