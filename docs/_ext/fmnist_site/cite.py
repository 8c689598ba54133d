"""Directives and other elements that show how to cite the project, an object, a page, a figure, a claim or a number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from fmnist_site.citation import Work, bibtex, citation_file, plain_text, read_citation
from fmnist_site.edition import read_edition
from fmnist_site.elements import Inline, block, inline

logger = logging.getLogger(__name__)


def permanent_address(config: Config, place: str) -> str:
    """Return the address of a place in this version of the site; empty if the site has no base URL."""
    base = config.html_baseurl.rstrip("/")
    return f"{base}/{config.version}/{place}" if base else ""


def work_of_page(docname: str, title: str) -> Work:
    """Return the work for a page of results."""
    return Work(title, _key(docname.rpartition("/")[2]), f"{docname}.html", is_result=True)


def work_on_page(docname: str, title: str, anchor: str = "") -> Work:
    """Return the work for one result on a page: a figure, a table, a claim or a number."""
    place = f"{docname}.html#{anchor}" if anchor else f"{docname}.html"
    return Work(title, _key(anchor or docname), place, is_result=True)


def citation_text(env: BuildEnvironment, work: Work) -> Inline:
    """Return the reference as text that can be copied."""
    env.note_dependency(str(citation_file()))
    address = permanent_address(env.config, work.place)
    text = plain_text(read_citation(), read_edition(Path(env.srcdir)), work, address)
    return inline("span", text, classes=["copyable", "citation-text"], attributes=_place(work, address))


def cite_button(env: BuildEnvironment, name: str, work: Work) -> Inline:
    """Return a button that shows the reference to a named result, for table cells, which can't hold blocks."""
    panel_id = f"cite-{env.new_serialno('cite') + 1}"
    attributes = {"type": "button", "popovertarget": panel_id, "aria-label": f"cite {name}"}
    button = inline("button", "cite", classes=["cite-button"], attributes=attributes)
    about = {"popover": "auto", "role": "group", "aria-label": f"How to cite {name}"}
    panel = inline("span", citation_text(env, work), ids=[panel_id], classes=["measured-panel"], attributes=about)
    return inline("span", button, panel, classes=["claim-detail"], html_only=True)


def _place(work: Work, address: str) -> dict[str, str]:
    """Return the attribute from which a script makes the address, if the build does not know it."""
    return {} if address else {"data-place": work.place}


def _key(name: str) -> str:
    return "fmnist_ref_" + re.sub(r"\W+", "_", name.lower())


class Cite(SphinxDirective):
    """
    ``{cite}``: show how to cite the project, or with a name, ``{cite} fmnist_ref.fit``, one object.

    ``:plain:`` omits the BibTeX entry.
    """

    optional_arguments = 1
    option_spec: ClassVar = {"plain": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the reference as plain text and as BibTeX."""
        work = self.work()
        address = permanent_address(self.config, work.place)
        text = block("div", citation_text(self.env, work), classes=["citation-plain"])
        parts: list[nodes.Node] = [text]
        if "plain" not in self.options:
            entry = bibtex(read_citation(), read_edition(Path(self.env.srcdir)), work, address)
            code = nodes.literal_block(entry, entry, language="bibtex")
            parts.append(block("div", code, classes=["citation-bibtex"], attributes=_place(work, address)))
        return [block("div", *parts, classes=["cite-this"])]

    def work(self) -> Work:
        """Return the project, or the object that the argument names."""
        if not self.arguments:
            return Work("", re.sub(r"\W+", "_", read_citation().title), "")
        name = self.arguments[0]
        page = self.config.autosummary_filename_map.get(name, name)
        return Work(name, name.replace(".", "_"), f"api/{page}.html#{name}")


class CiteThis(Cite):
    """``.. cite-this:: fmnist_ref.fit``: the same, on the object's own page."""

    required_arguments = 1
    optional_arguments = 0

    def run(self) -> list[nodes.Node]:
        """Return the reference, with index entries that rank the name first in the search."""
        name = self.arguments[0]
        entries = [("single", entry, name, "main", None) for entry in (name.rpartition(".")[2], name)]
        return [addnodes.index(entries=entries), *super().run()]


class CitePage(Cite):
    """``{cite-page}``: the same for the page that it stands on."""

    optional_arguments = 0

    def work(self) -> Work:
        """Return this page, by its title."""
        title = next(iter(self.state.document.findall(nodes.title)))
        return work_of_page(self.env.docname, title.astext())


def _say_that_addresses_are_unknown(app: Sphinx) -> None:
    if app.builder.format == "html" and not app.config.html_baseurl:
        logger.info(
            "FMNIST_REF_SITE_URL is not set: citations have no permanent address, and take that of the page in the browser."
        )


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("cite", Cite)
    app.add_directive("cite-this", CiteThis)
    app.add_directive("cite-page", CitePage)
    app.connect("builder-inited", _say_that_addresses_are_unknown)
