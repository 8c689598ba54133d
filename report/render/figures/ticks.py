"""Axes: limits, ticks at round numbers (or at the values measured), and numbers as they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from report.answers.charts import Scale
from report.conclude.formatting import number as formatted
from report.render.figures.text import text_width

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PADDING = 0.04  # of the span, on either side of the data
_MOST_DECIMALS = 6


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """One axis: its limits and its ticks."""

    scale: Scale
    low: float
    high: float
    ticks: list[float]
    labels: list[str]

    def position(self, value: float) -> float:
        """Return where a value stands, from 0 at the lower limit to 1 at the upper one."""
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def label_width(self, size: float) -> float:
        """Return the width of the widest tick label."""
        return max((text_width(label, size) for label in self.labels), default=0.0)


def number(value: float) -> str:
    """Print a number in full; a very large or very small one as a power of ten."""
    if not value or 1e-4 <= abs(value) < 1e7:
        return formatted(value, _decimals([value]))
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    mantissa = number(value / 10.0**exponent)
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return {"1": power, "−1": f"−{power}"}.get(mantissa, f"{mantissa}×{power}")


def _decimals(values: Iterable[float]) -> int:
    """Return how many decimals tell these values in full, up to six."""
    for places in range(_MOST_DECIMALS):
        if all(math.isclose(round(value, places), value, rel_tol=1e-9, abs_tol=1e-12) for value in values):
            return places
    return _MOST_DECIMALS


def fit_axis(
    values: NDArray[np.float64], scale: Scale, length: float, size: float, *, horizontal: bool, most: int = 7
) -> Axis:
    """
    Choose an axis for the finite values given (positive ones, on a logarithmic scale).

    `length` is that of the axis and `size` the font size, both in pixels; no two tick labels come closer than reads
    well, and there are at most `most`. A logarithmic axis whose values are all powers of two has its ticks at them.
    """
    usable = values[np.isfinite(values) & ((values > 0) | (scale == "linear"))]
    low, high = _limits(usable, scale)
    if scale == "linear":
        return _linear_axis(low, high, length, size, horizontal=horizontal, most=most)
    given = sorted({float(value) for value in usable})
    if len(given) > 1 and all(math.log2(value).is_integer() for value in given):
        candidates = given
    else:
        candidates = _log_ticks(low, high)
    labels = [number(tick) for tick in candidates]
    axis = Axis(scale=scale, low=low, high=high, ticks=candidates, labels=labels)
    return _thinned(axis, length, size, horizontal=horizontal, most=most)


def _limits(values: NDArray[np.float64], scale: Scale) -> tuple[float, float]:
    """Return the span of the values with some room around it."""
    if scale == "log":
        logs = np.log10(values) if values.size else np.array([0.0, 1.0])
        low, high = float(logs.min()), float(logs.max())
        room = _PADDING * (high - low) or 0.5
        return 10 ** (low - room), 10 ** (high + room)
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = _PADDING * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _linear_axis(low: float, high: float, length: float, size: float, *, horizontal: bool, most: int) -> Axis:
    for bins in range(most, 1, -1):
        inside = MaxNLocator(bins, steps=[1, 2, 5, 10]).tick_values(low, high)
        ticks = [float(tick) for tick in inside if low <= tick <= high]
        small = max(map(abs, ticks), default=0) < 1e-4
        places = _decimals(ticks)
        labels = [number(tick) if small else formatted(tick, places) for tick in ticks]
        axis = Axis(scale="linear", low=low, high=high, ticks=ticks, labels=labels)
        if len(ticks) <= most and _fits(axis, length, size, horizontal=horizontal):
            break
    return axis


def _log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers between the limits: decades, or as much finer as it takes to have three."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = [float(f"{step}e{decade}") for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 3:
            return inside
    linear = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in linear if 0 < low <= tick <= high]


def _fits(axis: Axis, length: float, size: float, *, horizontal: bool) -> bool:
    """Say whether the tick labels stand clear of each other."""
    places = [axis.position(tick) * length for tick in axis.ticks]
    halves = [text_width(text, size) / 2 if horizontal else 0.75 * size for text in axis.labels]
    gap = size if horizontal else 0.4 * size
    pairs = zip(places[1:], places, halves[1:], halves, strict=False)
    return all(right - left >= a + b + gap for right, left, a, b in pairs)


def _thinned(axis: Axis, length: float, size: float, *, horizontal: bool, most: int) -> Axis:
    """Keep every second tick, or every third, and so on, until the labels fit."""
    for stride in range(1, len(axis.ticks) + 1):
        kept = msgspec.structs.replace(axis, ticks=axis.ticks[::stride], labels=axis.labels[::stride])
        if len(kept.ticks) <= most and _fits(kept, length, size, horizontal=horizontal):
            return kept
    return axis


def set_axis(axes: Axes, axis: Axis, *, horizontal: bool) -> None:
    """Give matplotlib's axes these limits and ticks, and nothing else."""
    side = axes.xaxis if horizontal else axes.yaxis
    if horizontal:
        axes.set_xscale(axis.scale)
        axes.set_xlim(axis.low, axis.high)
    else:
        axes.set_yscale(axis.scale)
        axes.set_ylim(axis.low, axis.high)
    side.set_minor_locator(NullLocator())
    side.set_major_locator(FixedLocator(axis.ticks))
    side.set_ticklabels(axis.labels)
