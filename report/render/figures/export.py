"""Export the numbers of a chart as a tidy table: one observation a row."""

from __future__ import annotations

import math
from collections.abc import Iterator

from report.answers.charts import (
    BarChart,
    Chart,
    CycleDrawing,
    ImageGrid,
    IntervalChart,
    LineChart,
    MatrixChart,
    NetworkDrawing,
)

Cell = str | float | int
Table = tuple[list[str], list[list[Cell]]]


def chart_data(chart: Chart) -> Table:
    """Return column names and rows, unrounded; a missing value is an empty string."""
    match chart:
        case LineChart():
            names = ["panel", "series", "role", "x", "y", "low", "high", "x_label", "y_label"]
            rows = _line_rows(chart)
        case IntervalChart():
            names = ["row", "kind", "value", "low", "high", "x_label"]
            rows = _interval_rows(chart)
        case BarChart():
            names = ["bar", "segment", "value", "x_label"]
            rows = (
                [bar.label, segment.label, _cell(segment.value), chart.x_label]
                for bar in chart.bars
                for segment in bar.segments
            )
        case ImageGrid():
            names = ["tile", "caption", "row", "column", "value"]
            rows = _pixel_rows(chart)
        case MatrixChart():
            names = ["panel", chart.y_label, chart.x_label, "value"]
            rows = (
                [panel.title, label, column, _cell(value)]
                for panel in chart.panels
                for label, values in zip(panel.rows, panel.values, strict=True)
                for column, value in zip(chart.columns, values, strict=True)
            )
        case NetworkDrawing():
            names = ["layer", "units", "computed by"]
            rows = ([layer.label, layer.units, layer.computed_by] for layer in chart.layers)
        case CycleDrawing():
            names = ["step", "what is done", "code"]
            rows = ([number, step.label, step.code] for number, step in enumerate(chart.steps, start=1))
    return names, list(rows)


def _cell(value: float) -> Cell:
    return value if math.isfinite(value) else ""


def _line_rows(chart: LineChart) -> Iterator[list[Cell]]:
    for position, panel in enumerate(chart.panels, start=1):
        name = panel.title or f"panel {position}"
        for series in panel.series:
            missing = [math.nan] * len(series.x)
            columns = (series.x, series.y, series.low or missing, series.high or missing)
            for numbers in zip(*columns, strict=True):
                yield [name, series.label, series.role, *map(_cell, numbers), panel.x_label, panel.y_label]


def _interval_rows(chart: IntervalChart) -> Iterator[list[Cell]]:
    for row in chart.rows:
        yield [row.label, "estimate", _cell(row.value), _cell(row.low), _cell(row.high), chart.x_label]
        for point in row.points:
            yield [row.label, "single value", _cell(point), "", "", chart.x_label]


def _pixel_rows(chart: ImageGrid) -> Iterator[list[Cell]]:
    for number, tile in enumerate(chart.tiles, start=1):
        side = math.isqrt(len(tile.pixels))
        for index, value in enumerate(tile.pixels):
            yield [number, tile.caption.replace("\n", " "), index // side, index % side, _cell(value)]
