"""What a page must have when it is first drawn, so that nothing moves afterwards: its theme and its fonts."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CHOOSE_THEME = """\
if (document.documentElement.dataset.theme === "auto")
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""
"""The theme does this only when all is loaded, and until then shows every picture twice, in light and in dark."""
FONTS = {"sans-400": "<", "sans-600": "<", "serif-600": "<", "serif-400": "<p", "math-400": "<math"}
"""The fonts of nearly every page, each with the tag that a page has which uses it; the rest are fetched when met."""
FETCH = """\
if (location.protocol !== "file:")
  for (const href of %s)
    document.head.append(Object.assign(document.createElement("link"), {rel: "preload", as: "font", crossOrigin: "", href}));"""
"""A script, since a link for this would be refused, with a complaint, where the site is read from a folder."""


def _fetch_fonts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Have the fonts fetched beside the style sheet, not after it: most are there before anything is drawn."""
    if app.builder.format != "html":
        return
    used = [name for name, tag in FONTS.items() if tag in context.get("body", "<p")]
    addresses = [context["pathto"](f"_static/fonts/{name}.woff2", 1) for name in used]
    context["metatags"] = f"{context.get('metatags', '')}\n<script>\n{FETCH % json.dumps(addresses)}\n</script>"


def setup(app: Sphinx) -> None:
    """Connect to the writing of pages."""
    app.add_js_file(None, body=CHOOSE_THEME, priority=100)  # before scripts that wait for files
    app.connect("html-page-context", _fetch_fonts, priority=900)  # the page for missing addresses has its own `pathto`
