"""Draw a network: one row of circles for each layer, and beside it what the layer is and how it is computed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from report.answers.charts import Layer, NetworkDrawing
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible, mix
from report.render.figures.layout import FigureSize, new_canvas
from report.render.figures.text import wrap

MOST_DRAWN = 10
"""Circles in a row. Of a larger layer the middle ones are left out."""
OMITTED = (4, 5)
"""Their places in the row."""
DRAWN_SHARE = 0.48
"""Of the width; the rest is for text."""
ROW_HEIGHT = 86
"""Pixels from one layer to the next: room for three lines of text between their labels."""


def draw_network(chart: NetworkDrawing, theme: Theme, size: FigureSize) -> Figure:
    """Draw a network, its inputs at the top."""
    figure, axes = new_canvas(size, ROW_HEIGHT * (len(chart.layers) - 1) + 2.4 * size.font_size)
    colour = legible(theme.series[0], theme, SHAPE_CONTRAST)
    spacing = DRAWN_SHARE * size.width / MOST_DRAWN
    above: tuple[NDArray[np.float64], float] | None = None
    for place, layer in enumerate(chart.layers):
        xs, y = _centres(layer, spacing), 1.2 * size.font_size + place * ROW_HEIGHT
        if above is not None:
            _draw_links(axes, above, (xs, y), layer, theme, size)
            _write(axes, layer.computed_by, y - ROW_HEIGHT / 2, theme.muted, size)
        _write(axes, layer.label, y, theme.text, size)
        above = xs, y
        axes.scatter(xs, np.full(len(xs), y), s=(0.62 * spacing) ** 2, color=colour, linewidths=0, zorder=3)
        if layer.units > MOST_DRAWN:
            dots = (spacing * (np.mean(OMITTED) + 0.5) + 0.35 * spacing * np.arange(-1, 2)).tolist()
            axes.scatter(dots, [y] * 3, s=(0.14 * spacing) ** 2, color=theme.text, linewidths=0, zorder=3)
    return figure


def _centres(layer: Layer, spacing: float) -> NDArray[np.float64]:
    """Return where the circles of a layer stand, centred, without those left out."""
    drawn = min(layer.units, MOST_DRAWN)
    places = [place for place in range(drawn) if layer.units <= MOST_DRAWN or place not in OMITTED]
    return spacing * (np.array(places, dtype=np.float64) + (MOST_DRAWN - drawn + 1) / 2)


def _draw_links(
    axes: Axes,
    above: tuple[NDArray[np.float64], float],
    below: tuple[NDArray[np.float64], float],
    layer: Layer,
    theme: Theme,
    size: FigureSize,
) -> None:
    """Draw every weight of a dense layer as a line, any other computation as one arrow."""
    (sources, top), (targets, bottom) = above, below
    if layer.is_dense:
        lines = [[(x, top), (target, bottom)] for x in sources for target in targets]
        faint = mix(theme.background, theme.reference, 0.55)
        axes.add_collection(LineCollection(lines, colors=faint, linewidths=0.035 * size.font_size, zorder=1))
        return
    middle = float(np.mean(sources))
    margin = 0.9 * size.font_size
    arrow = {"arrowstyle": "-|>", "color": theme.muted, "linewidth": 0.09 * size.font_size, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (middle, bottom - margin), (middle, top + margin), arrowprops=arrow)


def _write(axes: Axes, text: str, y: float, colour: str, size: FigureSize) -> None:
    left = (DRAWN_SHARE + 0.03) * size.width
    axes.text(left, y, wrap(text, size.font_size, size.width - left), va="center", color=colour, linespacing=1.2)
