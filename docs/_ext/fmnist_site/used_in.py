"""List the pages that use an object: those that mention it, and those whose records ran its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from fmnist_site.elements import block, link_to_page
from fmnist_site.env_store import EnvStore
from fmnist_site.evidence import read_all_pages
from fmnist_site.source_pages import source_place
from report.render.page_data import Page

PACKAGE = "fmnist_ref"
PYTHON_LANGUAGES = {"python", "python3", "ipython", "ipython3", "default"}
_MENTIONS = EnvStore("mentions")
"""The names that each page mentions in its text or its code."""


class used_in(nodes.General, nodes.Element):  # noqa: N801 - node classes are lower case in docutils
    """Placeholder for the list of pages that use an object. It is replaced when all pages have been read."""


class UsedIn(SphinxDirective):
    """``.. used-in:: fmnist_ref.fit``: list the pages that use the object. Without any, its section is removed."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a placeholder for the list: what the page says when it is read depends on no record."""
        name = self.arguments[0]
        place = source_place(name)
        module = place[0].removeprefix("source/").replace("/", ".") if place else PACKAGE
        return [used_in(name=name, definition=f"{module}.{name.removeprefix(f'{PACKAGE}.')}")]


def _definitions_run(env: BuildEnvironment) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each answer page, and the definitions that its records ran."""
    published = Path(env.srcdir) / "published"
    for page in read_all_pages(env):
        names = [_code_of(published / record) for record in _records_of(page)]
        yield f"answers/{page.name}", frozenset().union(*names)


def _records_of(page: Page) -> set[str]:
    """Return the paths of the records behind a page's numbers, figures and tables."""
    results = (*page.numbers.values(), *page.figures.values(), *page.tables.values())
    return {record for result in results for record in result.provenance.records}


class _Record(msgspec.Struct):
    """The one field of a record that is read here."""

    code: dict[str, str] = {}
    """Digests of the definitions that the run used, by dotted name."""


@lru_cache(maxsize=4096)
def _code_of(record: Path) -> frozenset[str]:
    """Return the names of the definitions that a record's run used."""
    return frozenset(msgspec.json.decode(record.read_bytes(), type=_Record).code)


def names_in_code(code: str) -> set[str]:
    """Return the public names of the package that Python code uses, such as ``fmnist_ref.fit``."""
    try:
        tree = ast.parse(re.sub(r"^\s*[%!].*$", "", code, flags=re.MULTILINE))
    except SyntaxError:  # shell output and fragments are code blocks too
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            found |= {f"{PACKAGE}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == PACKAGE:
            found.add(f"{PACKAGE}.{node.attr}")
    return found


def _mentions(doctree: nodes.document) -> set[str]:
    found: set[str] = set()
    for code in doctree.findall(nodes.literal_block):
        if code.get("language", "default") in PYTHON_LANGUAGES:
            found |= names_in_code(code.astext())
    for reference in doctree.findall(addnodes.pending_xref):
        if reference.get("refdomain") == "py":
            name = reference["reftarget"].removeprefix(f"{PACKAGE}.").partition(".")[0]
            found.add(f"{PACKAGE}.{name}")
    return found


def _note_mentions(app: Sphinx, doctree: nodes.document) -> None:
    if not app.env.docname.startswith("api/"):
        _MENTIONS.of(app.env)[app.env.docname] = _mentions(doctree)


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the placeholder with the list, or remove its section, also from the page's contents."""
    for node in list(doctree.findall(used_in)):
        mentioned = {page for page, names in _MENTIONS.of(app.env).items() if node["name"] in names}
        measured = {page for page, names in _definitions_run(app.env) if node["definition"] in names}
        links = [
            block("li", link_to_page(app.env.titles[page].astext(), page)) for page in sorted(mentioned | measured)
        ]
        if links:
            node.replace_self(block("ul", *links, classes=["used-in"]))
        else:
            _remove_section(app.env, docname, node.parent)


def _remove_section(env: BuildEnvironment, docname: str, section: nodes.Element) -> None:
    section.parent.remove(section)
    for reference in list(env.tocs[docname].findall(nodes.reference)):
        if reference["anchorname"] == f"#{section['ids'][0]}":
            item = reference.parent.parent
            item.parent.remove(item)


def setup(app: Sphinx) -> None:
    """Register the directive and connect to the build."""
    app.add_node(used_in)
    app.add_directive("used-in", UsedIn)
    app.connect("doctree-read", _note_mentions)
    app.connect("doctree-resolved", _resolve)
    _MENTIONS.connect(app)
