"""API reference: the list of answers that use an object, and links to other projects' documentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from fmnist_site.elements import block, link_to_page
from fmnist_site.env_store import EnvStore
from fmnist_site.source_pages import source_place

PACKAGE = "fmnist_ref"
PYTHON_LANGUAGES = {"python", "python3", "ipython", "ipython3", "default"}
BUILTIN = re.compile(r"^(?:None|Ellipsis|[a-z]+|(?:collections\.abc|typing|os)\.\w+)$")
"""Names that are shown without a link: built-in types and some of the standard library."""
ELSEWHERE = (
    (r"(?:torch\.)?Tensor(?:\..*)?", r"https://docs.pytorch.org/docs/stable/tensors.html"),
    (r"(torch\.(?:device|dtype))", r"https://docs.pytorch.org/docs/stable/tensor_attributes.html#\1"),
    (r"jaxtyping\..+", r"https://docs.kidger.site/jaxtyping/api/array/"),
    (r"(torchvision\..+)", r"https://docs.pytorch.org/vision/stable/generated/\1.html"),
    (r"(torch\..+)", r"https://docs.pytorch.org/docs/stable/generated/\1.html"),
    (r"(sklearn\..+)", r"https://scikit-learn.org/stable/modules/generated/\1.html"),
    (r"(numpy\..+)", r"https://numpy.org/doc/stable/reference/generated/\1.html"),
    (r"(pathlib)\.(.+)", r"https://docs.python.org/3/library/\1.html#\1.\2"),
)
"""URLs of other projects' documentation by pattern, so that a build downloads no inventories."""

_MENTIONS = EnvStore("mentions")
"""The names that each answer mentions."""


class used_in(nodes.General, nodes.Element):  # noqa: N801 - node classes are lower case in docutils
    """Placeholder for the list of answers that use an object. It is replaced when all answers have been read."""


class UsedIn(SphinxDirective):
    """``.. used-in:: fmnist_ref.fit``: list the answers that use the object."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a placeholder for the list."""
        return [used_in(name=self.arguments[0])]


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
            found.add(f"{PACKAGE}.{reference['reftarget'].removeprefix(f'{PACKAGE}.')}")
    return found


def _note_mentions(app: Sphinx, doctree: nodes.document) -> None:
    if app.env.docname.startswith("answers/"):
        _MENTIONS.of(app.env)[app.env.docname] = _mentions(doctree)


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(used_in)):
        pages = sorted(page for page, names in _MENTIONS.of(app.env).items() if node["name"] in names)
        titles = [app.env.titles[page].astext() for page in pages]
        links = [block("li", link_to_page(title, page)) for title, page in zip(titles, pages, strict=True)]
        nothing = nodes.paragraph(text="No answer uses it by itself.")
        node.replace_self(block("ul", *links, classes=["used-in"]) if links else nothing)


def _find_missing(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Node | None:
    """Resolve fields of our classes and names of other projects. Other names remain warnings."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    owner = env.domains.python_domain.objects.get(f"{PACKAGE}.{target.removeprefix(f'{PACKAGE}.').rpartition('.')[0]}")
    if owner:  # a field: its class's page lists it
        return make_refnode(app.builder, node["refdoc"], owner.docname, owner.node_id, content)
    for pattern, address in ELSEWHERE:
        match = re.fullmatch(pattern, target)
        if match:
            return nodes.reference("", "", content, refuri=match.expand(address), internal=False)
    return content if BUILTIN.match(target) else None


def _remove_module_index(app: Sphinx) -> None:
    """Remove the module index from the inventory, as its page does not exist."""
    standard = app.env.domains.standard_domain
    for name in ("modindex", "py-modindex"):
        standard.labels.pop(name, None)
        standard.anonlabels.pop(name, None)


def _skip_fields(app: Sphinx, what: str, name: str, member: object, skip: bool, options: object) -> bool | None:
    """Skip the fields of a class: its docstring lists them under Attributes."""
    return None if callable(member) or isinstance(member, property) else True


def _document_constant(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """
    Replace a constant's docstring, and list its items.

    Autodoc reads docstrings of constants only in the module that it imports them from. For a re-exported constant it
    shows the docstring of the constant's type.
    """
    place = source_place(name) if what == "data" else None
    if place is None:
        return
    module = place[0].removeprefix("source/").replace("/", ".")
    docstring = ModuleAnalyzer.for_module(module).find_attr_docs()["", name.rpartition(".")[2]]
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, tuple) else ()
    lines[:] = [*docstring, "", *(line for key, item in items for line in (f"``{key}``", f"   ``{item}``"))]


def setup(app: Sphinx) -> None:
    """Register the directive and connect to the build."""
    app.setup_extension("sphinx.ext.autodoc")  # it defines the event `autodoc-skip-member`
    app.add_node(used_in)
    app.add_directive("used-in", UsedIn)
    app.connect("doctree-read", _note_mentions)
    _MENTIONS.connect(app)
    app.connect("builder-inited", _remove_module_index)
    app.connect("doctree-resolved", _resolve)
    app.connect("missing-reference", _find_missing)
    app.connect("autodoc-skip-member", _skip_fields)
    app.connect("autodoc-process-docstring", _document_constant, priority=400)  # before numpydoc
