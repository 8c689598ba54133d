"""
Nodes for HTML elements that docutils lacks.

Docutils has no node for `<figure>`, `<details>` or `<button>`. A `Block` or `Inline` node is one HTML element. Its text
consists of ordinary text nodes: the writer escapes it, the search index finds it, and other builders show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.text import TextTranslator


class Block(nodes.General, nodes.Element):
    """A block-level HTML element. It holds blocks or text."""


class Inline(nodes.Inline, nodes.TextElement):
    """An inline HTML element."""


Element = TypeVar("Element", Block, Inline)


class Picture(nodes.image):
    """An image that is loaded lazily and has its size in the HTML."""


def block(tag: str, *children: nodes.Node | str, **options: object) -> Block:
    """Return a block element; `_fill` describes the options."""
    return _fill(Block(), tag, children, options)


def inline(tag: str, *children: nodes.Node | str, **options: object) -> Inline:
    """Return an inline element; `_fill` describes the options."""
    return _fill(Inline(), tag, children, options)


def link_to_file(text: str, path: str, **options: object) -> Inline:
    """Return a link to a file of the site. `path` is relative to the root of the site."""
    return inline("a", text, site_path=path, **options)


def link_to_page(text: str | nodes.Node, document: str, anchor: str = "", **options: object) -> Inline:
    """Return a link to a page of the site, or to an anchor on it."""
    return inline("a", text, document=document, anchor=anchor, **options)


def _fill(node: Element, tag: str, children: Iterable[nodes.Node | str], options: dict[str, object]) -> Element:
    """
    Set the tag, the options and the children of a node, and return it.

    Options are `classes`; `ids`; `site_path`, or `document` with `anchor` (the target of a link); `html_only` (omit
    from the search index and other builders); and `attributes`, a dictionary of further HTML attributes.
    """
    node["tag"] = tag
    if tag == "code":
        node["support_smartquotes"] = False
    for name, value in options.items():
        node[name] = value
    if node.get("html_only"):
        node["classes"] = [*node["classes"], "no-search"]  # Sphinx omits this class from the search index
    node.extend(nodes.Text(child) if isinstance(child, str) else child for child in children)
    return node


def picture(path: str, size: tuple[int, int], alt: str, *classes: str) -> Picture:
    """Return an image node for a file of the source folder."""
    width, height = size
    return Picture(uri=f"/{path}", alt=alt, width=str(width), height=str(height), loading="lazy", classes=list(classes))


def _visit_html(self: HTML5Translator, node: Block | Inline) -> None:
    attributes: dict[str, Any] = dict(node.get("attributes", {}))
    here = self.builder.get_target_uri(self.builder.current_docname)
    if "site_path" in node:
        attributes["href"] = relative_uri(here, node["site_path"])
    elif "document" in node:
        there = self.builder.get_target_uri(node["document"])
        anchor = f"#{node['anchor']}" if node["anchor"] else ""
        attributes["href"] = anchor if there == here and anchor else relative_uri(here, there) + anchor
    self.body.append(self.starttag(node, node["tag"], suffix="", **attributes))


def _depart_html(self: HTML5Translator, node: Block | Inline) -> None:
    self.body.append(f"</{node['tag']}>" + ("\n" if isinstance(node, Block) else ""))


def _visit_picture(self: HTML5Translator, node: Picture) -> None:
    file_name = self.builder.images.get(node["uri"], node["uri"])
    attributes: dict[str, Any] = {name: node[name] for name in ("alt", "width", "height", "loading")}
    source = relative_uri(
        self.builder.get_target_uri(self.builder.current_docname), f"{self.builder.imagedir}/{file_name}"
    )
    self.body.append(self.starttag(node, "img", suffix="", empty=True, src=source, **attributes))
    raise nodes.SkipNode


def _visit_text(self: TextTranslator, node: Block | Inline) -> None:
    if node.get("html_only"):
        raise nodes.SkipNode
    if isinstance(node, Block):
        self.new_state(0)


def _depart_text(self: TextTranslator, node: Block | Inline) -> None:
    if isinstance(node, Block):
        self.end_state(wrap=False)


def _visit_other(self: nodes.NodeVisitor, node: Block | Inline) -> None:
    if node.get("html_only"):
        raise nodes.SkipNode


def _depart_other(self: nodes.NodeVisitor, node: Block | Inline) -> None:
    """Write nothing: the children have been written."""


def _skip(self: nodes.NodeVisitor, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the nodes with their visitors."""
    other = (_visit_other, _depart_other)
    for node in (Block, Inline):
        app.add_node(
            node,
            html=(_visit_html, _depart_html),
            text=(_visit_text, _depart_text),
            latex=other,
            man=other,
            texinfo=other,
        )
    app.add_node(Picture, html=(_visit_picture, None), text=(_skip, None))
