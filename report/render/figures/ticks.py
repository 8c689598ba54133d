"""Place ticks at round numbers, as many as have room, and write them as the text does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, Locator, MaxNLocator, NullLocator

from report.answers.charts import Scale
from report.conclude.formatting import number
from report.render.figures.text import text_width

_MAX_TICKS = {"x": 8, "y": 6}
_MAX_PLACES = 6
_MIN_DECIMAL, _MAX_DECIMAL = 1e-4, 1e7  # beyond these, numbers are written as powers of ten
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def set_ticks(axes: Axes, scale: Scale, values: Iterable[float] = (), *, axis: Literal["x", "y"] = "x") -> None:
    """
    Set the scale and the ticks of one axis.

    Whole numbers have no ticks between them, and powers of two on a logarithmic scale have ticks at the values alone.
    """
    known = {float(value) for value in values if math.isfinite(value)}
    axes.set(**{f"{axis}scale": scale})
    side = axes.xaxis if axis == "x" else axes.yaxis
    side.set_major_locator(NumberLocator(axis, known))
    side.set_major_formatter(NumberFormatter())
    side.set_minor_locator(NullLocator())


class NumberLocator(Locator):
    """Place as many ticks at round numbers, or at the values themselves, as leave their labels apart."""

    axis: Axis

    def __init__(self, side: Literal["x", "y"], values: set[float]) -> None:
        self.side = side
        self.integer = bool(values) and all(value.is_integer() for value in values)
        powers = len(values) > 1 and all(value > 0 and math.log2(value).is_integer() for value in values)
        self.powers = sorted(values) if powers else None

    def __call__(self) -> Sequence[float]:
        """Return the ticks inside the axis's limits."""
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the first candidate whose labels have room."""
        low, high = sorted((vmin, vmax))
        inside: list[float] = []
        for candidate in self._candidates(low, high):
            inside = [float(tick) for tick in candidate if low <= tick <= high]
            if len(inside) <= _MAX_TICKS[self.side] and self._have_room(inside):
                break
        return inside

    def _candidates(self, low: float, high: float) -> Iterator[Sequence[float]]:
        """Yield ever fewer ticks."""
        if self.axis.get_scale() == "log":
            ticks = self.powers or _round_on_log_scale(low, high)
            if len(ticks) > 1:
                yield from (ticks[::stride] for stride in range(1, len(ticks) + 1))
                return
        for bins in range(_MAX_TICKS[self.side], 0, -1):
            yield MaxNLocator(bins, steps=[1, 2, 5, 10], integer=self.integer, min_n_ticks=1).tick_values(low, high)

    def _have_room(self, ticks: Sequence[float]) -> bool:
        """Return whether all labels stand apart: by a font size beside each other, by less one above the other."""
        font_size = matplotlib.rcParams["font.size"]
        box, lengths = self.axis.axes.bbox, np.full(len(ticks), 1.5 * font_size)
        if self.side == "x":
            labels = self.axis.get_major_formatter().format_ticks(list(ticks))
            lengths = np.array([text_width(label, font_size) + font_size for label in labels])
        places, (low, high) = map(self.axis.get_transform().transform, (ticks, self.axis.get_view_interval()))
        gaps = np.diff(places) / (high - low) * (box.width if self.side == "x" else box.height)
        return bool(np.all(np.abs(gaps) >= (lengths[1:] + lengths[:-1]) / 2))


def _round_on_log_scale(low: float, high: float) -> list[float]:
    """Return at least three powers of ten, or of finer round numbers; nothing where the range is too short for them."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for multiples in ((1,), (1, 3), (1, 2, 5)):
        ticks = [float(f"{multiple}e{decade}") for decade in decades for multiple in multiples]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 3:
            return inside
    return []


class NumberFormatter(Formatter):
    """Write ticks with a true minus sign and separators: equal decimals on a linear scale, on a logarithmic one as needed."""

    axis: Axis

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a single number."""
        return tick_label(x, [x])

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks."""
        alike = self.axis.get_scale() == "linear" and max(map(abs, values), default=0.0) >= _MIN_DECIMAL
        return [tick_label(value, values if alike else [value]) for value in values]


def tick_label(value: float, like: Sequence[float]) -> str:
    """Write a number with the decimals that `like` needs, or as a power of ten if it is very small or very large."""
    if value and not _MIN_DECIMAL <= abs(value) < _MAX_DECIMAL:
        exponent = math.floor(math.log10(abs(value)) + 1e-9)
        mantissa = tick_label(value / 10.0**exponent, [value / 10.0**exponent])
        return f"{mantissa}×10{str(exponent).translate(_SUPERSCRIPTS)}".removeprefix("1×")
    return number(value, _decimals(like))


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals write these values in full, at most six."""
    for places in range(_MAX_PLACES):
        if all(math.isclose(round(value, places), value, rel_tol=1e-9, abs_tol=1e-12) for value in values):
            return places
    return _MAX_PLACES
