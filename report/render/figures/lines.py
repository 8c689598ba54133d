"""Curves with their bands, one panel above the other, each line labelled where it ends."""

from __future__ import annotations

import msgspec
import numpy as np
from matplotlib.axes import Axes

from report.answers.charts import LineChart, Panel
from report.render.figures.colour import Theme
from report.render.figures.curves import Curve, curve
from report.render.figures.labels import spread
from report.render.figures.layout import Canvas, Format
from report.render.figures.styles import KEY_WIDTH, Look, draw_key, draw_legend, label_blocks, legend_rows, looks
from report.render.figures.svg import Drawing
from report.render.figures.text import text_width
from report.render.figures.ticks import Axis, fit_axis, set_axis

_MOST_DIRECT_LABELS = 6
_MARKED_POINTS = 20  # up to so many points each has its marker; on longer lines a few have
_GUTTER_SHARE = 0.3  # of the width at most, for direct labels
_CARD_GUTTER_SHARE = 0.46  # a card has no legend to fall back on
_PLOT_SHARE = 0.6  # of the width at least, for the axes beside direct labels


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parts of a line chart go, in pixels, before anything is drawn."""

    looks: dict[str, Look]
    curves: list[list[Curve]]
    left: float
    right: float
    """Right end of the axes; direct labels stand beyond it."""
    legends: list[list[list[str]]]
    """Rows of the legend above each panel; none where the labels are direct."""


def draw_lines(chart: LineChart, theme: Theme, form: Format) -> Drawing:
    """Draw a line chart; a card shows its first panel only."""
    panels = chart.panels[: 1 if form.compact else None] or [Panel(series=[], x_label="", y_label="")]
    plan = _plan(panels, theme, form)
    tops, height = [], 0.0
    for panel, legend in zip(panels, plan.legends, strict=True):
        tops.append(height)
        height += _head(panel, legend, form) + form.plot_height + form.foot(panel.x_label) + form.text
    canvas = Canvas(form, theme, height - form.text + 2)
    for index, panel in enumerate(panels):
        _draw_panel(canvas, panel, index, tops[index], plan)
    return canvas.drawing()


def _head(panel: Panel, legend: list[list[str]], form: Format) -> float:
    """Return the height above the axes: title, label of the y axis, legend."""
    title = 1.5 * form.title if panel.title and not form.compact else 0
    return title + 1.6 * form.text + (len(legend) * form.line + 0.4 * form.text if legend else 0)


def _plan(panels: list[Panel], theme: Theme, form: Format) -> Plan:
    found = looks((series for panel in panels for series in panel.series), theme)
    curves = [[curve(series, panel) for series in panel.series] for panel in panels]
    pairs = zip(panels, curves, strict=True)
    left = max(_y_axis(panel, drawn, form).label_width(form.text) for panel, drawn in pairs) + 10
    most = max(len(panel.series) for panel in panels)
    gutter = _gutter([label for label in found if label], form)
    room = form.width - left - gutter
    direct = form.compact or (most <= _MOST_DIRECT_LABELS and room >= _PLOT_SHARE * form.width)
    legends = [
        [] if direct else legend_rows([series.label for series in panel.series], form.width, form.text)
        for panel in panels
    ]
    return Plan(
        looks=found,
        curves=curves,
        left=left,
        right=form.width - (gutter if direct else 1.5 * form.text),
        legends=legends,
    )


def _gutter(labels: list[str], form: Format) -> float:
    """Return the width that direct labels take."""
    if not labels:
        return 1.5 * form.text
    blocks = label_blocks(labels, form.text, _label_width(form))
    widest = max(text_width(line, form.text) for lines in blocks.values() for line in lines)
    return widest + (KEY_WIDTH + 0.4) * form.text + 12


def _label_width(form: Format) -> float:
    share = _CARD_GUTTER_SHARE if form.compact else _GUTTER_SHARE
    return share * form.width - (KEY_WIDTH + 0.4) * form.text - 12


def _y_axis(panel: Panel, curves: list[Curve], form: Format) -> Axis:
    parts = [part for one in curves for part in (one.y, one.low, one.high) if part is not None]
    values = np.concatenate(parts) if parts else np.array([])
    most = 4 if form.compact else 6
    return fit_axis(values, panel.y_scale, form.plot_height, form.text, horizontal=False, most=most)


def _x_axis(panel: Panel, curves: list[Curve], form: Format, width: float) -> Axis:
    values = np.concatenate([one.x for one in curves]) if curves else np.array([])
    most = 4 if form.compact else 8
    return fit_axis(values, panel.x_scale, width, form.text, horizontal=True, most=most)


def _draw_panel(canvas: Canvas, panel: Panel, index: int, top: float, plan: Plan) -> None:
    form, theme = canvas.form, canvas.theme
    curves, legend = plan.curves[index], plan.legends[index]
    width = plan.right - plan.left
    baseline = top + form.text
    if panel.title and not form.compact:
        canvas.text(0, baseline, panel.title, size=form.title, bold=True)
        baseline += 1.5 * form.title
    canvas.text(0, baseline, panel.y_label, colour=theme.muted)
    draw_legend(canvas, 0, baseline + 0.4 * form.text, legend, plan.looks)
    axes_top = top + _head(panel, legend, form)
    axes = canvas.axes(plan.left, axes_top, width, form.plot_height)
    x_axis, y_axis = _x_axis(panel, curves, form, width), _y_axis(panel, curves, form)
    set_axis(axes, x_axis, horizontal=True)
    set_axis(axes, y_axis, horizontal=False)
    axes.grid(color=theme.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    bottom = axes_top + form.plot_height + form.foot(panel.x_label)
    canvas.x_label(panel.x_label, plan.left, plan.right, bottom)
    for number, one in enumerate(curves):
        _draw_curve(axes, (x_axis, y_axis), one, plan.looks[one.series.label], f"{index}-{number}", form.text)
    if not any(one.end for one in curves):
        middle = axes_top + form.plot_height / 2
        canvas.block(plan.left + width / 2, middle, ["no data"], colour=theme.muted, align="center")
    if not legend:
        _draw_labels(canvas, curves, plan, axes_top, (x_axis, y_axis))


def _draw_curve(axes: Axes, scales: tuple[Axis, Axis], one: Curve, look: Look, name: str, text: float) -> None:
    if one.low is not None and one.high is not None:
        # A band that reaches zero has no lower edge on a logarithmic axis: it goes on to the foot of the plot.
        endless = (scales[1].scale == "log") & np.isnan(one.low) & np.isfinite(one.high)
        low = np.where(endless, scales[1].low, one.low)
        band = axes.fill_between(one.x, low, one.high, color=look.colour, alpha=0.2, linewidth=0, zorder=2)
        band.set_gid(f"band-{name}")
    role = one.series.role
    style = look.style(text)
    if role == "reference":
        style["zorder"] = 1.5
    elif role == "line" and one.x.size > _MARKED_POINTS:
        style["markevery"] = _marked(one, scales[0])
    (line,) = axes.plot(one.x, one.y, **style, solid_joinstyle="round")
    line.set_gid(f"{role}-{name}")


def _marked(one: Curve, axis: Axis) -> list[int]:
    """Return the indices of the points that carry a marker: about eight, evenly along the axis, and the last."""
    drawn = np.flatnonzero(np.isfinite(one.x) & np.isfinite(one.y))
    places = np.array([axis.position(x) for x in one.x[drawn]])
    return sorted({int(drawn[np.abs(places - place).argmin()]) for place in np.linspace(0.04, 0.96, 8)})


def _draw_labels(canvas: Canvas, curves: list[Curve], plan: Plan, top: float, axes: tuple[Axis, Axis]) -> None:
    """Write each label beside the axes at the height where its line ends, or as near as the others let it."""
    form = canvas.form
    blocks = label_blocks([one.series.label for one in curves], form.text, _label_width(form))
    ends = [(one, end) for one in curves if one.series.label and (end := one.end) is not None]
    wanted = [top + (1 - axes[1].position(y)) * form.plot_height for _, (_, y) in ends]
    heights = [len(blocks[one.series.label]) * form.line + 3 for one, _ in ends]
    bounds = (top - 0.5 * form.line, top + form.plot_height + form.line)
    places = spread(wanted, heights, *bounds)
    while places is None:  # a card that can't name every line names the first ones
        ends, wanted, heights = ends[:-1], wanted[:-1], heights[:-1]
        places = spread(wanted, heights, *bounds)
    x = plan.right + 12
    for (one, (end_x, _)), height, middle in zip(ends, wanted, places, strict=True):
        look = plan.looks[one.series.label]
        if axes[0].position(end_x) > 0.9:  # a longer leader would cross the plot
            start = plan.left + axes[0].position(end_x) * (plan.right - plan.left) + 0.3 * form.text
            canvas.stroke([start, x - 3], [height, middle], color=look.colour, linewidth=0.8, alpha=0.7)
        draw_key(canvas, x, middle, look)
        canvas.block(x + (KEY_WIDTH + 0.4) * form.text, middle, blocks[one.series.label], colour=look.text)
