"""Estimates that only question 2 needs: ratios over seeds, and differences in either direction."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from report.conclude.statistics import Estimate, mean_with_t_interval
from report.record.reader import Arm, NoRecords, Results


def ratio_over_seeds(ratios: Sequence[float], records: tuple[str, ...]) -> Estimate:
    """Estimate a ratio from one value per seed: Student's t on the logarithms, carried back."""
    if not ratios:
        raise NoRecords("no seed has this ratio")
    logs = mean_with_t_interval(np.log(ratios), unit="ratio", records=records)
    low, high, detectable = (None if end is None else math.exp(end) for end in (logs.low, logs.high, logs.detectable))
    return msgspec.structs.replace(
        logs,
        value=math.exp(logs.value),
        low=low,
        high=high,
        detectable=detectable,
        null=1.0,
        method="paired Student t over seeds, on logarithms",
    )


def paired_ratio(arm: Arm[Results], baseline: Arm[Results], value: Callable[[Results], float]) -> Estimate:
    """Estimate arm over baseline on the seeds that both have."""
    a, b = arm.paired_with(baseline)
    ratios = [x / y for x, y in zip(a.values(value), b.values(value), strict=True)]
    return ratio_over_seeds(ratios, a.records + b.records)


def in_either_direction(difference: Estimate) -> Estimate:
    """Turn a difference so that it counts upwards: for claims that two things differ, whichever is the larger."""
    method = f"{difference.method}, in either direction"
    if difference.value >= 0:
        return msgspec.structs.replace(difference, method=method, signed=False)
    ends = [None if end is None else -end for end in (difference.high, difference.low)]
    return msgspec.structs.replace(
        difference, value=-difference.value, low=ends[0], high=ends[1], method=method, signed=False
    )
