"""Question 2, where a run's training loss comes down to a level: epochs, updates and test scores there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from report.answers.curves import over_seeds
from report.answers.q2.estimates import ratio_over_seeds
from report.conclude.statistics import Estimate
from report.experiments.batch_target import HIDDEN, TargetResults, recent_mean
from report.record.reader import Arm, NoRecords, Records

SMALL, LARGE = 16, 1024
LEVEL = 0.15
"""Nats of training loss, about where a hundred epochs of Part 1 end."""
LEVELS = (0.4, 0.3, 0.2, LEVEL)


class Moment(NamedTuple):
    """Where a run comes down to a training loss, between the scorings on either side."""

    epochs: float
    updates: float
    test_loss: float
    test_accuracy: float


def runs_of(records: Records, model: str, batch_size: int) -> Arm[TargetResults]:
    """Return the runs of one model at one batch size."""
    return records.select("batch_target", TargetResults, hidden=list(HIDDEN[model]), batch_size=batch_size)


def runs_down_to(records: Records, model: str, batch_size: int, level: float = LEVEL) -> Arm[TargetResults]:
    """Return those of the runs whose recent mean of the training loss comes down to a level."""
    return runs_of(records, model, batch_size).where(lambda run: min(recent_mean(run, run.train_loss)) <= level)


def moments(records: Records, model: str, batch_size: int, level: float = LEVEL) -> Arm[Moment]:
    """Return where these runs reach the level."""
    return runs_down_to(records, model, batch_size, level).each(lambda run: at_level(run, level))


def at_level(run: TargetResults, level: float) -> Moment:
    """Return where the recent mean of the training loss is first at or below a level that it reaches."""
    losses = np.array(recent_mean(run, run.train_loss))
    after = int(np.flatnonzero(losses <= level)[0])
    columns = (run.epochs, run.updates, recent_mean(run, run.test_loss), recent_mean(run, run.test_accuracy))
    if after == 0:
        return Moment(*(float(column[0]) for column in columns))
    share = (losses[after - 1] - level) / (losses[after - 1] - losses[after])
    return Moment(*(float(column[after - 1] + share * (column[after] - column[after - 1])) for column in columns))


def at_the_level(records: Records, batch_size: int, value: Callable[[Moment], float], unit: str) -> Estimate:
    """Estimate the mean over seeds of a number of one batch size at the level."""
    arm = moments(records, "relu1", batch_size)
    if not arm.by_seed:
        raise NoRecords(f"batch size {batch_size} never reached the level")
    return over_seeds(arm, value, unit=unit)


def large_over_small(records: Records, value: Callable[[Moment], float]) -> Estimate:
    """Estimate what the large batch takes to the level, over what the small one takes."""
    large, small = moments(records, "relu1", LARGE).paired_with(moments(records, "relu1", SMALL))
    ratios = np.divide(large.values(value), small.values(value))
    return ratio_over_seeds(ratios.tolist(), large.records + small.records)
