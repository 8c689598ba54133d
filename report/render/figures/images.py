"""Small pictures in a grid: pixels in grey, weights on a diverging scale with its key below."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fmnist_ref.errors import FmnistRefError
from report.answers.charts import ImageGrid, Tile
from report.render.figures.colour import Theme
from report.render.figures.layout import Canvas, Format
from report.render.figures.svg import Drawing
from report.render.figures.text import text_width, wrap
from report.render.figures.ticks import number

_LARGEST_TILE = 140  # five pixels of the screen to each of the picture
_SCALE_WIDTH = 12  # of the key of the diverging scale, in font sizes


def draw_images(chart: ImageGrid, theme: Theme, form: Format) -> Drawing:
    """Draw a grid of pictures; a card leaves the captions to the page."""
    size, columns = form.text, max(1, min(chart.columns, len(chart.tiles) or 1))
    gap, row_gap = 0.6 * size, (0.6 if form.compact else 1.1) * size
    tile = min(_LARGEST_TILE, (form.width - (columns - 1) * gap) / columns)
    captions = [[] if form.compact else wrap(one.caption, size, tile) for one in chart.tiles]
    rows = range(0, len(chart.tiles), columns)
    heights = [tile + max(len(lines) for lines in captions[row : row + columns]) * form.line + row_gap for row in rows]
    keyed = chart.kind == "weights" and not form.compact
    canvas = Canvas(form, theme, (sum(heights) or 2 * size) + (2.2 * size if keyed else 0))
    limit = _limit(chart)
    left = (form.width - columns * tile - (columns - 1) * gap) / 2 if form.compact else 0.0
    sheet = canvas.sheet()
    for index, one in enumerate(chart.tiles):
        row, column = divmod(index, columns)
        x, top = left + column * (tile + gap), sum(heights[:row])
        _draw_tile(sheet, chart, theme, one, index, (x, top, tile, limit))
        if captions[index]:
            middle = top + tile + 0.3 * size + len(captions[index]) * form.line / 2
            canvas.block(x + tile / 2, middle, captions[index], align="center")
    if not chart.tiles:
        canvas.block(0, canvas.height / 2, ["no data"], colour=theme.muted)
    if keyed:
        _draw_scale(canvas, limit)
    return canvas.drawing()


def diverging(theme: Theme) -> Colormap:
    """Return the colours of signed values: zero is the page, the two signs differ for every kind of colour vision."""
    return LinearSegmentedColormap.from_list("diverging", [theme.negative, theme.background, theme.positive])


def _square(tile: Tile) -> NDArray[np.float64]:
    side = math.isqrt(len(tile.pixels))
    if side * side != len(tile.pixels):
        raise FmnistRefError(
            "a tile must hold the values of a square picture",
            f"{len(tile.pixels)} values under {tile.caption!r}",
            "Pass all 28 × 28 values, row by row.",
        )
    return np.asarray(tile.pixels, dtype=np.float64).reshape(side, side)


def _limit(chart: ImageGrid) -> float:
    """Return the end of the scale, which all tiles share."""
    values = np.concatenate([_square(tile).ravel() for tile in chart.tiles] or [np.zeros(1)])
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


def _draw_tile(
    sheet: Axes, chart: ImageGrid, theme: Theme, tile: Tile, index: int, place: tuple[float, float, float, float]
) -> None:
    x, top, side, limit = place
    values = _square(tile)
    if not values.size:
        return
    weights = chart.kind == "weights"
    image = AxesImage(
        sheet,
        cmap=diverging(theme) if weights else "gray",
        extent=(x, x + side, top + side, top),
        interpolation="none",  # one pixel of the PNG for one of the picture
    )
    image.set_data(values)
    image.set_clim(*((-limit, limit) if weights else (0, 255)))
    image.set_gid(f"tile-{index}")
    sheet.add_image(image)
    sheet.add_patch(Rectangle((x, top), side, side, fill=False, edgecolor=theme.grid, linewidth=1))


def _draw_scale(canvas: Canvas, limit: float) -> None:
    """Draw the key of the diverging scale at the foot of the sheet."""
    size = canvas.form.text
    width = _SCALE_WIDTH * size
    rounded = float(f"{limit:.2g}")
    left, top = text_width(number(-rounded), size) / 2, canvas.height - 1.9 * size
    axes = canvas.axes(left, top, width, 0.6 * size)
    axes.set_yticks([])
    axes.imshow(
        np.linspace(-1, 1, 65)[np.newaxis], cmap=diverging(canvas.theme), aspect="auto", interpolation="none"
    ).set_gid("scale")
    axes.set_xticks([])
    for place, text in ((0.0, number(-rounded)), (0.5, "0"), (1.0, number(rounded))):
        canvas.text(left + place * width, canvas.height - 0.2 * size, text, colour=canvas.theme.muted, align="center")
