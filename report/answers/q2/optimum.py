"""Question 2, which batch size gets to the target soonest, with a hidden layer and without one."""

from __future__ import annotations

import numpy as np

from report.answers.q2 import answer
from report.answers.q2.noise import change_of_noise_scale
from report.answers.q2.target import runs_that_reached
from report.conclude.rules import AnyOf, Outside
from report.conclude.statistics import Estimate, mean_with_t_interval
from report.experiments.batch_size import BATCH_SIZES
from report.record.reader import NoRecords, Records


def fastest(seconds: dict[int, float]) -> float:
    """
    Return the base-2 logarithm of the fastest batch size, between the measured ones.

    It is the lowest point of the parabola through the fastest and its two neighbours, time and batch size both on
    logarithmic scales; at an end of the range, the end itself.
    """
    sizes = sorted(seconds)
    i = min(range(len(sizes)), key=lambda i: seconds[sizes[i]])
    x = float(np.log2(sizes[i]))
    if i in (0, len(sizes) - 1):
        return x
    around = np.log2(sizes[i - 1 : i + 2])
    bend, tilt, _ = np.polyfit(around - x, np.log([seconds[size] for size in sizes[i - 1 : i + 2]]), 2)
    return float(x - tilt / (2 * bend)) if bend > 0 else x


def _fastest_by_seed(records: Records, model: str) -> tuple[dict[int, float], tuple[str, ...]]:
    """Return each seed's fastest batch size, of those that reached the target, as a base-2 logarithm."""
    arms = {batch_size: runs_that_reached(records, model, batch_size) for batch_size in BATCH_SIZES}
    seeds = sorted({seed for arm in arms.values() for seed in arm.by_seed})
    ids = tuple(id for arm in arms.values() for id in arm.records)
    return {s: fastest({b: a.by_seed[s].seconds for b, a in arms.items() if s in a.by_seed}) for s in seeds}, ids


def shift_of_the_fastest(records: Records) -> Estimate:
    """Estimate by how many doublings the fastest batch size differs between one hidden layer and none."""
    with_layer, first = _fastest_by_seed(records, "relu1")
    without, second = _fastest_by_seed(records, "none")
    seeds = sorted(with_layer.keys() & without.keys())
    if not seeds:
        raise NoRecords("no seed reached the target with both models")
    shifts = [with_layer[seed] - without[seed] for seed in seeds]
    return mean_with_t_interval(shifts, unit="doublings of the batch size", signed=True, records=first + second)


@answer.claim(
    "Q2.17",
    "Which batch size is best depends on the setting.",
    AnyOf((Outside(1.0), Outside(1.0))),
    note="Either half is enough: the fastest batch size for two models, or the noise scale for two moments of one training.",
)
def best_depends_on_the_setting(records: Records) -> tuple[Estimate, Estimate]:
    """Doublings between the fastest batch size with and without a hidden layer; and between the noise scale late and early."""
    return shift_of_the_fastest(records), change_of_noise_scale(records)
