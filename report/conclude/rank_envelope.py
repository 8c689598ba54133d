"""Whether a curve could be one of several others: its rank among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from report.conclude.sampling import Rank
from report.conclude.statistics import CONFIDENCE, Estimate, Floats
from report.record.reader import NoRecords

MIN_CURVES = 3
"""With which a spread can be estimated when each is left out in turn."""


def rank_envelope(curve: ArrayLike, references: ArrayLike, **about: Any) -> Estimate:
    """
    Rank how far a curve lies from others, among how far each of those lies from the rest.

    A curve's distance is the largest over its points, in standard deviations of the others from their median. If all
    curves come from the same process, every rank is equally likely, whatever their distribution and however their points
    depend on each other: conformal inference.

    Parameters
    ----------
    curve : array_like of float, shape (points,)
        The curve in question.
    references : array_like of float, shape (n, points)
        The others; at least 19 are needed for a p-value of 0.05.
    **about
        Further fields of `Estimate`.

    Returns
    -------
    Estimate
        The distance, with its rank as p-value. `detectable` is the smallest shift of the whole curve, up or down, in the
        unit of its points, that would have put it farther from the others than any reference.

    Raises
    ------
    NoRecords
        If there are fewer than three references.

    References
    ----------
    Myllymäki et al. (2017), "Global envelope tests for spatial processes", JRSS B 79(2); Vovk, Gammerman and Shafer (2005),
    "Algorithmic Learning in a Random World".
    """
    x, others = np.asarray(curve, dtype=np.float64), np.asarray(references, dtype=np.float64)
    if len(others) < MIN_CURVES:
        raise NoRecords(f"{len(others)} curves: too few for a spread when each is left out in turn")
    spread = float(others.std(axis=0, ddof=1).max())
    shifts = np.linspace(0, 8, 81)[1:] * spread
    noticed = (
        float(shift)
        for shift in shifts
        if max(rank_p_value(x + shift, others), rank_p_value(x - shift, others)) < 1 - CONFIDENCE
    )
    common: dict[str, Any] = {
        "unit": "standard deviations", "n": len(others), "n_of": "seeds", "method": "rank envelope over seeds",
    } | about  # fmt: skip
    distance = float(_distances(np.vstack([x, others]))[0])
    return Estimate(value=distance, sampling=Rank(rank_p_value(x, others)), detectable=next(noticed, None), **common)


def curves_as_far(envelope: Estimate) -> int:
    """Count the references that lie at least as far from the others as the curve does."""
    p_value = envelope.sampling.p_value if isinstance(envelope.sampling, Rank) else 1.0
    return round(p_value * (envelope.n + 1)) - 1  # the curve itself is one of those ranked


def rank_p_value(curve: ArrayLike, references: ArrayLike) -> float:
    """Return the share of all curves, itself included, that lie as far from the others as this one or farther."""
    distances = _distances(np.vstack([np.asarray(curve), np.asarray(references)]))
    return float(np.mean(distances >= distances[0]))


def _distances(curves: Floats) -> Floats:
    """Return each curve's largest distance from the median of the others, in their standard deviations."""
    others = np.stack([np.delete(curves, i, axis=0) for i in range(len(curves))])  # by curve left out, curve, point
    spread = others.std(axis=1, ddof=1)
    distance = np.abs(curves - np.median(others, axis=1))
    without_spread = np.where(distance > 0, np.inf, 0.0)
    farthest: Floats = np.divide(distance, spread, out=without_spread, where=spread > 0).max(axis=1)
    return farthest


def noticed_shift(envelope: Estimate) -> Estimate:
    """Return by how much the whole curve of losses would have to be shifted for the test to notice; it has no interval."""
    if envelope.detectable is None:
        raise NoRecords("curves enough to notice a shift")
    return Estimate(
        value=envelope.detectable, unit="nats", digits=3, n=envelope.n, n_of=envelope.n_of, method=envelope.method
    )
