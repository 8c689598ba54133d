"""Estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from report.conclude.sampling import Binomial, Sampling, Signs, StudentT

CONFIDENCE = 0.95
POWER = 0.8
Floats = NDArray[np.float64]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A measured number: its value, its interval or range, and what it was made from."""

    value: float
    unit: str
    """Spelt out: ``percentage points``, ``nats``, ``ratio``."""
    n: int
    n_of: str
    """What n counts: ``seeds``, ``test images``, ``repetitions``."""
    method: str
    kind: Literal["confidence", "range", "exact"] = "confidence"
    """What `low` and `high` are: a two-sided 95 % interval, or the range over `n`. An exact number has neither."""
    low: float | None = None
    """In `unit`; None for an exact number, and for a single run, which has no interval."""
    high: float | None = None
    sampling: Sampling | None = None
    """Where its chance comes from; None where nothing is tested with it: for an exact number, a range, a single run."""
    null: float = 0.0
    """The value at which there would be no effect: 0 for differences, 1 for ratios."""
    detectable: float | None = None
    """How far from a threshold the true value must lie for this many runs to show it with 80 % power, in `unit`."""
    signed: bool = False
    """Whether the text shows a plus sign: for differences."""
    digits: int | None = None
    """Decimals in the text; chosen from the interval if None."""
    records: tuple[str, ...] = ()
    """Ids of the runs behind it."""
    settings: dict[str, int | float | str] = {}
    """Settings of those runs that a description names: ``{"epochs": 40}``."""


def mean_with_t_interval(
    values: ArrayLike, *, unit: str, signed: bool = False, null: float = 0.0, **about: Any
) -> Estimate:
    """
    Estimate a mean over independent runs with Student's t.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        One value per seed: for two arms, their paired differences.
    unit : str
        Unit of the values, spelt out.
    signed : bool
        Whether the text shows a plus sign.
    null : float
        Value that stands for "no effect".
    **about
        Further fields of `Estimate`, `records` for one.

    Returns
    -------
    Estimate
        With no interval if there are fewer than two values.
    """
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    common: dict[str, Any] = {
        "unit": unit,
        "n": n,
        "n_of": "seeds",
        "signed": signed,
        "null": null,
        "method": "Student t over seeds" if not signed else "paired Student t over seeds",
    } | about
    mean = float(x.mean())
    if n < 2:
        return Estimate(value=mean, **common)
    sampling = StudentT(float(x.std(ddof=1)) / math.sqrt(n), n - 1)
    return Estimate(value=mean, **student_t(mean, sampling), **common)


def student_t(mean: float, sampling: StudentT) -> dict[str, Any]:
    """Return the interval of a mean, and the distance from a threshold that can be detected."""
    quantile = float(special.stdtrit(sampling.dof, (1 + CONFIDENCE) / 2))
    half = quantile * sampling.error
    detectable = (quantile + float(special.stdtrit(sampling.dof, POWER))) * sampling.error
    return {"low": mean - half, "high": mean + half, "detectable": detectable, "sampling": sampling}


def log_ratio(numerator: ArrayLike, denominator: ArrayLike, *, n_of: str = "rounds", **about: Any) -> Estimate:
    """
    Estimate how many times larger one of two paired quantities is, with Student's t on the logarithms.

    Parameters
    ----------
    numerator, denominator : array_like of float, shape (n,)
        Positive, in pairs: measured in the same round, or with the same seed.
    n_of : {"rounds", "seeds"}
        What n counts. Rounds are of one machine at one time, and need not be normal or independent: their p-values stop at
        2^(1 − n), the smallest that a sign-flip test could give.
    **about
        Further fields of `Estimate`.

    Returns
    -------
    Estimate
        The geometric mean of the ratios.
    """
    logs = np.log(np.asarray(numerator, dtype=np.float64)) - np.log(np.asarray(denominator, dtype=np.float64))
    n = len(logs)
    mean = float(logs.mean())
    common: dict[str, Any] = {
        "unit": "ratio", "n": n, "n_of": n_of, "null": 1.0, "method": f"Student t on log ratios over {n_of}",
    } | about  # fmt: skip
    if n < 2:
        return Estimate(value=math.exp(mean), **common)
    smallest_p = 2.0 ** (1 - n) if n_of == "rounds" else 0.0
    sampling = StudentT(float(logs.std(ddof=1)) / math.sqrt(n), n - 1, log=True, smallest_p=smallest_p)
    found = student_t(mean, sampling)
    found |= {"low": math.exp(found["low"]), "high": math.exp(found["high"])}
    found["detectable"] = math.expm1(found["detectable"])
    return Estimate(value=math.exp(mean), **found, **common)


