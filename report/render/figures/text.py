"""Text before it is set: how wide it is, and where its lines break."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

# Text is measured in DejaVu Sans, which comes with matplotlib, and shown in the reader's own sans-serif. DejaVu is
# the widest of the fonts that this list can end in, so what fits here fits there.
MEASURED_FAMILY = "DejaVu Sans"
SHOWN_FAMILIES = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text; the same labels come back in every theme and size."""
    font = FontProperties(family=MEASURED_FAMILY, size=size, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break text at spaces into lines no wider than `width`; a word that is wider has a line of its own."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def balanced(text: str, size: float, width: float) -> list[str]:
    """Break text into as few lines as `wrap` does, of lengths as even as they can be."""
    lines = wrap(text, size, width)
    for share in range(95, 0, -5):
        narrower = wrap(text, size, width * share / 100)
        if len(narrower) > len(lines) or max(text_width(line, size) for line in narrower) > width * share / 100:
            break
        lines = narrower
    return lines
