"""Tables as docutils nodes, with a caption, a header row and a header column."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
Cell = str | Sequence[nodes.Node]
WIDTH = 24
"""Width of a column in plain-text output, in characters. In HTML the content determines the width."""
MAX_COLUMNS = 3
"""Number of columns that fit a phone. The rows of a wider table become lists there, in which each cell names its column."""


def table(
    caption: str | Sequence[nodes.Node], columns: Sequence[str], rows: Sequence[nodes.row], *classes: str
) -> nodes.table:
    """Return a table of rows made by `row`."""
    group = nodes.tgroup(cols=len(columns))
    specifications = [nodes.colspec(colwidth=WIDTH) for _ in columns]
    specifications[0]["stub"] = 1
    group += specifications
    group += nodes.thead("", row(columns))
    group += nodes.tbody("", *rows)
    title = nodes.title(text=caption) if isinstance(caption, str) else nodes.title("", "", *caption)
    return nodes.table("", title, group, classes=["colwidths-auto", *classes])


def row(
    cells: Sequence[Cell],
    *,
    ids: Sequence[str] = (),
    classes: Sequence[str] = (),
    cell_classes: Sequence[str] = (),
) -> nodes.row:
    """Return a row. `cell_classes` has one class, or an empty string, for each cell."""
    entries = [nodes.entry("", _content(cell)) for cell in cells]
    for entry, name in zip(entries, cell_classes, strict=False):
        entry["classes"] = [name] if name else []
    return nodes.row("", *entries, ids=list(ids), classes=list(classes))


def _content(cell: Cell) -> nodes.Node:
    return nodes.paragraph(text=cell) if isinstance(cell, str) else nodes.paragraph("", "", *cell)


def _visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    """Write a cell as Docutils does, and set the scope of a header cell and the column's name of a cell that needs it."""
    HTML5Translator.visit_entry(self, node)
    scope = "col" if isinstance(node.parent.parent, nodes.thead) else "row"
    cell = self.body[-1].replace("<th", f'<th scope="{scope}"', 1)
    if "column" in node:
        cell = cell.replace("<td", f'<td data-column="{self.attval(node["column"])}"', 1)
    self.body[-1] = cell


def _depart_entry(self: HTML5Translator, node: nodes.entry) -> None:
    HTML5Translator.depart_entry(self, node)


def _warn_of_empty_headers(app: Sphinx, document: nodes.document, name: str) -> None:
    """Warn of a column without a header, which a screen reader could not announce."""
    for head in document.findall(nodes.thead):
        for entry in head.findall(nodes.entry):
            if not entry.astext().strip():
                logger.warning("a column of a table has no header", location=entry)


def _name_columns(app: Sphinx, document: nodes.document, name: str) -> None:
    """Mark tables with more columns than a phone has room for, and store the column's name in each of their cells."""
    for wide in document.findall(nodes.table):
        columns = [entry.astext() for head in wide.findall(nodes.thead) for entry in head.findall(nodes.entry)]
        if len(columns) > MAX_COLUMNS:
            wide["classes"].append("stacks")
        if "stacks" not in wide["classes"]:  # a narrower table of long texts asks for it
            continue
        for body_row in next(iter(wide.findall(nodes.tbody))).findall(nodes.row):
            for entry, column in zip(body_row.findall(nodes.entry), columns, strict=False):
                entry["column"] = column


def setup(app: Sphinx) -> None:
    """Override the visitors of cells, check all headers, and name the columns of wide tables in their cells."""
    app.connect("doctree-resolved", _warn_of_empty_headers)
    app.connect("doctree-resolved", _name_columns)
    app.add_node(nodes.entry, override=True, html=(_visit_entry, _depart_entry))
