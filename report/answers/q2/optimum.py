"""Question 2, which batch size to take: the critical one, and the one that gets to the loss in the fewest seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from report.answers.q2 import answer
from report.answers.q2.cost import costs_of, step_seconds
from report.answers.q2.levels import LARGE, LEVEL, SMALL, runs_that_reach, value_at
from report.conclude.statistics import Estimate, exact, log_ratio
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import FIRST_TARGET
from report.record.reader import NoRecords, Records

Values = dict[int, dict[int, float]]
"""By seed and batch size."""


class CriticalBatch(NamedTuple):
    """The law of the critical batch size, fitted: epochs = lowest_epochs (1 + batch / batch_size)."""

    batch_size: float
    lowest_epochs: float


def critical_batch_size(epochs: dict[int, float]) -> CriticalBatch | None:
    """
    Fit McCandlish's law to the epochs that each batch size needs, by least squares on logarithms.

    None if the epochs don't grow with the batch, or there are fewer than three sizes.
    """
    if len(epochs) < 3:
        return None
    sizes, logs = np.array(list(epochs), dtype=float), np.log(list(epochs.values()))

    def misfit(log_critical: float) -> float:
        return float((logs - np.log1p(sizes / np.exp(log_critical))).var())

    bounds = (float(np.log(sizes.min() / 100)), float(np.log(sizes.max() * 100)))
    best = minimize_scalar(misfit, bounds=bounds, method="bounded").x
    if not bounds[0] + 0.1 < best < bounds[1] - 0.1:
        return None
    critical = float(np.exp(best))
    return CriticalBatch(critical, float(np.exp((logs - np.log1p(sizes / critical)).mean())))


def epochs_to(records: Records, model: str, level: float) -> tuple[Values, tuple[str, ...]]:
    """Return the epochs to a level by seed and batch size, and the runs behind them."""
    values: Values = {}
    ids: tuple[str, ...] = ()
    for batch_size in BATCH_SIZES:
        arm = runs_that_reach(records, model, batch_size, level)
        ids += arm.records
        for seed, run in arm.by_seed.items():
            values.setdefault(seed, {})[batch_size] = value_at(lambda moment: moment.epochs, level)(run)
    return values, ids


def critical_sizes(records: Records, model: str, level: float) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return each seed's critical batch size, where it can be fitted, and the runs behind them."""
    values, ids = epochs_to(records, model, level)
    fits = {seed: critical_batch_size(epochs) for seed, epochs in values.items()}
    found = {seed: fit.batch_size for seed, fit in fits.items() if fit}
    if not found:
        raise NoRecords(f"no seed of {model} has a critical batch size")
    return found, ids


def critical_batch_ratio(records: Records) -> Estimate:
    """Estimate the critical batch size with a hidden layer over that without one, each on the way to its own loss."""
    with_layer, first = critical_sizes(records, "relu1", LEVEL)
    without, second = critical_sizes(records, "none", FIRST_TARGET["none"])
    seeds = sorted(with_layer.keys() & without.keys())
    if not seeds:
        raise NoRecords("no seed has both critical batch sizes")
    return log_ratio([with_layer[s] for s in seeds], [without[s] for s in seeds], n_of="seeds", records=first + second)


def _in_images(sizes: list[float], records: tuple[str, ...]) -> Estimate:
    """Estimate the geometric mean of batch sizes."""
    about = {"unit": "images", "null": 0.0, "digits": 0, "method": "Student t over seeds, on logarithms"}
    return log_ratio(sizes, np.ones(len(sizes)), n_of="seeds", records=records, **about)


@answer.number("critical-batch")
def critical_batch(records: Records) -> Estimate:
    """Estimate the critical batch size on the way to the level."""
    sizes, ids = critical_sizes(records, "relu1", LEVEL)
    return _in_images(list(sizes.values()), ids)


@answer.number("critical-batch-early")
def critical_batch_early(records: Records) -> Estimate:
    """Estimate the critical batch size on the way to a higher loss, which all batch sizes reach."""
    sizes, ids = critical_sizes(records, "relu1", FIRST_TARGET["relu1"])
    return _in_images(list(sizes.values()), ids)


