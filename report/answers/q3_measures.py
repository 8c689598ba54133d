"""What question 3 measures: imbalance, calibration, and loss against error over the epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from report.answers.base import Arm, NoRecords, Records
from report.answers.curves import PERCENT, over_seeds, paired_difference
from report.experiments.curves import Curve
from report.experiments.epochs import EpochsResults
from report.experiments.imbalance import ImbalanceResults
from report.statistics import Estimate, count, mean_with_t_interval

SHORTEST_SPAN = 3
"""Epochs: a rank correlation of two is 1 or −1 whatever happens."""


def trained(records: Records) -> Arm[EpochsResults]:
    """Return the network trained from logits for a hundred epochs."""
    return records.arm("epochs", "from_logits", EpochsResults)


def misleading_accuracy(records: Records) -> tuple[Estimate, Estimate]:
    """Return the majority rule's accuracy, and how far its balanced accuracy is from one half: both exact."""
    arm = records.arm("imbalance", "majority", ImbalanceResults)
    return (
        _exact(arm, lambda run: PERCENT * run.accuracy, unit="percent"),
        _exact(arm, lambda run: PERCENT * (run.balanced_accuracy - 0.5), unit="percentage points", signed=True),
    )


def _exact(arm: Arm[ImbalanceResults], value: Callable[[ImbalanceResults], float], **about: Any) -> Estimate:
    values = arm.values(value)
    return count(
        float(np.mean(values)),
        low=min(values),
        high=max(values),
        n=len(values),
        n_of="seeds",
        records=arm.records,
        **about,
    )


def on_imbalance(
    arm: str, value: Callable[[ImbalanceResults], float], *, unit: str = "percent", scale: float = PERCENT
) -> Callable[[Records], Estimate]:
    """Make a measure of one score of an arm of `imbalance`: its mean over seeds."""
    return over_seeds("imbalance", arm, ImbalanceResults, lambda run: scale * value(run), unit=unit)


def rank_correlations(records: Records) -> tuple[Estimate, Estimate]:
    """Estimate the rank correlation of test loss and test error up to the epoch of lowest test loss, and after it."""
    arm = trained(records)
    spans = [split(run.curve) for run in arm.results]
    return _correlation(arm, [before for before, _ in spans]), _correlation(arm, [after for _, after in spans])


def split(curve: Curve) -> tuple[tuple[list[float], list[float]], tuple[list[float], list[float]]]:
    """Return test loss and test error of the epochs up to and including that of lowest loss, and of those after it."""
    lowest = int(np.argmin(curve.test_loss)) + 1
    error = [1 - accuracy for accuracy in curve.test_accuracy]
    return (curve.test_loss[:lowest], error[:lowest]), (curve.test_loss[lowest:], error[lowest:])


def _correlation(arm: Arm[EpochsResults], spans: list[tuple[list[float], list[float]]]) -> Estimate:
    """Estimate the mean rank correlation over the seeds whose span is long enough to have one."""
    used = [
        (loss, error, id)
        for (loss, error), id in zip(spans, arm.records, strict=True)
        if len(loss) >= SHORTEST_SPAN and min(loss) < max(loss) and min(error) < max(error)
    ]
    if not used:
        raise NoRecords(f"epochs: no seed has {SHORTEST_SPAN} epochs on this side of its lowest test loss")
    return mean_with_t_interval(
        [float(stats.spearmanr(loss, error).statistic) for loss, error, _ in used],
        unit="rank correlation",
        signed=True,
        method="Student t over seeds",
        digits=2,
        records=tuple(id for _, _, id in used),
    )


def seeds_with_both_spans(records: Records) -> Estimate:
    """Count the seeds whose epochs after the lowest test loss are enough for a rank correlation."""
    arm = trained(records)
    lengths = [len(split(run.curve)[1][0]) for run in arm.results]
    enough = sum(length >= SHORTEST_SPAN for length in lengths)
    return count(
        enough, low=enough, high=enough, unit="seeds", n=len(lengths), n_of="seeds", digits=0, records=arm.records
    )


def lowest_loss_epoch(records: Records) -> Estimate:
    """Estimate the epoch at which the test loss is lowest."""
    arm = trained(records)
    epochs = arm.values(lambda run: float(np.argmin(run.curve.test_loss)) + 1)
    return mean_with_t_interval(epochs, unit="epochs", digits=0, records=arm.records)


def parted_epochs(records: Records) -> Estimate:
    """Count the epochs in which the test loss rises and the test error falls."""
    arm = trained(records)
    counts = arm.values(lambda run: float(_parted(run.curve)))
    return count(
        float(np.mean(counts)),
        low=min(counts),
        high=max(counts),
        unit="epochs",
        n=len(counts),
        n_of="seeds",
        digits=0,
        records=arm.records,
    )


def _parted(curve: Curve) -> int:
    rises, falls = np.diff(curve.test_loss) > 0, np.diff(curve.test_accuracy) > 0
    return int((rises & falls).sum())


def after_the_lowest(value: Callable[[Curve], list[float]], **about: Any) -> Callable[[Records], Estimate]:
    """Make a measure of the change of a per-epoch quantity from the epoch of lowest test loss to the last."""

    def measure(records: Records) -> Estimate:
        arm = trained(records)
        changes = arm.values(lambda run: value(run.curve)[-1] - value(run.curve)[int(np.argmin(run.curve.test_loss))])
        return mean_with_t_interval(changes, signed=True, records=arm.records, **about)

    return measure


def confidence_minus_accuracy(arm: str) -> Callable[[Records], Estimate]:
    """Make a measure of how much surer an arm of `epochs` is than it is right, on average over the test images."""

    def gap(run: EpochsResults) -> float:
        seen = run.inspection
        gaps = np.subtract(seen.bin_confidence, seen.bin_accuracy)
        return PERCENT * float(np.average(gaps, weights=seen.bin_count))

    return over_seeds("epochs", arm, EpochsResults, gap, unit="percentage points", signed=True)


def gained_over(
    arm: str,
    baseline: str,
    value: Callable[[ImbalanceResults], float],
    *,
    unit: str = "percentage points",
    scale: float = PERCENT,
) -> Callable[[Records], Estimate]:
    """Make a measure of one arm of `imbalance` minus another on the same images, seed by seed."""

    def measure(records: Records) -> Estimate:
        first, second = (records.arm("imbalance", name, ImbalanceResults) for name in (arm, baseline))
        return paired_difference(first, second, value, unit=unit, scale=scale)

    return measure
