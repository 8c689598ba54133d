"""A table of counts as a heat map with its numbers in the cells."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from numpy.typing import NDArray

from report.answers.charts import MatrixChart
from report.render.figures.colour import Theme, text_on
from report.render.figures.images import diverging
from report.render.figures.layout import Canvas, Format
from report.render.figures.svg import Drawing
from report.render.figures.text import text_width
from report.render.figures.ticks import number

_SLANT = 40.0  # degrees, of column labels that are wider than their column
_SMALLEST_NUMBER = 9  # pixels; below it the cells have no numbers


def draw_matrix(chart: MatrixChart, theme: Theme, form: Format) -> Drawing:
    """Draw a heat map; a card has its colours and row labels only."""
    size = form.text
    values = _values(chart)
    left = max((text_width(label, size) for label in chart.rows), default=0.0) + 0.6 * size
    slanted = [0.0] if form.compact else [text_width(label, size) for label in chart.columns]
    cell = (form.width - left - 0.2 * size) / max(1, len(chart.columns))
    slant = _SLANT if max(slanted, default=0.0) > 0.9 * cell else 0.0
    if slant:  # the last slanted label must end inside the sheet
        over = math.cos(math.radians(slant)) * slanted[-1] + 0.3 * size
        cell = (form.width - left - over) / (len(chart.columns) - 0.5)
    cell_height = max(min(cell, 2.4 * size), 1.15 * size)
    head = _head(chart, form, slanted, slant)
    height = cell_height * len(chart.rows) or 2 * size
    canvas = Canvas(form, theme, head + height + 2)
    axes = canvas.axes(left, head, max(cell * len(chart.columns), 1.0), height)
    axes.set_xticks([])
    axes.set_yticks([])
    colours = _colours(values, theme)
    if values.size:
        mesh = np.array([[tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in row] for row in colours], np.uint8)
        axes.imshow(mesh, aspect="auto", interpolation="none").set_gid("cells")
    for index, label in enumerate(chart.rows):
        canvas.block(left - 0.6 * size, head + (index + 0.5) * cell_height, [label], align="right")
    if form.compact:
        return canvas.drawing()
    if chart.y_label or chart.x_label:
        canvas.text(0, size, _reading(chart), colour=theme.muted)
    for index, label in enumerate(chart.columns):
        centre = left + (index + 0.5) * cell
        canvas.text(centre, head - 0.4 * size, label, angle=slant, align="left" if slant else "center")
    _write_numbers(canvas, values, colours, (left, head, cell, cell_height))
    return canvas.drawing()


def _write_numbers(
    canvas: Canvas, values: NDArray[np.float64], colours: list[list[str]], grid: tuple[float, float, float, float]
) -> None:
    """Write the values into their cells, all in one size; none where the cells are too small for it."""
    left, top, width, height = grid
    texts = {place: number(round(float(v), 3)) if math.isfinite(v) else "–" for place, v in np.ndenumerate(values)}
    widest = max((text_width(text, 1.0) for text in texts.values()), default=1.0)
    size = min(canvas.form.text, (width - 2) / widest)
    if size < _SMALLEST_NUMBER:
        return
    for (row, column), text in texts.items():
        x, baseline = left + (column + 0.5) * width, top + (row + 0.5) * height + 0.36 * size
        canvas.text(x, baseline, text, colour=text_on(colours[row][column]), align="center", size=size)


def _reading(chart: MatrixChart) -> str:
    """Say what rows and columns are, in one line above the table."""
    parts = (("rows", chart.y_label), ("columns", chart.x_label))
    return "; ".join(f"{where}: {label}" for where, label in parts if label)


def _head(chart: MatrixChart, form: Format, widths: list[float], slant: float) -> float:
    """Return the height above the cells."""
    if form.compact:
        return 2.0
    reading = 1.6 * form.text if _reading(chart) else 0.0
    rise = math.sin(math.radians(slant)) * max(widths, default=0.0)
    return reading + rise + 1.3 * form.text


def _values(chart: MatrixChart) -> NDArray[np.float64]:
    """Return the cells as an array; those that are missing are NaN."""
    values = np.full((len(chart.rows), len(chart.columns)), np.nan)
    for row, given in enumerate(chart.values[: len(chart.rows)]):
        kept = given[: len(chart.columns)]
        values[row, : len(kept)] = kept
    return values


def _colours(values: NDArray[np.float64], theme: Theme) -> list[list[str]]:
    """
    Return the colour of every cell.

    The scale goes with the square root of the value, so that the few counts off a diagonal can be told from none.
    """
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0)) or 1.0
    scaled = np.sign(values) * np.sqrt(np.abs(values) / largest)
    if (finite < 0).any():
        colours, places = diverging(theme), (scaled + 1) / 2
    else:
        colours, places = _sequential(theme), scaled
    return [[to_hex(colours(place)) if math.isfinite(place) else theme.background for place in row] for row in places]


def _sequential(theme: Theme) -> Colormap:
    return LinearSegmentedColormap.from_list("sequential", [theme.background, theme.full])
