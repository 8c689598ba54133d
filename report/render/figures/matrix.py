"""Draw tables of counts or shares as heat maps with their numbers in the cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from report.answers.charts import MatrixChart, MatrixPanel
from report.conclude.formatting import cell
from report.render.figures.colour import Theme, text_on
from report.render.figures.layout import FigureSize, new_figure, set_height
from report.render.figures.text import text_width

_MIN_FONT_SIZE = 9  # pixels; smaller cells have no numbers
_MANY_COLUMNS = 12  # more have no numbers either, and a label only where there is room


def draw_matrix(chart: MatrixChart, theme: Theme, size: FigureSize) -> Figure:
    """Draw heat maps; a card has only the colours and row labels of the first."""
    panels = chart.panels[: 1 if size.compact else None]
    largest = max((value for panel in panels for row in panel.values for value in row), default=0.0)
    figure = new_figure(size)
    drawn = []
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, index + 1)
        image = _draw_cells(axes, panel, largest, theme, f"cells-{index}")
        if not size.compact:
            _label_columns(axes, chart, panel, size)
            drawn.append((panel, axes, image))
    row_height = min(max(_cell_width(chart, size), size.line_height), 2.4 * size.font_size)
    set_height(figure, row_height * sum(len(panel.rows) for panel in panels))
    for panel, axes, image in drawn:
        _write_numbers(axes, image, panel, size)
    return figure


def _cell_width(chart: MatrixChart, size: FigureSize) -> float:
    return 0.8 * size.width / len(chart.columns)


def _draw_cells(axes: Axes, panel: MatrixPanel, largest: float, theme: Theme, name: str) -> AxesImage:
    axes.grid(visible=False)
    axes.tick_params(colors=theme.text)
    # The colour follows the square root of the value, so that few and none look different.
    colours = LinearSegmentedColormap.from_list("counts", [theme.background, theme.maximum])
    norm = PowerNorm(0.5, vmin=0, vmax=largest or None)
    image = axes.imshow(panel.values, colours, norm, aspect="auto", interpolation="none", gid=name)
    axes.set_yticks(range(len(panel.rows)), panel.rows)
    axes.set_xticks([])
    return image


def _label_columns(axes: Axes, chart: MatrixChart, panel: MatrixPanel, size: FigureSize) -> None:
    sides = f"rows: {chart.y_label}; columns: {chart.x_label}"
    axes.set_title(f"{panel.title} ({sides})" if panel.title else sides)
    axes.xaxis.tick_top()
    widest = max(text_width(label, size.font_size) for label in chart.columns)
    step, slanted = 1, dict[str, Any]()
    if len(chart.columns) > _MANY_COLUMNS:
        step = math.ceil((widest + 0.5 * size.font_size) / _cell_width(chart, size))
    elif widest > _cell_width(chart, size):
        slanted = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(range(0, len(chart.columns), step), chart.columns[::step], **slanted)


def _write_numbers(axes: Axes, image: AxesImage, panel: MatrixPanel, size: FigureSize) -> None:
    """Write the values into the cells, all in one size; none where the cells are too small for it."""
    values = np.array(panel.values, dtype=np.float64)
    widest = max(text_width(cell(value), 1) for value in values.flat)
    font_size = min(size.font_size, (axes.bbox.width / values.shape[1] - 2) / widest)
    if font_size < _MIN_FONT_SIZE or values.shape[1] > _MANY_COLUMNS:
        return
    colours = image.to_rgba(values)
    for (row, column), value in np.ndenumerate(values):
        colour = text_on(to_hex(tuple(colours[row, column])))
        axes.text(column, row, cell(value), ha="center", va="center_baseline", color=colour, fontsize=font_size)
