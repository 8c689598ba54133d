"""Draw charts as SVG, and export the numbers that they show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.figure import Figure

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
from report.render.figures.colour import THEMES, Theme, ThemeName, counterparts
from report.render.figures.cycle import draw_cycle
from report.render.figures.export import chart_data
from report.render.figures.images import draw_images
from report.render.figures.intervals import draw_intervals
from report.render.figures.layout import SIZES, FigureSize, SizeName
from report.render.figures.lines import draw_lines
from report.render.figures.matrix import draw_matrix
from report.render.figures.network import draw_network
from report.render.figures.styles import set_style
from report.render.figures.svg import Svg, to_svg

__all__ = ["SizeName", "Svg", "ThemeName", "chart_data", "draw", "draw_in_both_themes"]


DRAWN_BY: dict[type[Chart], Callable[[Any, Theme, FigureSize], Figure]] = {
    LineChart: draw_lines,
    IntervalChart: draw_intervals,
    BarChart: draw_bars,
    ImageGrid: draw_images,
    MatrixChart: draw_matrix,
    NetworkDrawing: draw_network,
    CycleDrawing: draw_cycle,
}
RECOLOURED = (LineChart, IntervalChart)
"""Charts without colour scales, whose picture for the dark theme is the light one with other colours: half the time."""
DARK = counterparts(THEMES["light"], THEMES["dark"])


def draw_in_both_themes(chart: Chart, size: SizeName = "page") -> dict[ThemeName, Svg]:
    """Draw a chart for the light and for the dark theme."""
    light = draw(chart, theme="light", size=size)
    if isinstance(chart, RECOLOURED):
        recoloured = re.sub(r"(?<=: )#[0-9a-f]{6}", lambda colour: DARK.get(colour[0], colour[0]), light.text)
        return {"light": light, "dark": light._replace(text=recoloured)}
    return {"light": light, "dark": draw(chart, theme="dark", size=size)}


def draw(chart: Chart, *, theme: ThemeName, size: SizeName = "page") -> Svg:
    """Draw a chart for one theme; equal charts give equal bytes on any machine with the same matplotlib."""
    colours, figure_size = THEMES[theme], SIZES[size]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # ignore the user's own settings
        set_style(colours, figure_size)
        return to_svg(DRAWN_BY[type(chart)](chart, colours, figure_size))
