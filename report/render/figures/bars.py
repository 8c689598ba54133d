"""Horizontal bars made of segments, named inside where the name fits, and in a legend where one doesn't."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from matplotlib.axes import Axes

from report.answers.charts import Bar, BarChart
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible, mix, text_on
from report.render.figures.layout import Canvas, Format
from report.render.figures.styles import KEY_WIDTH, legend_rows
from report.render.figures.svg import Drawing
from report.render.figures.text import text_width, wrap
from report.render.figures.ticks import Axis, fit_axis, number, set_axis

_LABEL_SHARE = 0.3  # of the width at most, for the bars' labels
_HATCHES = ("", "//", "--", "\\\\", "xx", "||", "++")


class Part(msgspec.Struct, frozen=True):
    """One segment where it lies on the axis."""

    kind: str
    start: float
    end: float
    value: float


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a bar chart go, in pixels, before anything is drawn."""

    labels: list[list[str]]
    bars: list[list[Part]]
    kinds: list[str]
    single: bool
    """Whether no bar has more than one segment: then its value stands at its end."""
    axis: Axis
    left: float
    right: float
    heights: list[float]
    legend: list[list[str]]

    def place(self, value: float) -> float:
        """Return where a value stands on the sheet."""
        return self.left + self.axis.position(value) * (self.right - self.left)


