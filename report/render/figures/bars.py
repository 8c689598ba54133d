"""Draw horizontal bars stacked from segments, which are named in a legend and, where there is room, on the bars."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from report.answers.charts import BarChart
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible, mix, text_on
from report.render.figures.layout import FigureSize, add_legend, new_figure, set_height, set_rows, set_x_label
from report.render.figures.text import text_width
from report.render.figures.ticks import set_ticks

_HATCHES = ("", "//", "--", "\\\\", "xx", "||", "++")


def draw_bars(chart: BarChart, theme: Theme, size: FigureSize) -> Figure:
    """Draw a bar chart, as high as its bars need."""
    figure = new_figure(size)
    axes = figure.subplots()
    set_ticks(axes, "linear")
    set_x_label(axes, chart.x_label, size)
    centres = set_rows(axes, [bar.label for bar in chart.bars], theme.text, size)
    labels = list(dict.fromkeys(segment.label for bar in chart.bars for segment in bar.segments))
    ends, height = np.zeros(len(chart.bars)), 1.7 * size.font_size
    segments: dict[str, BarContainer] = {}
    for order, label in enumerate(labels):
        index = chart.styles.get(label, order)
        colour = legible(theme.series[index % len(theme.series)], theme, SHAPE_CONTRAST)
        lengths = [sum(segment.value for segment in bar.segments if segment.label == label) for bar in chart.bars]
        widths = np.nan_to_num(np.array(lengths, dtype=np.float64))
        segments[label] = axes.barh(
            centres,
            widths,
            left=ends,
            height=height,
            facecolor=colour,
            edgecolor=mix(colour, theme.background, 0.35),
            hatch=_HATCHES[index % len(_HATCHES)],
            linewidth=0,
            zorder=2,
        )
        ends = ends + widths
        axes.vlines(ends, centres - height / 2, centres + height / 2, color=theme.background, linewidth=2, zorder=3)
    if segments:
        add_legend(figure, segments, size)
    set_height(figure, axes.get_ylim()[0])
    for label, container in segments.items():
        needed = text_width(label, size.font_size) + 1.2 * size.font_size
        texts = [label if segment.get_window_extent().width >= needed else "" for segment in container]
        colour = to_hex(container[0].get_facecolor())
        box = {"facecolor": colour, "edgecolor": "none", "pad": 2}
        axes.bar_label(container, texts, label_type="center", color=text_on(colour), bbox=box, zorder=4)
    return figure
