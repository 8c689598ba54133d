"""Draw a cycle: boxes around the edge of a grid, with an arrow from each to the next."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from report.answers.charts import CycleDrawing, CycleStep
from report.render.figures.colour import Theme
from report.render.figures.layout import FigureSize, new_canvas
from report.render.figures.text import wrap

WIDE_ENOUGH = 500
"""Pixels from which the boxes stand in two rows; below, in two columns."""


def draw_cycle(chart: CycleDrawing, theme: Theme, size: FigureSize) -> Figure:
    """Draw a cycle, its first step at the top left."""
    half = len(chart.steps) // 2
    columns, rows = (half, 2) if size.width >= WIDE_ENOUGH else (2, half)
    gap = 2.2 * size.font_size
    width = (size.width - 2 - gap * (columns - 1)) / columns
    texts = [_lines(step, number, width, size) for number, step in enumerate(chart.steps, start=1)]
    height = (max(len(label) + len(code) for label, code in texts) + 1) * size.line_height
    figure, axes = new_canvas(size, rows * height + (rows - 1) * gap + 2)
    corners = [(1 + column * (width + gap), 1 + row * (height + gap)) for column, row in _clockwise(columns, rows)]
    for (x, y), (label, code) in zip(corners, texts, strict=True):
        style = f"round,pad=0,rounding_size={0.4 * size.font_size}"
        axes.add_patch(FancyBboxPatch((x, y), width, height, style, facecolor=theme.margin, edgecolor=theme.reference))
        first = y + (height - (len(label) + len(code) - 1) * size.line_height) / 2
        for place, line in enumerate(label + code):  # line by line, so that each is centred in the reader's font
            colour = theme.text if place < len(label) else theme.muted
            axes.text(x + width / 2, first + place * size.line_height, line, ha="center", va="center", color=colour)
    arrow = {"arrowstyle": "-|>", "color": theme.text, "linewidth": 0.09 * size.font_size, "shrinkA": 0, "shrinkB": 0}
    for (x, y), (next_x, next_y) in zip(corners, [*corners[1:], corners[0]], strict=True):
        right, down = (next_x > x) - (next_x < x), (next_y > y) - (next_y < y)
        start = (x + width / 2 + right * (width / 2 + 2), y + height / 2 + down * (height / 2 + 2))
        end = (start[0] + right * (gap - 4), start[1] + down * (gap - 4))
        axes.annotate("", end, start, arrowprops=arrow)
    return figure


def _clockwise(columns: int, rows: int) -> list[tuple[int, int]]:
    """List the column and row of the places along the edge of a grid with two rows or two columns."""
    top = [(column, 0) for column in range(columns)]
    right = [(columns - 1, row) for row in range(1, rows)]
    bottom = [(column, rows - 1) for column in reversed(range(columns - 1))]
    left = [(0, row) for row in reversed(range(1, rows - 1))]
    return top + right + bottom + left


def _lines(step: CycleStep, number: int, width: float, size: FigureSize) -> tuple[list[str], list[str]]:
    """Break the label and the code of a step into lines that fit its box."""
    room = width - 1.2 * size.font_size
    label, code = (wrap(text, size.font_size, room).split("\n") for text in (f"{number}. {step.label}", step.code))
    return label, code