def median_by_sign_test(values: ArrayLike, *, unit: str, **about: Any) -> Estimate:
    """
    Estimate a median without assuming a distribution: for outcomes that fall into modes.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        One value per seed.
    unit : str
        Unit of the values, spelt out.
    **about
        Further fields of `Estimate`.

    Returns
    -------
    Estimate
        With the narrowest interval between two of the values that covers the median in at least 95 % of samples; six values
        are needed for one.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    common: dict[str, Any] = {
        "unit": unit, "n": len(x), "n_of": "seeds", "signed": True, "method": "sign test over seeds",
    } | about  # fmt: skip
    median_of = float(np.median(x))
    outside = _values_outside(len(x))
    if not outside:
        return Estimate(value=median_of, sampling=Signs(tuple(x.tolist())), **common)
    low, high = float(x[outside - 1]), float(x[len(x) - outside])
    return Estimate(value=median_of, low=low, high=high, sampling=Signs(tuple(x.tolist())), **common)


@cache
def _values_outside(n: int) -> int:
    """Return how many of n values may lie beyond each end of a sign test's interval; 0 where there is no interval."""
    tail = (1 - CONFIDENCE) / 2
    outside = int(stats.binom.ppf(tail, n, 0.5))
    return outside if outside and stats.binom.cdf(outside - 1, n, 0.5) <= tail else 0


def proportion(successes: int, trials: int, *, n_of: str = "runs", **about: Any) -> Estimate:
    """Estimate a share, in percent, with the interval of Clopper and Pearson."""
    interval = stats.binomtest(successes, trials).proportion_ci(CONFIDENCE, method="exact")
    common: dict[str, Any] = {
        "unit": "percent", "n": trials, "n_of": n_of, "method": f"Clopper and Pearson over {n_of}",
    } | about  # fmt: skip
    low, high = 100 * float(interval.low), 100 * float(interval.high)
    return Estimate(value=100 * successes / trials, low=low, high=high, sampling=Binomial(successes, trials), **common)


def mean_share(percentages: ArrayLike, **about: Any) -> Estimate:
    """
    Estimate a mean of percentages over seeds, with an interval that stays within 0 to 100.

    The interval is Student's t on the logit scale, around the logit of the mean, with the error of the mean taken over to
    that scale (delta method). So percentages of exactly 0 or 100 are no trouble, unless all are.
    """
    linear = mean_with_t_interval(percentages, unit="percent", **about)
    share = linear.value / 100
    if linear.low is None or linear.high is None or linear.high == linear.low or not 0 < share < 1:
        return linear
    half = (linear.high - linear.low) / 200 / (share * (1 - share))
    low, high = (100 * float(special.expit(special.logit(share) + end)) for end in (-half, half))
    return msgspec.structs.replace(
        linear, low=low, high=high, sampling=None, detectable=None, method="Student t over seeds, on the logit scale"
    )


def slope(x: ArrayLike, y: ArrayLike) -> float:
    """Return the least-squares slope of y against x."""
    return float(np.polynomial.polynomial.polyfit(np.asarray(x, float), np.asarray(y, float), 1)[1])


def exact(value: float, *, unit: str, n: int, n_of: str, method: str = "counted", **about: Any) -> Estimate:
    """Wrap a number without uncertainty: a count, which has no decimals, or a property of the data or the code."""
    about = {"digits": 0 if isinstance(value, int) else None} | about
    return Estimate(kind="exact", value=value, unit=unit, n=n, n_of=n_of, method=method, **about)


def with_range(
    values: ArrayLike, *, unit: str, n_of: str, reduce: Callable[[Floats], Any] = np.mean, **about: Any
) -> Estimate:
    """Reduce values to one number, with their range; where all are the same, the number is exact."""
    x = np.asarray(values, dtype=np.float64)
    low, high = float(x.min()), float(x.max())
    common: dict[str, Any] = {"value": float(reduce(x)), "unit": unit, "n": len(x), "n_of": n_of} | about
    if low == high:
        return exact(method=f"the same in all {n_of}", **common)
    return Estimate(kind="range", low=low, high=high, method=f"range over {n_of}", **common)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """Multiply an estimate that nothing is tested with, and its interval, by a positive number."""
    value, low, high = (None if v is None else v * factor for v in (estimate.value, estimate.low, estimate.high))
    return msgspec.structs.replace(estimate, value=value, low=low, high=high, sampling=None, detectable=None)
