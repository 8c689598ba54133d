"""What several answers take from training curves: paired differences, bands over seeds, agreement with print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from report.answers.charts import Series
from report.conclude.seeds_and_images import over_seeds_and_images
from report.conclude.statistics import Estimate, mean_with_t_interval, proportion, slope
from report.experiments.predictions import Recognition
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


def accuracy_at_the_end(
    arm: Arm[Recognition], baseline: Arm[Recognition], **about: Any
) -> tuple[Estimate, list[float]]:
    """Estimate a difference in accuracy at the end, with the chance of seeds and test images; return that of each seed too."""
    a, b = arm.paired_with(baseline)
    shares = ([recognition.shares() for recognition in paired.results] for paired in (a, b))
    differences = PERCENT * np.subtract(*map(np.array, shares))  # (seeds, images)
    by_seed = differences.mean(axis=1)
    settings: dict[str, Any] = {"unit": "percentage points", "records": a.records + b.records} | about
    return over_seeds_and_images(by_seed, differences, **settings), by_seed.tolist()


def mean_and_range(label: str, x: Iterable[float], values: NDArray[np.float64]) -> Series:
    """Draw the mean over seeds of what stands at each x, with the range of the seeds as its band; a row is a seed."""
    return middle_and_range(label, dict(zip(x, values.T, strict=True)))


def band(
    label: str, curves: Sequence[Curve], value: Callable[[Curve], Sequence[float]], scale: float = 1.0, after: int = 0
) -> Series:
    """Draw the mean of a per-epoch quantity over seeds, with their range as its band; only after an epoch, if one is given."""
    values = np.array([value(curve)[after:] for curve in curves]) * scale
    return mean_and_range(label, range(after + 1, after + 1 + values.shape[1]), values)


def middle_and_range(
    label: str,
    values: Mapping[Any, Sequence[float] | NDArray[np.float64]],
    middle: Callable[[Any], Any] = np.mean,
    ends: tuple[float, float] = (0.0, 1.0),
    **about: Any,
) -> Series:
    """Draw the mean of the values at each x, or another middle, with their range as the band, or what lies between quantiles."""
    low, high = ([float(np.quantile(found, end)) for found in values.values()] for end in ends)
    return Series(
        label=label,
        x=[float(x) for x in values],
        y=[float(middle(found)) for found in values.values()],
        low=low,
        high=high,
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


def share_of(arm: Arm[Results], condition: Callable[[Results], object], **about: Any) -> Estimate:
    """Estimate the share of an arm's runs for which a condition is true, or gives a list that isn't empty."""
    count = sum(bool(condition(results)) for results in arm.results)
    return proportion(count, len(arm.results), records=arm.records, **about)
