"""Sizes of figures, and the layout that all charts share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from report.render.figures.text import balance, text_width, wrap

DPI = 72
"""With 72 dots per inch, matplotlib's points and the pixels of the page are one unit."""
SizeName = Literal["page", "narrow", "card"]


class FigureSize(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a figure and its text, in CSS pixels."""

    width: int
    font_size: float
    plot_height: float
    """Height of one panel of a line chart."""
    compact: bool = False
    """Whether the figure shows only what a card has room for."""

    @property
    def line_height(self) -> float:
        """Distance between the baselines of two lines of text."""
        return 1.3 * self.font_size


SIZES: dict[SizeName, FigureSize] = {
    "page": FigureSize(width=720, font_size=16, plot_height=240),
    "narrow": FigureSize(width=360, font_size=13, plot_height=190),
    "card": FigureSize(width=320, font_size=12, plot_height=92, compact=True),
}


def new_figure(size: FigureSize) -> Figure:
    """Make an empty figure; `set_height` gives it its height."""
    figure = Figure((size.width / DPI, size.width / DPI))
    FigureCanvasSVG(figure)  # the layout then measures text as the SVG backend does
    return figure


def set_height(figure: Figure, plot_height: float) -> None:
    """Lay out a figure that is as high as its axes (`plot_height` in all) and the text around them need."""
    layout = ConstrainedLayoutEngine()
    layout.execute(figure)
    height = figure.bbox.height + plot_height - sum(axes.bbox.height for axes in figure.axes)
    figure.set_figheight(math.ceil(height) / DPI)
    layout.execute(figure)
    for axes in figure.axes:  # long labels are centred below their axes only as far as the figure's edges
        label = axes.xaxis.label
        box = label.get_window_extent()
        shift = max(0.0, -box.x0) - max(0.0, box.x1 - figure.bbox.width)
        label.set_transform(label.get_transform() + Affine2D().translate(shift, 0))


def new_canvas(size: FigureSize, height: float) -> tuple[Figure, Axes]:
    """Make a figure to draw on freely: x runs to the right and y downwards, both in pixels."""
    figure = new_figure(size)
    figure.set_figheight(math.ceil(height) / DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, size.width)
    axes.set_ylim(math.ceil(height), 0)
    return figure, axes


def set_x_label(axes: Axes, label: str, size: FigureSize) -> None:
    """Label the x axis, on as many lines as the figure's width needs."""
    axes.set_xlabel(balance(label, size.font_size, size.width))


def set_rows(axes: Axes, labels: Sequence[str], colour: str, size: FigureSize) -> NDArray[np.float64]:
    """Divide y into labelled rows, the first at the top, and return their centres; one unit of y is one pixel."""
    wrapped = [wrap(label, size.font_size, 0.36 * size.width) for label in labels]
    lines = np.array([1 + text.count("\n") for text in wrapped], dtype=np.float64)
    heights = lines * size.line_height + size.font_size
    centres = np.cumsum(heights) - heights / 2
    axes.set_ylim(max(heights.sum(), size.line_height), 0)
    axes.set_yticks(centres, wrapped, ha="left", color=colour)
    widest = max((text_width(text, size.font_size) for text in wrapped), default=0.0)
    axes.tick_params(axis="y", pad=widest + 0.8 * size.font_size)
    axes.grid(visible=False, axis="y")
    return centres


def add_legend(figure: Figure, handles: Mapping[str, Any], size: FigureSize) -> None:
    """Add a legend above the axes, from handles by label, in as many columns as fit; it reads row by row."""
    labels, key, gap = list(handles), 2.1 * size.font_size, 1.4 * size.font_size

    def width(columns: list[list[str]]) -> float:
        return sum(key + text_width("\n".join(column), size.font_size) + gap for column in columns) - gap

    columns = [[label] for label in labels]
    while len(columns) > 1 and width(columns) > size.width:
        columns = [labels[start :: len(columns) - 1] for start in range(len(columns) - 1)]
    order = [label for column in columns for label in column]
    figure.legend(
        [handles[label] for label in order], order, loc="outside upper left", ncols=len(columns), borderaxespad=0.2
    )
