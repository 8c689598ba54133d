"""The sheet that figures are drawn on: sizes in CSS pixels from the top left, text that is measured before it is set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from report.render.figures.colour import Theme
from report.render.figures.svg import POINTS_PER_INCH, Drawing, to_svg
from report.render.figures.text import balanced, text_width

Size = Literal["page", "narrow", "card"]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How large a figure and its text are, in CSS pixels."""

    width: int
    text: float
    """Font size of all text but panel titles, which are slightly larger."""
    plot_height: float
    """Height of one pair of axes."""
    compact: bool = False
    """For a card: the first panel, few ticks, no numbers in the margin."""

    @property
    def line(self) -> float:
        """Distance between the baselines of two lines of text."""
        return round(1.3 * self.text)

    @property
    def title(self) -> float:
        """Font size of panel titles."""
        return self.text + 1

    def foot(self, x_label: str) -> float:
        """Return the height below a pair of axes: tick labels, and the label of the x axis."""
        lines = len(balanced(x_label, self.text, self.width)) if x_label else 0
        return 6 + 1.25 * self.text + lines * self.line


FORMATS: dict[Size, Format] = {
    "page": Format(width=720, text=16, plot_height=240),
    "narrow": Format(width=360, text=13, plot_height=190),
    "card": Format(width=320, text=12, plot_height=92, compact=True),
}


class Canvas:
    """A transparent sheet with pixel coordinates: x to the right, y down."""

    def __init__(self, form: Format, theme: Theme, height: float) -> None:
        self.theme = theme
        self.form = form
        self.width = form.width
        self.height = math.ceil(height)
        self.figure = Figure(figsize=(self.width / POINTS_PER_INCH, self.height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        self.figure.patch.set_visible(False)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add bare axes: no frame, no ticks."""
        bottom = self.height - top - height
        axes = self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))
        axes.patch.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(which="both", length=0, colors=self.theme.muted, labelsize=self.form.text, pad=6)
        return axes

    def sheet(self) -> Axes:
        """Add axes over the whole sheet, in its own coordinates: for many pictures, each of which would else need axes."""
        axes = self.axes(0, 0, self.width, self.height)
        axes.set_axis_off()
        axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        return axes

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        *,
        colour: str | None = None,
        align: Literal["left", "center", "right"] = "left",
        size: float | None = None,
        bold: bool = False,
        angle: float = 0,
    ) -> None:
        """Write one line of text; `align` says which part of it stands at x."""
        self.figure.text(
            x / self.width,
            1 - baseline / self.height,
            text,
            color=colour or self.theme.ink,
            ha=align,
            va="baseline",
            fontsize=size or self.form.text,
            fontweight="bold" if bold else "normal",
            rotation=angle,
            rotation_mode="anchor",  # so that the SVG keeps the alignment with any font
        )

    def block(
        self,
        x: float,
        middle: float,
        lines: Sequence[str],
        *,
        colour: str | None = None,
        align: Literal["left", "center", "right"] = "left",
    ) -> None:
        """Write lines of text about a middle height."""
        # The middle of a line without descenders is about 0.36 of the font size above its baseline.
        first = middle + 0.36 * self.form.text - (len(lines) - 1) * self.form.line / 2
        for index, line in enumerate(lines):
            self.text(x, first + index * self.form.line, line, colour=colour, align=align)

    def x_label(self, text: str, left: float, right: float, bottom: float | None = None) -> None:
        """Write the label of an x axis, centred below it, or beside the centre if the sheet ends there."""
        lines = balanced(text, self.form.text, self.width) if text else []
        last = (self.height if bottom is None else bottom) - 0.35 * self.form.text
        for above, line in enumerate(reversed(lines)):
            half = text_width(line, self.form.text) / 2
            centre = min(max((left + right) / 2, half), self.width - half)
            baseline = last - above * self.form.line
            self.text(centre, baseline, line, colour=self.theme.muted, align="center")

    def stroke(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """Draw a line, or marks, outside any axes."""
        line = Line2D(
            [x / self.width for x in xs],
            [1 - y / self.height for y in ys],
            transform=self.figure.transFigure,
            **style,
        )
        self.figure.add_artist(line)

    def patch(
        self, x: float, y: float, width: float, height: float, colour: str, hatch: str = "", edge: str | None = None
    ) -> None:
        """Draw a filled rectangle about a centre."""
        rectangle = Rectangle(
            ((x - width / 2) / self.width, 1 - (y + height / 2) / self.height),
            width / self.width,
            height / self.height,
            transform=self.figure.transFigure,
            facecolor=colour,
            edgecolor=edge or colour,
            hatch=hatch,
            linewidth=0,
        )
        self.figure.add_artist(rectangle)

    def drawing(self) -> Drawing:
        """Return what has been drawn."""
        return Drawing(to_svg(self.figure), self.width, self.height)
