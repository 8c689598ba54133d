"""Intervals from resampling, where no formula gives one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from report.conclude.sampling import StudentT
from report.conclude.statistics import CONFIDENCE, Estimate, Floats

RESAMPLES = 10_000
BLOCK_VALUES = 1_000_000
FEW_VALUES = 100


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
        Takes one array per sample, of shape (..., n), and reduces the last axis: `median`, for one. What the resamples of equal
        samples gave is remembered for each function, so a function of a module is better than one made anew for each call.
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
    drawn = _of_resamples(statistic, tuple(a.tobytes() for a in arrays), RESAMPLES, paired=paired)
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
        return bootstrap([x], mean, paired=paired, **settings)
    drawn = np.random.default_rng(0).multinomial(len(x), counts / len(x), RESAMPLES) @ distinct / len(x)
    method = f"{'paired ' if paired else ''}bootstrap over {n_of}"
    return _percentiles(drawn, float(x.mean()), 0.0, n=len(x), method=method, **settings)


def _percentiles(drawn: Floats, value: float, null: float, **about: Any) -> Estimate:
    """Compute interval and error from the statistic of every resample."""
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    sampling = StudentT(float(drawn.std(ddof=1)), about["n"] - 1)
    return Estimate(value=value, low=float(low), high=float(high), sampling=sampling, null=null, **about)


@lru_cache(maxsize=128)
def _of_resamples(statistic: Callable[..., Any], samples: tuple[bytes, ...], resamples: int, *, paired: bool) -> Floats:
    """Compute a statistic of every resample, once: a report makes several sites, and figures repeat the numbers of the text."""
    arrays = [np.frombuffer(sample) for sample in samples]
    blocks = _resamples(arrays, resamples, paired=paired)
    return np.concatenate([np.atleast_1d(statistic(*resampled)) for resampled in blocks])


def _resamples(arrays: Sequence[Floats], resamples: int, *, paired: bool) -> Iterator[list[Floats]]:
    """Draw the resamples in blocks of a few megabytes: for each array, (block, n) values."""
    rng = np.random.default_rng(0)
    block = max(1, BLOCK_VALUES // max(len(a) for a in arrays))
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        if paired:
            picks = [rng.integers(0, len(arrays[0]), (rows, len(arrays[0])), dtype=np.int32)] * len(arrays)
        else:
            picks = [rng.integers(0, len(a), (rows, len(a)), dtype=np.int32) for a in arrays]
        yield [a[pick] for a, pick in zip(arrays, picks, strict=True)]


def mean(values: Floats) -> Any:
    """Return the mean over the last axis, as `bootstrap` wants it."""
    return np.mean(values, axis=-1)


def median(values: Floats) -> Any:
    """Return the median over the last axis, as `bootstrap` wants it."""
    return np.median(values, axis=-1)


def ratio_of_medians(numerator: ArrayLike, denominator: ArrayLike, **about: Any) -> Estimate:
    """Estimate how many times larger one set of repetitions is than another: the ratio of their medians."""
    settings: dict[str, Any] = {"unit": "ratio", "n_of": "repetitions", "null": 1.0} | about
    return bootstrap([numerator, denominator], _ratio, paired=False, **settings)


def _ratio(numerator: Floats, denominator: Floats) -> Any:
    return median(numerator) / median(denominator)
