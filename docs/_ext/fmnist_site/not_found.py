"""
The 404 page, which a server sends for any address.

Its links are relative to the root of the site. `<base>` makes them work from the address that was not found.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

PAGE = "404"
IN_PLACE = 'location.protocol === "file:" || location.pathname.endsWith("/404.html")'
KNOWN_ROOT = f"if ({IN_PLACE}) document.querySelector('base').remove();"
UNKNOWN_ROOT = f"""\
if (!({IN_PLACE})) {{
  const hasSite = (folder) => {{
    const request = new XMLHttpRequest();
    request.open("HEAD", folder + "objects.inv", false); // the style sheets below wait for the answer
    request.send();
    return request.status === 200;
  }};
  let root = location.pathname;
  do root = root.replace(/[^/]*\\/?$/, ""); while (root && !hasSite(root));
  document.head.prepend(Object.assign(document.createElement("base"), {{href: root || "/"}}));
}}"""
"""Without a base URL, the nearest folder above the address with an inventory is the root."""
OWN_ANCHORS = """\
addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll('a[href^="#"]')) link.href = location.pathname + link.hash;
});"""


def _set_base(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    if page != PAGE:
        return
    base = app.config.html_baseurl
    root = urlsplit(base).path.rstrip("/") + "/"
    tag, script = (f'<base href="{root}" />', KNOWN_ROOT) if base else ("", UNKNOWN_ROOT)
    context["metatags"] = f"{tag}\n<script>\n{script}\n{OWN_ANCHORS}\n</script>\n{context.get('metatags', '')}"


def setup(app: Sphinx) -> None:
    """Connect to the writing of pages."""
    app.connect("html-page-context", _set_base, priority=800)  # above all other tags with addresses
