"""The head of each page: its description and its preview where others link to it."""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx import addnodes
from sphinx.application import Sphinx

from fmnist_site.citation import read_citation

PREVIEW = "home.png"
"""The image that a preview shows. Previews do not support the SVG of our figures."""
LENGTH = 200
"""Maximum length of a description, in characters. Search engines cut longer ones."""
VIEWPORT = re.compile(r'<meta [^>]*name="viewport"[^>]*/?>\n?')
SOURCE = "source/"
TITLES = {"genindex": "Index", "search": "Search"}
"""Titles of the pages that get theirs only in a template."""


TEXT = (nodes.section, addnodes.desc_content)
"""Parents of paragraphs that belong to the text, unlike those of tables, boxes and bibliographies."""


def _describe_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    title = Markup(context.get("title") or TITLES[page]).striptags()  # noqa: S704 - reads HTML, writes none
    description = _description(page, title, doctree)
    named = {"description": description} | ({"robots": "noindex"} if page == "404" else {})
    properties = {
        "og:title": title,
        "og:description": description,
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.project,
    }
    base = app.config.html_baseurl.rstrip("/")
    if page == "404":
        context["pageurl"] = None  # no canonical link: it stands for addresses that do not exist
    elif base:  # both must be absolute
        properties |= {"og:url": context["pageurl"], "og:image": f"{base}/{PREVIEW}"}
    tags = [
        f'<meta {kind}="{name}" content="{escape(value)}" />'
        for kind, values in (("name", named), ("property", properties))
        for name, value in values.items()
    ]
    # Sphinx's layout has a viewport of its own
    context["metatags"] = "\n".join([VIEWPORT.sub("", context.get("metatags", "")), *tags])


def _description(page: str, title: str, doctree: nodes.document | None) -> str:
    """Return the beginning of the short answer, or of the first paragraph, or what the project is about."""
    if page.startswith(SOURCE):
        return f"Source code of {title}, with numbered lines."
    found = _first_paragraph(doctree) if doctree else ""
    return textwrap.shorten(found or read_citation().abstract, LENGTH, placeholder=" …")


def _first_paragraph(doctree: nodes.document) -> str:
    answer = next((box for box in doctree.findall(nodes.admonition) if "short-answer" in box["classes"]), None)
    if answer is not None:
        return " ".join(_visible_text(paragraph) for paragraph in answer.findall(nodes.paragraph))
    texts = [_visible_text(node) for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, TEXT)]
    first = next((text for text in texts if not text.startswith("Bases:")), "")
    return re.sub(r":$", ".", first)


def _visible_text(node: nodes.Node) -> str:
    """Return the text of a node without panels and other parts that only HTML has."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.Element) and node.get("html_only"):
        return ""
    return "".join(_visible_text(child) for child in node.children)


def setup(app: Sphinx) -> None:
    """Connect to the writing of pages."""
    app.connect("html-page-context", _describe_page)
