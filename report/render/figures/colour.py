"""Colours of the figures: the Okabe–Ito palette, adapted to each theme, and their contrast."""

from __future__ import annotations

from typing import Literal

import msgspec
from matplotlib.colors import to_hex, to_rgb

TEXT_CONTRAST = 4.5
"""Minimum contrast of text with its background (WCAG 2.2, 1.4.3)."""
SHAPE_CONTRAST = 3.0
"""Minimum contrast of lines and marks with their background (WCAG 2.2, 1.4.11)."""

BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY_BLUE, YELLOW = "#e69f00", "#56b4e9", "#f0e442"

ThemeName = Literal["light", "dark"]


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of a figure on a light or a dark page."""

    background: str
    """Colour of the page; the figure itself is transparent."""
    text: str
    """Titles, row labels and the values that the notebook printed."""
    muted: str
    """Axis labels and tick labels."""
    grid: str
    margin: str
    """The band of no practical difference."""
    reference: str
    """Reference lines and the line of no difference."""
    series: tuple[str, ...]
    """Series colours in order; neighbours differ in lightness as well as in hue."""
    negative: str
    """Lower end of the diverging scale; the background is its middle."""
    positive: str
    """Upper end of the diverging scale."""
    maximum: str
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
    """Mix two colours; `share` is that of the second."""
    red, green, blue = (
        (1 - share) * one + share * other for one, other in zip(to_rgb(first), to_rgb(second), strict=True)
    )
    return to_hex((red, green, blue))


def legible(colour: str, theme: Theme, ratio: float) -> str:
    """Move a colour towards the text colour until it has this contrast with the background."""
    steps = (mix(colour, theme.text, step / 20) for step in range(21))
    return next((step for step in steps if contrast(step, theme.background) >= ratio), theme.text)


def counterparts(theme: Theme, other: Theme) -> dict[str, str]:
    """Return the colours in which lines, marks and text are drawn in a theme, each with that in its place in another one."""
    names = ("text", "muted", "grid", "margin", "reference")
    pairs = {getattr(theme, name): getattr(other, name) for name in names}
    for ours, theirs in zip((theme.reference, *theme.series), (other.reference, *other.series), strict=True):
        for ratio in (SHAPE_CONTRAST, TEXT_CONTRAST):  # a label has the colour of its line, made legible as text
            ours, theirs = legible(ours, theme, ratio), legible(theirs, other, ratio)
            pairs[ours] = theirs
    return pairs


def text_on(fill: str) -> str:
    """Return white if it has enough contrast with the fill, otherwise black, which then has."""
    return "#ffffff" if contrast("#ffffff", fill) >= TEXT_CONTRAST else "#000000"


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        background="#ffffff",
        text="#1f2328",
        muted="#57606a",
        grid="#e3e6ea",
        margin="#eceff2",
        reference="#808a95",
        # Yellow is invisible on white; SVG leaves out pure black, which `counterparts` has to find.
        series=(BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE, "#010101"),
        negative=VERMILION,
        positive=BLUE,
        maximum="#00568a",
    ),
    "dark": Theme(
        background="#14181e",
        text="#e6e9ee",
        muted="#a9b2bd",
        grid="#2a313a",
        margin="#232a33",
        reference="#7f8995",
        # Black is invisible on dark; the three darkest colours are lightened so that thin lines stand out.
        series=(SKY_BLUE, "#e8783a", "#2bb890", "#d99bba", ORANGE, YELLOW, "#ffffff"),
        negative=VERMILION,
        positive=SKY_BLUE,
        maximum=SKY_BLUE,
    ),
}
