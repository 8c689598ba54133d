"""Draw estimates with their intervals, one a row, as in a forest plot, and write the numbers beside them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from report.answers.charts import IntervalChart, IntervalRow
from report.conclude.formatting import cell, digits_of_spread, number
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible
from report.render.figures.layout import FigureSize, new_figure, set_height, set_rows, set_x_label
from report.render.figures.text import text_width
from report.render.figures.ticks import set_ticks

_MIN_PLOT_SHARE = 0.35  # of the width; without the numbers if they would leave less


def draw_intervals(chart: IntervalChart, theme: Theme, size: FigureSize) -> Figure:
    """Draw an interval chart, as high as its rows need."""
    figure = new_figure(size)
    axes = figure.subplots()
    set_ticks(axes, chart.x_scale)
    set_x_label(axes, chart.x_label, size)
    centres = set_rows(axes, [row.label for row in chart.rows], theme.text, size)
    _draw_zero(axes, chart, theme, size)
    _draw_rows(axes, chart.rows, centres, theme, size)
    if not size.compact:
        _write_numbers(axes, [interval_text(row, signed=chart.zero == 0) for row in chart.rows], centres, size)
    set_height(figure, axes.get_ylim()[0])
    return figure


def _write_numbers(axes: Axes, numbers: list[str], centres: NDArray[np.float64], size: FigureSize) -> None:
    """Write the numbers beside the plot: with their intervals, or without them where those would squeeze the plot."""
    left = axes.yaxis.get_tick_params()["pad"]
    for texts in (numbers, [text.partition(" (")[0] for text in numbers]):
        widest = max((text_width(text, size.font_size) for text in texts), default=0.0)
        right = widest + size.font_size
        if size.width - left - right >= _MIN_PLOT_SHARE * size.width:
            for text, centre in zip(texts, centres, strict=True):
                label = axes.annotate(text, (1, centre), (right, 0), ("axes fraction", "data"), "offset points")
                label.set(ha="right", va="center_baseline")
            return


def interval_text(row: IntervalRow, *, signed: bool) -> str:
    """Write an estimate and its interval, if it has one, with the digits that the interval supports."""
    if not math.isfinite(row.value):
        return "–"
    half = (row.high - row.low) / 2
    has_interval = math.isfinite(half) and half > 0
    digits = digits_of_spread(half if has_interval else abs(row.value) / 100 or 1.0)
    value, low, high = (number(v, digits, signed=signed) for v in (row.value, row.low, row.high))
    return f"{value} ({low} to {high})" if has_interval else value


def rows_in_words(chart: IntervalChart) -> str:
    """Write out what the rows show, as the numbers beside them do."""
    rows = (f"{row.label} {interval_text(row, signed=chart.zero == 0)}" for row in chart.rows)
    return f"{chart.x_label[0].upper()}{chart.x_label[1:]}: {'; '.join(rows)}."


def _draw_zero(axes: Axes, chart: IntervalChart, theme: Theme, size: FigureSize) -> None:
    """Draw the line of no difference, and the band of no practical difference."""
    if chart.zero is None:
        return
    axes.axvline(chart.zero, color=theme.reference, linewidth=1.2, zorder=1.5, gid="zero")
    if chart.margin is None:
        return
    low, high = chart.zero - chart.margin, chart.zero + chart.margin
    axes.axvspan(low, high, color=theme.margin, linewidth=0, zorder=0, gid="margin")
    if not size.compact:
        label, place = f"margin ±{cell(chart.margin)}", (chart.zero, 1)
        axes.annotate(label, place, (0, 5), ("data", "axes fraction"), "offset points", ha="center", color=theme.muted)


def _draw_rows(
    axes: Axes, rows: list[IntervalRow], centres: NDArray[np.float64], theme: Theme, size: FigureSize
) -> None:
    colour = legible(theme.series[0], theme, SHAPE_CONTRAST)
    points = [point for row in rows for point in row.points]
    below = np.repeat(centres + 0.55 * size.font_size, [len(row.points) for row in rows])
    axes.plot(points, below, "o", markersize=0.3 * size.font_size, color=theme.muted, alpha=0.55, gid="points")
    # The error bar is drawn from the middle of the interval: the estimate itself may lie elsewhere.
    ends = np.array([(row.low, row.high) for row in rows], dtype=np.float64).reshape(-1, 2)
    ends[~np.isfinite(ends)] = np.nan
    middle, half = ends.mean(axis=1), np.diff(ends)[:, 0] / 2
    axes.errorbar(middle, centres, xerr=half, fmt="none", ecolor=colour, elinewidth=2, capthick=2)
    values = [row.value for row in rows]
    axes.plot(values, centres, "o", markersize=0.55 * size.font_size, color=colour, zorder=3, gid="estimates")
