"""Styles of figures and of their series."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib import rc

from report.answers.charts import Series
from report.render.figures.colour import SHAPE_CONTRAST, Theme, legible
from report.render.figures.layout import DPI, FigureSize
from report.render.figures.text import MEASURED_FAMILY

# Each series has a colour, a dash pattern and a marker of its own, so that colour is never the only cue.
_DASHES = ((), (6, 2), (2, 1.6), (8, 2, 2, 2), (4, 1.5), (8, 2, 2, 2, 2, 2), (1, 1))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def set_style(theme: Theme, size: FigureSize) -> None:
    """Set matplotlib's parameters for one theme and size: no frames, no tick marks, a faint grid."""
    font_size = size.font_size
    rc("font", family=MEASURED_FAMILY, size=font_size)
    rc("text", color=theme.text, parse_math=False)  # a dollar sign in a label is a dollar sign
    rc("figure", dpi=DPI, frameon=False)
    rc("figure.constrained_layout", w_pad=2 / DPI, h_pad=0.4 * font_size / DPI, hspace=0)
    rc("axes", facecolor="none", grid=True, axisbelow=True, xmargin=0.04, ymargin=0.04)
    rc("axes", labelcolor=theme.muted, titlecolor=theme.muted, titlelocation="left", titlesize=font_size)
    rc("axes.spines", left=False, right=False, top=False, bottom=False)
    rc("grid", color=theme.grid, linewidth=0.8)
    rc("xtick", color=theme.muted)
    rc("ytick", color=theme.muted)
    rc("xtick.major", size=0, pad=6)
    rc("ytick.major", size=0, pad=6)
    rc("lines", linewidth=font_size / 8, markersize=0.42 * font_size, markeredgewidth=0, solid_joinstyle="round")
    rc("errorbar", capsize=0.3 * font_size)
    rc("hatch", linewidth=1.2)
    rc("legend", frameon=False, borderpad=0, borderaxespad=0, labelspacing=0.25)
    rc("legend", handlelength=1.7, handletextpad=0.4, columnspacing=1.4)
    rc("svg", fonttype="none", hashsalt="fmnist-ref")


def series_styles(series: Iterable[Series], theme: Theme, font_size: float) -> dict[str, dict[str, Any]]:
    """Return the keyword arguments of `Line2D` by label; a label has the same style in every panel."""
    styles: dict[str, dict[str, Any]] = {}
    measured = printed = 0
    for one in series:
        if one.label in styles:
            continue
        if one.role == "reference":
            styles[one.label] = {"color": theme.reference, "linewidth": 1, "zorder": 1.5}
        elif one.role == "printed":
            styles[one.label] = {
                "color": theme.text,
                "linestyle": "none",
                "marker": _MARKERS[printed % len(_MARKERS)],
                "markerfacecolor": "none",
                "markeredgewidth": 0.09 * font_size,
            }
            printed += 1
        else:
            styles[one.label] = _measured_style(measured, theme) | (
                {"linestyle": "none"} if one.role == "points" else {}
            )
            measured += 1
    return styles


def _measured_style(index: int, theme: Theme) -> dict[str, Any]:
    # After seven series the colours begin again, with other dashes and markers than before.
    turn, place = divmod(index, len(theme.series))
    return {
        "color": legible(theme.series[place], theme, SHAPE_CONTRAST),
        "linestyle": (0, _DASHES[(place + turn) % len(_DASHES)]),
        "marker": _MARKERS[(place + 2 * turn) % len(_MARKERS)],
    }
