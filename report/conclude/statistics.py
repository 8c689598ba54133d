"""Estimates with their intervals, and the correction for testing many claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
POWER = 0.8
RESAMPLES = 10_000
BLOCK_VALUES = 1_000_000
FEW_VALUES = 100
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
    p_value: float | None = None
    """Two-sided, against `null`."""
    null: float = 0.0
    """The value at which there would be no effect: 0 for differences, 1 for ratios."""
    detectable: float | None = None
    """Smallest effect that so many runs show with 80 % power, in `unit`."""
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
    if n < 2:
        return Estimate(value=float(x.mean()), **common)
    error = float(x.std(ddof=1)) / math.sqrt(n)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
    mean = float(x.mean())
    p_value = float(2 * stats.t.sf(abs(mean - null) / error, n - 1)) if error > 0 else float(mean == null)
    detectable = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) + stats.t.ppf(POWER, n - 1)) * error
    return Estimate(value=mean, low=mean - half, high=mean + half, p_value=p_value, detectable=detectable, **common)


def bootstrap(
    samples: Sequence[ArrayLike],
    statistic: Callable[..., Any],
    *,
    unit: str,
    n_of: str,
    paired: bool,
    null: float = 0.0,
    **about: Any,
) -> Estimate:
    """
    Estimate a statistic with a percentile bootstrap.

    Parameters
    ----------
    samples : sequence of array_like, each of shape (n,)
        One array per argument of `statistic`.
    statistic : callable
        Takes one array per sample, of shape (..., n), and reduces the last axis: `median`, for one.
    unit, n_of : str
        See `Estimate`.
    paired : bool
        Whether the same items are drawn from every sample (the same test images, say).
    null : float
        Value that stands for "no effect".
    **about
        Further fields of `Estimate`.

    Returns
    -------
    Estimate
        From 10,000 resamples drawn with a fixed seed, so that a page can be made again bit for bit.
    """
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    drawn = np.concatenate([np.atleast_1d(statistic(*resampled)) for resampled in _resamples(arrays, paired=paired)])
    settings = {
        "unit": unit,
        "n": min(len(a) for a in arrays),
        "n_of": n_of,
        "method": f"{'paired ' if paired else ''}bootstrap over {n_of}",
    } | about
    return _percentiles(drawn, float(statistic(*arrays)), null, **settings)


def bootstrap_of_mean(values: ArrayLike, *, unit: str, n_of: str, paired: bool, **about: Any) -> Estimate:
    """
    Estimate a mean with a percentile bootstrap, as `bootstrap` does.

    Where the values are few, such as right and wrong, how often each of them is drawn is all that a resample's mean
    depends on, and that is multinomial: the same distribution in a hundredth of the time.
    """
    x = np.asarray(values, dtype=np.float64)
    distinct, counts = np.unique(x, return_counts=True)
    settings: dict[str, Any] = {"unit": unit, "n_of": n_of} | about
    if len(distinct) > FEW_VALUES:
        return bootstrap([x], partial(np.mean, axis=-1), paired=paired, **settings)
    drawn = np.random.default_rng(0).multinomial(len(x), counts / len(x), RESAMPLES) @ distinct / len(x)
    method = f"{'paired ' if paired else ''}bootstrap over {n_of}"
    return _percentiles(drawn, float(x.mean()), 0.0, n=len(x), method=method, **settings)


def _percentiles(drawn: Floats, value: float, null: float, **about: Any) -> Estimate:
    """Take interval and p-value from the statistic of every resample."""
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    tail = min(np.mean(drawn <= null), np.mean(drawn >= null))
    p_value = min(1.0, 2 * (float(tail) + 1 / RESAMPLES))
    return Estimate(value=value, low=float(low), high=float(high), p_value=p_value, null=null, **about)


def _resamples(arrays: Sequence[Floats], *, paired: bool) -> Iterator[list[Floats]]:
    """Draw the resamples in blocks of a few megabytes: for each array, (block, n) values."""
    rng = np.random.default_rng(0)
    block = max(1, BLOCK_VALUES // max(len(a) for a in arrays))
    for start in range(0, RESAMPLES, block):
        rows = min(block, RESAMPLES - start)
        if paired:
            picks = [rng.integers(0, len(arrays[0]), (rows, len(arrays[0])), dtype=np.int32)] * len(arrays)
        else:
            picks = [rng.integers(0, len(a), (rows, len(a)), dtype=np.int32) for a in arrays]
        yield [a[pick] for a, pick in zip(arrays, picks, strict=True)]


def median(values: Floats) -> Any:
    """Return the median over the last axis, as `bootstrap` wants it."""
    return np.median(values, axis=-1)


def ratio_of_medians(numerator: ArrayLike, denominator: ArrayLike, **about: Any) -> Estimate:
    """Estimate how many times larger one set of repetitions is than another: the ratio of their medians."""
    settings: dict[str, Any] = {"unit": "ratio", "n_of": "repetitions", "null": 1.0} | about
    return bootstrap(
        [numerator, denominator],
        lambda a, b: median(a) / median(b),
        paired=False,
        **settings,
    )


def slope(x: ArrayLike, y: ArrayLike) -> float:
    """Return the least-squares slope of y against x."""
    return float(np.polynomial.polynomial.polyfit(np.asarray(x, float), np.asarray(y, float), 1)[1])


def exact(value: float, *, unit: str, n: int, n_of: str, method: str = "counted", **about: Any) -> Estimate:
    """Wrap a number without uncertainty: a count, or a property of the data or the code."""
    return Estimate(kind="exact", value=value, unit=unit, n=n, n_of=n_of, method=method, **about)


def with_range(
    values: ArrayLike, *, unit: str, n_of: str, reduce: Callable[[Floats], Any] = np.mean, **about: Any
) -> Estimate:
    """Reduce values to one number, with their range; where all are the same, the number is exact."""
    x = np.asarray(values, dtype=np.float64)
    number, low, high = float(reduce(x)), float(x.min()), float(x.max())
    if low == high:
        return exact(number, unit=unit, n=len(x), n_of=n_of, method=f"the same in all {n_of}", **about)
    return Estimate(
        kind="range",
        value=number,
        low=low,
        high=high,
        unit=unit,
        n=len(x),
        n_of=n_of,
        method=f"range over {n_of}",
        **about,
    )


def holm(p_values: Mapping[str, float], level: float = 1 - CONFIDENCE) -> dict[str, bool]:
    """
    Say which of many p-values survive Holm's step-down correction.

    Parameters
    ----------
    p_values : mapping of str to float
        One p-value per claim.
    level : float
        Family-wise error rate.

    Returns
    -------
    dict of str to bool
        True where the claim's null is still rejected.
    """
    survives = dict.fromkeys(p_values, False)
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        if p_values[name] > level / (len(p_values) - rank):
            break
        survives[name] = True
    return survives
