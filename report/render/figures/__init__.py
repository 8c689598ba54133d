"""Draw charts as SVG, and export the numbers that they show."""

from __future__ import annotations

import matplotlib

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
from report.render.figures.bars import draw_bars
from report.render.figures.colour import THEMES, ThemeName
from report.render.figures.cycle import draw_cycle
from report.render.figures.export import chart_data
from report.render.figures.images import draw_images
from report.render.figures.intervals import draw_intervals
from report.render.figures.layout import SIZES, SizeName
from report.render.figures.lines import draw_lines
from report.render.figures.matrix import draw_matrix
from report.render.figures.network import draw_network
from report.render.figures.styles import set_style
from report.render.figures.svg import Svg, to_svg

__all__ = ["SizeName", "Svg", "ThemeName", "chart_data", "draw"]


def draw(chart: Chart, *, theme: ThemeName, size: SizeName = "page") -> Svg:
    """Draw a chart for one theme; equal charts give equal bytes on any machine with the same matplotlib."""
    colours, figure_size = THEMES[theme], SIZES[size]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # ignore the user's own settings
        set_style(colours, figure_size)
        match chart:
            case LineChart():
                return to_svg(draw_lines(chart, colours, figure_size))
            case IntervalChart():
                return to_svg(draw_intervals(chart, colours, figure_size))
            case BarChart():
                return to_svg(draw_bars(chart, colours, figure_size))
            case ImageGrid():
                return to_svg(draw_images(chart, colours, figure_size))
            case MatrixChart():
                return to_svg(draw_matrix(chart, colours, figure_size))
            case NetworkDrawing():
                return to_svg(draw_network(chart, colours, figure_size))
            case CycleDrawing():
                return to_svg(draw_cycle(chart, colours, figure_size))
