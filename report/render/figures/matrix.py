"""Draw a table of counts as a heat map with its numbers in the cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from report.answers.charts import MatrixChart
from report.conclude.formatting import cell
from report.render.figures.colour import Theme, text_on
from report.render.figures.layout import FigureSize, new_figure, set_height
from report.render.figures.text import text_width

_MIN_FONT_SIZE = 9  # pixels; smaller cells have no numbers


def draw_matrix(chart: MatrixChart, theme: Theme, size: FigureSize) -> Figure:
    """Draw a heat map; a card has only its colours and row labels."""
    figure = new_figure(size)
    axes = figure.subplots()
    axes.grid(visible=False)
    axes.tick_params(colors=theme.text)
    # The colour follows the square root of the count, so that few and none look different.
    colours = LinearSegmentedColormap.from_list("counts", [theme.background, theme.maximum])
    values = np.array(chart.values, dtype=np.float64)
    image = axes.imshow(values, colours, PowerNorm(0.5, vmin=0), aspect="auto", interpolation="none", gid="cells")
    axes.set_yticks(range(len(chart.rows)), chart.rows)
    axes.set_xticks([])
    cell_width = 0.8 * size.width / len(chart.columns)
    if not size.compact:
        axes.set_title(f"rows: {chart.y_label}; columns: {chart.x_label}")
        axes.xaxis.tick_top()
        wide = max(text_width(label, size.font_size) for label in chart.columns) > cell_width
        slanted: dict[str, Any] = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"} if wide else {}
        axes.set_xticks(range(len(chart.columns)), chart.columns, **slanted)
    set_height(figure, min(cell_width, 2.4 * size.font_size) * len(chart.rows))
    if not size.compact:
        _write_numbers(axes, image, values, size)
    return figure


def _write_numbers(axes: Axes, image: AxesImage, values: NDArray[np.float64], size: FigureSize) -> None:
    """Write the values into the cells, all in one size; none where the cells are too small for it."""
    widest = max(text_width(cell(value), 1) for value in values.flat)
    font_size = min(size.font_size, (axes.bbox.width / values.shape[1] - 2) / widest)
    if font_size < _MIN_FONT_SIZE:
        return
    colours = image.to_rgba(values)
    for (row, column), value in np.ndenumerate(values):
        colour = text_on(to_hex(tuple(colours[row, column])))
        axes.text(column, row, cell(value), ha="center", va="center_baseline", color=colour, fontsize=font_size)
