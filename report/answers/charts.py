"""Charts as data: answers make them, `report.render.figures` draws them and exports their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

Scale = Literal["linear", "log"]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its label, its points, and the band around it, if there is one. All lists have the same length."""

    label: str
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    """Lower edge of the band, in the unit of y."""
    high: list[float] | None = None
    """Upper edge of the band, in the unit of y."""
    role: Literal["line", "points", "printed", "reference"] = "line"
    """`printed`: values that the notebook printed (hollow markers). `reference`: a thin grey line. `points`: markers only."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One plot of a line chart, with its own axes."""

    series: list[Series]
    x_label: str
    y_label: str
    title: str = ""
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    x_falls: bool = False
    """Whether x falls from left to right: for a training loss, so that training goes to the right."""


class LineChart(msgspec.Struct, frozen=True, kw_only=True, tag="line"):
    """Curves, in one panel or in several, one above the other."""

    panels: list[Panel]


def line_chart(*series: Series, **panel: Any) -> LineChart:
    """Make a line chart of one panel, with the other fields of `Panel`."""
    return LineChart(panels=[Panel(series=list(series), **panel)])


def stacked(panels: Mapping[str, list[Series]], **shared: Any) -> LineChart:
    """Make a line chart of several panels: the series of each by its y label, and the other fields of `Panel`, which all share."""
    return LineChart(panels=[Panel(series=series, y_label=label, **shared) for label, series in panels.items()])


def reliability_diagram(curves: Iterable[Series]) -> LineChart:
    """Draw each model's share of recognised images, in percent, against its confidence in percent."""
    equal = Series(label="perfectly calibrated", x=[0.0, 100.0], y=[0.0, 100.0], role="reference")
    return line_chart(equal, *curves, x_label="confidence (%)", y_label="share of these images recognised (%)")


class IntervalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate with its interval, and the single values behind it. Without an interval, `low` and `high` are `value`."""

    label: str
    value: float
    low: float
    high: float
    points: list[float] = []


class IntervalChart(msgspec.Struct, frozen=True, kw_only=True, tag="interval"):
    """Estimates with intervals, one a row, as in a forest plot."""

    rows: list[IntervalRow]
    x_label: str
    zero: float | None = 0.0
    """The value that means "no difference": 0 for differences, 1 for ratios, None for other quantities."""
    margin: float | None = None
    """Half width of the band of no practical difference around `zero`, in the unit of x."""
    x_scale: Scale = "linear"


class BarSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a bar; its value is not negative."""

    label: str
    value: float


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar, with its segments in order."""

    label: str
    segments: list[BarSegment]


class BarChart(msgspec.Struct, frozen=True, kw_only=True, tag="bar"):
    """Horizontal bars stacked from segments, such as the parts of a training step."""

    bars: list[Bar]
    x_label: str
    styles: dict[str, int] = {}
    """Place of a label's colour in the series of colours; labels without one go by the order in which they appear."""


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of 28 × 28 values, row by row, with the text below it."""

    pixels: list[float]
    caption: str


class ImageGrid(msgspec.Struct, frozen=True, kw_only=True, tag="images"):
    """Pictures in a grid: pixels (0 to 255, grey) or weights (a diverging scale around zero)."""

    tiles: list[Tile]
    columns: int
    kind: Literal["pixels", "weights"] = "pixels"


class MatrixPanel(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a heat map: its rows, and their values column by column."""

    rows: list[str]
    values: list[list[float]]
    title: str = ""


class MatrixChart(msgspec.Struct, frozen=True, kw_only=True, tag="matrix"):
    """Tables of counts or shares as heat maps with their numbers, one above the other, with the same columns and colours."""

    panels: list[MatrixPanel]
    columns: list[str]
    x_label: str
    y_label: str


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a network's drawing: its numbers, and how they are computed from the row above."""

    units: int
    label: str
    computed_by: str = ""
    is_dense: bool = False
    """Whether every number has a weight for every number above. Otherwise an arrow is drawn."""


class NetworkDrawing(msgspec.Struct, frozen=True, kw_only=True, tag="network"):
    """A network from its inputs at the top to its loss at the bottom."""

    layers: list[Layer]


class CycleStep(msgspec.Struct, frozen=True, kw_only=True):
    """One box of a cycle: what is done, and the line of code that does it."""

    label: str
    code: str


class CycleDrawing(msgspec.Struct, frozen=True, kw_only=True, tag="cycle"):
    """An even number of steps that follow each other clockwise, from the last back to the first."""

    steps: list[CycleStep]


Chart = LineChart | IntervalChart | BarChart | ImageGrid | MatrixChart | NetworkDrawing | CycleDrawing
