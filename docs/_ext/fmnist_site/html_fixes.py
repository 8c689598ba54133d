"""
Fix HTML of Docutils and Sphinx that is inaccessible or wrong.

Each fix calls the original visitor and then changes what it has written.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

LINES = {"<dl>": '<span class="sig-lines">', "</dl>": "</span>", "<dd>": '<span class="sig-line">', "</dd>": "</span>"}
"""Sphinx writes a multi-line signature as a definition list without terms."""


def _visit_parameters(self: HTML5Translator, node: addnodes.desc_parameterlist) -> None:
    node["first_part"] = len(self.body)
    HTML5Translator.visit_desc_parameterlist(self, node)


def _depart_parameters(self: HTML5Translator, node: addnodes.desc_parameterlist) -> None:
    HTML5Translator.depart_desc_parameterlist(self, node)
    for position in range(node["first_part"], len(self.body)):
        part = self.body[position]
        self.body[position] = LINES.get(part.strip(), part)


def _visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Make the entries of a bibliography list items, as their parent has the role ``list``."""
    HTML5Translator.visit_citation(self, node)
    self.body[-1] = self.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def _depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    HTML5Translator.depart_citation(self, node)


class NoSmartQuotesInTypes(SphinxTransform):
    """Keep straight quotes in types such as ``Float[Tensor, "batch 784"]``, which are code."""

    default_priority = 740  # before SphinxSmartQuotes, at 750

    def apply(self, **options: Any) -> None:
        """Turn smart quotes off in all types: those of parameters, and those that a function returns."""
        types = [*self.document.findall(nodes.classifier)]
        for field in self.document.findall(nodes.field):
            types += field.findall(nodes.term)
        for node in types:
            node["support_smartquotes"] = False


def setup(app: Sphinx) -> None:
    """Register the transform and override the visitors."""
    app.add_transform(NoSmartQuotesInTypes)
    app.add_node(addnodes.desc_parameterlist, override=True, html=(_visit_parameters, _depart_parameters))
    app.add_node(nodes.citation, override=True, html=(_visit_citation, _depart_citation))
