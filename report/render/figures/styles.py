"""How each series looks: colour, dashes and marker together, so that none of them is the only cue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from report.answers.charts import Series
from report.render.figures.colour import SHAPE_CONTRAST, TEXT_CONTRAST, Theme, legible
from report.render.figures.layout import Canvas
from report.render.figures.text import text_width, wrap

Dashes = tuple[float, tuple[float, ...] | None]

_DASHES: tuple[Dashes, ...] = (
    (0, None),
    (0, (6, 2)),
    (0, (2, 1.6)),
    (0, (8, 2, 2, 2)),
    (0, (4, 1.5)),
    (0, (8, 2, 2, 2, 2, 2)),
    (0, (1, 1)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_PRINTED_MARKERS = ("o", "s", "^", "D")
KEY_WIDTH = 1.7  # of the sample of a line beside its label, in font sizes


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The line, marker and label of one series."""

    colour: str
    text: str
    dashes: Dashes = (0, None)
    marker: str = ""
    line_width: float = 2.0
    """In pixels beside text of 16 pixels."""
    hollow: bool = False

    def style(self, text: float) -> dict[str, Any]:
        """Return the keyword arguments of matplotlib's `Line2D`, in proportion to the font size."""
        return {
            "color": self.colour,
            "linewidth": self.line_width * text / 16,
            "linestyle": self.dashes if self.line_width else "none",
            "marker": self.marker,
            "markersize": 0.42 * text,
            "markerfacecolor": "none" if self.hollow else self.colour,
            "markeredgewidth": 0.09 * text if self.hollow else 0,
        }


def looks(series: Iterable[Series], theme: Theme) -> dict[str, Look]:
    """Give every label a look; the same label looks the same in every panel."""
    found: dict[str, Look] = {}
    measured = printed = 0
    for one in series:
        if one.label in found:
            continue
        if one.role == "reference":
            found[one.label] = Look(colour=theme.reference, text=theme.muted, line_width=1.0)
        elif one.role == "printed":
            marker = _PRINTED_MARKERS[printed % len(_PRINTED_MARKERS)]
            found[one.label] = Look(colour=theme.ink, text=theme.ink, marker=marker, line_width=0, hollow=True)
            printed += 1
        else:
            found[one.label] = _measured_look(measured, theme, line=one.role == "line")
            measured += 1
    return found


def _measured_look(index: int, theme: Theme, *, line: bool) -> Look:
    base = theme.series[index % len(theme.series)]
    return Look(
        colour=legible(base, theme, SHAPE_CONTRAST),
        text=legible(base, theme, TEXT_CONTRAST),
        # After seven series the colours begin again, with other dashes and markers than before.
        dashes=_DASHES[(index + index // len(theme.series)) % len(_DASHES)],
        marker=_MARKERS[(index + 2 * (index // len(theme.series))) % len(_MARKERS)],
        line_width=2.0 if line else 0.0,
    )


def draw_key(canvas: Canvas, x: float, middle: float, look: Look) -> None:
    """Draw a short sample of a series: its line, and its marker in the middle."""
    size = canvas.form.text
    style = look.style(size)
    width = KEY_WIDTH * size
    if look.line_width:
        canvas.stroke([x, x + width], [middle, middle], **(style | {"marker": ""}))
    canvas.stroke([x + width / 2], [middle], **style)


def legend_rows(labels: Sequence[str], width: float, size: float) -> list[list[str]]:
    """Break the entries of a legend into rows."""
    rows: list[list[str]] = []
    used = width + 1.0
    for label in labels:
        entry = (KEY_WIDTH + 0.4 + 1.4) * size + text_width(label, size)
        if used + entry > width + 1.4 * size:
            rows.append([])
            used = 0.0
        rows[-1].append(label)
        used += entry
    return rows


def draw_legend(canvas: Canvas, left: float, top: float, rows: list[list[str]], found: dict[str, Look]) -> None:
    """Write a legend, row by row, each entry after its key."""
    size, line = canvas.form.text, canvas.form.line
    for index, labels in enumerate(rows):
        x, middle = left, top + (index + 0.5) * line
        for label in labels:
            draw_key(canvas, x, middle, found[label])
            x += (KEY_WIDTH + 0.4) * size
            canvas.block(x, middle, [label], colour=found[label].text)
            x += text_width(label, size) + 1.4 * size


def label_blocks(labels: Sequence[str], size: float, width: float) -> dict[str, list[str]]:
    """Break direct labels into lines."""
    return {label: wrap(label, size, width) for label in labels}
