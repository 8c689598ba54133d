"""Estimates that only question 2 needs: ratios over seeds, and differences in either direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from report.conclude.statistics import Estimate, log_ratio
from report.record.reader import Arm, NoRecords, Results


def ratio_over_seeds(ratios: Sequence[float], records: tuple[str, ...]) -> Estimate:
    """Estimate a ratio from one value per seed: Student's t on the logarithms, carried back."""
    if not ratios:
        raise NoRecords("no seed has this ratio")
    return log_ratio(ratios, np.ones(len(ratios)), n_of="seeds", records=records)


def paired_ratio(arm: Arm[Results], baseline: Arm[Results], value: Callable[[Results], float]) -> Estimate:
    """Estimate arm over baseline on the seeds that both have."""
    a, b = arm.paired_with(baseline)
    ratios = [x / y for x, y in zip(a.values(value), b.values(value), strict=True)]
    return ratio_over_seeds(ratios, a.records + b.records)
