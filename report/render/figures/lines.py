"""Draw line charts: curves with their bands, one panel above the other, each line labelled where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from report.answers.charts import LineChart, Panel, Scale, Series
from report.render.figures.colour import TEXT_CONTRAST, Theme, legible
from report.render.figures.labels import spread
from report.render.figures.layout import FigureSize, add_legend, new_figure, set_height, set_x_label
from report.render.figures.styles import series_styles
from report.render.figures.text import wrap
from report.render.figures.ticks import set_ticks

_MAX_DIRECT_LABELS = 6
_MAX_MARKERS = 20  # a longer line has markers at equal distances instead of at every point
_LABEL_GAP = 12  # pixels between the axes and the direct labels


def draw_lines(chart: LineChart, theme: Theme, size: FigureSize) -> Figure:
    """Draw a line chart; a card has its first panel only."""
    panels = chart.panels[: 1 if size.compact else None] or [Panel(series=[], x_label="", y_label="")]
    styles = series_styles((series for panel in panels for series in panel.series), theme, size.font_size)
    figure = new_figure(size)
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, index + 1)
        _set_axes(axes, panel, size)
        for number, series in enumerate(panel.series):
            _draw_series(axes, series, panel, styles[series.label], f"{index}-{number}")
        if not any(len(_drawn(line)) for line in axes.lines):
            axes.text(0.5, 0.5, "no data", transform=axes.transAxes, color=theme.muted, ha="center")
    labels: list[list[tuple[Line2D, Legend]]] = []
    if size.compact or all(_labels_fit(panel, size) for panel in panels):
        labels = [_add_labels(axes, theme, size) for axes in figure.axes]
    else:
        add_legend(figure, {label: line for axes in figure.axes for line, label in _labelled(axes)}, size)
    set_height(figure, size.plot_height * len(panels))
    for placed in labels:
        _spread_labels(placed, size)
    return figure


def _set_axes(axes: Axes, panel: Panel, size: FigureSize) -> None:
    set_ticks(axes, panel.x_scale, [x for series in panel.series for x in series.x])
    axes.xaxis.set_inverted(panel.x_falls)
    set_ticks(axes, panel.y_scale, axis="y")
    set_x_label(axes, panel.x_label, size)
    y_label = wrap(panel.y_label, size.font_size, 0.85 * size.width)
    axes.set_title(y_label, y=1)
    if panel.title and not size.compact:
        above = (y_label.count("\n") + 1.6) * size.line_height
        title = axes.annotate(panel.title, (0, 1), (0, above), "axes fraction", "offset points", fontweight="bold")
        title.set_fontsize(size.font_size + 1)


def _draw_series(axes: Axes, series: Series, panel: Panel, style: dict[str, Any], name: str) -> None:
    x, y = _drawable(series.x, panel.x_scale), _drawable(series.y, panel.y_scale)
    if series.low is not None and series.high is not None:
        # A band may reach zero: on a logarithmic axis, it then goes on to the bottom of the plot.
        low, high = _drawable(series.low, "linear"), _drawable(series.high, "linear")
        axes.fill_between(x, low, high, color=style["color"], alpha=0.2, linewidth=0, zorder=2, gid=f"band-{name}")
    (line,) = axes.plot(x, y, **style, label=series.label or "_nolegend_", gid=f"{series.role}-{name}")
    if series.role == "line" and len(x) > _MAX_MARKERS:
        line.set_markevery(0.1)


def _drawable(values: list[float], scale: Scale) -> NDArray[np.float64]:
    """Replace values that the scale can't show with NaN, which leaves a gap."""
    array = np.array(values, dtype=np.float64)
    array[~np.isfinite(array) | ((scale == "log") & (array <= 0))] = np.nan
    return array


def _labelled(axes: Axes) -> list[tuple[Line2D, str]]:
    """Return the lines that have a label, with their labels."""
    return [(line, label) for line in axes.lines if (label := str(line.get_label())) != "_nolegend_"]


def _drawn(line: Line2D) -> NDArray[np.float64]:
    """Return the points that are drawn, one a row."""
    points = np.column_stack([np.asarray(values, dtype=np.float64) for values in line.get_data()])
    return points[np.isfinite(points).all(axis=1)]


def _wrapped(label: str, size: FigureSize) -> str:
    # A card has no legend to fall back on, so its labels may be wider.
    return wrap(label, size.font_size, (0.34 if size.compact else 0.22) * size.width)


def _labels_fit(panel: Panel, size: FigureSize) -> bool:
    """Return whether the labels of all lines have room beside the axes."""
    lines = sum(1 + _wrapped(series.label, size).count("\n") for series in panel.series)
    return len(panel.series) <= _MAX_DIRECT_LABELS and lines * size.line_height <= size.plot_height


def _add_labels(axes: Axes, theme: Theme, size: FigureSize) -> list[tuple[Line2D, Legend]]:
    """Add a legend of one entry for each line, from the last to the first, to the right of the axes."""
    labels = []
    for line, text in reversed(_labelled(axes)):
        if not len(_drawn(line)):
            continue
        label = Legend(
            axes,
            [line],
            [_wrapped(text, size)],
            labelcolor=legible(str(line.get_color()), theme, TEXT_CONTRAST),
            loc="center left",
            bbox_to_anchor=(1, 0.5),
            borderaxespad=_LABEL_GAP / size.font_size,
        )
        axes.add_artist(label)
        label.set_clip_box(None)  # the layout reserves no room for clipped artists
        labels.append((line, label))
    return labels


def _spread_labels(labels: list[tuple[Line2D, Legend]], size: FigureSize) -> None:
    """Move each label to the height where its line ends, or as near as the other labels allow."""
    if not labels:
        return
    axes = labels[0][1].axes
    box, slack = axes.bbox, size.line_height
    while True:
        ends = [axes.transData.transform(_drawn(line)[-1]) for line, _ in labels]
        heights = [label.get_window_extent().height + 0.3 * size.font_size for _, label in labels]
        places = spread([y for _, y in ends], heights, box.y0 - slack, box.y1)
        if places is not None:
            break
        labels.pop(0)[1].remove()  # a card without room for all labels keeps those of the first lines
    for (line, label), (x, y), place in zip(labels, ends, places, strict=True):
        label.set_bbox_to_anchor((1, (place - box.y0) / box.height), axes.transAxes)
        if x > box.x0 + 0.9 * box.width:  # a longer leader would cross the plot
            leader = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.8, "alpha": 0.7}
            start, end = (x + 0.3 * size.font_size, y), (box.x1 + _LABEL_GAP - 3, place)
            axes.annotate("", start, end, "figure pixels", arrowprops=leader | {"shrinkA": 0, "shrinkB": 0})
