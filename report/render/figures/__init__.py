"""Draw charts as SVG, and give the numbers that they are drawn from."""

from __future__ import annotations

from report.answers.charts import BarChart, Chart, ImageGrid, IntervalChart, LineChart, MatrixChart
from report.render.figures.bars import draw_bars
from report.render.figures.colour import THEMES, ThemeName
from report.render.figures.export import chart_data
from report.render.figures.images import draw_images
from report.render.figures.intervals import draw_intervals
from report.render.figures.layout import FORMATS, Size
from report.render.figures.lines import draw_lines
from report.render.figures.matrix import draw_matrix
from report.render.figures.svg import Drawing, rendering

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
