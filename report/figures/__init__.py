"""Draw charts as SVG, and give the numbers that they are drawn from."""

from __future__ import annotations

from report.charts import BarChart, Chart, ImageGrid, IntervalChart, LineChart, MatrixChart
from report.figures.bars import draw_bars
from report.figures.canvas import FORMATS, Size
from report.figures.colour import THEMES, ThemeName
from report.figures.export import chart_data
from report.figures.images import draw_images
from report.figures.intervals import draw_intervals
from report.figures.lines import draw_lines
from report.figures.matrix import draw_matrix
from report.figures.svg import Drawing, rendering

__all__ = ["Drawing", "Size", "ThemeName", "chart_data", "draw"]


def draw(chart: Chart, *, theme: ThemeName, size: Size = "page") -> Drawing:
    """Draw a chart for one theme; equal charts give equal bytes, on any machine with the same matplotlib."""
    colours, form = THEMES[theme], FORMATS[size]
    with rendering():
        match chart:
            case LineChart():
                return draw_lines(chart, colours, form)
            case IntervalChart():
                return draw_intervals(chart, colours, form)
            case BarChart():
                return draw_bars(chart, colours, form)
            case ImageGrid():
                return draw_images(chart, colours, form)
            case MatrixChart():
                return draw_matrix(chart, colours, form)
