"""From matplotlib's figure to SVG that is the same on every run and at home in the reader's page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import msgspec
from matplotlib.figure import Figure

from report.render.figures.text import MEASURED_FAMILY, SHOWN_FAMILIES

POINTS_PER_INCH = 72
"""With as many dots per inch, matplotlib's points and the pixels of the page are one unit."""


class Drawing(msgspec.Struct, frozen=True):
    """A figure as SVG text, with its natural size in CSS pixels."""

    svg: str
    width: int
    height: int


@contextmanager
def rendering() -> Iterator[None]:
    """Shut out the user's own matplotlib settings, and fix what would differ between two runs."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": MEASURED_FAMILY,
                "svg.fonttype": "none",
                "svg.hashsalt": "fmnist-ref",
                "text.parse_math": False,  # a dollar sign in a label is a dollar sign
                "hatch.linewidth": 1.2,
            }
        )
        yield


def to_svg(figure: Figure) -> str:
    """
    Return a figure as SVG without dates, program names or fonts of this machine.

    Its size is given in pixels, its text in the reader's fonts, and coordinates to hundredths of a pixel.
    """
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing, transparent=True)
    svg = re.sub(r"<svg [^>]*>", lambda tag: tag[0].replace('pt"', '"'), buffer.getvalue(), count=1)
    svg = svg.replace(f"'{MEASURED_FAMILY}'", SHOWN_FAMILIES)
    return re.sub(
        r'(?<=\s)(?:d|x|y|transform)="[^"]*"',
        lambda attribute: re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", attribute[0]),
        svg,
    )
