"""The points of a series as they can be drawn: finite, positive on a logarithmic scale, and not too many."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from report.answers.charts import Panel, Scale, Series

MOST_POINTS = 200
Floats = NDArray[np.float64]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One series ready to draw; what can't be drawn is NaN, which matplotlib shows as a gap."""

    series: Series
    x: Floats
    y: Floats
    low: Floats | None
    high: Floats | None

    @property
    def end(self) -> tuple[float, float] | None:
        """The last point that is drawn, where the direct label goes."""
        drawn = np.flatnonzero(np.isfinite(self.x) & np.isfinite(self.y))
        return (float(self.x[drawn[-1]]), float(self.y[drawn[-1]])) if drawn.size else None


def curve(series: Series, panel: Panel) -> Curve:
    """Clean and thin one series for its panel."""
    count = min(len(series.x), len(series.y))
    x = _drawable(series.x, count, panel.x_scale)
    y = _drawable(series.y, count, panel.y_scale)
    low = high = None
    if series.low is not None and series.high is not None:
        low = _drawable(series.low, count, panel.y_scale)
        high = _drawable(series.high, count, panel.y_scale)
    kept = _kept(x, y, panel.x_scale)
    return Curve(
        series=series,
        x=x[kept],
        y=y[kept],
        low=None if low is None else low[kept],
        high=None if high is None else high[kept],
    )


def _drawable(values: ArrayLike, count: int, scale: Scale) -> Floats:
    array = np.full(count, np.nan)
    given = np.asarray(values, dtype=np.float64)[:count]  # None becomes NaN
    array[: given.size] = given
    array[~np.isfinite(array)] = np.nan
    if scale == "log":
        array[array <= 0] = np.nan
    return array


def _kept(x: Floats, y: Floats, scale: Scale) -> NDArray[np.intp]:
    """
    Return the indices of at most `MOST_POINTS` points, the first and the last among them.

    The axis is cut into equal intervals, and of each the lowest and the highest point are kept, so that no spike is
    lost: a mean would smooth a curve that is not smooth.
    """
    if x.size <= MOST_POINTS:
        return np.arange(x.size)
    places = np.log(x) if scale == "log" else x
    if not np.all(np.diff(places) > 0):  # not a function of x, or with gaps
        places = np.arange(x.size, dtype=np.float64)
    edges = np.linspace(places[0], places[-1], MOST_POINTS // 2)[1:-1]
    intervals = np.digitize(places, edges)
    kept = {0, x.size - 1}
    for interval in np.unique(intervals):
        members = np.flatnonzero((intervals == interval) & np.isfinite(y))
        if members.size:
            kept |= {int(members[np.argmin(y[members])]), int(members[np.argmax(y[members])])}
    return np.array(sorted(kept), dtype=np.intp)
