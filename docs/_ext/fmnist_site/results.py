"""Directives for figures and tables of results, each with a line of its provenance."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from fmnist_site.cite import citation_text, work_on_page
from fmnist_site.elements import Block, block, inline, link_to_file, link_to_page, picture
from fmnist_site.evidence import no_results, page_of, read_page
from fmnist_site.labels import note_label
from fmnist_site.source_pages import source_place
from fmnist_site.tables import row, table
from report.render.markdown import span
from report.render.page_data import Figure, Page, Provenance, Table

logger = logging.getLogger(__name__)


class ResultDirective(SphinxDirective):
    """Base class of the two directives: looks a result up by name in the page data."""

    has_content = False
    required_arguments = 0
    option_spec: ClassVar = {"name": directives.unchanged_required, "number": directives.unchanged_required}
    kind: ClassVar[str]

    def run(self) -> list[nodes.Node]:
        """Return the result; warn if there is none of that name."""
        page_name, _, name = self.options.get("name", "").rpartition("/")
        page = read_page(self.env, page_name or page_of(self.env, self.env.docname))
        if page is None:
            return [no_results()]
        result = self.show(page, name)
        if result is None:
            logger.warning(
                "page %r has no such result: %r", page.name, name, location=self.get_location(), type="result"
            )
            return []
        title, content = result
        return [self._section(f"{self.kind}-{name}", title, content)]

    @abstractmethod
    def show(self, page: Page, name: str) -> tuple[str, Block] | None:
        """Return the title and the node of the result, or None if the page has no such result."""

    def _section(self, anchor: str, title: str, content: Block) -> nodes.section:
        """Return the result below its title, a heading that other pages and projects can link to by its anchor."""
        number = self.options.get("number", "")
        heading = nodes.title("", "", nodes.Text(title), classes=["result-title"])
        if number:
            heading.insert(0, inline("span", f"{number}. ", classes=["result-number"]))
        section = nodes.section("", heading, content, ids=[anchor], classes=["result-section"])
        self.state.document.note_explicit_target(section)
        note_label(self.env, anchor, anchor, number or title)
        self._add_citation(content, anchor, title)
        return section

    def _add_citation(self, content: Block, anchor: str, title: str) -> None:
        """Add the citation of the result to the line of its provenance."""
        citation = citation_text(self.env, work_on_page(self.env.docname, title, anchor))
        cite = _disclosure("cite", citation, f"{self.kind} “{title}”")
        for line in content.findall(lambda node: isinstance(node, Block) and "provenance" in node["classes"]):
            line += block("li", cite)


class ResultFigure(ResultDirective):
    """``{result-figure}`` with ``:name:`` and ``:number:``, such as ``Figure Q2.3``."""

    kind = "figure"

    def show(self, page: Page, name: str) -> tuple[str, Block] | None:
        """Return the figure."""
        result = page.figures.get(name)
        return (result.title, figure(result)) if result else None


class ResultTable(ResultDirective):
    """``{result-table}`` with ``:name:`` and ``:number:``, such as ``Table Q2.1``."""

    kind = "table"

    def show(self, page: Page, name: str) -> tuple[str, Block] | None:
        """Return the table."""
        result = page.tables.get(name)
        return (result.title, _result_table(result)) if result else None


def figure(result: Figure) -> Block:
    """Return a figure with its light and dark pictures, caption and provenance."""
    origin = provenance(result.provenance, result.data, f"figure “{result.title}”")
    caption = block("figcaption", nodes.paragraph(text=result.caption), origin)
    return block("figure", pictures(result, "result-pictures"), caption, classes=["result"])


def pictures(result: Figure, *classes: str) -> Block:
    """
    Return all versions of a picture. A browser shows and loads only one.

    The theme chooses between light and dark (without JavaScript, light). The width of the screen chooses between wide and
    narrow.
    """
    shown = [
        picture(path, (drawn.width, drawn.height), result.alt, *kinds, width)
        for width, drawn in (("wide", result.wide), ("narrow", result.narrow))
        if drawn
        for path, *kinds in ((drawn.light, "only-light"), (drawn.dark, "only-dark", "pst-js-only"))
    ]
    kind = ["has-narrow"] if result.narrow else []
    return block("div", *shown, classes=[*classes, *kind])


def _result_table(result: Table) -> Block:
    alignment = ["numeric" if numeric else "" for numeric in result.numeric]
    rows = [row(cells, cell_classes=alignment) for cells in result.rows]
    node = table(result.caption, result.columns, rows, "result-table")
    for entry, alignment_class in zip(node.findall(nodes.entry), alignment, strict=False):  # the cells of the header
        entry["classes"] = [alignment_class] if alignment_class else []
    origin = provenance(result.provenance, result.data, f"table “{result.title}”")
    return block("div", node, origin, classes=["result"])


def provenance(origin: Provenance, data: str, result: str) -> Block:
    """
    Return the line below a result: seeds, data, records, code, command to rebuild it.

    `result` names the result. Screen readers, which list links without their surroundings, read it with each link.
    """
    parts: list[nodes.Node] = []
    if origin.num_seeds is not None:
        seeds = span(origin.fewest_seeds or origin.num_seeds, origin.num_seeds)
        parts.append(inline("span", f"{seeds} seed{'' if origin.num_seeds == 1 else 's'}"))
    if data:
        parts.append(link_to_file("data (CSV)", data, attributes=_of("data (CSV)", result)))
    parts += _records(origin.records, result)
    place = source_place(origin.made_by)
    if place:
        parts.append(link_to_page("code", *place, attributes={"title": origin.made_by} | _of("code", result)))
    parts += _experiments(origin.records)
    parts.append(_disclosure("rebuild", inline("code", origin.rebuild, classes=["copyable"]), result))
    return block("ul", *[block("li", part) for part in parts], classes=["provenance"])


def _of(text: str, result: str) -> dict[str, str]:
    return {"aria-label": f"{text} of {result}"}


def _records(records: tuple[str, ...], result: str) -> list[nodes.Node]:
    if not records:
        return []
    if len(records) == 1:
        return [link_to_file("record", records[0], attributes=_of("record", result))]
    links = [block("li", link_to_file(record.rpartition("/")[2], record)) for record in records]
    return [_disclosure(f"{len(records)} records", block("ul", *links), result)]


def _experiments(records: tuple[str, ...]) -> list[nodes.Node]:
    """Return links to the source code of the experiments that made the records, named ``records/EXPERIMENT.ARM...json``."""
    names = sorted({record.rpartition("/")[2].partition(".")[0] for record in records})
    places = {name: source_place(f"report.experiments.{name}.measure") for name in names}
    links = [
        link_to_page(name, *place, attributes={"title": f"report.experiments.{name}"})
        for name, place in places.items()
        if place
    ]
    separated = [part for link in links for part in (nodes.Text(", "), link)][1:]
    return [inline("span", "measured by ", *separated, html_only=True)] if links else []


def _disclosure(summary: str, content: nodes.Node, result: str) -> Block:
    label = block("summary", summary, attributes=_of(summary, result))
    return block("details", label, block("div", content, classes=["disclosed"]), html_only=True)


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("result-figure", ResultFigure)
    app.add_directive("result-table", ResultTable)
