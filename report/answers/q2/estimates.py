"""Estimates that only question 2 needs: ratios over seeds, and products of ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from report.conclude.sampling import StudentT
from report.conclude.statistics import CONFIDENCE, Estimate, log_ratio
from report.record.reader import NoRecords


def ratio_over_seeds(ratios: Sequence[float], records: tuple[str, ...] = ()) -> Estimate:
    """Estimate a ratio from one value per seed: Student's t on the logarithms, carried back."""
    if not ratios:
        raise NoRecords("no seed has this ratio")
    return log_ratio(ratios, np.ones(len(ratios)), n_of="seeds", records=records)


def three_figures(value: float) -> float:
    """Round to three significant figures, for a table."""
    return float(f"{value:.3g}")


def product(first: Estimate, second: Estimate) -> Estimate:
    """Multiply two independent estimates of ratios, both with Student's t on logarithms; n is that of the first."""
    value = first.value * second.value
    records = first.records + second.records
    common: dict[str, Any] = {"unit": "ratio", "n": first.n, "n_of": first.n_of, "null": 1.0, "records": records}
    if not (isinstance(first.sampling, StudentT) and isinstance(second.sampling, StudentT)):
        return Estimate(value=value, method="product of two ratios", **common)
    errors = [first.sampling.error**2, second.sampling.error**2]
    dofs = [first.sampling.dof, second.sampling.dof]
    dof = sum(errors) ** 2 / sum(e**2 / d for e, d in zip(errors, dofs, strict=True)) if any(errors) else dofs[0]
    sampling = StudentT(math.sqrt(sum(errors)), dof, log=True)
    half = sampling.error * float(special.stdtrit(dof, (1 + CONFIDENCE) / 2))
    return Estimate(
        value=value,
        low=value * math.exp(-half),
        high=value * math.exp(half),
        sampling=sampling,
        method=f"Student t on log ratios over {first.n_of} and {second.n_of}, Satterthwaite's degrees of freedom",
        **common,
    )
