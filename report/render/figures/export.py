"""The numbers of a chart as a tidy table: one observation a row, ready for CSV."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from report.answers.charts import BarChart, Chart, ImageGrid, IntervalChart, LineChart, MatrixChart

Cell = str | float | int
Table = tuple[list[str], list[list[Cell]]]


def chart_data(chart: Chart) -> Table:
    """Return column names and rows, unthinned and unrounded; what is missing is an empty string."""
    match chart:
        case LineChart():
            names = ["panel", "series", "role", "x", "y", "low", "high", "x_label", "y_label"]
            return names, list(_line_rows(chart))
        case IntervalChart():
            return ["row", "kind", "value", "low", "high", "x_label"], list(_interval_rows(chart))
        case BarChart():
            rows: list[list[Cell]] = [
                [bar.label, segment.label, _cell(segment.value), chart.x_label]
                for bar in chart.bars
                for segment in bar.segments
            ]
            return ["bar", "segment", "value", "x_label"], rows
        case ImageGrid():
            return ["tile", "caption", "row", "column", "value"], list(_pixel_rows(chart))
        case MatrixChart():
            cells: list[list[Cell]] = [
                [label, column, _at(chart.values[row] if row < len(chart.values) else None, index)]
                for row, label in enumerate(chart.rows)
                for index, column in enumerate(chart.columns)
            ]
            return [chart.y_label or "row", chart.x_label or "column", "value"], cells


def _cell(value: float | None) -> Cell:
    return "" if value is None or not math.isfinite(value) else value


def _at(values: Sequence[float] | None, index: int) -> Cell:
    return _cell(values[index]) if values is not None and index < len(values) else ""


def _line_rows(chart: LineChart) -> Iterator[list[Cell]]:
    for position, panel in enumerate(chart.panels, start=1):
        name = panel.title or f"panel {position}"
        for series in panel.series:
            for index in range(max(len(series.x), len(series.y))):
                numbers = [_at(values, index) for values in (series.x, series.y, series.low, series.high)]
                yield [name, series.label, series.role, *numbers, panel.x_label, panel.y_label]


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
