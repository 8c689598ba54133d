"""Turn a matplotlib figure into SVG that is the same on every run and uses the reader's fonts."""

from __future__ import annotations

import io
import re
from typing import NamedTuple

from matplotlib.figure import Figure

from report.render.figures.text import MEASURED_FAMILY, SHOWN_FAMILIES


class Svg(NamedTuple):
    """An SVG picture with its natural size in CSS pixels."""

    text: str
    width: int
    height: int


def to_svg(figure: Figure) -> Svg:
    """
    Return a figure as SVG without dates, program names or fonts of this machine.

    Its size is in pixels, its text in the reader's fonts, and its coordinates have two decimals.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = re.sub(r"<svg [^>]*>", lambda tag: tag[0].replace('pt"', '"'), buffer.getvalue(), count=1)
    svg = svg.replace(f"'{MEASURED_FAMILY}'", SHOWN_FAMILIES)
    svg = re.sub(
        r'(?<=\s)(?:d|x|y|transform)="[^"]*"',
        lambda attribute: re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", attribute[0]),
        svg,
    )
    width, height = figure.get_size_inches() * figure.dpi
    return Svg(svg, round(width), round(height))
