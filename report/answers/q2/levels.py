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


def runs_that_reach(records: Records, model: str, batch_size: int, level: float = LEVEL) -> Arm[TargetResults]:
    """Return those of the runs that reach a level."""
    return runs_of(records, model, batch_size).where(lambda run: at_level(run, level) is not None)


def at_level(run: TargetResults, level: float) -> Moment | None:
    """Return where the recent mean of the training loss is first at or below a level; None if it never is."""
    losses = np.array(recent_mean(run, run.train_loss))
    below = np.flatnonzero(losses <= level)
    if not len(below):
        return None
    after = int(below[0])
    columns = (run.epochs, run.updates, recent_mean(run, run.test_loss), recent_mean(run, run.test_accuracy))
    if after == 0:
        return Moment(*(float(column[0]) for column in columns))
    share = (losses[after - 1] - level) / (losses[after - 1] - losses[after])
    return Moment(*(float(column[after - 1] + share * (column[after] - column[after - 1])) for column in columns))


def value_at(value: Callable[[Moment], float], level: float = LEVEL) -> Callable[[TargetResults], float]:
    """Make a function that reads a run at a level that it reaches."""

    def read(run: TargetResults) -> float:
        moment = at_level(run, level)
        if moment is None:
            raise NoRecords(f"a run does not come down to {level:g} nats")
        return value(moment)

    return read


def at_the_level(records: Records, batch_size: int, value: Callable[[Moment], float], unit: str) -> Estimate:
    """Estimate the mean over seeds of a number of one batch size at the level."""
    arm = runs_that_reach(records, "relu1", batch_size)
    if not arm.by_seed:
        raise NoRecords(f"batch size {batch_size} never reached the level")
    return over_seeds(arm, value_at(value), unit=unit)


def large_over_small(records: Records, value: Callable[[Moment], float]) -> Estimate:
    """Estimate what the large batch takes to the level, over what the small one takes."""
    arms = (runs_that_reach(records, "relu1", size) for size in (LARGE, SMALL))
    large, small = next(arms).paired_with(next(arms))
    ratios = np.divide(large.values(value_at(value)), small.values(value_at(value)))
    return ratio_over_seeds(ratios.tolist(), large.records + small.records)
