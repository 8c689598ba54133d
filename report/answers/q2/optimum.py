"""Question 2, which batch size to take: the critical one, and the one that gets to the loss in the fewest seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from report.answers.q2 import answer
from report.answers.q2.cost import costs_of, step_seconds
from report.answers.q2.levels import LARGE, LEVEL, SMALL, Moment, moments, runs_of
from report.conclude.statistics import Estimate, exact, log_ratio
from report.experiments.batch_size import BATCH_SIZES
from report.experiments.batch_target import FIRST_TARGET
from report.record.reader import NoRecords, Records, ids_of

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


def taken_to(records: Records, model: str, level: float, value: Callable[[Moment], float]) -> Values:
    """Return what training takes to a level, by seed and by each batch size that reaches it."""
    values: Values = {}
    for batch_size in BATCH_SIZES:
        for seed, moment in moments(records, model, batch_size, level).by_seed.items():
            values.setdefault(seed, {})[batch_size] = value(moment)
    return values


def critical_sizes(records: Records, model: str, level: float) -> dict[int, float]:
    """Return each seed's critical batch size, where it can be fitted."""
    values = taken_to(records, model, level, lambda moment: moment.epochs)
    fits = {seed: critical_batch_size(epochs) for seed, epochs in values.items()}
    found = {seed: fit.batch_size for seed, fit in fits.items() if fit}
    if not found:
        raise NoRecords(f"no seed of {model} has a critical batch size")
    return found


def critical_batch_ratio(records: Records) -> Estimate:
    """Estimate the critical batch size with a hidden layer over that without one, each on the way to its own loss."""
    with_layer = critical_sizes(records, "relu1", LEVEL)
    without = critical_sizes(records, "none", FIRST_TARGET["none"])
    seeds = sorted(with_layer.keys() & without.keys())
    if not seeds:
        raise NoRecords("no seed has both critical batch sizes")
    ids = ids_of(runs_of(records, model, size) for model in ("relu1", "none") for size in BATCH_SIZES)
    return log_ratio([with_layer[s] for s in seeds], [without[s] for s in seeds], n_of="seeds", records=ids)


def _in_images(sizes: list[float]) -> Estimate:
    """Estimate the geometric mean of batch sizes."""
    about = {"unit": "images", "null": 0.0, "digits": 0, "method": "Student t over seeds, on logarithms"}
    return log_ratio(sizes, np.ones(len(sizes)), n_of="seeds", **about)


@answer.number("critical-batch", LEVEL)
@answer.number("critical-batch-early", FIRST_TARGET["relu1"])
def critical_batch(records: Records, level: float) -> Estimate:
    """Estimate the critical batch size on the way to a level: all batch sizes reach the higher one, `FIRST_TARGET`."""
    return _in_images(list(critical_sizes(records, "relu1", level).values()))


def step_rounds(records: Records) -> dict[int, list[float]]:
    """Return the median time of a training step in each round, by batch size, measured alone."""
    costs = costs_of(records)
    return {step.batch_size: step_seconds(costs, step.batch_size) for step in costs.steps}


def step_times(records: Records) -> dict[int, float]:
    """Return the median time of a training step by batch size."""
    return {batch_size: float(np.median(times)) for batch_size, times in step_rounds(records).items()}


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


def seconds_by_seed(records: Records) -> Values:
    """Return the seconds to the level by seed and batch size: updates times the time of a step measured alone."""
    times, updates = step_times(records), taken_to(records, "relu1", LEVEL, lambda moment: moment.updates)
    if not updates:
        raise NoRecords("no run reached the level")
    return {seed: {size: count * times[size] for size, count in by_size.items()} for seed, by_size in updates.items()}


@answer.number("fastest-batch")
def fastest_batch(records: Records) -> Estimate:
    """Estimate the batch size that reaches the level in the fewest seconds."""
    return _in_images([fastest(of_seed) for of_seed in seconds_by_seed(records).values()])


@answer.number("smallest-to-try", -1)
@answer.number("largest-to-try", 1)
def near_the_fastest(records: Records, doublings: int) -> Estimate:
    """Return the power of two nearest to the fastest batch size, doubled or, with −1, halved."""
    size = fastest_batch(records)
    return exact(
        2 ** (round(float(np.log2(size.value))) + doublings), unit="images", n=size.n, n_of=size.n_of, digits=0
    )


def sizes_by_speed(records: Records) -> tuple[list[int], list[int]]:
    """Return the measured batch sizes that are as fast as the fastest, within the paired interval, and the slower ones."""
    seconds = seconds_by_seed(records)
    sizes = sorted(set.intersection(*(set(of) for of in seconds.values())))
    best = min(sizes, key=lambda size: float(np.mean([np.log(of[size]) for of in seconds.values()])))
    ratios = {size: log_ratio(*zip(*((of[size], of[best]) for of in seconds.values()), strict=True)) for size in sizes}
    slower = [size for size, ratio in ratios.items() if size != best and ratio.low is not None and ratio.low > 1]
    return [size for size in sizes if size not in slower], slower


@answer.number("small-over-fastest", SMALL)
@answer.number("large-over-fastest", LARGE)
def slower_than_fastest(records: Records, batch_size: int) -> Estimate:
    """Estimate the seconds that a batch size takes, over those of the fastest one measured."""
    pairs = [(of[batch_size], min(of.values())) for of in seconds_by_seed(records).values() if batch_size in of]
    if not pairs:
        raise NoRecords(f"batch size {batch_size} never reached the level")
    return log_ratio(*zip(*pairs, strict=True), n_of="seeds")
