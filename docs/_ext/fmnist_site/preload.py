"""Set the theme and preload the fonts before a page is first drawn, so that its layout does not shift."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CHOOSE_THEME = """\
if (document.documentElement.dataset.theme === "auto")
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""
"""The theme's own script does this after loading. Until then, both the light and the dark image would show."""
FONTS = {"sans-400": "<", "sans-600": "<", "serif-600": "<", "serif-400": "<p", "math-400": "<math"}
"""Fonts to preload, each with the HTML that a page must contain to need it."""
PRELOAD = """\
if (location.protocol !== "file:")
  for (const href of %s)
    document.head.append(Object.assign(document.createElement("link"), {rel: "preload", as: "font", crossOrigin: "", href}));"""
"""A script, because browsers refuse such a link with an error when the page is opened from a folder."""


def _preload_fonts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Preload fonts in parallel with the style sheet: most have then arrived before the first paint."""
    if app.builder.format != "html":
        return
    needed = [name for name, tag in FONTS.items() if tag in context.get("body", "<p")]
    addresses = [context["pathto"](f"_static/fonts/{name}.woff2", 1) for name in needed]
    context["metatags"] = f"{context.get('metatags', '')}\n<script>\n{PRELOAD % json.dumps(addresses)}\n</script>"


def setup(app: Sphinx) -> None:
    """Add the theme script, and connect to the writing of pages."""
    app.add_js_file(None, body=CHOOSE_THEME, priority=100)  # before scripts that wait for files
    app.connect("html-page-context", _preload_fonts, priority=900)  # after the description and the base address
