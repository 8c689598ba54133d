"""Colours of the figures: the Okabe–Ito series, adapted to each theme, and the contrast that they must keep."""

from __future__ import annotations

from typing import Literal

import msgspec
from matplotlib.colors import to_hex, to_rgb

TEXT_CONTRAST = 4.5
"""Least contrast of text with what is behind it (WCAG 2.2, 1.4.3)."""
SHAPE_CONTRAST = 3.0
"""Least contrast of lines and marks with what is behind them (WCAG 2.2, 1.4.11)."""

BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY_BLUE, YELLOW = "#e69f00", "#56b4e9", "#f0e442"

ThemeName = Literal["light", "dark"]


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's background asks of a figure's colours."""

    background: str
    """The page behind the transparent figure."""
    ink: str
    """Titles, row labels and the notebook's printed points."""
    muted: str
    """Axis labels and tick labels."""
    grid: str
    """Grid lines: there when looked for."""
    shade: str
    """The band of no practical difference."""
    reference: str
    """Thin guides that the data are read against."""
    series: tuple[str, ...]
    """Series colours in order; neighbours differ in lightness as well as in hue."""
    negative: str
    """Lower end of the diverging scale; the background is its middle."""
    positive: str
    """Upper end of the diverging scale."""
    full: str
    """Upper end of the sequential scale; the background is its lower end."""


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(first: str, second: str, share: float) -> str:
    """Return `first` with the given share of `second` in it."""
    red, green, blue = (
        (1 - share) * one + share * other for one, other in zip(to_rgb(first), to_rgb(second), strict=True)
    )
    return to_hex((red, green, blue))


def legible(colour: str, theme: Theme, ratio: float) -> str:
    """Return the colour nearest to `colour`, on its way to the ink, that has this contrast with the background."""
    steps = (mix(colour, theme.ink, step / 20) for step in range(21))
    return next((step for step in steps if contrast(step, theme.background) >= ratio), theme.ink)


def text_on(fill: str) -> str:
    """Return white where it reads well on the fill, and black elsewhere, where its contrast is then above 4.5."""
    return "#ffffff" if contrast("#ffffff", fill) >= TEXT_CONTRAST else "#000000"


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        background="#ffffff",
        ink="#1f2328",
        muted="#57606a",
        grid="#e3e6ea",
        shade="#eceff2",
        reference="#808a95",
        series=(BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE, "#000000"),  # yellow is lost on white
        negative=VERMILION,
        positive=BLUE,
        full="#00568a",
    ),
    "dark": Theme(
        background="#14181e",
        ink="#e6e9ee",
        muted="#a9b2bd",
        grid="#2a313a",
        shade="#232a33",
        reference="#7f8995",
        # Black is lost on dark; the three darkest are lightened, so that thin lines of them stand out as well.
        series=(SKY_BLUE, "#e8783a", "#2bb890", "#d99bba", ORANGE, YELLOW, "#ffffff"),
        negative=VERMILION,
        positive=SKY_BLUE,
        full=SKY_BLUE,
    ),
}
