"""Convert formulas to MathML when the site is built. Pages need no script and no other host."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
BOLD = {"upper": 0x1D400, "lower": 0x1D41A, "digit": 0x1D7CE}
"""Code points of the first bold letters and of the bold zero."""
SIGNS = {"−", "+", "-", "±"}
CLOSING = {")", "]", "}", "|", "!"}
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered)\}")
"""Environments that latex2mathml supports only as ``align*``."""


def to_mathml(latex: str, display: str) -> str:
    """
    Convert a formula, and correct what browsers would render differently from TeX.

    Raises
    ------
    ValueError
        If the formula contains something unsupported.
    """
    source = ALIGNED.sub(r"\\\1{align*}", latex)
    if display == "block" and "\\\\" in source and "\\begin" not in source:
        source = f"\\begin{{align*}}{source}\\end{{align*}}"
    try:
        root = ElementTree.fromstring(convert(source, display=display))  # noqa: S314 - the converter's output is trusted
    except Exception as error:  # latex2mathml raises many types; a ParseError means that its output is not XML
        raise ValueError(f"{type(error).__name__} {error}".strip()) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if (element.text or "").startswith(("\\", "&")):
            raise ValueError(f"unknown command {element.text}")
        _embolden(element)
    for element in list(root.iter()):
        _space_functions(element)
        _mark_signs(element)
    root.set("alttext", " ".join(latex.split()))
    return ElementTree.tostring(root, encoding="unicode")


def _embolden(element: ElementTree.Element) -> None:
    """Replace ``mathvariant="bold"``, which MathML Core does not support, with bold characters."""
    if element.attrib.get("mathvariant") != "bold" or not element.text:
        return
    del element.attrib["mathvariant"]
    element.text = "".join(_bold(letter) for letter in element.text)


def _bold(letter: str) -> str:
    if "A" <= letter <= "Z":
        return chr(BOLD["upper"] + ord(letter) - ord("A"))
    if "a" <= letter <= "z":
        return chr(BOLD["lower"] + ord(letter) - ord("a"))
    if "0" <= letter <= "9":
        return chr(BOLD["digit"] + ord(letter) - ord("0"))
    return letter


def _space_functions(row: ElementTree.Element) -> None:
    """Put a thin space between the name of a function and its argument, unless the argument is in brackets."""
    for position in range(len(row) - 1, -1, -1):
        element = row[position]
        if element.tag == "mo" and re.fullmatch(r"[A-Za-z]{2,}", element.text or ""):
            element.tag = "mi"  # latex2mathml makes \operatorname an operator, with wide spaces
        name = element[0] if element.tag in {"msub", "munder"} and len(element) else element
        if name.tag != "mi" or not re.fullmatch(r"[A-Za-z]{2,}", name.text or ""):
            continue
        if row.tag not in {"mrow", "math", "mtd"}:
            continue  # other elements have a fixed number of children
        following = row[position + 1] if position + 1 < len(row) else None
        if following is not None and following.tag not in {"mo", "mspace"}:
            row.insert(position + 1, ElementTree.Element("mspace", width="0.167em"))
        if position and row[position - 1].tag not in {"mo", "mspace"}:
            row.insert(position, ElementTree.Element("mspace", width="0.167em"))


def _mark_signs(row: ElementTree.Element) -> None:
    """Make a minus or plus after another operator a sign, without a space before its number."""
    for before, element in pairwise(row):
        if element.tag == "mo" and element.text in SIGNS and before.tag == "mo" and before.text not in CLOSING:
            element.set("form", "prefix")


class KeepPunctuation(SphinxPostTransform):
    """Keep punctuation on the line of the formula before it. A browser may break the line between the two."""

    default_priority = 900

    def run(self, **options: Any) -> None:
        """Put formula and punctuation into one span without line breaks."""
        for formula in list(self.document.findall(nodes.math)):
            text = formula.next_node(nodes.Text, descend=False, siblings=True)
            mark = re.match(r"[,.;:!?)\]’”]+", text) if text is not None else None
            if text is None or mark is None or formula.next_node(descend=False, siblings=True) is not text:
                continue
            text.parent.replace(text, nodes.Text(text[mark.end() :]))
            formula.replace_self(nodes.inline("", "", formula.deepcopy(), nodes.Text(mark[0]), classes=["unbroken"]))


def _visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math") + _convert(node, "inline") + "</span>")
    raise nodes.SkipNode


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_convert(node, "block"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _convert(node: nodes.math | nodes.math_block, display: str) -> str:
    latex = node.astext()
    try:
        return to_mathml(latex, display)
    except ValueError as error:
        logger.warning("cannot convert this formula to MathML: %s (%s)", latex, error, location=node, type="math")
        return ""


def setup(app: Sphinx) -> None:
    """Register the renderer, which `html_math_renderer` selects."""
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