def draw_bars(chart: BarChart, theme: Theme, form: Format) -> Drawing:
    """Draw a bar chart, as high as its bars need."""
    plan = _plan(chart, form)
    size = form.text
    head = len(plan.legend) * form.line + (0.6 * size if plan.legend else 0.2 * size)
    bars_height = sum(plan.heights) or 2 * size
    canvas = Canvas(form, theme, head + bars_height + form.foot(chart.x_label))
    axes = canvas.axes(plan.left, head, plan.right - plan.left, bars_height)
    axes.set_ylim(bars_height, 0)  # heights on the sheet are the unit of y
    axes.set_yticks([])
    set_axis(axes, plan.axis, horizontal=True)
    axes.grid(axis="x", color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    _draw_legend(canvas, plan)
    top = 0.0
    for index, height in enumerate(plan.heights):
        middle = top + height / 2
        canvas.block(plan.left - 0.6 * size, head + middle, plan.labels[index], align="right")
        _draw_bar(canvas, axes, plan, index, middle)
        _name_segments(canvas, plan, index, head + middle)
        top += height
    canvas.x_label(chart.x_label, plan.left, plan.right)
    return canvas.drawing()


def _plan(chart: BarChart, form: Format) -> Plan:
    size = form.text
    labels = [wrap(bar.label, size, _LABEL_SHARE * form.width) for bar in chart.bars]
    left = max((text_width(line, size) for lines in labels for line in lines), default=0.0) + 0.6 * size
    single = all(len(bar.segments) <= 1 for bar in chart.bars)
    values = [s.value for bar in chart.bars for s in bar.segments if math.isfinite(s.value)]
    widest = max((text_width(_value(value), size) for value in values), default=0.0)
    right = form.width - (widest + 0.8 * size if single else 1.5 * size)
    axis = _axis(chart, right - left, form)
    kinds = list(dict.fromkeys(segment.label for bar in chart.bars for segment in bar.segments))
    plan = Plan(
        labels=labels,
        bars=[_parts(bar) for bar in chart.bars],
        kinds=kinds,
        single=single,
        axis=axis,
        left=left,
        right=right,
        heights=[max(len(lines) * form.line, 1.7 * size) + 0.7 * size for lines in labels],
        legend=[],
    )
    named = {part.kind for bar in plan.bars for part in bar if _name_fits(part, plan, size)}
    if single or named.issuperset(kinds):
        return plan
    return msgspec.structs.replace(plan, legend=legend_rows(kinds, form.width, size))


def _edges(bar: Bar) -> list[float]:
    """Return the ends of a bar's segments, laid end to end from zero; negative values go to the left."""
    right = left = 0.0
    edges = []
    for segment in bar.segments:
        if not math.isfinite(segment.value):
            continue
        if segment.value >= 0:
            right += segment.value
        else:
            left += segment.value
        edges.append(right if segment.value >= 0 else left)
    return edges


def _parts(bar: Bar) -> list[Part]:
    """Lay a bar's segments end to end."""
    segments = [segment for segment in bar.segments if math.isfinite(segment.value)]
    return [
        Part(segment.label, end - segment.value, end, segment.value)
        for segment, end in zip(segments, _edges(bar), strict=True)
    ]


def _axis(chart: BarChart, length: float, form: Format) -> Axis:
    """Choose the axis: bars begin at zero, since their length is what is compared."""
    edges = [edge for bar in chart.bars for edge in _edges(bar)]
    most = 4 if form.compact else 7
    axis = fit_axis(np.array([0.0, *edges]), "linear", length, form.text, horizontal=True, most=most)
    return axis if min(edges, default=0.0) < 0 else msgspec.structs.replace(axis, low=0.0)


def _value(value: float) -> str:
    """Print what a bar stands for: counts in full, measurements to three significant figures."""
    return number(value if float(value).is_integer() else float(f"{value:.3g}"))


def _fill(index: int, theme: Theme) -> tuple[str, str]:
    """Return the colour and the hatching of the segments with this index."""
    colour = legible(theme.series[index % len(theme.series)], theme, SHAPE_CONTRAST)
    return colour, _HATCHES[index % len(_HATCHES)]


def _name_fits(part: Part, plan: Plan, size: float) -> bool:
    return text_width(part.kind, size) + 1.2 * size <= abs(plan.place(part.end) - plan.place(part.start))


def _draw_bar(canvas: Canvas, axes: Axes, plan: Plan, index: int, middle: float) -> None:
    theme = canvas.theme
    for part in plan.bars[index]:
        order = 0 if plan.single else plan.kinds.index(part.kind)
        colour, hatch = _fill(order, theme)
        (patch,) = axes.barh(
            middle,
            part.end - part.start,
            left=part.start,
            height=1.7 * canvas.form.text,
            facecolor=colour,
            edgecolor=mix(colour, theme.background, 0.35),
            hatch=hatch,
            linewidth=0,
            zorder=2,
        )
        patch.set_gid(f"segment-{index}-{order}")
        if part.start > plan.axis.low:  # a gap in the colour of the page between neighbours
            axes.vlines(
                part.start,
                middle - canvas.form.text,
                middle + canvas.form.text,
                color=theme.background,
                linewidth=2,
                zorder=3,
            )


def _name_segments(canvas: Canvas, plan: Plan, index: int, middle: float) -> None:
    """Write the names inside the segments where they fit, or the value at the end of a bar that has only one."""
    size = canvas.form.text
    for part in plan.bars[index]:
        if plan.single:
            canvas.block(max(plan.place(part.start), plan.place(part.end)) + 0.4 * size, middle, [_value(part.value)])
        elif _name_fits(part, plan, size):
            colour, _ = _fill(plan.kinds.index(part.kind), canvas.theme)
            centre = (plan.place(part.start) + plan.place(part.end)) / 2
            canvas.patch(centre, middle, text_width(part.kind, size) + 0.5 * size, 1.3 * size, colour)
            canvas.block(centre, middle, [part.kind], colour=text_on(colour), align="center")


def _draw_legend(canvas: Canvas, plan: Plan) -> None:
    size, line = canvas.form.text, canvas.form.line
    for row, kinds in enumerate(plan.legend):
        x, middle = 0.0, (row + 0.5) * line
        for kind in kinds:
            colour, hatch = _fill(plan.kinds.index(kind), canvas.theme)
            edge = mix(colour, canvas.theme.background, 0.35)
            canvas.patch(x + KEY_WIDTH * size / 2, middle, KEY_WIDTH * size, 0.9 * size, colour, hatch, edge)
            x += (KEY_WIDTH + 0.4) * size
            canvas.block(x, middle, [kind])
            x += text_width(kind, size) + 1.4 * size
