"""Measure the width of text, and break it into lines."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

# Text is measured in DejaVu Sans, which comes with matplotlib, and shown in the reader's own sans-serif font. DejaVu
# is wider than any font in the list of `SHOWN_FAMILIES`, so text that fits in DejaVu fits in those fonts too.
MEASURED_FAMILY = "DejaVu Sans"
SHOWN_FAMILIES = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@cache
def text_width(text: str, font_size: float) -> float:
    """Return the width of the longest line of a text, in pixels."""
    font = FontProperties(family=MEASURED_FAMILY, size=font_size)
    widths = (TextToPath().get_text_width_height_descent(line, font, ismath=False)[0] for line in text.split("\n"))
    return float(max(widths))


def wrap(text: str, font_size: float, width: float) -> str:
    """Break text at spaces into lines no wider than `width`; a wider word gets a line of its own."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        first, *others = paragraph.split(" ")
        lines.append(first)
        for word in others:
            longer = f"{lines[-1]} {word}"
            if text_width(longer, font_size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return "\n".join(lines)


def balance(text: str, font_size: float, width: float) -> str:
    """Break text into as few lines as `wrap` does, of similar lengths."""
    lines = wrap(text, font_size, width).count("\n")
    narrower = (wrap(text, font_size, width * percent / 100) for percent in range(20, 101, 5))
    return next(wrapped for wrapped in narrower if wrapped.count("\n") == lines)
