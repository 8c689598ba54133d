"""What a figure shows, as data: answers fill these in, `report.render.figures` draws them, `report.tables` exports them."""

from __future__ import annotations

from typing import Literal

import msgspec

Scale = Literal["linear", "log"]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a label, its points, and the band over seeds where there is one."""

    label: str
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    """Lower edge of the band, in the unit of y."""
    high: list[float] | None = None
    """Upper edge of the band, in the unit of y."""
    role: Literal["line", "points", "printed", "reference"] = "line"
    """`printed`: the notebook's own figures (hollow circles). `reference`: a thin grey guide. `points`: no line."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of axes with its series."""

    series: list[Series]
    x_label: str
    y_label: str
    title: str = ""
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"


class LineChart(msgspec.Struct, frozen=True, kw_only=True, tag="line"):
    """Curves over a common quantity, in one panel or several beside each other."""

    panels: list[Panel]


class IntervalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate with its interval, and the single values that it was made from."""

    label: str
    value: float
    low: float
    high: float
    points: list[float] = []


class IntervalChart(msgspec.Struct, frozen=True, kw_only=True, tag="interval"):
    """Estimates with intervals, one a row, against a zero line and a margin of no practical difference."""

    rows: list[IntervalRow]
    x_label: str
    zero: float | None = 0.0
    """Where "no difference" stands: 0 for differences, 1 for ratios, None for neither."""
    margin: float | None = None
    """Half width of the shaded band around `zero`, in the unit of x."""
    x_scale: Scale = "linear"


class BarSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a stacked bar."""

    label: str
    value: float


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar, made of segments in order."""

    label: str
    segments: list[BarSegment]


class BarChart(msgspec.Struct, frozen=True, kw_only=True, tag="bar"):
    """Horizontal bars, stacked from the same kinds of segment (shares of a step, say)."""

    bars: list[Bar]
    x_label: str


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One small picture of 28 × 28 values, row by row, with the lines of text below it."""

    pixels: list[float]
    caption: str


class ImageGrid(msgspec.Struct, frozen=True, kw_only=True, tag="images"):
    """Small pictures in a grid: pixels (0 to 255, grey) or weights (diverging about zero)."""

    tiles: list[Tile]
    columns: int
    kind: Literal["pixels", "weights"] = "pixels"


class MatrixChart(msgspec.Struct, frozen=True, kw_only=True, tag="matrix"):
    """A table of counts as a heat map with its numbers written in (a confusion matrix, say)."""

    rows: list[str]
    columns: list[str]
    values: list[list[float]]
    x_label: str
    y_label: str


Chart = LineChart | IntervalChart | BarChart | ImageGrid | MatrixChart
