"""Draw small pictures in a grid: pixels in grey, weights on a diverging colour scale."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fmnist_ref.errors import FmnistRefError
from report.answers.charts import ImageGrid, Tile
from report.render.figures.colour import Theme
from report.render.figures.layout import DPI, FigureSize, new_figure
from report.render.figures.text import wrap
from report.render.figures.ticks import set_ticks

_MAX_SIDE = 140  # pixels: five for each pixel of the picture


def draw_images(chart: ImageGrid, theme: Theme, size: FigureSize) -> Figure:
    """Draw a grid of pictures; a card has no captions and no colour key."""
    columns, gap = max(1, min(chart.columns, len(chart.tiles))), 0.3 * size.font_size
    side = min(_MAX_SIDE, (size.width - (columns - 1) * gap) / columns)
    captions = ["" if size.compact else wrap(tile.caption, size.font_size, side - gap) for tile in chart.tiles]
    rows = [captions[start : start + columns] for start in range(0, len(captions), columns)]
    num_lines = [max(1 + caption.count("\n") for caption in row) for row in rows]
    tops = np.cumsum([0.0, *(side + lines * size.line_height + 3 * gap for lines in num_lines)])
    has_key = chart.kind == "weights" and not size.compact
    height = math.ceil(max(tops[-1], 2 * size.font_size) + has_key * 2 * size.line_height)

    figure = new_figure(size)
    figure.set_figheight(height / DPI)
    # All pictures share one pair of axes, in pixels: a pair for each would take ten times as long.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, size.width), ylim=(height, 0))
    axes.set_axis_off()
    pictures = [_square(tile) for tile in chart.tiles]
    limit = max((float(np.abs(p).max(where=np.isfinite(p), initial=0.0)) for p in pictures), default=0.0) or 1.0
    colours, low, high = (_diverging(theme), -limit, limit) if chart.kind == "weights" else ("gray", 0.0, 255.0)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        row, column = divmod(index, columns)
        left, top = column * (side + gap), tops[row]
        extent = (left, left + side, top + side, top)
        axes.imshow(picture, colours, aspect="auto", interpolation="none", vmin=low, vmax=high, extent=extent)
        axes.add_patch(Rectangle((left, top), side, side, fill=False, edgecolor=theme.grid))
        axes.text(left, top + side + 0.3 * size.font_size, caption, va="top")
    if not pictures:
        axes.text(0, height / 2, "no data", color=theme.muted, va="center")
    if has_key:
        _draw_key(figure, _diverging(theme), limit, size)
    return figure


def _diverging(theme: Theme) -> Colormap:
    """Return the colours of signed values: zero is the page, and the signs differ for every kind of colour vision."""
    return LinearSegmentedColormap.from_list("diverging", [theme.negative, theme.background, theme.positive])


def _square(tile: Tile) -> NDArray[np.float64]:
    side = math.isqrt(len(tile.pixels))
    if side * side != len(tile.pixels) or not side:
        raise FmnistRefError(
            "a tile must hold the values of a square picture",
            f"{len(tile.pixels)} values under {tile.caption!r}",
            "Pass all 28 × 28 values, row by row.",
        )
    return np.asarray(tile.pixels, dtype=np.float64).reshape(side, side)


def _draw_key(figure: Figure, colours: Colormap, limit: float, size: FigureSize) -> None:
    """Draw the diverging scale at the bottom left."""
    width, height = figure.bbox.size
    left, bottom = 2 * size.font_size / width, 1.5 * size.font_size / height
    axes = figure.add_axes((left, bottom, 12 * size.font_size / width, 0.6 * size.font_size / height))
    extent = (-limit, limit, 0.0, 1.0)
    axes.imshow(np.linspace(-1, 1, 65)[np.newaxis], colours, aspect="auto", interpolation="none", extent=extent)
    set_ticks(axes, "linear")
    axes.set_yticks([])
    axes.grid(visible=False)
