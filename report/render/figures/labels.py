"""Place direct labels next to what they name, without overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression


def spread(wanted: Sequence[float], heights: Sequence[float], bottom: float, top: float) -> NDArray[np.float64] | None:
    """
    Return the label centres nearest to `wanted`, in least squares, at which no labels overlap and all are inside.

    Returns None if the labels do not fit between bottom and top. Without its share of the heights below it, a label
    may stand at or above the one below: least squares under that order is isotonic regression.
    """
    order = np.argsort(wanted, kind="stable")
    sorted_heights = np.asarray(heights, dtype=np.float64)[order]
    room = top - bottom - sorted_heights.sum()
    if room < 0:
        return None
    below = np.cumsum(sorted_heights) - sorted_heights / 2
    centres = np.empty(len(order))
    if len(order):
        ordered = isotonic_regression(np.asarray(wanted, dtype=np.float64)[order] - below).x
        centres[order] = np.clip(ordered, bottom, bottom + room) + below
    return centres
