"""Question 1, outputs: what least squares gives for a class, and the weights from which both models make it."""

from __future__ import annotations

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import ImageGrid, Series, Tile, line_chart
from report.answers.curves import PERCENT
from report.answers.intervals import over_images
from report.answers.q1 import answer
from report.answers.q1.classifiers import MODELS, Floats, classifier, outputs_of
from report.conclude.statistics import Estimate
from report.experiments.predictions import unpacked
from report.record.reader import Records

SCALE_END = 0.99
"""Quantile of the weights at which the colours end: scaled to the largest weight, all others would be pale."""


@answer.illustration("Q1.1")
def share_outside(records: Records) -> Estimate:
    """Share of the outputs of least squares on test images that lie outside [0, 1]."""
    found = outputs_of(classifier(records, "least_squares"))
    return over_images(unpacked(found.share_outside), unit="percent", scale=PERCENT)


@answer.figure("q1-outputs")
def outputs(records: Records, findings: Findings) -> FigureSpec:
    """Draw how least squares' outputs are spread."""
    model = classifier(records, "least_squares")
    found = outputs_of(model)
    centres = ((np.array(found.edges[:-1]) + np.array(found.edges[1:])) / 2).tolist()
    series, highest = [], 0.0
    for label, counts in (("own class", found.true_class), ("other classes", found.other_classes)):
        shares = (PERCENT * np.array(counts) / sum(counts)).tolist()
        highest = max(highest, *shares)
        series.append(Series(label=label, x=centres, y=shares))
    series += [Series(label=f"{end:g}", x=[end, end], y=[0.0, highest], role="reference") for end in (0.0, 1.0)]
    outside = PERCENT * float(unpacked(found.share_outside).mean())
    return FigureSpec(
        chart=line_chart(*series, x_label="output of least squares", y_label="share of outputs per 0.05 (%)"),
        title=f"{outside:.0f} % of the outputs of least squares lie outside 0 to 1",
        alt=(
            f"Distribution of the outputs for an image's own class and for the other nine. They run from {found.lowest:.2f} to "
            f"{found.highest:.2f}; {outside:.1f} % lie below 0 or above 1."
        ),
        caption=f"All outputs for {len(model.labels):,} test images, ten for each. Thin lines: 0 and 1.",
    )


@answer.figure("q1-weights")
def weights(records: Records, findings: Findings) -> FigureSpec:
    """Draw what each model has learnt per class, as images."""
    tiles: list[Tile] = []
    roughness = {}
    for label, arm in MODELS.items():
        model = classifier(records, arm)
        images = unpacked(model.weights).reshape(len(model.classes), 28, 28)
        roughness[label] = _roughness(images)
        images = np.clip(images / np.quantile(np.abs(images), SCALE_END), -1, 1)
        tiles += [
            Tile(pixels=image.flatten().tolist(), caption=f"{CLASS_NAMES[c]}, {label}")
            for c, image in zip(model.classes, images, strict=True)
        ]
    smoother = min(roughness, key=lambda label: roughness[label])
    return FigureSpec(
        chart=ImageGrid(tiles=tiles, columns=5, kind="weights"),
        title="Each linear model has learnt one image of weights for each class",
        alt=(
            "Twenty images of 28 × 28 weights, ten for least squares and ten for logistic regression. From one pixel to the next the "
            "weights change by "
            + " and ".join(f"{value:.2f} ({label})" for label, value in roughness.items())
            + f" times their standard deviation: those of {smoother} are smoother."
        ),
        caption=(
            "Weights of each class on the pixels, in units of the model's 99th percentile, at which the colours end. An image's score "
            "for a class is the sum of its pixels times these weights, plus a constant."
        ),
    )


def _roughness(images: Floats) -> float:
    """Return the root mean square difference of neighbours in a row, over the standard deviation."""
    return float(np.sqrt((np.diff(images, axis=2) ** 2).mean()) / images.std())