def step_rounds(records: Records) -> tuple[dict[int, list[float]], tuple[str, ...]]:
    """Return the median time of a training step in each round, by batch size, measured alone; and the run behind it."""
    costs, ids = costs_of(records)
    return {step.batch_size: step_seconds(costs, step.batch_size) for step in costs.steps}, ids


def step_times(records: Records) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return the median time of a training step by batch size, and the run behind it."""
    rounds, ids = step_rounds(records)
    return {batch_size: float(np.median(times)) for batch_size, times in rounds.items()}, ids


def fastest(seconds: dict[int, float]) -> float:
    """
    Return the fastest batch size, between the measured ones.

    It is the lowest point of the parabola through the fastest and its two neighbours, time and batch size both on
    logarithmic scales; at an end of the range, the end itself.
    """
    sizes = sorted(seconds)
    i = min(range(len(sizes)), key=lambda i: seconds[sizes[i]])
    x = float(np.log2(sizes[i]))
    if i in (0, len(sizes) - 1):
        return float(sizes[i])
    around = np.log2(sizes[i - 1 : i + 2])
    bend, tilt, _ = np.polyfit(around - x, np.log([seconds[size] for size in sizes[i - 1 : i + 2]]), 2)
    return float(2 ** (x - tilt / (2 * bend))) if bend > 0 else float(sizes[i])


def seconds_by_seed(records: Records) -> tuple[Values, tuple[str, ...]]:
    """Return the seconds to the level by seed and batch size: updates times the time of a step measured alone."""
    times, cost_ids = step_times(records)
    values: Values = {}
    ids: tuple[str, ...] = ()
    for batch_size in BATCH_SIZES:
        arm = runs_that_reach(records, "relu1", batch_size)
        ids += arm.records
        for seed, run in arm.by_seed.items():
            updates = value_at(lambda moment: moment.updates)(run)
            values.setdefault(seed, {})[batch_size] = updates * times[batch_size]
    if not values:
        raise NoRecords("no run reached the level")
    return values, ids + cost_ids


@answer.number("fastest-batch")
def fastest_batch(records: Records) -> Estimate:
    """Estimate the batch size that reaches the level in the fewest seconds."""
    seconds, ids = seconds_by_seed(records)
    return _in_images([fastest(of_seed) for of_seed in seconds.values()], ids)


def near_the_fastest(doublings: int) -> Callable[[Records], Estimate]:
    """Make a function that returns the power of two nearest to the fastest batch size, doubled so many times."""

    def choose(records: Records) -> Estimate:
        size = fastest_batch(records)
        nearest = 2 ** (round(float(np.log2(size.value))) + doublings)
        return exact(nearest, unit="images", n=size.n, n_of=size.n_of, digits=0, records=size.records)

    return choose


def sizes_by_speed(records: Records) -> tuple[list[int], list[int]]:
    """Return the measured batch sizes that are as fast as the fastest, within the paired interval, and the slower ones."""
    seconds, _ = seconds_by_seed(records)
    sizes = sorted(set.intersection(*(set(of) for of in seconds.values())))
    best = min(sizes, key=lambda size: float(np.mean([np.log(of[size]) for of in seconds.values()])))
    ratios = {size: log_ratio(*zip(*((of[size], of[best]) for of in seconds.values()), strict=True)) for size in sizes}
    slower = [size for size, ratio in ratios.items() if size != best and ratio.low is not None and ratio.low > 1]
    return [size for size in sizes if size not in slower], slower


def slower_than_fastest(batch_size: int) -> Callable[[Records], Estimate]:
    """Make an estimator of the seconds that a batch size takes, over those of the fastest one measured."""

    def estimate(records: Records) -> Estimate:
        seconds, ids = seconds_by_seed(records)
        pairs = [(of[batch_size], min(of.values())) for of in seconds.values() if batch_size in of]
        if not pairs:
            raise NoRecords(f"batch size {batch_size} never reached the level")
        return log_ratio(*zip(*pairs, strict=True), n_of="seeds", records=ids)

    return estimate


answer.number("smallest-to-try")(near_the_fastest(-1))
answer.number("largest-to-try")(near_the_fastest(1))
answer.number("small-over-fastest")(slower_than_fastest(SMALL))
answer.number("large-over-fastest")(slower_than_fastest(LARGE))
