"""Estimates with their intervals, one a row, as in a forest plot: dot and whiskers, and the numbers beside them."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from matplotlib.axes import Axes

from report.answers.charts import IntervalChart, IntervalRow
from report.conclude.formatting import digits_of_spread, number
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible
from report.render.figures.layout import Canvas, Format
from report.render.figures.svg import Drawing
from report.render.figures.text import text_width, wrap
from report.render.figures.ticks import Axis, fit_axis, set_axis
from report.render.figures.ticks import number as plain

_LABEL_SHARE = 0.36  # of the width at most, for the rows' labels


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of an interval chart go, in pixels, before anything is drawn."""

    labels: list[list[str]]
    numbers: list[str]
    """Written to the right of the rows; empty where there is no room for them."""
    left: float
    right: float
    head: float
    heights: list[float]


def draw_intervals(chart: IntervalChart, theme: Theme, form: Format) -> Drawing:
    """Draw an interval chart, as high as its rows need."""
    plan = _plan(chart, form)
    rows_height = sum(plan.heights) or 2 * form.text
    canvas = Canvas(form, theme, plan.head + rows_height + form.foot(chart.x_label))
    width = plan.right - plan.left
    most = 4 if form.compact else 7
    axis = fit_axis(_values(chart), chart.x_scale, width, form.text, horizontal=True, most=most)
    axes = canvas.axes(plan.left, plan.head, width, rows_height)
    axes.set_ylim(rows_height, 0)  # heights on the page are the unit of y
    axes.set_yticks([])
    set_axis(axes, axis, horizontal=True)
    axes.grid(axis="x", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    _draw_guides(canvas, axes, axis, chart, plan)
    top = 0.0
    for index, row in enumerate(chart.rows):
        middle = top + plan.heights[index] / 2
        _draw_row(axes, axis, row, index, middle, canvas)
        canvas.block(0, plan.head + middle, plan.labels[index])
        if plan.numbers:
            canvas.block(form.width, plan.head + middle, [plan.numbers[index]], align="right")
        top += plan.heights[index]
    canvas.x_label(chart.x_label, plan.left, plan.right)
    return canvas.drawing()


def _plan(chart: IntervalChart, form: Format) -> Plan:
    size = form.text
    labels = [wrap(row.label, size, _LABEL_SHARE * form.width) for row in chart.rows]
    left = max((text_width(line, size) for lines in labels for line in lines), default=0.0) + size
    numbers = [interval_text(row, signed=chart.zero == 0) for row in chart.rows]
    column = max((text_width(text, size) for text in numbers), default=0.0) + size
    if form.compact or form.width - left - column < 0.35 * form.width:
        numbers, column = [], 0.8 * size
    shows_margin = chart.margin is not None and chart.zero is not None and not form.compact
    return Plan(
        labels=labels,
        numbers=numbers,
        left=left,
        right=form.width - column,
        head=1.6 * size if shows_margin else 0.3 * size,
        heights=[max(len(lines) * form.line, 1.2 * size) + 0.9 * size for lines in labels],
    )


def interval_text(row: IntervalRow, *, signed: bool) -> str:
    """Print an estimate and its interval, where it has one, as they stand in the text, with the digits that it supports."""
    if not math.isfinite(row.value):
        return "–"
    half = (row.high - row.low) / 2
    scale = half if math.isfinite(half) and half > 0 else abs(row.value) / 100 or 1.0
    digits = digits_of_spread(scale)
    value, low, high = (number(v, digits, signed=signed) for v in (row.value, row.low, row.high))
    return f"{value} ({low} to {high})" if math.isfinite(half) and half > 0 else value


def _values(chart: IntervalChart) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return all that the axis must show."""
    values = [v for row in chart.rows for v in (row.value, row.low, row.high, *row.points)]
    if chart.zero is not None:
        margin = chart.margin or 0.0
        values += [chart.zero, chart.zero - margin, chart.zero + margin]
    return np.array(values, dtype=np.float64)


def _draw_guides(canvas: Canvas, axes: Axes, axis: Axis, chart: IntervalChart, plan: Plan) -> None:
    """Draw the line of no difference, and the band of no practical one."""
    if chart.zero is None:
        return
    theme, size = canvas.theme, canvas.form.text
    if chart.margin is not None:
        low, high = max(chart.zero - chart.margin, axis.low), chart.zero + chart.margin
        axes.axvspan(low, high, color=theme.shade, linewidth=0, zorder=0).set_gid("margin")
        if not canvas.form.compact:
            text = f"margin ±{plain(chart.margin)}"
            half = text_width(text, size) / 2
            centre = plan.left + axis.position((low * high) ** 0.5 if axis.scale == "log" else chart.zero) * (
                plan.right - plan.left
            )
            centre = min(max(centre, half), canvas.width - half)
            canvas.text(centre, 1.1 * size, text, colour=theme.muted, align="center")
    axes.axvline(chart.zero, color=theme.reference, linewidth=1.2, zorder=1.5).set_gid("zero")


def _draw_row(axes: Axes, axis: Axis, row: IntervalRow, index: int, middle: float, canvas: Canvas) -> None:
    theme, size = canvas.theme, canvas.form.text
    colour = legible(theme.series[0], theme, SHAPE_CONTRAST)

    def drawable(value: float) -> bool:
        return math.isfinite(value) and (value > 0 or axis.scale == "linear")

    points = [value for value in row.points if drawable(value)]
    if points:
        (marks,) = axes.plot(
            points,
            [middle + 0.55 * size] * len(points),
            linestyle="none",
            marker="o",
            markersize=0.3 * size,
            markerfacecolor=theme.muted,
            markeredgewidth=0,
            alpha=0.55,
            zorder=2,
        )
        marks.set_gid(f"points-{index}")
    # An interval without an end on one side is drawn to the edge of the axes, without a cap.
    low = row.low if drawable(row.low) else axis.low
    high = row.high if drawable(row.high) else axis.high
    if not (math.isnan(row.low) or math.isnan(row.high)):
        axes.plot([low, high], [middle, middle], color=colour, linewidth=2, zorder=3)[0].set_gid(f"interval-{index}")
        caps = [end for end, given in ((low, row.low), (high, row.high)) if end == given]
        axes.plot(
            caps,
            [middle] * len(caps),
            color=colour,
            linestyle="none",
            marker="|",
            markersize=0.6 * size,
            markeredgewidth=2,
            zorder=3,
        )
    if drawable(row.value):
        (dot,) = axes.plot([row.value], [middle], marker="o", markersize=0.55 * size, color=colour, zorder=4)
        dot.set_gid(f"estimate-{index}")
