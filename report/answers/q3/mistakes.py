"""Question 3, the mistakes of the trained network: which classes it takes for which, and its most confident mistakes."""

from __future__ import annotations

import numpy as np

from fmnist_ref import CLASS_NAMES
from report.answers.answer import FigureSpec, Findings
from report.answers.charts import ImageGrid, MatrixChart, MatrixPanel, Tile
from report.answers.classes import in_a_sentence
from report.answers.curves import PERCENT
from report.answers.q3 import answer
from report.answers.trained import hundred_epochs
from report.record.reader import Records


@answer.figure("q3-confusion")
def confusion(records: Records, findings: Findings) -> FigureSpec:
    """Draw which classes the trained network takes for which."""
    arm = hundred_epochs(records, "from_logits")
    mean = np.mean([run.curve.recognition[-1].confusion for run in arm.results], axis=0)
    wrong = mean - np.diag(np.diag(mean))
    either_way = np.triu(wrong + wrong.T)
    first, second = divmod(int(either_way.argmax()), len(mean))
    return FigureSpec(
        chart=MatrixChart(
            panels=[MatrixPanel(rows=list(CLASS_NAMES), values=mean.round().tolist())],
            columns=list(CLASS_NAMES),
            x_label="predicted class",
            y_label="true class",
        ),
        title=f"The two classes confused most: {in_a_sentence(first)} and {in_a_sentence(second)}",
        alt=(
            f"Confusion matrix, {mean.sum():,.0f} test images. On average {wrong[first, second]:.0f} images of the class "
            f"{in_a_sentence(first)} are taken for {in_a_sentence(second)}, and {wrong[second, first]:.0f} the other way round; "
            f"{PERCENT * np.trace(mean) / mean.sum():.1f} % of all images lie on the diagonal."
        ),
        caption=(
            f"Test images by true and predicted class after the last epoch, from logits; mean over {len(arm.results)} seeds, rounded."
        ),
    )


@answer.figure("q3-mistakes")
def mistakes(records: Records, findings: Findings) -> FigureSpec:
    """Show the test images on which the trained network is most confidently wrong."""
    arm = hundred_epochs(records, "from_logits")
    shown = arm.results[0].inspection.mistakes
    confidence = [PERCENT * mistake.probability for mistake in shown]
    captions = [
        f"{in_a_sentence(mistake.label)} → {in_a_sentence(mistake.predicted)}, {_percent(value)}"
        for mistake, value in zip(shown, confidence, strict=True)
    ]
    tiles = [
        Tile(pixels=list(map(float, mistake.pixels)), caption=caption)
        for mistake, caption in zip(shown, captions, strict=True)
    ]
    return FigureSpec(
        chart=ImageGrid(tiles=tiles, columns=4),
        title=f"The {len(shown)} most confident mistakes, made at {_percent(min(confidence))} and more",
        alt="Test images with label and, after the arrow, what the network took them for: "
        + "; ".join(f"{in_a_sentence(m.label)} taken for {in_a_sentence(m.predicted)}" for m in shown)
        + ".",
        caption=(
            "Label → prediction, and the probability that the network gives its prediction; first seed, last epoch. A label, too, "
            "can be wrong."
        ),
        records=arm.records[:1],
    )


def _percent(value: float) -> str:
    """Write a probability so that only certainty is 100 %."""
    return next(
        (f"{value:.{d}f} %" for d in range(7) if value == 100 or float(f"{value:.{d}f}") < 100), "> 99.999999 %"
    )
