"""Convert formulas to MathML when the site is built. Pages need no script and no other host."""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
CONVERTER = LatexToMathML(fancy_error=False)


def to_mathml(latex: str, *, displayed: bool) -> str:
    """
    Convert a formula, with its source as the text for screen readers that don't support MathML.

    Raises
    ------
    ValueError
        If the formula contains something unsupported.
    """
    source = latex
    if displayed and "\\\\" in latex and "\\begin" not in latex:
        source = f"\\begin{{aligned}}{latex}\\end{{aligned}}"
    try:
        formula = CONVERTER.convert_with_local_state(source, displaystyle=displayed)
    except LatexError as error:
        raise ValueError(str(error)) from error
    return formula.replace("<math", f'<math alttext="{html.escape(" ".join(latex.split()))}"', 1)


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
    self.body.append(self.starttag(node, "span", "", CLASS="math") + _convert(node, displayed=False) + "</span>")
    raise nodes.SkipNode


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_convert(node, displayed=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _convert(node: nodes.math | nodes.math_block, *, displayed: bool) -> str:
    latex = node.astext()
    try:
        return to_mathml(latex, displayed=displayed)
    except ValueError as error:
        logger.warning("cannot convert this formula to MathML: %s (%s)", latex, error, location=node, type="math")
        return ""


def setup(app: Sphinx) -> None:
    """Register the renderer, which `html_math_renderer` selects."""
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
