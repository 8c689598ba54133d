"""What several answers take from training curves: paired differences, bands over seeds, agreement with print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from report.answers.charts import Series
from report.conclude.seeds_and_images import over_seeds_and_images
from report.conclude.statistics import Estimate, mean_with_t_interval, slope
from report.experiments.training import Curve, epochs_at_the_end
from report.record.reader import Arm, Results

PERCENT = 100.0


def at_the_end(values: Sequence[float]) -> float:
    """Return the mean over the last ten epochs of a run; the last three of a run of ten or fewer."""
    return float(np.mean(values[-epochs_at_the_end(len(values)) :]))


def epochs_of_the_end(values: Sequence[float]) -> str:
    """Name the epochs over which `at_the_end` averages: ``91 to 100``."""
    last = len(values)
    return f"{last - epochs_at_the_end(last) + 1} to {last}"


def slope_per_ten_epochs(values: Sequence[float], first: int, last: int) -> float:
    """Return the least-squares slope of a per-epoch quantity over some epochs, both included, per ten epochs."""
    return 10 * slope(range(first, last + 1), values[first - 1 : last])


def paired_difference(
    arm: Arm[Results],
    baseline: Arm[Results],
    value: Callable[[Results], float],
    *,
    unit: str,
    scale: float = 1.0,
    **about: Any,
) -> Estimate:
    """Estimate arm minus baseline over the seeds that both have."""
    a, b = arm.paired_with(baseline)
    differences = (np.array(a.values(value)) - np.array(b.values(value))) * scale
    return mean_with_t_interval(differences, unit=unit, signed=True, records=a.records + b.records, **about)


def accuracy_points(
    arm: Arm[Results], baseline: Arm[Results], value: Callable[[Results], float], **about: Any
) -> Estimate:
    """Estimate a difference in accuracy, in percentage points."""
    return paired_difference(arm, baseline, value, unit="percentage points", scale=PERCENT, **about)


def accuracy_at_the_end(arm: Arm[Curve], baseline: Arm[Curve], **about: Any) -> Estimate:
    """Estimate a difference in accuracy at the end of training, with the chance of the seeds and that of the test images."""
    a, b = arm.paired_with(baseline)
    shares = ([curve.recognition[-1].shares() for curve in paired.results] for paired in (a, b))
    differences = PERCENT * np.subtract(*map(np.array, shares))  # (seeds, images)
    settings: dict[str, Any] = {"unit": "percentage points", "records": a.records + b.records} | about
    return over_seeds_and_images(differences.mean(axis=1), differences, **settings)


def mean_and_range(label: str, x: Sequence[float], values: NDArray[np.float64]) -> Series:
    """Draw the mean over seeds of what stands at each x, with the range of the seeds as its band; a row is a seed."""
    return Series(
        label=label,
        x=list(x),
        y=values.mean(0).tolist(),
        low=values.min(0).tolist(),
        high=values.max(0).tolist(),
    )


def band(label: str, curves: Sequence[Curve], value: Callable[[Curve], Sequence[float]], scale: float = 1.0) -> Series:
    """Draw the mean of a per-epoch quantity over seeds, with the range of the seeds as its band."""
    values = np.array([value(curve) for curve in curves]) * scale
    return mean_and_range(label, [float(epoch) for epoch in range(1, values.shape[1] + 1)], values)


def middle_and_range(
    label: str, values: Mapping[Any, ArrayLike], middle: Callable[[Any], Any] = np.mean, **about: Any
) -> Series:
    """Draw the mean of the values at each x, or another middle of them, with their range as the band."""
    return Series(
        label=label,
        x=[float(x) for x in values],
        y=[float(middle(found)) for found in values.values()],
        low=[float(np.min(found)) for found in values.values()],
        high=[float(np.max(found)) for found in values.values()],
        **about,
    )


def up_to(curve: Curve, epoch: int) -> Curve:
    """Return a training curve as if it had ended after an epoch at which the whole training set was scored."""
    scored = curve.scored_epochs.index(epoch) + 1
    every = ("running_loss", "mean_of_batch_means", "logged_loss", "test_loss", "test_accuracy", "predicted")
    some = ("scored_epochs", "train_loss", "train_accuracy")
    return msgspec.structs.replace(
        curve,
        **{name: getattr(curve, name)[:epoch] for name in every},
        **{name: getattr(curve, name)[:scored] for name in some},
        recognition=[found for found in curve.recognition if found.last_epoch <= epoch],
        seconds={name: seconds[:epoch] for name, seconds in curve.seconds.items()},
    )


def over_seeds(arm: Arm[Results], value: Callable[[Results], float], **about: Any) -> Estimate:
    """Estimate the mean over seeds of one number per run of an arm."""
    return mean_with_t_interval(arm.values(value), records=arm.records, **about)
