"""What answers take from intervals: rows of a chart, bootstraps over test images, words by the side of zero."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from report.answers.charts import IntervalRow
from report.conclude.bootstrap import bootstrap_of_mean
from report.conclude.statistics import Estimate
from report.conclude.verdicts import ASSESSED, Finding


def over_images(values: ArrayLike, *, unit: str, signed: bool = False, scale: float = 1.0) -> Estimate:
    """Estimate the mean of one value per test image; `signed` for the differences of two models on each image."""
    x = np.asarray(values, dtype=np.float64) * scale
    return bootstrap_of_mean(x, unit=unit, n_of="test images", paired=signed, signed=signed)


def row(label: str, estimate: Estimate, points: Iterable[float] = ()) -> IntervalRow:
    """Draw one estimate, with the single values behind it; where it has no interval, as a mere dot."""
    return IntervalRow(
        label=label,
        value=estimate.value,
        low=estimate.value if estimate.low is None else estimate.low,
        high=estimate.value if estimate.high is None else estimate.high,
        points=list(points),
    )


def by_sign(finding: Finding, estimate: Estimate, *, above: str, below: str, neither: str, withheld: str) -> str:
    """
    Choose a phrase by the side of its null on which an interval lies.

    For what a figure shows beyond its claim's verdict; withheld wherever the verdict is.
    """
    if finding.verdict not in ASSESSED:
        return withheld
    if estimate.low is not None and estimate.low > estimate.null:
        return above
    if estimate.high is not None and estimate.high < estimate.null:
        return below
    return neither
